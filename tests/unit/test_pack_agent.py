"""`kjtui pack-agent`: an initramfs of the person's own, made by other programs, with the agent beside it."""

import gzip
import io
import stat
import subprocess
from pathlib import Path

import pytest
from test_initramfs_files import elf

from kjtui.backend import agentimage, visitorfiles
from kjtui.commands import pack_agent
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.pack import cpioread
from kjtui.pack.initramfs import AGENT_INIT, check


def quiet(_what: str, _fraction: float) -> None:
    pass


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitorfiles, "_CACHE", str(cache))


def streams() -> Streams:
    return Streams(io.StringIO(), io.TextIOWrapper(io.BytesIO()), io.StringIO())


def cpio_of(tree: Path) -> bytes:
    """The tree as busybox packs it."""
    names = "".join(f"{path.relative_to(tree)}\n" for path in sorted(tree.rglob("*")))
    return subprocess.run(
        [agentimage._busybox(), "cpio", "-o", "-H", "newc"],
        input=names.encode(),
        cwd=tree,
        check=True,
        capture_output=True,
    ).stdout


def tiny(root: Path, init: bytes = b"#!/bin/sh\nexec sh\n") -> bytes:
    """An initramfs with a script as its init and busybox to run it."""
    tree = root / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin/busybox").write_bytes(agentimage._busybox().read_bytes())
    (tree / "bin/busybox").chmod(0o755)
    (tree / "bin/sh").symlink_to("busybox")
    (tree / "init").write_bytes(init)
    (tree / "init").chmod(0o755)
    return cpio_of(tree)


def packed(tmp_path: Path, data: bytes, *, force: bool = False) -> bytes:
    source, target = tmp_path / "initrd.img", tmp_path / "with-agent.img"
    source.write_bytes(data)
    out = streams()
    assert pack_agent.run(str(source), str(target), out, quiet, force=force) == 0
    assert isinstance(out.stderr, io.StringIO)
    assert "rdinit=/kjtui/init" in out.stderr.getvalue()
    assert source.read_bytes() == data
    return target.read_bytes()


def files(data: bytes) -> dict[str, bytes]:
    """What is unpacked from plain archives one behind the other, a later file in an earlier one's place."""
    found: dict[str, bytes] = {}
    at = 0
    while at < len(data):
        for one in cpioread.members(data, at, "it"):
            if isinstance(one, int):
                at = one
            elif stat.S_ISREG(one.mode):
                found[one.name] = bytes(one.data)
        while at < len(data) and not data[at]:
            at += 1
    return found


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_the_agent_is_put_beside_it(tmp_path: Path, compress: type[bytes]) -> None:
    data = compress(tiny(tmp_path))
    result = packed(tmp_path, data)
    assert result.startswith(data)
    summary = check(result, "it")
    assert {"init", "bin/busybox", AGENT_INIT} <= set(summary.names)
    assert summary.machine == "x86-64"
    assert summary.parts[-1].at % 4 == 0
    assert summary.parts[-1].kind is None  # taken by every kernel


def test_its_own_files_stay_as_they_are(tmp_path: Path) -> None:
    data = tiny(tmp_path)
    before, after = files(data), files(packed(tmp_path, data))
    assert {name: after[name] for name in before} == before
    assert all(name.startswith("kjtui/") for name in set(after) - set(before))
    assert b"kjtui.agent" in after[AGENT_INIT]


def test_an_agent_that_is_in_it_already_is_left_alone(tmp_path: Path) -> None:
    once = packed(tmp_path, tiny(tmp_path))
    assert packed(tmp_path, once, force=True) == once


def test_it_goes_to_standard_output_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "initrd.img").write_bytes(tiny(tmp_path))
    out = streams()
    assert pack_agent.run(str(tmp_path / "initrd.img"), "-", out, quiet, force=False) == 0
    assert isinstance(out.stdout, io.TextIOWrapper)
    assert isinstance(out.stdout.buffer, io.BytesIO)
    assert AGENT_INIT in check(out.stdout.buffer.getvalue(), "it").names
    assert isinstance(out.stderr, io.StringIO)
    assert out.stderr.getvalue() == ""


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "with-agent.img").write_bytes(b"precious")
    with pytest.raises(KjtuiError, match="there already"):
        packed(tmp_path, tiny(tmp_path))
    assert (tmp_path / "with-agent.img").read_bytes() == b"precious"


def refused(tmp_path: Path, data: bytes) -> KjtuiError:
    with pytest.raises(KjtuiError) as caught:
        packed(tmp_path, data)
    assert not (tmp_path / "with-agent.img").exists()
    assert caught.value.hint
    return caught.value


def test_one_for_another_processor_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, tiny(tmp_path, elf(183)))
    assert "ARM" in error.detail


@pytest.mark.parametrize("compress", [bytes, gzip.compress], ids=["plain", "gzip"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_one_that_is_cut_off_is_refused(tmp_path: Path, compress: type[bytes], share: float) -> None:
    whole = compress(tiny(tmp_path))
    error = refused(tmp_path, whole[: int(len(whole) * share)])
    assert "cut off" in error.title or "damaged" in error.title


def test_one_that_is_none_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, b"")
    refused(tmp_path, b"PK\x03\x04" + bytes(99))


def test_one_without_an_init_is_refused(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "file").write_bytes(b"x")
    assert "has no /init" in refused(tmp_path, cpio_of(tree)).title


def test_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KjtuiError) as caught:
        pack_agent.run(str(tmp_path / "none"), str(tmp_path / "out"), streams(), quiet, force=False)
    assert str(tmp_path / "none") in caught.value.detail
