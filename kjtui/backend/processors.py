"""Taking processors offline before a jump, where their going offline during it could hang the machine.

A jump freezes programs and stops devices, and then takes all processors but one offline. The kernel's own
threads are not frozen. One of them (a journal's commit, ext4's lazy initialisation of inode tables) may start
a write while the disks stand still already. Some drivers, virtio_blk among them, let such a request in and
keep it; a processor whose hardware queue holds a request is not let go offline
(blk_mq_hctx_notify_offline in block/blk-mq.c), so the machine would wait for good. Offline beforehand, while
the disks still answer, nothing waits.
"""

import contextlib
import glob
import os
from collections.abc import Iterator
from pathlib import Path

from kjtui.errors import KjtuiError

# Their drivers let no request in while they are stopped (a frozen queue, or pm_only), or have no queue of
# their own.
_STOPPED_PROPERLY = ("nvme", "sd", "sr", "mmcblk", "dm-", "md", "loop", "ram", "zram")

Affinities = dict[int, set[int]]
"""Thread → the processors it may run on."""


@contextlib.contextmanager
def settled(root: Path = Path("/")) -> Iterator[None]:
    """Take the other processors offline for the time of the block, if a disk of this machine asks for it.

    Afterwards they are online again, and threads that were bound to some of them are bound as before.
    Raises KjtuiError if one does not go.
    """
    if not needed(root):
        yield
        return
    bound = affinities(root)
    taken: list[Path] = []
    try:
        for switch in _switches(root):
            _write(switch, "0")
            taken.append(switch)
        yield
    finally:
        for switch in taken:
            with contextlib.suppress(KjtuiError):  # the return report counts the processors and names it
                _write(switch, "1")
        if taken:
            bind_again(bound)


def needed(root: Path) -> bool:
    """Whether a disk has several hardware queues and a driver that is not known to stop them properly."""
    disks = (root / "sys/block").glob("*")
    return any(
        len(list((disk / "mq").glob("*"))) > 1
        for disk in disks
        if not disk.name.startswith(_STOPPED_PROPERLY)
    )


def affinities(root: Path) -> Affinities:
    """The threads that may not run on every processor (sched_getaffinity(2))."""
    count = os.cpu_count() or 1
    bound: Affinities = {}
    # glob passes over folders that vanish while it looks, as those of programs do; Path.glob raises.
    for task in glob.iglob("[0-9]*/task/[0-9]*", root_dir=root / "proc"):
        thread = int(os.path.basename(task))
        with contextlib.suppress(OSError):  # it has ended meanwhile
            allowed = os.sched_getaffinity(thread)
            if len(allowed) < count:
                bound[thread] = allowed
    return bound


def bind_again(bound: Affinities) -> None:
    """Give threads back the processors that they lost with them."""
    for thread, allowed in bound.items():
        with contextlib.suppress(OSError):  # it has ended, or is a kernel thread that looks after itself
            if os.sched_getaffinity(thread) != allowed:
                os.sched_setaffinity(thread, allowed)


def _switches(root: Path) -> list[Path]:
    """The online files of the processors that are online and can be taken offline, all but the first."""
    files = (root / "sys/devices/system/cpu").glob("cpu[0-9]*/online")
    by_number = sorted(files, key=lambda file: int(file.parent.name[3:]))
    return [file for file in by_number if file.parent.name != "cpu0" and file.read_text().strip() == "1"]


def _write(switch: Path, value: str) -> None:
    try:
        switch.write_text(value)
    except OSError as error:
        raise KjtuiError(
            f"Processor {switch.parent.name[3:]} cannot be taken offline",
            f"{switch}: {error.strerror}. The jump takes all processors but one offline.",
            "The end of the kernel log (dmesg) may say who holds it; then try again.",
        ) from None
