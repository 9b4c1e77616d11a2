from pathlib import Path

import pytest

from kjtui.backend import syscalls, visitorfiles
from kjtui.backend.linux import LinuxMachine
from kjtui.errors import KjtuiError
from kjtui.model.choices import Choices
from kjtui.model.image import LoadImage
from kjtui.model.memory import PAGE, Region, RegionKind, Span


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


def test_packing_gives_way_to_other_programs_where_memory_runs_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    score = tmp_path / "proc/self/oom_score_adj"
    score.write_text("0\n")
    seen: list[str] = []

    def pack(*_words: object) -> None:
        seen.append(score.read_text())

    monkeypatch.setattr(visitorfiles, "initramfs", pack)
    LinuxMachine(tmp_path).initramfs(Choices(), "6.12", lambda _what, _fraction: None)
    LinuxMachine(tmp_path / "nowhere").initramfs(Choices(), "6.12", lambda _what, _fraction: None)
    assert seen == ["1000", "1000"]


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
