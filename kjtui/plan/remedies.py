"""What the wizard can set right itself. A finding names its remedy by id."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from kjtui.backend.machine import Progress, Writer
from kjtui.model.facts import Facts
from kjtui.plan.operations import Operation, Unload


@dataclass(frozen=True)
class Remedy:
    """make gives the operations for a machine. undo: how it is undone, one sentence for people."""

    id: str
    label: str
    make: Callable[[Facts], tuple[Operation, ...]]
    undo: str


@dataclass(frozen=True)
class FreeCaches:
    """Give back the memory that holds copies of files (drop_caches in proc(5))."""

    journal: ClassVar[str] = ""

    def describe(self) -> str:
        """What it does."""
        return "Give back the memory in which the kernel keeps copies of files"

    def preview(self) -> tuple[str, ...]:
        """The calls."""
        return ("sync(2)", "write 3 to /proc/sys/vm/drop_caches")

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Do it. Raises KjtuiError."""
        progress("writing files to disk, then giving memory back", 0.0)
        writer.drop_caches()
        progress("done", 1.0)

    def inverse(self) -> Operation | None:
        """None: files are read again when they are needed."""
        return None


@dataclass(frozen=True)
class MountSecurityfs:
    """Make lockdown readable."""

    journal: ClassVar[str] = "mount securityfs"

    def describe(self) -> str:
        """What it does."""
        return "Mount securityfs, through which the kernel tells whether it is locked down"

    def preview(self) -> tuple[str, ...]:
        """The command that does the same."""
        return ("mount -t securityfs -o nosuid,nodev,noexec securityfs /sys/kernel/security",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Mount it. Raises KjtuiError."""
        progress("mounting securityfs", 0.0)
        writer.mount_securityfs()
        progress("mounted", 1.0)

    def inverse(self) -> Operation | None:
        """Unmount it."""
        return UnmountSecurityfs()


@dataclass(frozen=True)
class UnmountSecurityfs:
    """Undo MountSecurityfs."""

    journal: ClassVar[str] = "unmount securityfs"

    def describe(self) -> str:
        """What it does."""
        return "Unmount securityfs"

    def preview(self) -> tuple[str, ...]:
        """The command that does the same."""
        return ("umount /sys/kernel/security",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Unmount it. Raises KjtuiError."""
        progress("unmounting securityfs", 0.0)
        writer.unmount_securityfs()
        progress("unmounted", 1.0)

    def inverse(self) -> Operation | None:
        """Mount it again."""
        return MountSecurityfs()


@dataclass(frozen=True)
class WakeProcessors:
    """Bring processors online that an interrupted jump has left offline."""

    journal: ClassVar[str] = "wake processors"

    def describe(self) -> str:
        """What it does."""
        return "Bring all processors online"

    def preview(self) -> tuple[str, ...]:
        """The writes."""
        return ("write 1 to /sys/devices/system/cpu/cpuN/online for each that is offline",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Do it. Raises KjtuiError."""
        progress("bringing processors online", 0.0)
        writer.wake_processors()
        progress("online", 1.0)

    def inverse(self) -> Operation | None:
        """None: it restores what is usual."""
        return None


@dataclass(frozen=True)
class SettleJournal:
    """Take note of a jump that did not come back, so that it is not told anew each time."""

    journal: ClassVar[str] = ""

    def describe(self) -> str:
        """What it does."""
        return "Take note of the jump that did not come back, and close it in the journal"

    def preview(self) -> tuple[str, ...]:
        """The file."""
        return ("add a line to /var/lib/kjtui/journal.jsonl; nothing is removed from it",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Write the line. Raises KjtuiError."""
        progress("writing the journal", 0.0)
        writer.record("jump", "settled", "taken note of")
        progress("written", 1.0)

    def inverse(self) -> Operation | None:
        """None: the journal only grows."""
        return None


REMEDIES: Mapping[str, Remedy] = {
    remedy.id: remedy
    for remedy in (
        Remedy(
            "unload-image",
            "Drop the kernel that is loaded",
            lambda _facts: (Unload(),),
            "Whoever loaded it loads it again (kexec -l). Until then a restart is an ordinary one.",
        ),
        Remedy(
            "free-caches",
            "Free the memory of file caches",
            lambda _facts: (FreeCaches(),),
            "Nothing needs to be undone: files are read from disk again when they are needed.",
        ),
        Remedy(
            "mount-securityfs",
            "Make the kernel's lockdown readable",
            lambda _facts: (MountSecurityfs(),),
            "umount /sys/kernel/security, or the next restart.",
        ),
        Remedy(
            "wake-processors",
            "Bring all processors online",
            lambda _facts: (WakeProcessors(),),
            "Write 0 to /sys/devices/system/cpu/cpuN/online for those that shall stay offline.",
        ),
        Remedy(
            "settle-journal",
            "Take note of the jump that did not come back",
            lambda _facts: (SettleJournal(),),
            "Nothing needs to be undone: the entry stays readable in the journal.",
        ),
    )
}
