"""`kjtui image`: images are shown, verified and thrown away."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from test_saved_image import ERRAND, SKELETON, filled, save

from kjtui.backend import images, medium
from kjtui.backend.images import Found
from kjtui.commands import image, secret
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.imagefile.header import State
from kjtui.model.saved import Medium as Kind
from kjtui.model.saved import Target
from kjtui.model.visit import Disk
from kjtui.plan import saving


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(action: str, path: Path | None, typed: str | None = None, *, yes: bool = False) -> tuple[int, str]:
    streams = Streams(Terminal(typed) if typed is not None else io.StringIO(), io.StringIO(), io.StringIO())
    status = image.run(image.Wanted(action, str(path) if path else None), streams, yes=yes)
    return status, streams.stdout.getvalue()  # type: ignore[attr-defined]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medium, "CHUNK", 256 << 10)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "image"
    skeleton = replace(SKELETON, build="e4f18d9d", disks=(Disk("sda", 1 << 30, model="QEMU", why="/"),))
    save(path, filled(1), replace(ERRAND, manifest=skeleton))
    return path


def test_it_is_shown(saved: Path) -> None:
    status, said = run("show", saved)
    assert status == 0
    assert "somewhere, Linux 6.12.0: waits to be gone back to" in said
    assert "sda QEMU: /" in said
    assert "Sealed: no" in said
    assert "Kernel's build ID: e4f18d9d" in said


def test_it_is_verified(saved: Path) -> None:
    assert run("verify", saved)[0] == 0
    data = bytearray(saved.read_bytes())
    data[(1 << 20) + 100] ^= 1
    saved.write_bytes(bytes(data))
    with pytest.raises(KjtuiError, match="damaged"):
        run("verify", saved)


def test_it_is_thrown_away_after_a_yes(saved: Path) -> None:
    with pytest.raises(KjtuiError, match="Nobody"):
        run("discard", saved)
    assert run("discard", saved, "\n")[0] == 1
    assert images.head(str(saved)).state is State.VALID  # type: ignore[union-attr]
    assert run("discard", saved, "y\n")[0] == 0
    assert images.head(str(saved)).state is State.EMPTY  # type: ignore[union-attr]
    assert run("discard", saved, yes=True)[0] == 1


def test_what_is_no_image_is_told(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(bytes(8192))
    with pytest.raises(KjtuiError, match="no image there"):
        run("show", path)
    with pytest.raises(KjtuiError, match="No image was named"):
        run("show", None)


def test_a_sealed_one_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sealed"
    save(path, filled(2), saving.sealed(ERRAND, "correct horse"))
    with pytest.raises(KjtuiError, match="sealed"):
        run("show", path)
    monkeypatch.setattr(secret, "getpass", lambda _prompt: "wrong horse")
    with pytest.raises(KjtuiError, match="passphrase is wrong"):
        run("show", path, "")
    monkeypatch.setattr(secret, "getpass", lambda _prompt: "correct horse")
    assert "Sealed: yes" in run("show", path, "")[1]
    assert run("verify", path, "")[0] == 0


def test_the_list_names_each(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = Target(Kind.PARTITION, "/dev/sdb1", 1 << 30)
    damaged = Target(Kind.DISK, "/dev/sdc", 1 << 30)
    found = (
        Found("sdb1", target, images.head(str(saved))),
        Found("sdc", damaged, None, KjtuiError("The image is damaged")),
    )
    monkeypatch.setattr(images, "found", lambda: iter(found))
    status, said = run("list", None)
    assert status == 0
    assert "/dev/sdb1: waits to be gone back to" in said
    assert "/dev/sdc: damaged" in said
    monkeypatch.setattr(images, "found", lambda: iter(()))
    assert run("list", None) == (1, "There is no image of a saved system on a disk of this machine.\n")


def test_a_passphrase_file_opens_what_it_has_sealed_whichever_end_its_line_has(tmp_path: Path) -> None:
    """The same reader takes it for sealing and for opening."""
    file = tmp_path / "passphrase"
    for end in ("", "\n", "\r\n", "\nmore\n"):
        file.write_bytes(f"correct horse{end}".encode())
        assert secret.from_file(str(file)) == "correct horse"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(KjtuiError, match="cannot be read") as told:
        secret.from_file(str(file))
    assert "no text" in told.value.detail
