import mmap
import os
import struct
from pathlib import Path

import pytest

from kjtui.backend import mailbox, syscalls
from kjtui.backend.linux import LinuxMachine
from kjtui.errors import KjtuiError
from kjtui.kexec import word
from kjtui.model.image import LoadImage
from kjtui.model.memory import PAGE, Region, RegionKind, Span
from kjtui.model.report import VisitorWord


@pytest.fixture
def pagemap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A page map in which every page of this process lies at its virtual address, shifted down."""
    monkeypatch.setattr(
        os, "pread", lambda _file, _size, offset: struct.pack("<Q", 1 << 63 | offset // 8 & 0xFFFFF)
    )
    path = tmp_path / "pagemap"
    path.touch()
    return path


def test_a_page_outside_is_found(pagemap: Path) -> None:
    found = mailbox.allocate((), pagemap)
    assert found is not None
    assert found.box.address % PAGE == 0
    assert len(found.box.nonce) == word.NONCE_DIGITS
    avoid = (Span(found.box.address - 8 * PAGE, found.box.address + 8 * PAGE),)
    other = mailbox.allocate(avoid, pagemap)
    assert other is not None
    assert not avoid[0].start <= other.box.address < avoid[0].end
    assert found.usable((), pagemap)
    assert not found.usable(avoid, pagemap)


def test_no_page_where_addresses_are_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert mailbox.allocate((), tmp_path / "missing") is None
    (tmp_path / "pagemap").touch()
    monkeypatch.setattr(os, "pread", lambda *_: struct.pack("<Q", 1 << 63))
    assert mailbox.allocate((), tmp_path / "pagemap") is None


def test_no_page_where_everything_is_taken(pagemap: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "_LAST_BLOCK", 1 << 20)
    assert mailbox.allocate((Span(0, 1 << 50),), pagemap) is None


def test_the_page_keeps_the_last_word_until_it_is_emptied(pagemap: Path) -> None:
    found = mailbox.allocate((), pagemap)
    assert found is not None
    assert found.read() is None
    left = VisitorWord("6.12", 3.0, "key", True)
    block, offset = found._block, found._offset
    data = word.encode(left)
    block[offset + word.BODY : offset + word.BODY + len(data)] = data
    assert found.read() == left
    found.empty()
    assert found.read() is None


def test_a_real_page_is_where_the_kernel_says() -> None:
    block = mmap.mmap(-1, PAGE)
    block[0] = 1
    address = mailbox.physical(syscalls.address_of(block), Path("/proc/self/pagemap"))
    assert address is None or (address > 0 and address % PAGE == 0)


def test_a_snapshot_is_of_this_boot_and_its_canary_stays(tmp_path: Path) -> None:
    machine = LinuxMachine()
    first, second = machine.snapshot(), machine.snapshot()
    assert first.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert first.canary == second.canary
    assert second.monotonic >= first.monotonic
    assert first.cpus_online >= 1
    assert machine.word() is None


def test_a_missing_kernel_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(KjtuiError, match="vmlinuz-9"):
        LinuxMachine(tmp_path).read_kernel("/boot/vmlinuz-9")


def test_a_kernel_file_is_read_below_the_root(tmp_path: Path) -> None:
    (tmp_path / "boot").mkdir()
    (tmp_path / "boot/vmlinuz").write_bytes(b"kernel")
    assert LinuxMachine(tmp_path).read_kernel("/boot/vmlinuz") == b"kernel"


def test_the_facts_of_another_root_are_that_root_s(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cmdline").write_text("console=ttyS7\n")
    assert LinuxMachine(tmp_path).facts().command_line.strip() == "console=ttyS7"


@pytest.mark.parametrize("name", ["kexec_crash_loaded", "kexec/crash_loaded"])
def test_a_crash_kernel_that_came_meanwhile_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(syscalls, "kexec_load", lambda *_: calls.append("load"))
    monkeypatch.setattr(syscalls, "reboot_kexec", lambda: calls.append("jump"))
    flag = tmp_path / "sys/kernel" / name
    flag.parent.mkdir(parents=True)
    flag.write_text("0\n")
    machine = LinuxMachine(tmp_path)
    images = {kind: LoadImage(0, (), Region(Span(0, PAGE), kind), "", "6") for kind in RegionKind}
    machine.load(images[RegionKind.RESERVED])
    machine.jump()
    flag.write_text("1\n")
    with pytest.raises(KjtuiError, match="crash kernel"):
        machine.jump()
    with pytest.raises(KjtuiError, match="crash kernel"):
        machine.load(images[RegionKind.RESERVED])
    assert calls == ["load", "jump"]
    machine.load(images[RegionKind.BORROWED])
    machine.jump()
    assert calls == ["load", "jump"] * 2


@pytest.mark.parametrize(
    ("words", "panic", "left"),
    [
        ("quiet panic=20 sysctl.vm.panic_on_oom=1", "20", ("0", "0")),
        ("quiet panic=20 sysctl.vm.panic_on_oom=1", "5", ("5", "0")),  # sysctl.d has set another value since
        ("quiet", "20", ("20", "1")),  # no trial: both are the person's own
    ],
)
def test_the_end_of_a_trial_takes_back_what_the_trial_has_set_and_no_more(tmp_path, words, panic, left):
    for name, text in (
        ("proc/cmdline", words),
        ("proc/sys/kernel/panic", panic),
        ("proc/sys/vm/panic_on_oom", "1"),
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    LinuxMachine(tmp_path).end_trial()
    read = [(tmp_path / name).read_text() for name in ("proc/sys/kernel/panic", "proc/sys/vm/panic_on_oom")]
    assert tuple(read) == left
