"""What kernel B is told, and the initramfs that it is told it in."""

from collections.abc import Sequence

from kjtui.kexec import orders
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Facts
from kjtui.model.visit import ArmedWatchdog, Disk, Orders
from kjtui.model.word import Mailbox
from kjtui.pack import cpio

PROGRAM_LIMIT = 3600  # seconds that a program has at least: nobody presses keys while it runs
_WORD_PAGES = 16
_PROGRAM_PAGES = 2112  # 8 MiB and what else is said


def word_pages(purpose: Purpose) -> int:
    """How many pages kernel B's word needs."""
    return _PROGRAM_PAGES if purpose is Purpose.PROGRAM else _WORD_PAGES


def orders_for(
    facts: Facts, choices: Choices, mailbox: Mailbox | None, disks: Sequence[Disk], same_kernel: bool
) -> Orders:
    """Kernel B's orders. disks: those that A uses. same_kernel: whether B is started from A's own file."""
    timer = choices.timer
    if choices.purpose is Purpose.PROGRAM:
        timer = choices.limit or (max(timer, PROGRAM_LIMIT) if timer else 0)
    return Orders(
        purpose=choices.purpose,
        countdown=choices.countdown,
        timer=timer,
        plain=choices.plain,
        gdt=facts.gdt_address if facts.restores_gdt is not True else None,
        # Kernel B has to restore its own descriptor table to be entered a second time. Of another kernel that
        # is not known.
        parkable=bool(facts.restores_gdt) and same_kernel and choices.purpose is not Purpose.SAVE,
        mailbox=mailbox,
        disks=tuple(disks),
        watchdogs=tuple(
            ArmedWatchdog(one.name, one.identity, one.timeout) for one in facts.watchdogs if one.active
        ),
        program=choices.purpose is Purpose.PROGRAM,
        bring_back=choices.bring_back,
        network=choices.network,
    )


def with_orders(initramfs: bytes, told: Orders) -> bytes:
    """An initramfs with the orders in it.

    Archives one after the other are unpacked one after the other; each begins at a multiple of four
    (Documentation/driver-api/early-userspace/buffer-format.rst).
    """
    archive = cpio.archive([cpio.Entry.file(orders.PATH, orders.encode(told), 0o600)])
    return initramfs + bytes(-len(initramfs) % 4) + archive
