import errno
import fcntl
from pathlib import Path

import pytest

from kjtui.backend import filesystems
from kjtui.backend.probe import mounts

LINES = r"""22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
23 22 0:21 / /proc rw - proc proc rw
24 22 0:30 /@ {home} rw - btrfs /dev/sdb1 rw,subvol=/@
25 22 0:30 /@x /other rw - btrfs /dev/sdb1 rw,subvol=/@x
26 22 0:40 / /tmp rw - tmpfs tmpfs rw
27 24 7:0 / {inner} rw - ext4 /dev/loop0 rw
"""
FREEZE, THAW = 0xC0045877, 0xC0045878


class Kernel:
    """Records ioctls on file systems, by mount point; refuses those it is told to refuse."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, int]] = []
        self.refuse: dict[str, int] = {}
        monkeypatch.setattr(fcntl, "ioctl", self.ioctl)

    def ioctl(self, file: int, request: int, _argument: int) -> int:
        place = str(Path(f"/proc/self/fd/{file}").readlink())
        self.calls.append((place, request))
        if request == FREEZE and place in self.refuse:
            raise OSError(self.refuse[place], "refused")
        return 0


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    return Kernel(monkeypatch)


@pytest.fixture
def lines(tmp_path: Path) -> tuple[mounts.MountLine, ...]:
    (tmp_path / "home/inner").mkdir(parents=True)
    return mounts.parse(LINES.format(home=tmp_path / "home", inner=tmp_path / "home/inner"))


def test_each_file_system_on_a_disk_is_frozen_once_the_innermost_first(
    kernel: Kernel, lines: tuple[mounts.MountLine, ...], tmp_path: Path
) -> None:
    home, inner = str(tmp_path / "home"), str(tmp_path / "home/inner")
    with filesystems.frozen(lines):
        assert kernel.calls == [(inner, FREEZE), (home, FREEZE), ("/", FREEZE)]
        kernel.calls.clear()
    assert kernel.calls == [("/", THAW), (home, THAW), (inner, THAW)]


def test_what_is_not_frozen_by_us_is_not_thawed_by_us(
    kernel: Kernel, lines: tuple[mounts.MountLine, ...], tmp_path: Path
) -> None:
    kernel.refuse = {"/": errno.EBUSY, str(tmp_path / "home"): errno.EOPNOTSUPP}
    with filesystems.frozen(lines):
        kernel.calls.clear()
    assert kernel.calls == [(str(tmp_path / "home/inner"), THAW)]


def test_a_failed_jump_thaws(kernel: Kernel, lines: tuple[mounts.MountLine, ...]) -> None:
    with pytest.raises(RuntimeError), filesystems.frozen(lines):
        raise RuntimeError
    assert [request for _, request in kernel.calls].count(THAW) == 3


def test_a_mount_point_out_of_reach_is_left_alone(kernel: Kernel) -> None:
    with filesystems.frozen(mounts.parse("22 1 8:1 / /nowhere/at/all rw - ext4 /dev/sda1 rw\n")):
        pass
    assert kernel.calls == []
