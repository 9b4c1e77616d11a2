import os
from pathlib import Path

import pytest

from kjtui.backend import processors
from kjtui.errors import KjtuiError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Four processors, the third offline; cpu0 without a switch, as on x86; a virtio disk with two queues."""
    for number in range(4):
        cpu = tmp_path / f"sys/devices/system/cpu/cpu{number}"
        cpu.mkdir(parents=True)
        if number:
            (cpu / "online").write_text("0\n" if number == 2 else "1\n")
    disk(tmp_path, "vda", 2)
    (tmp_path / f"proc/{os.getpid()}/task/{os.getpid()}").mkdir(parents=True)
    (tmp_path / "proc/999999999/task/999999999").mkdir(parents=True)
    return tmp_path


def disk(root: Path, name: str, queues: int) -> None:
    for number in range(queues):
        (root / f"sys/block/{name}/mq/{number}").mkdir(parents=True)


def online(root: Path) -> list[str]:
    base = root / "sys/devices/system/cpu"
    return [(base / f"cpu{number}/online").read_text().strip() for number in (1, 2, 3)]


def test_only_processors_that_were_online_go_and_come_back(root: Path) -> None:
    with processors.settled(root):
        assert online(root) == ["0", "0", "0"]
    assert online(root) == ["1", "0", "1"]


def test_they_come_back_after_a_refused_jump_too(root: Path) -> None:
    with pytest.raises(KjtuiError, match="refused"), processors.settled(root):
        raise KjtuiError("refused")
    assert online(root) == ["1", "0", "1"]


def test_disks_that_stop_properly_need_nothing(root: Path) -> None:
    (root / "sys/block/vda").rename(root / "sys/block/nvme0n1")
    disk(root, "vdb", 1)
    disk(root, "sda", 4)
    assert not processors.needed(root)
    with processors.settled(root):
        assert online(root) == ["1", "0", "1"]


def test_a_processor_that_stays_is_named_and_the_others_come_back(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_text

    def stubborn(self: Path, text: str) -> int:
        if self.parent.name == "cpu3" and text == "0":
            raise OSError(16, "Device or resource busy")
        return write(self, text)

    monkeypatch.setattr(Path, "write_text", stubborn)
    with pytest.raises(KjtuiError, match="Processor 3"), processors.settled(root):
        pytest.fail("the jump must not be tried")
    assert online(root) == ["1", "0", "1"]


def test_a_thread_is_bound_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = {os.getpid(): {1}}
    monkeypatch.setattr(os, "cpu_count", lambda: 4)

    def get(thread: int) -> set[int]:
        if thread not in bound:
            raise ProcessLookupError
        return bound[thread]

    monkeypatch.setattr(os, "sched_getaffinity", get)
    monkeypatch.setattr(os, "sched_setaffinity", bound.__setitem__)
    with processors.settled(root):
        bound[os.getpid()] = {0, 1, 2, 3}  # the kernel lets it run anywhere when its processor goes
    assert bound == {os.getpid(): {1}}


def test_a_program_that_ends_while_it_is_looked_at_is_no_hindrance(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scandir = os.scandir

    def ended(path: str) -> object:
        if "999999999" in str(path):
            raise FileNotFoundError(2, "No such file or directory", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda thread: {1})
    monkeypatch.setattr(os, "scandir", ended)
    assert processors.affinities(root) == {os.getpid(): {1}}
