"""Keeping A's file systems still while it is away.

A jump freezes programs, but not the kernel's own threads. One of them (a journal's commit, ext4's lazy
initialisation of inode tables) may start a write while the disks are stopped already; the request then waits
for the disk, taking a processor offline waits for the request (blk_mq_hctx_notify_offline in block/blk-mq.c),
and the machine stands still for good. So every file system on a disk is frozen for the time of the jump, as
fsfreeze(8) does: it is written out first, and nothing starts a write until it is thawed.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence

from kjtui.backend.probe.mounts import MountLine

_FIFREEZE, _FITHAW = 0xC0045877, 0xC0045878  # include/uapi/linux/fs.h


@contextlib.contextmanager
def frozen(lines: Sequence[MountLine]) -> Iterator[None]:
    """Freeze the file systems on block devices among these mounts, the last mounted first; then thaw them.

    One that cannot be frozen, or is frozen already, is left as it is. Between freezing and thawing this
    process must write no file.
    """
    held: list[int] = []
    try:
        for target in reversed(on_disks(lines)):
            if (file := _freeze(target)) is not None:
                held.append(file)
        yield
    finally:
        while held:
            file = held.pop()
            with contextlib.suppress(OSError):  # thawed by somebody else meanwhile
                fcntl.ioctl(file, _FITHAW, 0)
            os.close(file)


def on_disks(lines: Sequence[MountLine]) -> list[str]:
    """One mount point for each file system that stands on a block device, in the order of mounting."""
    targets: dict[str, str] = {}
    for line in lines:
        if line.mount.source.startswith("/dev/"):
            targets.setdefault(line.number, line.mount.target)
    return list(targets.values())


def _freeze(target: str) -> int | None:
    """A descriptor on the frozen file system, None if it was not frozen by this call."""
    try:
        file = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.ioctl(file, _FIFREEZE, 0)
    except OSError:
        os.close(file)
        return None
    return file
