"""An image's memory as an ELF core: its head, its holes, and what is refused."""

import io
import os
import signal
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from test_saved_image import ENTRY, ERRAND, LOW, MIB, PAGE, REGION, SKELETON, Memory, filled, save

from kjtui.backend import elfexport, imagereader, medium
from kjtui.backend.medium import Medium
from kjtui.commands import image as command
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.kexec import vmcore
from kjtui.model.memory import Region, RegionKind, Span
from kjtui.model.saved import Errand, Sealing
from kjtui.plan import saving

NOTE_AT, NOTE_SIZE = 4 * MIB, PAGE
TEXT = b"OSRELEASE=6.12.0\nPAGESIZE=4096\n"
BASE = 0xFFFF888000000000


def told() -> Memory:
    """Memory with a note VMCOREINFO in it, as the kernel writes it (kernel/vmcore_info.c)."""
    memory = filled(1)
    note = struct.pack("<III", 11, len(TEXT), 0) + b"VMCOREINFO\0\0" + TEXT
    memory.content[NOTE_AT : NOTE_AT + NOTE_SIZE] = note.ljust(NOTE_SIZE, b"\0")
    return memory


def export(path: Path, errand: Errand, memory: Memory, key: bytes = b"") -> bytes:
    image = path / "image"
    save(image, memory, errand)
    place = Medium(str(image))
    try:
        _, found = imagereader.read_image(place, key)
        elfexport.write(place, found, key, path / "core", lambda _done: None)
    finally:
        place.close()
    return (path / "core").read_bytes()


NOTED = replace(ERRAND, manifest=replace(SKELETON, note=(NOTE_AT, NOTE_SIZE)))


def programs(core: bytes) -> list[tuple[int, ...]]:
    """(type, flags, offset, virtual, physical, size in the file, size in memory, alignment) of each."""
    count = struct.unpack_from("<H", core, 56)[0]
    return [struct.unpack_from("<IIQQQQQQ", core, 64 + 56 * number) for number in range(count)]


def test_every_page_is_at_its_physical_address(tmp_path: Path) -> None:
    memory = told()
    core = export(tmp_path, NOTED, memory)
    note, *others = programs(core)
    loads = [one for one in others if one[0]]
    assert [Span(one[4], one[4] + one[6]) for one in others if not one[0]] == [
        LOW
    ]  # not known where it waits
    assert core[:4] == b"\x7fELF"
    assert (note[0], [one[0] for one in loads]) == (4, [1] * len(loads))
    spans = [Span(one[4], one[4] + one[6]) for one in loads]
    assert tuple(spans) == manifests.saved_memory(NOTED.manifest)
    for one, span in zip(loads, spans, strict=True):
        assert core[one[2] : one[2] + one[5]] == memory.content[span.start : span.end]
    assert TEXT in core[note[2] : note[2] + note[5]]
    assert core[note[2] + 12 :].startswith(b"VMCOREINFO\0")


def with_list(memory: Memory, where: Span, sources: list[int]) -> None:
    """Have a list say that the content of these pages waits in others."""
    table = 5 * MIB - PAGE
    words = [where.start | 1, *(page | 8 for page in sources), 4]
    memory.content[ENTRY + 0x30 : ENTRY + 0x38] = (table | 2).to_bytes(8, "little")
    for number, word in enumerate(words):
        memory.content[table + 8 * number : table + 8 * number + 8] = word.to_bytes(8, "little")


@pytest.mark.parametrize("kind", [RegionKind.BORROWED, RegionKind.RESERVED])
def test_what_waits_elsewhere_is_put_where_it_belongs(tmp_path: Path, kind: RegionKind) -> None:
    memory = told()
    sources = [3 * MIB + PAGE * number for number in (7, 3, 40)]
    with_list(memory, REGION, sources)
    whole = replace(NOTED.manifest, region=Region(REGION, kind))
    core = export(tmp_path, replace(NOTED, manifest=whole), memory)
    there = {one[4]: one[2] for one in programs(core)[1:] if one[0]}
    assert LOW.start in there
    assert (REGION.start in there) is (kind is RegionKind.BORROWED)
    if kind is RegionKind.BORROWED:
        at = there[REGION.start]
        assert core[at : at + 3 * PAGE] == b"".join(memory.read(page, PAGE) for page in sources)


def test_a_list_that_leads_out_of_the_image_is_not_followed(tmp_path: Path) -> None:
    memory = told()
    with_list(memory, LOW, [1 << 40])
    core = export(tmp_path, NOTED, memory)
    assert LOW.start not in [one[4] for one in programs(core)[1:] if one[0]]


def test_it_is_for_root_alone_and_nothing_else_is_left(tmp_path: Path) -> None:
    export(tmp_path, NOTED, told())
    assert (tmp_path / "core").stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["core", "image"]


def test_a_sealed_image_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medium, "CHUNK", 256 << 10)
    sealing = Sealing(bytes(16), log_n=10)
    key = saving.key_of(b"correct horse", sealing)
    memory = told()
    core = export(tmp_path, replace(NOTED, key=key, sealing=sealing), memory, key)
    first = programs(core)[1]
    assert core[first[2] : first[2] + PAGE] == memory.content[first[4] : first[4] + PAGE]


def test_virtual_addresses_are_those_of_the_map_of_all_memory() -> None:
    plan = vmcore.layout((Span(PAGE, 3 * PAGE),), TEXT, BASE)
    assert programs(plan.head)[1][3] == BASE + PAGE
    assert plan.place(2 * PAGE) == plan.places[0] + PAGE
    with pytest.raises(LookupError):
        plan.place(3 * PAGE)
    assert programs(vmcore.layout((Span(PAGE, 3 * PAGE),), TEXT, None).head)[1][3] == 0


@pytest.mark.parametrize(
    ("note", "why"),
    [
        (None, "does not say where"),
        ((5 * MIB, PAGE), "is not in the image"),
        ((3 * MIB, PAGE), "cannot be read"),
    ],
)
def test_without_a_note_nothing_is_written(tmp_path: Path, note: tuple[int, int] | None, why: str) -> None:
    with pytest.raises(KjtuiError, match=why):
        export(tmp_path, replace(ERRAND, manifest=replace(SKELETON, note=note)), filled(1))
    assert [one.name for one in tmp_path.iterdir()] == ["image"]


def test_a_damaged_image_leaves_no_file(tmp_path: Path) -> None:
    image = tmp_path / "image"
    save(image, told(), NOTED)
    place = Medium(str(image))
    _, found = imagereader.read_image(place, b"")
    with image.open("r+b") as file:
        file.seek(found.pieces[1].at + 5)
        file.write(b"\xff\xff\xff")
    with pytest.raises(KjtuiError, match="damaged"):
        elfexport.write(place, found, b"", tmp_path / "core", lambda _done: None)
    place.close()
    assert [one.name for one in tmp_path.iterdir()] == ["image"]


def test_a_disk_that_is_too_full_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(elfexport, "_SPARE", 1 << 60)
    with pytest.raises(KjtuiError, match="not enough free space"):
        export(tmp_path, NOTED, told())


def test_the_note_travels_and_older_images_have_none() -> None:
    plain = manifests.encode(NOTED.manifest)
    assert b'"note": [' in plain
    old = plain.replace(b'"note": [4194304, 4096]', b'"nota": [4194304, 4096]')
    import json

    size = struct.unpack_from("<I", old)[0]
    assert manifests.from_plain(json.loads(old[4 : 4 + size]), b"").note is None
    assert manifests.from_plain(json.loads(plain[4 : 4 + size]), b"").note == (NOTE_AT, NOTE_SIZE)


def test_free_and_zero_pages_take_no_room(tmp_path: Path) -> None:
    memory = told()
    memory.content[3 * MIB : 4 * MIB] = bytes(MIB)
    core = export(tmp_path, NOTED, memory)
    taken = (tmp_path / "core").stat().st_blocks * 512
    assert taken <= len(core) - MIB


def test_a_piece_of_another_size_leaves_no_file(tmp_path: Path) -> None:
    image = tmp_path / "image"
    save(image, told(), NOTED)
    place = Medium(str(image))
    _, found = imagereader.read_image(place, b"")
    first = found.pieces[0]
    wrong = replace(found, pieces=(replace(first, size=first.size + PAGE), *found.pieces[1:]))
    with pytest.raises(KjtuiError, match="damaged"):
        elfexport.write(place, wrong, b"", tmp_path / "core", lambda _done: None)
    place.close()
    assert [one.name for one in tmp_path.iterdir()] == ["image"]


def test_one_that_is_cancelled_leaves_what_was_there(tmp_path: Path) -> None:
    image, core = tmp_path / "image", tmp_path / "core"
    save(image, told(), NOTED)
    core.write_bytes(b"older")
    place = Medium(str(image))
    _, found = imagereader.read_image(place, b"")

    def cancel(_done: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        elfexport.write(place, found, b"", core, cancel)
    place.close()
    assert core.read_bytes() == b"older"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["core", "image"]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def run(
    target: Path,
    file: Path | None,
    typed: str | None = None,
    secret: Path | None = None,
    *,
    yes: bool = False,
) -> tuple[int, str, str]:
    """Status, what was said, and the progress."""
    said, told_of = io.StringIO(), io.StringIO()
    streams = Streams(io.StringIO() if typed is None else Terminal(typed), said, told_of)
    wanted = command.Wanted(
        "export", str(target), str(file) if file else None, str(secret) if secret else None
    )
    return command.run(wanted, streams, yes=yes), said.getvalue(), told_of.getvalue()


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(medium, "CHUNK", 256 << 10)
    save(tmp_path / "image", told(), NOTED)
    return tmp_path / "image"


def test_the_command_tells_the_size_before_and_how_far_it_is(image: Path, tmp_path: Path) -> None:
    core = tmp_path / "core"
    status, said, progress = run(image, core)
    assert status == 0
    assert "up to" in said
    assert "drgn" in said
    assert "100 %" in progress
    assert core.read_bytes()[:4] == b"\x7fELF"


def test_a_file_is_overwritten_after_a_yes_alone(image: Path, tmp_path: Path) -> None:
    core = tmp_path / "core"
    core.write_bytes(b"older")
    with pytest.raises(KjtuiError, match="Nobody"):
        run(image, core)
    assert run(image, core, "\n")[0] == 1
    assert core.read_bytes() == b"older"
    assert run(image, core, "y\n")[0] == 0
    assert core.read_bytes()[:4] == b"\x7fELF"
    assert run(image, core, yes=True)[0] == 0


def test_neither_the_image_nor_a_device_is_overwritten(image: Path, tmp_path: Path) -> None:
    before = image.read_bytes()
    link, pipe = tmp_path / "link", tmp_path / "pipe"
    link.symlink_to(image)
    os.mkfifo(pipe)
    for file, why in ((image, "image itself"), (link, "image itself"), (pipe, "there"), (tmp_path, "there")):
        with pytest.raises(KjtuiError, match=why):
            run(image, file, yes=True)
    assert image.read_bytes() == before
    assert pipe.is_fifo()
    with pytest.raises(KjtuiError, match="No file was named"):
        run(image, None, yes=True)
    with pytest.raises(KjtuiError, match="cannot be written"):
        run(image, tmp_path / "nowhere" / "core", yes=True)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_signal_ends_it_and_leaves_no_file(
    image: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    monkeypatch.setattr(
        command.output, "steps_to", lambda _stream: lambda *_told: os.kill(os.getpid(), number)
    )
    with pytest.raises(KeyboardInterrupt):
        run(image, tmp_path / "core")
    assert [one.name for one in tmp_path.iterdir()] == ["image"]
    assert signal.getsignal(number) == before


def test_the_passphrase_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medium, "CHUNK", 256 << 10)
    image, core, secret = tmp_path / "image", tmp_path / "core", tmp_path / "secret"
    save(image, told(), saving.sealed(NOTED, "correct horse"))
    with pytest.raises(KjtuiError, match="nobody can be asked"):
        run(image, core)
    secret.write_text("wrong horse\n")
    with pytest.raises(KjtuiError, match="passphrase is wrong"):
        run(image, core, secret=secret)
    assert not core.exists()
    secret.write_text("correct horse\nand more\n")
    assert run(image, core, secret=secret)[0] == 0
    assert core.read_bytes()[:4] == b"\x7fELF"
