import pytest
from kernels import iomem
from test_layout import facts

from kjtui.kexec import commandline
from kjtui.model.choices import Choices, Purpose
from kjtui.model.report import Mailbox


def test_the_agent_reads_back_what_was_built() -> None:
    box = Mailbox(0x1000, "0123456789abcdef")
    old = facts(iomem(1024), restores_gdt=False, gdt_address=0xFFFFFE0000001000)
    line = commandline.build(old, Choices(purpose=Purpose.QUICK, countdown=7), box, None)
    orders = commandline.read_orders(line.replace("=0x0000000000000000", "=0x00000000abcdef00"))
    assert orders.entry == 0xABCDEF00
    assert (orders.purpose, orders.countdown, orders.mailbox) == (Purpose.QUICK, 7, box)
    assert orders.gdt == 0xFFFFFE0000001000
    assert not orders.parkable


def test_a_kernel_that_restores_its_gdt_can_be_parked() -> None:
    line = commandline.build(facts(iomem(1024)), Choices(plain=True), None, 0x1000)
    orders = commandline.read_orders(line)
    assert orders.parkable
    assert orders.gdt is None
    assert orders.plain
    assert orders.entry == 0
    assert "elfcorehdr=0x1000" in line


def test_words_without_sense_count_as_absent() -> None:
    orders = commandline.read_orders(
        "kexec_jump_back_entry=zz kjtui.purpose=dance kjtui.mailbox=1 kjtui.gdt=x"
    )
    assert (orders.entry, orders.purpose, orders.mailbox, orders.gdt) == (0, Purpose.LOOK, None, None)


@pytest.mark.parametrize(
    ("command_line", "active", "terminal", "expected"),
    [
        ("console=ttyS0,115200", ("ttyS0",), "/dev/ttyS0", ["ttyS0,115200"]),
        ("quiet", ("tty0",), "/dev/tty3", ["tty0"]),
        ("console=tty0 console=ttyS0,9600", ("tty0", "ttyS0"), "/dev/tty1", ["ttyS0,9600", "tty0"]),
        ("console=tty0 console=ttyS0", ("tty0", "ttyS0"), "/dev/pts/3", ["tty0", "ttyS0"]),
        ("", (), None, []),
    ],
)
def test_the_console_in_use_comes_last(
    command_line: str, active: tuple[str, ...], terminal: str | None, expected: list[str]
) -> None:
    machine = facts(iomem(1024), command_line, consoles=active, terminal=terminal)
    assert commandline.consoles(machine) == expected
