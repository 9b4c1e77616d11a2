"""The changes this program can make, each of them small enough to be explained in a sentence."""

from dataclasses import dataclass
from typing import ClassVar, Protocol

from kjtui.backend.machine import Progress, Writer
from kjtui.model.image import LoadImage, Segment
from kjtui.model.memory import RegionKind
from kjtui.plan.sizes import amount


class Operation(Protocol):
    """One change to a machine.

    journal: what the journal calls it; "" for what needs no entry.
    """

    @property
    def journal(self) -> str:
        """See above."""
        ...

    def describe(self) -> str:
        """What it does, in one sentence for people, without a full stop."""
        ...

    def preview(self) -> tuple[str, ...]:
        """What exactly will be done, line by line."""
        ...

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Do it. Raises KjtuiError."""
        ...

    def inverse(self) -> "Operation | None":
        """The operation that undoes it, None where there is nothing to undo."""
        ...


@dataclass(frozen=True)
class LoadKernel:
    """Put a laid out kernel into this kernel's memory, ready to be jumped into: kexec_load(2)."""

    journal: ClassVar[str] = "load"

    image: LoadImage

    def describe(self) -> str:
        """What it does."""
        return f"Load kernel B, Linux {self.image.kernel_version}"

    def preview(self) -> tuple[str, ...]:
        """Where B goes, what is copied at every jump, its command line, then each segment."""
        span = self.image.region.span
        kind = "borrowed" if self.image.region.kind is RegionKind.BORROWED else "reserved"
        return (
            f"{amount(self.image.bytes_loaded)} are copied into the kernel; nothing else changes",
            f"Kernel B's memory: {amount(span.size)} at {span.start:#x}, {kind}, and the first 640 KiB",
            f"At every jump {amount(self.image.bytes_swapped)} change places with kernel B's",
            f"Command line: {self.image.command_line.strip()}",
            f"Segments (kexec_load, {len(self.image.segments)} of at most 16):",
            *(_segment(segment) for segment in self.image.segments),
        )

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Load it. The system call cannot be interrupted half way. Raises KjtuiError."""
        progress(f"copying {amount(self.image.bytes_loaded)} into the kernel", 0.0)
        writer.load(self.image)
        progress("loaded", 1.0)

    def inverse(self) -> Operation | None:
        """Unload."""
        return Unload()


@dataclass(frozen=True)
class Unload:
    """Drop the loaded kernel: kexec_load(2) without segments."""

    journal: ClassVar[str] = "unload"

    def describe(self) -> str:
        """What it does."""
        return "Unload the kernel that is loaded and give its memory back"

    def preview(self) -> tuple[str, ...]:
        """The call."""
        return ("kexec_load with no segments: the loaded kernel is dropped, its memory is free again",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Drop it. Raises KjtuiError."""
        progress("unloading kernel B", 0.0)
        writer.unload()
        progress("unloaded", 1.0)

    def inverse(self) -> Operation | None:
        """None: what was loaded would have to be laid out anew."""
        return None


@dataclass(frozen=True)
class Jump:
    """Go to the loaded kernel and come back: reboot(2) with LINUX_REBOOT_CMD_KEXEC."""

    journal: ClassVar[str] = "jump"

    def describe(self) -> str:
        """What it does."""
        return "Jump into kernel B; this system sleeps in memory until kernel B gives it back"

    def preview(self) -> tuple[str, ...]:
        """The calls."""
        return (
            "sync(2); where a disk's driver asks for it, all processors but one are taken offline",
            "reboot(2) with LINUX_REBOOT_CMD_KEXEC, which returns when kernel B has come back",
        )

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Jump. Returns when kernel B has come back. Raises KjtuiError when this kernel would not go."""
        progress("jumping", 0.0)
        writer.jump()
        progress("back", 1.0)

    def inverse(self) -> Operation | None:
        """None: the way back is kernel B's, and it has been taken when execute returns."""
        return None


@dataclass(frozen=True)
class SwapOff:
    """End swapping to an area for as long as it carries an image: swapoff(2)."""

    journal: ClassVar[str] = "swapoff"

    path: str

    def describe(self) -> str:
        """What it does."""
        return f"End swapping to {self.path} while it carries the image"

    def preview(self) -> tuple[str, ...]:
        """The command."""
        return (f"swapoff {self.path}",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """End it. Raises KjtuiError."""
        progress(f"ending swapping to {self.path}", 0.0)
        writer.swap_off(self.path)

    def inverse(self) -> Operation | None:
        """Begin again."""
        return SwapOn(self.path)


@dataclass(frozen=True)
class SwapOn:
    """Swap to an area again: swapon(2)."""

    journal: ClassVar[str] = "swapon"

    path: str

    def describe(self) -> str:
        """What it does."""
        return f"Swap to {self.path} again"

    def preview(self) -> tuple[str, ...]:
        """The command."""
        return (f"swapon {self.path}",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Begin it. Raises KjtuiError."""
        progress(f"swapping to {self.path} again", 0.0)
        writer.swap_on(self.path)

    def inverse(self) -> Operation | None:
        """End it."""
        return SwapOff(self.path)


def _segment(segment: Segment) -> str:
    data = amount(len(segment.data)) if segment.data else "empty"
    return f"  {segment.span.start:#012x}  {amount(segment.span.size):>9}  {segment.name} ({data})"
