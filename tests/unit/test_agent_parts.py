"""What the agent does before it goes home, with files in place of kernel B's memory."""

import os
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_ringbuffer import BASE, MAP, PRB, Ring, vmcoreinfo

from kjtui.agent import last, letter, ownlog, wayback
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.kexec import iomem, regions, ringbuffer, word
from kjtui.kexec.ringbuffer import Piece, Place
from kjtui.kexec.trampoline import trampoline_size
from kjtui.model.choices import Purpose
from kjtui.model.image import Segment
from kjtui.model.memory import GIB, MIB, PAGE, Span
from kjtui.model.visit import Orders
from kjtui.model.word import Mailbox, WayHome

NONCE = "0123456789abcdef"
IOMEM = (
    "00001000-0009efff : System RAM",
    "10000000-1bffffff : System RAM",
    "  10200000-10dfffff : Kernel code",
    "  11000000-111fffff : Kernel data",
    "  11400000-115fffff : Kernel bss",
    "  1a000000-1a2fffff : Crash kernel",
)


def box(words: int, log: int, start: int = 5 * GIB) -> Mailbox:
    """Pages that are not neighbours."""
    return Mailbox(tuple(start + 3 * PAGE * number for number in range(words + log)), words, NONCE)


class TestCopies:
    def test_each_piece_begins_in_a_page_of_its_own(self) -> None:
        place = Place((Piece(0x1000, 80), Piece(0x9000, word.ROOM + 8), Piece(0x20000, 2 * word.ROOM)), {})
        mailbox = box(2, 9)
        copies = wayback._copies(mailbox, place)
        log = mailbox.pages[2:]
        assert [(one.source, one.page, one.size) for one in copies] == [
            (0x1000, log[0], 80),
            (0x9000, log[1], word.ROOM),
            (0x9000 + word.ROOM, log[2], 8),
            (0x20000, log[3], word.ROOM),
            (0x20000 + word.ROOM, log[4], word.ROOM),
        ]

    @pytest.mark.parametrize(("pages", "enough"), [(0, False), (4, False), (5, True)])
    def test_a_log_that_has_no_room_is_not_copied_at_all(self, pages: int, enough: bool) -> None:
        place = Place((Piece(0x1000, 80), Piece(0x9000, word.ROOM + 8), Piece(0x20000, 2 * word.ROOM)), {})
        assert bool(wayback._copies(box(2, pages), place)) is enough

    @settings(max_examples=60)
    @given(st.lists(st.binary(max_size=80), max_size=60), st.integers(2, 9), st.integers(9, 13))
    def test_what_is_copied_is_what_kernel_a_reads(self, texts: list[bytes], count: int, size: int) -> None:
        ring = Ring(count, size)
        for text in texts:
            ring.add(text)
        place = ring.located()
        mailbox = box(1, -(-place.size // word.ROOM) + 4)
        pages = dict.fromkeys(mailbox.pages, bytes(PAGE))
        for one in wayback._copies(mailbox, place):
            data = ring.read(one.source + MAP - BASE, one.size)
            pages[one.page] = bytes(word.BODY) + data.ljust(word.ROOM, b"\0")
        copied = word.join([pages[page] for page in mailbox.pages[1:]])
        found = ringbuffer.records(copied, place.layout, word.ROOM)
        assert found == ringbuffer.records(ring.copied(), place.layout, word.ROOM)
        assert bool(found) is bool(texts)


class TestWayHome:
    @pytest.fixture
    def loads(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, Segment]]:
        found: list[tuple[str, int, Segment]] = []
        monkeypatch.setattr(wayback, "_iomem", lambda: list(iomem.parse(IOMEM)))
        for kind in ("kexec_load", "kexec_load_crash"):
            monkeypatch.setattr(
                syscalls,
                kind,
                lambda entry, segments, kind=kind: found.append((kind, entry, segments[0])),
            )
        return found

    def test_it_lies_in_memory_that_nobody_has(self, loads: list[tuple[str, int, Segment]]) -> None:
        wayback.prepare(5 * GIB, None)
        ((kind, entry, segment),) = loads
        assert kind == "kexec_load"
        assert entry == segment.span.start
        assert Span(0x10000000, 0x1C000000).contains(segment.span)
        assert not segment.span.overlaps(Span(0x10200000, 0x11600000))
        assert not segment.span.overlaps(Span(0x1A000000, 0x1A300000))
        assert len(segment.data) == trampoline_size(6 * GIB) <= segment.span.size

    def test_the_way_home_from_a_panic_lies_in_what_is_kept(
        self, loads: list[tuple[str, int, Segment]]
    ) -> None:
        log = Ring().located()
        assert wayback.prepare_for_panic(5 * GIB, None, box(16, 384, 9 * GIB), log)
        ((kind, entry, segment),) = loads
        assert kind == "kexec_load_crash"
        assert entry == segment.span.start
        assert Span(0x1A000000, 0x1A300000).contains(segment.span)
        assert len(segment.data) > trampoline_size(10 * GIB)  # A's pages are mapped; the list is in it

    @pytest.mark.parametrize("mailbox", [None, box(16, 0)])
    def test_without_room_for_a_log_it_leads_home_all_the_same(
        self, loads: list[tuple[str, int, Segment]], mailbox: Mailbox | None
    ) -> None:
        assert not wayback.prepare_for_panic(5 * GIB, None, mailbox, Ring().located())
        assert not wayback.prepare_for_panic(5 * GIB, None, mailbox, None)
        assert [kind for kind, _, _ in loads] == ["kexec_load_crash"] * 2

    def test_nothing_to_go_back_to(self, loads: list[tuple[str, int, Segment]]) -> None:
        with pytest.raises(KjtuiError, match="not jumped to"):
            wayback.prepare(0, None)
        assert not wayback.prepare_for_panic(0, None, None, None)
        assert loads == []

    def test_nothing_kept_for_it(
        self, loads: list[tuple[str, int, Segment]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(wayback, "_iomem", lambda: list(iomem.parse(IOMEM[:-1])))
        with pytest.raises(KjtuiError, match="would not lead home"):
            wayback.prepare_for_panic(5 * GIB, None, None, None)
        assert loads == []

    @settings(max_examples=60, deadline=None)
    @given(st.integers(1, 1024))
    def test_what_is_kept_has_room_for_it_on_any_machine(self, gibs: int) -> None:
        """Besides it the kernel's own tables for all of memory lie there, a page for each GiB twice."""
        size = regions.crash_size([Span(0, gibs * GIB)])
        span = Span(16 * MIB, 16 * MIB + size)
        place = wayback._place((span,), (), trampoline_size(gibs * GIB, 384))
        assert span.contains(place)
        assert span.size - place.size >= 2 * gibs * PAGE + MIB

    def test_memory_without_room_is_said_to_have_none(self) -> None:
        taken = (Span(0x1000, 0x5000),)
        with pytest.raises(KjtuiError, match="way back cannot be built"):
            wayback._place((Span(0x1000, 0x9000),), taken, 5 * PAGE)
        assert wayback._place((Span(0x1000, 0x9000),), taken, 4 * PAGE) == Span(0x5000, 0x9000)
        below = wayback._place((Span(0x1000, 0x9000),), (Span(0x6000, 0x9000),), 4 * PAGE)
        assert below == Span(0x2000, 0x6000)


def kcore(pieces: dict[int, bytes], notes: bytes) -> bytes:
    """/proc/kcore: a PT_NOTE first, then a PT_LOAD for each piece of memory (elf(5))."""
    offset = 64 + 56 * (len(pieces) + 1)
    headers = struct.pack("<IIQQQQQQ", 4, 0, offset, 0, 0, len(notes), len(notes), 0)
    data = notes
    for address, content in pieces.items():
        at, size = offset + len(data), len(content)
        headers += struct.pack("<IIQQQQQQ", 1, 7, at, address, 0, size, size, 4096)
        data += content
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, len(pieces) + 1, 0, 0, 0)
    return head + headers + data


def note(name: bytes, content: bytes) -> bytes:
    name += b"\0"
    head = struct.pack("<III", len(name), len(content), 0)
    return head + name + bytes(-len(name) % 4) + content + bytes(-len(content) % 4)


class TestOwnLog:
    @pytest.fixture
    def core(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        path = tmp_path / "kcore"
        monkeypatch.setattr(ownlog, "_KCORE", str(path))
        return path

    def test_its_place_is_told_by_kcore(self, core: Path) -> None:
        ring = Ring()
        notes = note(b"CORE", b"abcde") + note(b"VMCOREINFO", vmcoreinfo().encode()) + note(b"X", b"")
        core.write_bytes(kcore(ring.memory, notes))
        assert ownlog.place() == ring.located()

    @pytest.mark.parametrize(
        "notes", [b"", note(b"CORE", b"x"), b"\xff" * 40, note(b"VMCOREINFO", b"SYMBOL")]
    )
    def test_a_core_without_a_word_of_it(self, core: Path, notes: bytes) -> None:
        core.write_bytes(kcore(Ring().memory, notes))
        assert ownlog.place() is None

    def test_memory_that_is_not_in_the_core(self, core: Path) -> None:
        memory = Ring().memory
        del memory[PRB]
        core.write_bytes(kcore(memory, note(b"VMCOREINFO", vmcoreinfo().encode())))
        assert ownlog.place() is None

    @pytest.mark.parametrize("content", [None, b"", b"\x7fELF", b"\0" * 64, b"\xff" * 64])
    def test_a_core_that_is_none(self, core: Path, content: bytes | None) -> None:
        if content is not None:
            core.write_bytes(content)
        assert ownlog.place() is None

    def test_the_last_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        records: list[bytes | OSError] = [
            b"6,1,5000000,-;first line\n SUBSYSTEM=usb\n",
            BrokenPipeError(),
            b"3,3,12345678,-;third \\x1b[2J\n",
            b"4,4,12345679,-;\n",
            BlockingIOError(),
        ]

        def read(_file: int, _size: int) -> bytes:
            one = records.pop(0)
            if isinstance(one, OSError):
                raise one
            return one

        monkeypatch.setattr(os, "open", lambda *_: 77)
        monkeypatch.setattr(os, "close", lambda _file: None)
        monkeypatch.setattr(os, "read", read)
        assert ownlog.tail(2) == ("[   12.345678] third \\x1b[2J", "[   12.345679] ")

    def test_no_log_is_no_lines(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*_: object) -> int:
            raise PermissionError

        monkeypatch.setattr(os, "open", refuse)
        assert ownlog.tail(5) == ()


class TestLetter:
    BOX = Mailbox((4 * PAGE, 2 * PAGE, 9 * PAGE, 0), 3, NONCE)

    @pytest.fixture
    def memory(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A file in place of /dev/mem, with A's pages in it."""
        path = tmp_path / "mem"
        content = bytearray(b"\xee" * 12 * PAGE)
        for number, page in enumerate(self.BOX.pages):
            content[page : page + PAGE] = word.blank(NONCE, number, len(self.BOX.pages))
        path.write_bytes(content)
        real = os.open
        monkeypatch.setattr(
            os, "open", lambda name, flags, *more: real(path if name == "/dev/mem" else name, flags, *more)
        )
        monkeypatch.setattr(ownlog, "tail", lambda lines: ("line",) * lines)
        return path

    def area(self, memory: Path) -> bytes:
        data = memory.read_bytes()
        return word.join([data[page : page + PAGE] for page in self.BOX.pages[: self.BOX.words]])

    def test_kernel_a_reads_what_was_left(self, memory: Path) -> None:
        one = letter.Letter(self.BOX, parkable=True)
        assert one.room == 3 * word.ROOM
        assert one.leave(WayHome.KEY, "something")
        left = word.decode(self.area(memory))
        assert left is not None
        assert (left.way_home, left.error, left.can_be_parked) == ("key", "something", True)
        assert left.kernel_version == os.uname().release
        assert left.log == ("line",) * 60
        data = memory.read_bytes()
        for page in range(0, 12 * PAGE, PAGE):
            if page not in self.BOX.pages[:3]:
                untouched = word.blank(NONCE, 3, 4) if page == 0 else b"\xee" * PAGE
                assert data[page : page + PAGE] == untouched

    def test_while_it_is_still_there_it_says_so(self, memory: Path) -> None:
        assert letter.Letter(self.BOX, parkable=True).leave()
        left = word.decode(self.area(memory))
        assert left is not None
        assert (left.way_home, left.log) == ("", ())

    @pytest.mark.parametrize("number", [0, 1])
    def test_a_page_that_does_not_wait_is_not_touched_and_there_is_no_word(
        self, memory: Path, number: int
    ) -> None:
        data = bytearray(memory.read_bytes())
        data[self.BOX.pages[number] + word.NONCE_AT] ^= 1
        memory.write_bytes(data)
        one = letter.Letter(self.BOX, parkable=True)
        area = word.encode(one.text) + bytes(word.ROOM)  # of two pages
        assert not letter.write(self.BOX, area)
        assert word.decode(self.area(memory)) is None
        after = memory.read_bytes()
        at = self.BOX.pages[number]
        assert after[at : at + PAGE] == data[at : at + PAGE]

    def test_without_pages_and_without_memory_nothing_is_left(
        self, memory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert not letter.Letter(None, parkable=True).leave(WayHome.KEY)
        assert letter.Letter(None, parkable=True).room == 0
        memory.unlink()
        assert not letter.Letter(self.BOX, parkable=True).leave(WayHome.KEY)

    def test_what_is_too_long_does_not_keep_anybody_from_going(self, memory: Path) -> None:
        small = Mailbox(self.BOX.pages, 0, NONCE)
        assert not letter.Letter(small, parkable=True).leave(WayHome.ERROR, "x" * 9000)
        assert letter.Letter(self.BOX, parkable=True).leave(WayHome.ERROR, "x" * 90000)
        left = word.decode(self.area(memory))
        assert left is not None
        assert left.error.startswith("xxx")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("137", "was ended by SIGKILL"),
        ("143", "was ended by SIGTERM"),
        ("1", "ended with status 1"),
        ("255", "ended with status 255"),
        ("", "ended with status unknown"),
        ("zz", "ended with status zz"),
    ],
)
def test_how_the_agent_ended_is_told(status: str, words: str) -> None:
    assert words in last._ended(status)


def test_where_putting_back_was_cut_off_the_machine_restarts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []
    monkeypatch.setattr(last, "read_orders", lambda: Orders(Purpose.RESTORE, timer=0))
    monkeypatch.setattr(last, "read_entry", lambda: 0)
    monkeypatch.setattr(last.time, "sleep", lambda _seconds: None)
    monkeypatch.setattr(last.syscalls, "restart", lambda: done.append("restart"))
    monkeypatch.setattr(last.sys, "argv", ["last", "137"])
    last.main()
    assert done == ["restart"]
    assert "SIGKILL" in (said := capsys.readouterr().out)
    assert "The image is kept" in said
