"""Physical memory: ranges as /proc/iomem tells them, and the region that kernel B gets."""

from dataclasses import dataclass
from enum import StrEnum

PAGE = 4096
MIB = 1 << 20
GIB = 1 << 30
LOW_END = 0xA0000  # the first 640 KiB, where a second processor starts


@dataclass(frozen=True, order=True)
class Span:
    """A half-open range of physical addresses in bytes: start is inside, end is not."""

    start: int
    end: int

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """Whether the two share at least one byte."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Span") -> bool:
        """Whether other lies wholly inside."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True)
class MemoryRange:
    """One line of /proc/iomem: a span, the name the kernel gives it, and how deep it is nested (0 = top)."""

    span: Span
    name: str
    depth: int = 0


class RegionKind(StrEnum):
    """Where kernel B's memory comes from."""

    BORROWED = "borrowed"  # ordinary RAM of A, swapped out for the jump and back afterwards
    RESERVED = "reserved"  # A's crashkernel= range, which holds nothing of A


@dataclass(frozen=True)
class Region:
    """Region R: the physical memory that kernel B may use besides the first 640 KiB."""

    span: Span
    kind: RegionKind
