"""Images of memory: saved, read, put back; and refused, whatever has become of them."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kjtui.agent import restore, saver
from kjtui.agent.saver import Saver
from kjtui.backend import imagereader, images, medium
from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile import errand as errands
from kjtui.imagefile import header, manifest, pieces
from kjtui.imagefile.header import Header, Sealing, State
from kjtui.model.memory import MIB, PAGE, Region, RegionKind, Span
from kjtui.model.saved import Errand, Machine, Manifest, Target, Task
from kjtui.model.saved import Medium as Kind

RAM = ((0, 640 << 10, "System RAM"), (MIB, 5 * MIB, "System RAM"), (5 * MIB, 6 * MIB, "Reserved"))
LOW, REGION = Span(PAGE, 640 << 10), Span(2 * MIB, 3 * MIB)
ENTRY = MIB + 5 * PAGE
SKELETON = Manifest(
    id="00112233445566778899aabbccddeeff",
    created=1_700_000_000,
    host="somewhere",
    release="6.12.0",
    boot_id="b",
    region=Region(REGION, RegionKind.RESERVED),
    low=LOW,
    entry=0,
    machine=Machine("x", ("fpu",), 2, "board", RAM),
)
TARGET = Target(Kind.PARTITION, "/dev/vdb1", 8 * MIB)
ERRAND = Errand(Task.HIBERNATE, TARGET, SKELETON)


class Memory:
    """What stands for kernel A's: the bytes from 0 on."""

    def __init__(self, content: bytes) -> None:
        self.content = bytearray(content)

    def view(self, wanted: Span) -> memoryview:
        return memoryview(self.content)[wanted.start : wanted.end]

    def read(self, address: int, size: int) -> bytes:
        return bytes(self.content[address : address + size])

    def close(self) -> None:
        pass


def filled(seed: int) -> Memory:
    """Memory with pages of all kinds: noise, text, zeros."""
    chance = random.Random(seed)
    pages = []
    for _ in range(6 * MIB // PAGE):
        kind = chance.random()
        noise, text = chance.randbytes(PAGE), b"all work and no play " * 195
        pages.append(noise if kind < 0.2 else bytes(PAGE) if kind < 0.6 else text.ljust(PAGE, b"."))
    return Memory(b"".join(pages))


def nothing() -> None:
    pass


def quiet(_text: str) -> None:
    pass


def save(path: Path, memory: Memory, told: Errand = ERRAND) -> str:
    if not path.exists():
        path.write_bytes(bytes(8 * MIB))
    place = Medium(str(path), writable=True)
    try:
        return Saver(told, place, memory, ENTRY, quiet, nothing).save()  # type: ignore[arg-type]
    finally:
        place.close()


def load(path: Path, key: bytes = b"") -> tuple[Header, Manifest, Memory]:
    place = Medium(str(path))
    try:
        head, found = imagereader.read_image(place, key)
        imagereader.verify(place, found, lambda _done: None)
        memory = Memory(b"\xee" * (6 * MIB))
        restore.put_back(place, found, key, lambda: memory, quiet)  # type: ignore[arg-type]
        return head, found, memory
    finally:
        place.close()


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(medium, "CHUNK", 256 << 10)
    monkeypatch.setattr(saver, "FIRST", 8192)


def test_what_is_saved_is_put_back_and_nothing_else_is_touched(tmp_path: Path) -> None:
    memory = filled(1)
    save(tmp_path / "image", memory)
    head, found, back = load(tmp_path / "image")
    assert head.state is State.VALID
    assert (found.entry, found.host, found.machine) == (ENTRY, "somewhere", SKELETON.machine)
    for span in manifest.saved_memory(found):
        assert back.content[span.start : span.end] == memory.content[span.start : span.end]
    for hole in (LOW, REGION, Span(5 * MIB, 6 * MIB)):
        assert back.content[hole.start : hole.end] == b"\xee" * hole.size
    assert sum(piece.size for piece in found.pieces) == PAGE * (3 * MIB // PAGE + 1)  # and page 0


def test_what_waits_for_a_reserved_region_is_nothing_of_the_system(tmp_path: Path) -> None:
    memory = filled(2)
    sources = range(4 * MIB, 4 * MIB + 32 * PAGE, PAGE)
    words = [REGION.start | 1, *(page | 8 for page in sources), 4]  # the list of pages that changed places
    for at, word in [(ENTRY + 0x30, (5 * MIB - PAGE) | 2), *enumerate(words)]:
        place = at if word & 2 else 5 * MIB - PAGE + 8 * at
        memory.content[place : place + 8] = word.to_bytes(8, "little")
    save(tmp_path / "image", memory)
    _, found, back = load(tmp_path / "image")
    assert back.content[sources[0] : sources[-1] + PAGE] == b"\xee" * (32 * PAGE)
    assert back.content[sources[-1] + PAGE : 5 * MIB] == memory.content[sources[-1] + PAGE : 5 * MIB]
    borrowed = replace(SKELETON, region=Region(REGION, RegionKind.BORROWED))
    save(tmp_path / "other", memory, replace(ERRAND, manifest=borrowed))
    _, other, _ = load(tmp_path / "other")
    less = sum(one.size for one in other.pieces) - sum(one.size for one in found.pieces)
    assert less == 32 * PAGE


def test_a_snapshot_is_none_to_go_back_to(tmp_path: Path) -> None:
    save(tmp_path / "image", filled(3), replace(ERRAND, task=Task.SNAPSHOT))
    found = images.head(str(tmp_path / "image"))
    assert found is not None
    assert found.state is State.SNAPSHOT


def test_a_place_that_is_too_small_ends_in_words_and_without_an_image(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(bytes(300 << 10))
    with pytest.raises(KjtuiError, match="full"):
        save(path, filled(4))
    found = images.head(str(path))
    assert found is not None
    assert found.state is State.EMPTY


def test_giving_up_in_the_middle_leaves_no_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "image"
    save(path, filled(5))  # an older one, which must not survive either
    ticks = iter(range(1000))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))
    place = Medium(str(path), writable=True)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Saver(ERRAND, place, filled(6), ENTRY, quiet, stop).save()  # type: ignore[arg-type]
    place.close()
    found = images.head(str(path))
    assert found is not None
    assert found.state is State.EMPTY


def test_an_empty_swap_area_carries_an_image_and_is_one_again(tmp_path: Path) -> None:
    path = tmp_path / "swap"
    first = bytearray(random.Random(7).randbytes(PAGE))
    first[header.SWAP_AT :] = header.SWAP_MARK
    path.write_bytes(bytes(first) + bytes(8 * MIB - PAGE))
    save(path, filled(7))
    with path.open("rb") as file:
        taken = file.read(PAGE)
    assert taken[header.SWAP_AT :] == header.TAKEN_MARK
    assert taken[header.SIZE : header.SWAP_AT] == bytes(first[header.SIZE : header.SWAP_AT])
    assert images.discard(str(path))
    with path.open("rb") as file:
        assert file.read(PAGE)[header.SIZE :] == bytes(first[header.SIZE :])


def test_an_image_is_thrown_away_once_and_no_other_is(tmp_path: Path) -> None:
    path = str(tmp_path / "image")
    save(Path(path), filled(8))
    assert not images.discard(path, "ff" * 16)
    assert images.discard(path, SKELETON.id)
    assert not images.discard(path, SKELETON.id)
    with pytest.raises(KjtuiError):
        load(Path(path))[0]


@pytest.mark.parametrize("sealing", [None, Sealing(bytes(range(16)), 14)])
def test_the_errand_comes_over_whole(sealing: Sealing | None) -> None:
    told = replace(ERRAND, note=(4096, 500), key=b"k" * 32, sealing=sealing)
    assert errands.decode(errands.encode(told)) == told


def test_memory_is_cut_without_loss() -> None:
    memory = (Span(0, 5 * PAGE), Span(7 * PAGE, 8 * PAGE), Span(20 * PAGE, 90 * PAGE))
    groups = list(pieces.cut(memory, 8 * PAGE))
    assert all(sum(run.size for run in group) <= 8 * PAGE for group in groups)
    assert next(run for group in groups for run in group).start == 0
    assert sum(run.size for group in groups for run in group) == 76 * PAGE


def test_holes_are_whole_pages_wherever_they_lie() -> None:
    left = pieces.without(
        [Span(0, 10 * PAGE), Span(20 * PAGE, 30 * PAGE)],
        [Span(PAGE + 5, 2 * PAGE + 5), Span(9 * PAGE, 21 * PAGE)],
    )
    assert left == (Span(0, PAGE), Span(3 * PAGE, 9 * PAGE), Span(21 * PAGE, 30 * PAGE))


def mutations(good: bytes, other: bytes, covered: list[tuple[int, int]], count: int) -> Iterator[bytes]:
    """So many images that are not what was saved. covered: the parts in which every bit counts."""
    chance = random.Random(9)
    ends = [end for _, end in covered]
    for _ in range(count):
        kind = chance.randrange(4)
        data = bytearray(good)
        start, end = chance.choice(covered)
        if kind == 0:
            at = chance.randrange(start, end)
            data[at] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del data[chance.randrange(max(ends)) :]
        elif kind == 2:
            size = chance.randrange(1, 65)
            at = chance.randrange(start, end)
            noise = chance.randbytes(min(size, end - at))
            if noise == good[at : at + len(noise)]:
                continue
            data[at : at + len(noise)] = noise
        else:  # a part of another image, in the same place
            if good[start:end] == other[start:end]:
                continue
            data[start:end] = other[start:end].ljust(end - start, b"\0")
        yield bytes(data)


def parts(path: Path) -> list[tuple[int, int]]:
    """What of an image is looked at: its head, its manifest, its pieces."""
    place = Medium(str(path))
    head, found = imagereader.read_image(place, b"")
    place.close()
    inside = [(piece.at, piece.at + piece.stored) for piece in found.pieces]
    return [(0, header.SIZE), (head.manifest_at, head.manifest_at + head.manifest_size), *inside]


def looked_at(place: Medium) -> None:
    """All that is done before a byte of memory is written."""
    _, found = imagereader.read_image(place, b"")
    imagereader.verify(place, found, lambda _done: None)


def test_5000_damaged_images_are_refused_before_memory_is_touched(tmp_path: Path) -> None:
    good, other, bad = tmp_path / "good", tmp_path / "other", tmp_path / "bad"
    save(good, filled(10))
    second = replace(SKELETON, id="ff" * 16, created=SKELETON.created + 1)
    save(other, filled(11), replace(ERRAND, manifest=second))
    covered = parts(good)
    end = max(stop for _, stop in covered)
    whole = good.read_bytes()[: -(-end // PAGE) * PAGE]
    refused = 0
    for data in mutations(whole, other.read_bytes(), covered, 5000):
        bad.write_bytes(data)
        place = Medium(str(bad))
        try:
            with pytest.raises(KjtuiError) as told:
                looked_at(place)
            assert told.value.title
            assert told.value.detail
            refused += 1
        finally:
            place.close()
    assert refused > 4900


def test_going_back_that_was_begun_is_counted(tmp_path: Path) -> None:
    path = str(tmp_path / "image")
    save(Path(path), filled(12))
    for count in (1, 2):
        images.note_try(path)
        head, _, _ = load(Path(path))
        assert (head.state, head.tries) == (State.VALID, count)
    assert images.waiting(path).startswith("a system that was saved on ")
    images.discard(path)
    assert images.waiting(path) == ""


def test_what_is_read_otherwise_while_memory_is_put_back_is_noticed(tmp_path: Path) -> None:
    save(tmp_path / "image", filled(12))
    place = Medium(str(tmp_path / "image"))
    _, found = imagereader.read_image(place, b"")
    imagereader.verify(place, found, lambda _done: None)
    good = (tmp_path / "image").read_bytes()
    for piece in found.pieces:
        for at in (piece.at, piece.at + 4, piece.at + piece.stored // 2, piece.at + piece.stored - 1):
            (tmp_path / "image").write_bytes(good[:at] + bytes([good[at] ^ 4]) + good[at + 1 :])
            with pytest.raises(KjtuiError, match="damaged"):
                restore.put_back(place, found, b"", lambda: Memory(bytes(6 * MIB)), quiet)  # type: ignore[arg-type]
    place.close()


def test_a_check_that_cannot_be_made_is_no_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "image", filled(13))
    place = Medium(str(tmp_path / "image"))
    _, found = imagereader.read_image(place, b"")

    def fail(_stored: bytes) -> bytes:
        raise MemoryError("no memory")

    monkeypatch.setattr(imagereader.pieces, "checksum", fail)
    with pytest.raises(KjtuiError, match="could not be checked") as told:
        imagereader.verify(place, found, lambda _done: None)
    assert "no memory" in told.value.detail
    place.close()


def test_how_long_saving_took_travels_with_the_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    head = Header(State.VALID, bytes(16), 8192, 5, end=16384, created=7, tries=2, took=123_456)
    assert header.decode(header.encode(head)) == head
    assert header.decode(header.encode(replace(head, took=1 << 40))).took == (1 << 32) - 1
    ticks = iter(range(0, 100_000, 5))
    monkeypatch.setattr(time, "monotonic", lambda: float(next(ticks)))
    said = save(tmp_path / "image", filled(14))
    found = images.head(str(tmp_path / "image"))
    assert found is not None
    assert found.took > 0
    assert f"{found.took / 1000:.1f} s (" in said
