"""The word that kernel B leaves: read as it was left, or refused in words, whatever happened to its pages."""

import json
import random
import struct
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.errors import KjtuiError
from kjtui.kexec import word
from kjtui.model.memory import PAGE
from kjtui.model.word import KeptDisk, ProgramEnd, VisitorWord, WayHome

NONCE = "00112233445566ff"
SHORT = VisitorWord("6.12.0", 12.5, "countdown", True)
LONG = VisitorWord(
    "6.12.117",
    99.25,
    "done",
    False,
    ready=2.5,
    disks=(KeptDisk("sda", "vda", True, "/"), KeptDisk("sdb", "", True)),
    others_locked=("vdb",),
    log=tuple(f"[{number:12.6f}] line {number}" for number in range(60)),
    panic="",
    error="nothing much",
    program=ProgramEnd(3, "result: No such file or directory"),
    files={"output": bytes(range(256)) * 40, "empty": b"", "other": b"x" * 5000},
    ring={"size_prb": 80, "bytes_text": 1 << 17},
)
WORDS = st.builds(
    VisitorWord,
    kernel_version=st.text(max_size=60),
    uptime=st.integers(0, 10**9).map(lambda n: n / 1000),
    way_home=st.sampled_from(WayHome) | st.just(""),
    can_be_parked=st.booleans(),
    ready=st.floats(0, 1e9),
    disks=st.lists(st.builds(KeptDisk, st.text(), st.text(), st.booleans(), st.text()), max_size=3).map(
        tuple
    ),
    others_locked=st.lists(st.text(), max_size=3).map(tuple),
    log=st.lists(st.text(), max_size=5).map(tuple),
    panic=st.text(),
    error=st.text(),
    program=st.none() | st.builds(ProgramEnd, st.integers(0, 255), st.text()),
    files=st.dictionaries(st.text(), st.binary(max_size=9000), max_size=3),
    ring=st.dictionaries(st.text(), st.integers(-(1 << 70), 1 << 70), max_size=3),
)


def written(area: bytes, count: int, words: int | None = None) -> list[bytes]:
    """The pages as the agent leaves them: `words` of `count` are for the word."""
    pages = [word.blank(NONCE, number, count) for number in range(count)][: words or count]
    for number, data in enumerate(word.split(area)):
        pages[number] = pages[number][: word.BODY] + data.ljust(word.ROOM, b"\0")
    return pages


def read(pages: list[bytes], count: int) -> "VisitorWord | KjtuiError | None":
    """As kernel A reads them: what is not the page it was counts as blank."""
    right = (
        page if word.expects(page, NONCE, number, count) else bytes(PAGE) for number, page in enumerate(pages)
    )
    return decoded(word.join(list(right)))


@given(WORDS)
def test_a_word_is_read_as_it_was_left(left: VisitorWord) -> None:
    area = word.encode(left)
    count = len(word.split(area)) + 2
    assert read(written(area, count), count) == left


def test_no_word_is_no_word() -> None:
    assert read(written(b"", 4), 4) is None
    assert word.decode(b"") is None
    assert word.decode(bytes(10)) is None


@given(st.integers(1, 3000), st.data())
def test_a_page_waits_under_its_own_nonce_number_and_count(count: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, count - 1))
    page = word.blank(NONCE, number, count)
    assert len(page) == PAGE
    assert word.expects(page, NONCE, number, count)
    assert not word.expects(page, NONCE[::-1], number, count)
    assert not word.expects(page, NONCE, number + 1, count)
    assert not word.expects(page, NONCE, number, count + 1)
    assert word.expects(page[: word.BODY] + b"x" * word.ROOM, NONCE, number, count)  # whatever is in it
    at = data.draw(st.integers(0, word.BODY - 1))
    assert not word.expects(page[:at] + bytes([page[at] ^ 1]) + page[at + 1 :], NONCE, number, count)
    assert not word.expects(page[: word.BODY - 1], NONCE, number, count)


def test_the_nonce_stands_where_the_trampoline_looks_for_it() -> None:
    page = word.blank(NONCE, 1, 2)
    assert page[word.NONCE_AT :][: word.NONCE_DIGITS] == NONCE.encode()
    assert word.BODY % 8 == 0


class TestFitted:
    def test_what_fits_is_whole(self) -> None:
        area = word.encode(LONG)
        assert word.fitted(LONG, len(area)) == area

    def test_files_go_first_and_that_is_said(self) -> None:
        left = word.decode(word.fitted(LONG, len(word.encode(LONG)) - 1))
        assert left is not None
        assert left.files == {}
        assert left.log == LONG.log
        assert left.program is not None
        assert left.program.status == 3
        assert left.program.trouble.startswith(
            "result: No such file or directory; what the program made has "
        )
        assert "15240 bytes" in left.program.trouble

    def test_then_the_older_half_of_the_log(self) -> None:
        bare = replace(LONG, files={})
        left = word.decode(word.fitted(bare, len(word.encode(bare)) - 1))
        assert left is not None
        assert left.log == LONG.log[31:]
        assert left.disks == LONG.disks

    def test_then_the_ends_of_texts(self) -> None:
        wordy = replace(LONG, files={}, log=(), error="e" * 9000, panic="p" * 9000)
        left = word.decode(word.fitted(wordy, 3000))
        assert left is not None
        assert left.error.startswith("eee")
        assert left.error.endswith("...")
        assert left.disks == LONG.disks

    def test_then_the_disks_and_that_is_said(self) -> None:
        many = replace(SHORT, disks=tuple(KeptDisk(f"sd{n}", "", True) for n in range(500)), error="first")
        left = word.decode(word.fitted(many, word.ROOM))
        assert left is not None
        assert left.disks == ()
        assert left.error == "first; 500 disks are not told of: there was no room"

    def test_disks_that_nobody_uses_may_be_many_too(self) -> None:
        left = word.decode(word.fitted(replace(SHORT, others_locked=("vdb",) * 2000), word.ROOM))
        assert left is not None
        assert left.others_locked == ()

    @given(WORDS, st.integers(0, 20000))
    def test_it_is_a_whole_word_or_an_error(self, left: VisitorWord, room: int) -> None:
        try:
            area = word.fitted(left, room)
        except ValueError:
            assert room < 2500
            return
        assert len(area) <= room
        read_back = word.decode(area)
        assert read_back is not None
        assert (read_back.way_home, read_back.can_be_parked) == (left.way_home, left.can_be_parked)
        assert read_back.log == left.log[len(left.log) - len(read_back.log) :]


def area_of(plain: object, data: bytes = b"") -> bytes:
    """An area with right checksums around any text."""
    text = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    head = struct.pack("<4sIIII", b"KJW2", len(text), zlib.crc32(text), len(data), zlib.crc32(data))
    return head + text + data


def plain_word() -> dict[str, object]:
    text = word.encode(LONG)[20:]
    plain = json.JSONDecoder().raw_decode(text.decode("latin-1"))[0]
    assert isinstance(plain, dict)
    return plain


@pytest.mark.parametrize("plain", [b"", b"nul", b"\xff", b"[" * 100_000, None, 5, "text", [], {}, [[]]])
def test_a_text_of_another_form_is_damaged(plain: object) -> None:
    with pytest.raises(KjtuiError, match="damaged"):
        word.decode(area_of(plain))


def decoded(area: bytes) -> VisitorWord | KjtuiError | None:
    """What comes of an area; any exception but ours is a failure of the test."""
    try:
        return word.decode(area)
    except KjtuiError as error:
        return error


ODD = [
    "dance",
    [1],
    [[1]],
    [["a", -5]],
    [["a", 1 << 70]],
    {"a": 1},
    {"a": "b"},
    1.5,
    float("inf"),
    10**400,
    None,
]


@pytest.mark.parametrize("name", sorted(plain_word()))
@pytest.mark.parametrize("value", ODD)
def test_a_field_of_another_kind_is_damaged_or_read(name: str, value: object) -> None:
    plain = {**plain_word(), name: value}
    found = decoded(area_of(plain, b"".join(LONG.files.values())))
    assert isinstance(found, VisitorWord) or "damaged" in found.title


@pytest.mark.parametrize("name", sorted(plain_word()))
def test_a_field_that_is_missing_is_damage(name: str) -> None:
    plain = plain_word()
    del plain[name]
    with pytest.raises(KjtuiError, match="damaged"):
        word.decode(area_of(plain, b"".join(LONG.files.values())))


def flipped(chance: random.Random, pages: list[bytes]) -> None:
    for _ in range(chance.choice((1, 1, 1, 2, 50))):
        number = chance.randrange(len(pages))
        page = bytearray(pages[number]) or bytearray(1)
        at = chance.randrange(len(page))
        page[at] ^= 1 << chance.randrange(8)
        pages[number] = bytes(page)


def truncated(chance: random.Random, pages: list[bytes]) -> None:
    if chance.random() < 0.5:
        del pages[chance.randrange(len(pages)) :]
    else:
        number = chance.randrange(len(pages))
        pages[number] = pages[number][: chance.randrange(PAGE)]


def swapped(chance: random.Random, pages: list[bytes]) -> None:
    one, other = chance.randrange(len(pages)), chance.randrange(len(pages))
    pages[one], pages[other] = pages[other], pages[one]


def of_another_jump(chance: random.Random, pages: list[bytes]) -> None:
    number = chance.randrange(len(pages))
    other = f"{chance.getrandbits(64):016x}".encode()
    page = pages[number]
    pages[number] = page[: word.NONCE_AT] + other + page[word.NONCE_AT + 16 :]


def of_huge_lengths(chance: random.Random, pages: list[bytes]) -> None:
    at = word.BODY + 4 * chance.randrange(5)
    length = struct.pack("<I", chance.choice((0, 1, PAGE, 1 << 31, (1 << 32) - 1, chance.getrandbits(32))))
    pages[0] = pages[0][:at] + length + pages[0][at + 4 :]


def emptied(chance: random.Random, pages: list[bytes]) -> None:
    number = chance.randrange(len(pages))
    pages[number] = bytes(PAGE)


@pytest.mark.parametrize("left", [SHORT, LONG], ids=["short", "long"])
def test_5000_mutated_mailboxes_give_the_word_none_or_an_error(left: VisitorWord) -> None:
    chance = random.Random(2026)
    area = word.encode(left)
    count = len(word.split(area)) + 3
    whole = written(area, count, count - 2)
    outcomes = {"same": 0, "none": 0, "damaged": 0}
    for _ in range(5000):
        pages = list(whole)
        for _ in range(chance.randint(1, 3)):
            if pages:
                chance.choice(
                    (flipped, flipped, truncated, swapped, of_another_jump, of_huge_lengths, emptied)
                )(chance, pages)
        found = read(pages, count)
        if isinstance(found, KjtuiError):
            outcomes["damaged"] += "damaged" in found.title
        else:
            outcomes["none" if found is None else "same"] += found in (None, left)
    assert sum(outcomes.values()) == 5000
    assert all(outcomes.values()), outcomes
