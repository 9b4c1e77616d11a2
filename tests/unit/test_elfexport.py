"""An image's memory as an ELF core: its head, its holes, and what is refused."""

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from test_saved_image import ERRAND, MIB, PAGE, SKELETON, Memory, filled, save

from kjtui.backend import elfexport, imagereader, medium
from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.kexec import vmcore
from kjtui.kexec.freepages import DirectMap
from kjtui.model.memory import Span
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
    note, *loads = programs(core)
    assert core[:4] == b"\x7fELF"
    assert (note[0], [one[0] for one in loads]) == (4, [1] * len(loads))
    spans = [Span(one[4], one[4] + one[6]) for one in loads]
    assert tuple(spans) == manifests.saved_memory(NOTED.manifest)
    for one, span in zip(loads, spans, strict=True):
        assert core[one[2] : one[2] + one[5]] == memory.content[span.start : span.end]
    assert TEXT in core[note[2] : note[2] + note[5]]
    assert core[note[2] + 12 :].startswith(b"VMCOREINFO\0")


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
    plan = vmcore.layout((Span(PAGE, 3 * PAGE),), TEXT, DirectMap(BASE))
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
