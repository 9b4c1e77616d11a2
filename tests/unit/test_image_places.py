"""Where an image can lie: told by a device's first bytes; files by their blocks; exports of servers."""

import random
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.backend import medium, swaps
from kjtui.backend.medium import Medium, inflow, open_image
from kjtui.backend.probe import contents, resuming
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.imagefile import exports, pointer
from kjtui.imagefile.header import BLOCK
from kjtui.imagefile.pointer import Extent
from kjtui.model.facts import BlockDevice
from kjtui.model.memory import MIB

EXTENTS = (
    Extent(0, 3 * MIB, 2 * MIB),
    Extent(2 * MIB, 9 * MIB, MIB + 3 * BLOCK),
    Extent(3 * MIB + 3 * BLOCK, 6 * MIB, MIB),
)
DEVICE = 12 * MIB


def device(home: Path, extents: tuple[Extent, ...] = EXTENTS) -> Path:
    """A device with a file on it, by its blocks, and noise everywhere else."""
    path = home / "device"
    path.write_bytes(random.Random(1).randbytes(DEVICE))
    sector, table = pointer.encode(extents)
    with path.open("r+b") as file:
        file.write(sector)
        file.seek(extents[0].place + pointer.MAP_AT)
        file.write(table)
    return path


def put(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def test_a_file_is_found_by_its_blocks(tmp_path: Path) -> None:
    """What is written through the map is read through it, and nothing else on the device is touched."""
    path = device(tmp_path)
    before = path.read_bytes()
    place = open_image(str(path), writable=True)
    assert place.size == EXTENTS[-1].offset + EXTENTS[-1].size
    content = random.Random(2).randbytes(2 * MIB)
    flow = medium.Outflow(place, MIB + BLOCK)
    flow.add(content)
    flow.end()
    read = b"".join(bytes(chunk) for _, chunk in inflow(place, MIB + BLOCK, MIB + BLOCK + len(content)))
    assert read == content
    place.close()
    after = path.read_bytes()
    inside = [(one.place, one.place + one.size) for one in EXTENTS]
    at = 0
    for start, end in [*sorted(inside), (DEVICE, DEVICE)]:
        assert after[at:start] == before[at:start]
        at = end
    assert after[3 * MIB + MIB + BLOCK :][: MIB - BLOCK] == content[: MIB - BLOCK]
    assert after[9 * MIB :][: MIB - BLOCK] == content[MIB - BLOCK :][: MIB - BLOCK]


def test_a_file_ends_where_its_blocks_end(tmp_path: Path) -> None:
    place = open_image(str(device(tmp_path)), writable=True)
    flow = medium.Outflow(place, MIB)
    with pytest.raises(KjtuiError, match="full"):
        flow.add(bytes(place.size))
    flow.drop()
    place.close()


def followed(first: bytes, table: bytes) -> tuple[Extent, ...]:
    """What the first sector and the map lead to. Raises KjtuiError."""
    place, size = pointer.decode(first)
    return pointer.decode_map(table[:size], place, DEVICE)


def test_every_change_to_the_map_is_noticed(tmp_path: Path) -> None:
    """5,000 changed bytes in the pointer or in the map: refused, or (in the rest of the sector) the same."""
    path = device(tmp_path)
    chance = random.Random(3)
    sector, table = pointer.encode(EXTENTS)
    for _ in range(5000):
        changed = bytearray(sector + table)
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
        first, second = bytes(changed[: len(sector)]), bytes(changed[len(sector) :])
        if not pointer.points(first):
            continue  # no image any more
        with pytest.raises(KjtuiError):
            followed(first, second)
    put(path, EXTENTS[0].place + pointer.MAP_AT, bytes(BLOCK))
    with pytest.raises(KjtuiError, match="damaged") as told:
        open_image(str(path))
    assert "removed or moved" in told.value.detail


@pytest.mark.parametrize(
    "extents",
    [
        (),
        (Extent(0, MIB, BLOCK),),
        (Extent(BLOCK, MIB, MIB),),
        tuple(Extent(one * MIB, (2 * one + 1) * MIB, MIB) for one in range(60_000)),
    ],
)
def test_a_file_in_too_many_pieces_is_refused(extents: tuple[Extent, ...]) -> None:
    with pytest.raises(KjtuiError, match="too many pieces"):
        pointer.encode(extents)


@pytest.mark.parametrize(
    "extents",
    [
        (Extent(0, MIB, MIB), Extent(2 * MIB, 4 * MIB, MIB)),  # a gap
        (Extent(0, MIB, MIB), Extent(MIB, DEVICE, MIB)),  # beyond the device
        (Extent(0, MIB, MIB), Extent(MIB, 4 * MIB + 1, MIB)),  # between two blocks
    ],
)
def test_a_map_that_cannot_be_is_refused(extents: tuple[Extent, ...]) -> None:
    _, table = pointer.encode(extents)
    with pytest.raises(KjtuiError, match="damaged"):
        pointer.decode_map(table, MIB + pointer.MAP_AT, DEVICE)


def test_a_device_without_a_pointer_is_taken_whole(tmp_path: Path) -> None:
    path = tmp_path / "device"
    path.write_bytes(bytes(MIB))
    place = open_image(str(path))
    assert place.size == MIB
    place.close()


def made(home: Path, *maker: str, size: int = 64 * MIB) -> bytes:
    path = home / "made"
    with path.open("wb") as file:
        file.truncate(size)
    subprocess.run([*maker, str(path)], check=True, capture_output=True, env={"PATH": "/usr/sbin:/sbin"})
    with path.open("rb") as file:
        return file.read(68 << 10)


@pytest.mark.parametrize("kind", contents.EXT)
def test_what_is_free_on_a_file_system_is_told(tmp_path: Path, kind: str) -> None:
    found = contents.read("sda3", made(tmp_path, "mke2fs", "-q", "-F", "-t", kind))
    assert found is not None
    assert (found.device, found.kind) == ("sda3", kind)
    assert found.why_not == ("" if kind == "ext4" else f"it holds {kind}; kjtui puts a file on ext4 only")
    assert 40 * MIB < found.free < 64 * MIB


def test_a_large_file_system_has_its_upper_digits(tmp_path: Path) -> None:
    data = made(tmp_path, "mke2fs", "-q", "-F", "-t", "ext4", "-O", "64bit", size=40 << 30)
    found = contents.read("sda3", data)
    assert found is not None
    assert 30 << 30 < found.free < 40 << 30


@pytest.mark.parametrize(
    ("at", "value", "why"),
    [
        (1024 + 0x3A, b"\0\0", "not unmounted"),
        (1024 + 0x60, b"\x46", "not unmounted"),
        (1024 + 0x3A, b"\3\0", "errors"),
        (0, b"\xeb\x3c", "boot loader"),
    ],
)
def test_a_file_system_that_is_not_to_be_touched_says_why(
    tmp_path: Path, at: int, value: bytes, why: str
) -> None:
    data = bytearray(made(tmp_path, "mke2fs", "-q", "-F", "-t", "ext4"))
    data[at : at + len(value)] = value
    found = contents.read("sda3", bytes(data))
    assert found is not None
    assert why in found.why_not


def test_a_pointer_of_ours_is_no_boot_loader(tmp_path: Path) -> None:
    data = bytearray(made(tmp_path, "mke2fs", "-q", "-F", "-t", "ext4"))
    data[: pointer.SECTOR] = pointer.encode(EXTENTS)[0]
    found = contents.read("sda3", bytes(data))
    assert found is not None
    assert found.why_not == ""


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It would be overwritten else, for nothing is known of it."""
    one = BlockDevice("sda1", 1 << 30, kind="part")
    (found,) = contents.spaces((one,), str(tmp_path))
    assert "cannot be read" in found.why_not
    assert contents.spaces((replace(one, size=1 << 20),), str(tmp_path)) == ()
    assert contents.spaces((replace(one, mounted_at=("/mnt",)),), str(tmp_path)) == ()


def test_what_else_is_known_is_not_overwritten(tmp_path: Path) -> None:
    swap = contents.read("sda2", made(tmp_path, "mkswap", "-q"))
    assert swap is not None
    assert (swap.kind, swap.why_not) == ("swap", "")
    for at, mark, kind in (
        (0, b"XFSB", "xfs"),
        (0, b"LUKS\xba\xbe", "crypto_LUKS"),
        (3, b"NTFS    ", "ntfs"),
    ):
        data = bytearray(68 << 10)
        data[at : at + len(mark)] = mark
        found = contents.read("sda2", bytes(data))
        assert found is not None
        assert found.kind == kind
    assert contents.read("sda2", bytes(68 << 10)) is None
    assert contents.read("sda2", b"") is None


@pytest.mark.parametrize(
    ("text", "server", "folder"),
    [
        ("nas:/images", "nas", "/images"),
        ("192.0.2.1:/", "192.0.2.1", "/"),
        ("[2001:db8::1]:/a/b", "2001:db8::1", "/a/b"),
        ("nas.example.org:/a:/b", "nas.example.org", "/a:/b"),
    ],
)
def test_an_export_is_understood(text: str, server: str, folder: str) -> None:
    assert exports.parse(text) == (server, folder)


@pytest.mark.parametrize(
    "text",
    ["", "/dev/sda1", "nas", "nas:images", ":/images", "2001:db8::1:/a", "nas:/a b", "nas:/a,rw", "nas:/\n"],
)
def test_what_is_no_export_is_none(text: str) -> None:
    assert exports.parse(text) is None


def test_each_machine_has_a_file_of_its_own() -> None:
    assert exports.file_name("box-1.example") == "kjtui-box-1.example.image"
    assert exports.file_name("../é") == "kjtui-..__.image"
    assert exports.file_name("") == "kjtui-machine.image"


def test_a_start_knows_the_server() -> None:
    target = exports.read("nas:/images 192.0.2.1 box 192.0.2.15/24 192.0.2.2\n")
    assert target is not None
    assert (target.name, target.server, target.export) == ("nas:/images", "192.0.2.1", "/images")
    assert (target.path, target.address, target.gateway) == ("kjtui-box.image", "192.0.2.15/24", "192.0.2.2")
    assert exports.line(target, "box") == "nas:/images 192.0.2.1 box 192.0.2.15/24 192.0.2.2"
    assert exports.read("") is None
    assert exports.read("nas:/images 192.0.2.1") is None


def test_the_wizard_knows_on_which_server_a_start_looks(tmp_path: Path) -> None:
    place = tmp_path / "run/kjtui/looked"
    place.parent.mkdir(parents=True)
    place.write_text("1\nnas:/images 192.0.2.1 box\n")
    source = Source(tmp_path)
    looks = resuming.looks(source, "6.12.0")
    assert looks == resuming.LOOKED
    assert resuming.server(source, looks) == "nas:/images"
    place.write_text("1\n")
    assert resuming.server(Source(tmp_path), looks) == ""
    assert resuming.server(source, "") == ""


def test_a_swap_area_keeps_its_priority() -> None:
    text = (
        "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
        "/dev/sda2                               partition\t1048572\t\t0\t\t-2\n"
        "/dev/sdb1                               partition\t1048572\t\t0\t\t7\n"
    )
    assert swaps.priority(text, "/dev/sdb1") == 7
    assert swaps.priority(text, "/dev/sda2") == -2
    assert swaps.priority(text, "/dev/sdc1") == -1


def test_a_medium_in_use_says_so() -> None:
    error = medium.trouble("/dev/sdb1", OSError(16, "Device or resource busy"))
    assert "mounted" in error.detail
    assert "Unmount" in error.hint


def test_a_short_read_ends_where_the_medium_ends(tmp_path: Path) -> None:
    path = tmp_path / "device"
    path.write_bytes(bytes(2 * BLOCK))
    place = Medium(str(path))
    with pytest.raises(KjtuiError, match="cut off"):
        list(inflow(place, 0, 3 * BLOCK))
    place.close()


def test_a_medium_that_does_not_answer_can_be_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the medium is waited for, somebody is asked whether it shall go on."""
    monkeypatch.setattr(medium, "CHUNK", 64 << 10)
    monkeypatch.setattr(medium, "_LOOK", 0.01)
    monkeypatch.setattr(medium, "_LAST", 0.01)
    path = tmp_path / "device"
    path.write_bytes(bytes(8 * MIB))
    place = Medium(str(path), writable=True)
    answers = threading.Event()
    monkeypatch.setattr(place, "write", lambda _buffer, _at: answers.wait())

    def cancel() -> None:
        raise KeyboardInterrupt

    flow = medium.Outflow(place, 0, cancel)
    with pytest.raises(KeyboardInterrupt):
        flow.add(bytes(MIB))
    flow.drop()
    waiting = medium.Outflow(place, 0, cancel)
    waiting.add(bytes(BLOCK))
    with pytest.raises(KeyboardInterrupt):
        waiting.end()
    answers.set()
    place.close()
