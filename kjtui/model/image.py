"""A kernel image laid out for kexec_load."""

from dataclasses import dataclass

from kjtui.model.memory import Region, Span


@dataclass(frozen=True)
class Segment:
    """One kexec segment: data is copied to the start of span, the rest of span is zeroed."""

    name: str  # for people: "kernel", "initramfs", "first 640 KiB" …
    data: bytes
    span: Span


@dataclass(frozen=True)
class Initramfs:
    """Kernel B's files, packed. notes: sentences for people about what could not be had for it.

    unpacked: bytes that come of it, 0 where nothing of it is compressed.
    """

    data: bytes
    notes: tuple[str, ...] = ()
    unpacked: int = 0


@dataclass(frozen=True)
class LoadImage:
    """Everything one kexec_load call is given.

    entry: physical address that is called; segments: at most 16, page aligned, without overlap.
    """

    entry: int
    segments: tuple[Segment, ...]
    region: Region
    command_line: str
    kernel_version: str  # kernel B, as its header tells

    @property
    def bytes_loaded(self) -> int:
        """Bytes of data copied into the kernel."""
        return sum(len(segment.data) for segment in self.segments)

    @property
    def bytes_swapped(self) -> int:
        """Bytes that are swapped at every jump."""
        return sum(segment.span.size for segment in self.segments)
