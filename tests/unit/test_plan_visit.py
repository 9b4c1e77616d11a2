"""What kernel B is told, and the initramfs that it is told it in."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import iomem
from test_layout import facts

from kjtui.backend import agentimage
from kjtui.kexec import orders
from kjtui.kexec.word import ROOM
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Watchdog
from kjtui.model.memory import PAGE
from kjtui.model.visit import ArmedWatchdog, Disk, Orders
from kjtui.model.word import Mailbox
from kjtui.pack import cpio, cpioread
from kjtui.plan import visit

BOX = Mailbox((PAGE, 2 * PAGE), 1, "0123456789abcdef")
DISKS = (Disk("sda", 1 << 30, why="/"),)


def told(choices: Choices | None = None, same_kernel: bool = True, **more: object) -> Orders:
    return visit.orders_for(facts(iomem(1024), **more), choices or Choices(), BOX, DISKS, same_kernel)


def test_the_choices_travel() -> None:
    choices = Choices(
        purpose=Purpose.RESCUE, countdown=7, plain=True, network=True, timer=30, bring_back=("a", "b")
    )
    found = told(choices)
    assert (found.purpose, found.countdown, found.timer) == (Purpose.RESCUE, 7, 30)
    assert (found.plain, found.network, found.bring_back) == (True, True, ("a", "b"))
    assert (found.mailbox, found.disks) == (BOX, DISKS)


@pytest.mark.parametrize(
    ("purpose", "timer", "expected"),
    [
        (Purpose.LOOK, 300, 300),
        (Purpose.PROGRAM, 300, 3600),  # nobody presses keys while it runs
        (Purpose.PROGRAM, 7200, 7200),
        (Purpose.PROGRAM, 0, 0),
        (Purpose.LOOK, 0, 0),
    ],
)
def test_a_program_is_given_its_time(purpose: Purpose, timer: int, expected: int) -> None:
    assert told(Choices(purpose=purpose, timer=timer)).timer == expected


@pytest.mark.parametrize("purpose", Purpose)
def test_a_program_travels_for_its_purpose_only(purpose: Purpose) -> None:
    assert told(Choices(purpose=purpose)).program is (purpose is Purpose.PROGRAM)


@pytest.mark.parametrize(
    ("restores", "same_kernel", "parkable", "gdt"),
    [
        (True, True, True, None),
        (True, False, False, None),  # of another kernel it is not known
        (False, True, False, 0xFFFFFE0000001000),
        (None, True, False, 0xFFFFFE0000001000),
        (None, False, False, 0xFFFFFE0000001000),
    ],
)
def test_a_gdt_is_lent_unless_a_is_known_to_restore_its_own(
    restores: bool | None, same_kernel: bool, parkable: bool, gdt: int | None
) -> None:
    found = told(None, same_kernel, restores_gdt=restores, gdt_address=0xFFFFFE0000001000)
    assert (found.parkable, found.gdt) == (parkable, gdt)


def test_armed_watchdogs_are_fed_and_no_others() -> None:
    dogs = (Watchdog("watchdog0", "iTCO_wdt", True, 30), Watchdog("watchdog1", "softdog", False, 60))
    assert told(None, watchdogs=dogs).watchdogs == (ArmedWatchdog("watchdog0", "iTCO_wdt", 30),)


def test_a_program_has_room_for_8_mib() -> None:
    assert visit.word_pages(Purpose.PROGRAM) * ROOM >= (8 << 20) + (64 << 10)
    others = {visit.word_pages(purpose) for purpose in Purpose if purpose is not Purpose.PROGRAM}
    assert max(others) * ROOM < 1 << 20


@given(st.integers(0, 9))
def test_orders_are_the_last_archive_and_only_root_s(odd: int) -> None:
    before = cpio.archive([cpio.Entry.file("init", b"x")]) + bytes(odd)
    data = visit.with_orders(before, told())
    assert data.startswith(before)
    start = data.index(b"070701", len(before))
    assert start % 4 == 0
    assert not any(data[len(before) : start])
    tree = cpioread.Tree()
    for one in cpioread.members(data, start, "orders"):
        if not isinstance(one, int):
            tree.add(one)
    node = tree.find(f"/{orders.PATH}")
    assert node is not None
    assert node.mode & 0o777 == 0o600
    at = data.index(b'{"purpose"', start)
    assert orders.decode(data[at : data.rindex(b"}") + 1]) == told()


def test_another_program_unpacks_what_is_told(tmp_path: Path) -> None:
    data = visit.with_orders(b"", told())
    subprocess.run(
        [agentimage._busybox(), "cpio", "-id"], input=data, cwd=tmp_path, check=True, capture_output=True
    )
    assert orders.decode((tmp_path / orders.PATH).read_bytes()) == told()
