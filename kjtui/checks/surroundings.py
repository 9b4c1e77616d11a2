"""The checks of what surrounds the kernel: disks, devices, programs, what happened before."""

from kjtui.checks import disks, mounts, terminal, watchdog
from kjtui.checks.check import Check
from kjtui.model.checks import Area, Verdict

_READY, _ATTENTION, _BLOCKED, _UNKNOWN = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN

SURROUNDINGS: tuple[Check, ...] = (
    Check(
        "mounts",
        Area.DISKS,
        "Do all mounted file systems survive the jump?",
        ("/proc/self/mountinfo",),
        "All devices are put to sleep.",
        frozenset({_READY, _ATTENTION, _BLOCKED, _UNKNOWN}),
        mounts.mounts,
    ),
    Check(
        "disks",
        Area.DISKS,
        "What of this system lives on which disk?",
        ("/sys/class/block",),
        "Kernel B leaves all of it alone.",
        frozenset({_READY}),
        disks.disks,
    ),
    Check(
        "watchdog",
        Area.DEVICES,
        "Would a watchdog restart the machine?",
        ("/sys/class/watchdog",),
        "A watchdog restarts the machine unless it is reset in time.",
        frozenset({_READY, _ATTENTION, _BLOCKED, _UNKNOWN}),
        watchdog.watchdog,
    ),
    Check(
        "terminal",
        Area.DEVICES,
        "Will you see kernel B from where you sit?",
        ("/sys/class/tty/console/active",),
        "Kernel B writes to the machine's own consoles.",
        frozenset({_READY, _ATTENTION, _UNKNOWN}),
        terminal.terminal,
    ),
)
