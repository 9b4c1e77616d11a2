import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import iomem
from test_layout import facts

from kjtui.kexec import commandline
from kjtui.kexec.entry import read_entry
from kjtui.model.choices import Choices, Purpose
from kjtui.model.memory import MIB, Span


def built(
    choices: Choices | None = None, elf_core: int | None = None, crash: Span | None = None
) -> list[str]:
    return commandline.build(facts(iomem(1024)), choices or Choices(), elf_core, crash).split(" ")


@given(st.integers(1, (1 << 64) - 1))
def test_the_agent_reads_the_entry_that_the_stub_has_filled_in(entry: int) -> None:
    line = commandline.build(facts(iomem(1024)), Choices(), None, None)
    assert read_entry(line) == 0
    assert read_entry(line[:-16] + f"{entry:016x}") == entry


@pytest.mark.parametrize("line", ["", "quiet", "kexec_jump_back_entry=", "kexec_jump_back_entry=zz quiet"])
def test_no_entry_is_none(line: str) -> None:
    assert read_entry(line) == 0


def test_every_failure_becomes_a_panic_and_nothing_is_moved_about() -> None:
    words = built()
    assert {"panic=10", "oops=panic", "softlockup_panic=1", "hung_task_panic=1"} <= set(words)
    assert {"nr_cpus=1", "nokaslr", "reset_devices", "nmi_watchdog=panic"} <= set(words)
    assert "nowatchdog" not in words  # it would keep a hang from ever being noticed


def test_what_puts_a_system_back_uses_several_processors_that_no_write_wakes() -> None:
    words = set(built(Choices(purpose=Purpose.RESTORE)))
    assert {"nr_cpus=2", "clearcpuid=131", "cpuidle.off=1"} <= words
    assert "nr_cpus=1" not in words
    assert all("nr_cpus=1" in built(Choices(purpose=one)) for one in Purpose if one is not Purpose.RESTORE)


def test_kernel_b_leaves_alone_what_a_uses() -> None:
    assert {"noresume", "raid=noautodetect"} <= set(built())


@pytest.mark.parametrize("purpose", Purpose)
def test_an_init_of_the_person_s_own_comes_after_the_agent(purpose: Purpose) -> None:
    own = purpose is Purpose.CUSTOM
    assert [word for word in built(Choices(purpose=purpose)) if word.startswith("rdinit=")] == [
        "rdinit=/kjtui/init" if own else "rdinit=/init"
    ]


def test_memory_for_a_panic_and_for_the_dump_is_named_where_there_is_some() -> None:
    words = built(elf_core=0x1004000, crash=Span(0xC000000, 0xC000000 + 3 * MIB))
    assert "crashkernel=3M@0xc000000" in words
    assert "elfcorehdr=0x1004000" in words
    assert not [word for word in built() if word.startswith(("crashkernel", "elfcorehdr"))]


def test_words_of_the_person_s_own_come_late_so_that_they_count() -> None:
    words = built(Choices(words="  panic=0   nomodeset "), crash=Span(0, MIB))
    assert words[-3:-1] == ["panic=0", "nomodeset"]
    assert words[-1].startswith("kexec_jump_back_entry=0x")
    assert "" not in words


def test_orders_are_no_part_of_it() -> None:
    assert "kjtui." not in " ".join(built(Choices(plain=True, countdown=7)))


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
