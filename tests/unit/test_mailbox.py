"""The pages in which kernel B leaves word, and what kernel A makes of them."""

import mmap
import os
import struct
from pathlib import Path

import pytest
from test_ringbuffer import Ring

from kjtui.backend import lastword, mailbox, syscalls
from kjtui.backend.linux import LinuxMachine
from kjtui.backend.mailbox import MailboxPages
from kjtui.errors import KjtuiError
from kjtui.kexec import word
from kjtui.kexec.ringbuffer import Record
from kjtui.model.memory import MIB, PAGE, Span
from kjtui.model.word import VisitorWord, WayHome

PRESENT = 1 << 63
REAL = Path("/proc/self/pagemap")


@pytest.fixture
def pagemap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page map in which every page of this process lies at its virtual address, shifted down."""

    def pread(_file: int, size: int, offset: int) -> bytes:
        first = offset // 8
        return b"".join(struct.pack("<Q", PRESENT | first + n & 0xFFFFFFF) for n in range(size // 8))

    monkeypatch.setattr(os, "pread", pread)
    path = tmp_path / "pagemap"
    path.touch()
    return path


def allocated(pagemap: Path, words: int = 3, log: int = 4, avoid: tuple[Span, ...] = ()) -> MailboxPages:
    found = mailbox.allocate(avoid, words, pagemap, log)
    assert found is not None
    return found


def write(pages: MailboxPages, first: int, area: bytes, count: int) -> None:
    """What kernel B does: write behind the heads of `count` pages from the first on."""
    for number, data in enumerate(word.split(area)):
        assert number < count
        at = pages._offsets[first + number] + word.BODY
        pages._block[at : at + len(data)] = data


def test_pages_outside_are_found(pagemap: Path) -> None:
    found = allocated(pagemap)
    assert len(found.box.pages) == len(set(found.box.pages)) == 7
    assert found.box.words == 3
    assert all(page % PAGE == 0 for page in found.box.pages)
    assert len(found.box.nonce) == word.NONCE_DIGITS
    assert found.box.nonce != allocated(pagemap).box.nonce
    middle = found.box.pages[3]
    avoid = (Span(middle, middle + PAGE),)
    other = allocated(pagemap, avoid=avoid)
    assert middle not in other.box.pages
    assert found.usable((), pagemap, 3)
    assert not found.usable(avoid, pagemap, 3)
    assert not found.usable((), pagemap, 4)


def test_as_many_are_found_as_a_program_s_files_need(pagemap: Path) -> None:
    found = allocated(pagemap, 2112, mailbox.LOG_PAGES)
    assert len(found.box.pages) == 2112 + 384


def test_larger_blocks_are_looked_through_where_a_small_one_lies_badly(
    pagemap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All pages but every hundredth are to be avoided."""
    inside = mailbox._inside
    monkeypatch.setattr(
        mailbox, "_inside", lambda page, spans: page // PAGE % 100 != 0 or inside(page, spans)
    )
    found = allocated(pagemap, 10, 20)
    assert all(page // PAGE % 100 == 0 for page in found.box.pages)


def test_pages_that_have_moved_are_not_usable(pagemap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = allocated(pagemap)
    monkeypatch.setattr(
        os, "pread", lambda _file, size, _offset: struct.pack("<Q", PRESENT | 7) * (size // 8)
    )
    assert not found.usable((), pagemap, 3)


def test_no_pages_where_addresses_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mailbox.allocate((), 1, tmp_path / "missing") is None
    (tmp_path / "pagemap").touch()
    assert mailbox.allocate((), 1, tmp_path / "pagemap") is None  # empty
    monkeypatch.setattr(os, "pread", lambda _file, size, _offset: struct.pack("<Q", PRESENT) * (size // 8))
    assert mailbox.allocate((), 1, tmp_path / "pagemap") is None


def test_no_pages_where_everything_is_taken(pagemap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    real = mmap.mmap
    monkeypatch.setattr(mailbox, "_LARGEST_BLOCK", 3 * MIB)
    monkeypatch.setattr(
        mmap, "mmap", lambda file, size, **more: sizes.append(size) or real(file, size, **more)
    )
    assert mailbox.allocate((Span(0, 1 << 50),), 16, pagemap) is None
    assert sizes == [3 * MIB]  # twice what is wanted is more; the largest of all is tried in any case
    sizes.clear()
    assert mailbox.allocate((Span(0, 1 << 50),), 16, pagemap, 16) is None
    assert sizes == [256 << 10, MIB, 3 * MIB]


def test_no_pages_where_they_cannot_be_locked(pagemap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_address: int, _size: int) -> None:
        raise KjtuiError("Memory cannot be locked")

    monkeypatch.setattr(syscalls, "lock_in_memory", refuse)
    assert mailbox.allocate((), 1, pagemap) is None


def test_real_pages_are_where_the_kernel_says() -> None:
    block = mmap.mmap(-1, 4 * PAGE)
    block[0] = block[2 * PAGE] = 1
    addresses = mailbox.physical(syscalls.address_of(block), 4, REAL)
    assert len(addresses) == 4
    told = [address for address in addresses if address is not None]
    assert all(address > 0 and address % PAGE == 0 for address in told)
    assert addresses[3] is None  # never touched


def test_a_real_mailbox_stays_where_it_is() -> None:
    found = mailbox.allocate((Span(0, MIB),), 4, REAL, 8)
    if found is None:
        pytest.skip("this system hides physical addresses (CAP_SYS_ADMIN), or locks no memory")
    assert len(set(found.box.pages)) == 12
    assert all(page >= MIB for page in found.box.pages)
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    found.empty()  # a page shared with a child would be another one from now on
    assert found.usable((), REAL, 4)
    half = tuple(Span(page, page + PAGE) for page in found.box.pages[::2])
    other = mailbox.allocate(half, 4, REAL, 8)
    assert other is not None
    assert not set(other.box.pages) & set(found.box.pages)


LEFT = VisitorWord("6.12", 3.0, WayHome.KEY, True, log=("a line",) * 200)


class TestLastWord:
    @pytest.fixture
    def pages(self, pagemap: Path) -> MailboxPages:
        return allocated(pagemap, 3, 4)

    def test_it_stays_until_the_pages_are_emptied(self, pages: MailboxPages) -> None:
        assert lastword.read(pages) is None
        write(pages, 0, word.encode(LEFT), 3)
        assert lastword.read(pages) == LEFT
        assert lastword.read(pages) == LEFT
        pages.empty()
        assert lastword.read(pages) is None

    def test_a_page_under_another_nonce_is_not_believed(self, pages: MailboxPages) -> None:
        write(pages, 0, word.encode(LEFT), 3)
        at = pages._offsets[0] + word.NONCE_AT
        pages._block[at : at + 1] = b"x"
        assert lastword.read(pages) is None

    def test_a_later_page_that_is_gone_is_damage(self, pages: MailboxPages) -> None:
        assert len(word.encode(LEFT)) < word.ROOM
        large = VisitorWord("6.12", 3.0, WayHome.KEY, True, log=("a line",) * 600)
        write(pages, 0, word.encode(large), 3)
        pages._block[pages._offsets[1]] ^= 1
        with pytest.raises(KjtuiError, match="damaged") as caught:
            lastword.read(pages)
        assert caught.value.hint

    def test_a_kernel_that_never_said_it_was_leaving_has_failed(self, pagemap: Path) -> None:
        ring = Ring()
        ring.add(b"all is well", 1.0)
        ring.add(b"sysrq: Trigger a crash", 2.5)
        ring.add(b"Kernel panic - not syncing: sysrq triggered crash ", 2.75)
        ring.add(b"---[ end Kernel panic", 3.0)
        place = ring.located()
        pages = allocated(pagemap, 1, 8)
        there = VisitorWord("6.12", 3.0, "", True, ring=dict(place.layout), log=("old",))
        write(pages, 0, word.encode(there), 1)
        write(pages, 1, ring.copied(), 8)
        found = lastword.read(pages)
        assert found is not None
        assert found.way_home == WayHome.PANIC
        assert not found.can_be_parked
        assert found.panic == "sysrq triggered crash"
        assert found.log[0] == "[    1.000000] all is well"
        assert found.log[-1] == "[    3.000000] ---[ end Kernel panic"

    def test_the_last_lines_of_a_long_log_are_shown(self, pagemap: Path) -> None:
        ring = Ring(count_bits=7, size_bits=13)
        for number in range(100):
            ring.add(b"line %d" % number)
        pages = allocated(pagemap, 1, 12)
        write(pages, 0, word.encode(VisitorWord("6", 3.0, "", True, ring=dict(ring.located().layout))), 1)
        write(pages, 1, ring.copied(), 12)
        found = lastword.read(pages)
        assert found is not None
        assert len(found.log) == 60
        assert found.log[-1].endswith("line 99")
        assert found.panic == ""

    @pytest.mark.parametrize("ring", [{}, dict(Ring().located().layout), {"bytes_prb": 1 << 70}])
    def test_a_failure_without_a_log_is_one_all_the_same(
        self, pages: MailboxPages, ring: dict[str, int]
    ) -> None:
        write(pages, 0, word.encode(VisitorWord("6.12", 3.0, "", True, ring=ring)), 3)
        found = lastword.read(pages)
        assert found is not None
        assert (found.way_home, found.log, found.panic) == (WayHome.PANIC, (), "")

    def test_the_machine_reads_what_its_own_pages_hold(self, tmp_path: Path, pagemap: Path) -> None:
        machine = LinuxMachine(tmp_path)
        (tmp_path / "proc/self").mkdir(parents=True)
        pagemap.rename(tmp_path / "proc/self/pagemap")
        assert machine.word() is None
        box = machine.mailbox((), 2)
        assert box is not None
        assert machine.mailbox((), 2) == box  # they are kept
        assert machine.mailbox((), 1) == box
        more = machine.mailbox((), 5)
        assert more is not None
        assert more.words == 5
        assert machine._mailbox is not None
        write(machine._mailbox, 0, word.encode(LEFT), 5)
        assert machine.word() == LEFT


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ((), ""),
        (("usb 1-1: new device", "EXT4-fs error"), ""),
        (
            ("Oops: 0002 [#1] SMP", "BUG: kernel NULL pointer dereference"),
            "BUG: kernel NULL pointer dereference",
        ),
        (("Oops: general protection fault",), "Oops: general protection fault"),
        (
            (
                "watchdog: BUG: soft lockup - CPU#0 stuck for 21s!",
                "Kernel panic - not syncing: softlockup: hung",
            ),
            "softlockup: hung",
        ),
        (("watchdog: BUG: soft lockup - CPU#0 stuck",), "watchdog: BUG: soft lockup - CPU#0 stuck"),
        (("Kernel panic - not syncing: one", "Kernel panic - not syncing: two"), "two"),
    ],
)
def test_the_most_telling_line_is_the_reason(lines: tuple[str, ...], reason: str) -> None:
    assert lastword.reason([Record(1.0, line) for line in lines]) == reason
