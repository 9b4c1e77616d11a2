"""crashkernel=: what is written there, and what a kernel makes of it (kernel/crash_reserve.c, lib/cmdline.c).

Forms: size[@offset] · range:size[,range:size...][@offset], a range being start-[end], end excluded, where the
amount of memory of the machine picks the size · size,high · size,low · size,cma.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kjtui.bootcfg.memparse import MIB, amount, memparse, number
from kjtui.errors import KjtuiError

# Firmware keeps some memory for itself; the kernel rounds up to this before it looks at ranges.
_ROUNDED_TO = 128 * MIB


class Place(StrEnum):
    """What may stand behind the comma of a size."""

    ANY = ""  # no suffix: below 4 GiB if there is room
    HIGH = "high"  # above 4 GiB, and a little below for devices
    LOW = "low"  # how much that little is; 0 none
    CMA = "cma"  # memory that programs use until a crash: never good for kernel B


@dataclass(frozen=True)
class Range:
    """Machines with start <= memory < end bytes (end None: any more) reserve size bytes."""

    start: int
    end: int | None
    size: int


@dataclass(frozen=True)
class CrashKernel:
    """One value of crashkernel=. Either size (bytes) or ranges are set; offset: the address asked for."""

    size: int | None = None
    offset: int | None = None
    place: Place = Place.ANY
    ranges: tuple[Range, ...] = ()


@dataclass(frozen=True)
class Effective:
    """What is reserved on a machine.

    size: bytes, 0 nothing. offset: the address asked for, None any. high: above 4 GiB was asked for.
    low: bytes below 4 GiB beside a high one; None: the kernel's own choice. cma: bytes beside it that kernel
    B cannot use. matched: the range that fits this machine ("2G-4G:256M"), None where no ranges are in use.
    reason: where size is 0, why, in words that continue a sentence; "" otherwise.
    """

    size: int
    offset: int | None
    high: bool
    low: int | None
    cma: int
    matched: str | None
    reason: str


def parse(value: str) -> CrashKernel:
    """The value of one crashkernel= word. Raises KjtuiError with what is wrong in it and how to write it."""
    try:
        return _parse(value)
    except _Malformed as error:
        raise KjtuiError(
            f"crashkernel={value} cannot be understood",
            f"{error}.",
            "Write a size with M or G behind it, for example crashkernel=256M.",
        ) from None


def render(parsed: CrashKernel) -> str:
    """The inverse of parse(), sizes in the largest unit that leaves no rest ("1G", not "1024M")."""
    text = ",".join(_range(one) for one in parsed.ranges) or number(parsed.size or 0)
    if parsed.place:
        text += f",{parsed.place}"
    return text if parsed.offset is None else f"{text}@{number(parsed.offset)}"


def plain(size_bytes: int) -> str:
    """The value that reserves this much, in whole MiB, rounded up: "192M"."""
    return f"{max(-(-size_bytes // MIB), 1)}M"


def effective(values: Sequence[str], ram: int) -> Effective:
    """What a kernel (6.x) reserves for all crashkernel= values of a command line, in their order.

    ram: bytes as the kernel counts its memory. The last value without a suffix decides; only where there is
    none, the last ",high" with the last ",low". Whether there is room for it only the kernel can tell.
    """
    last: dict[Place, str] = {}
    for value in values:
        last[_place(value)] = value
    try:
        size, offset, matched, low = 0, 0, None, None
        high = Place.ANY not in last
        if not high:
            size, offset, matched = _ordinary(last[Place.ANY], ram)
        elif Place.HIGH in last:
            size = _suffixed(last[Place.HIGH], Place.HIGH)
            if not size:
                raise _Malformed(f"crashkernel={last[Place.HIGH]} reserves nothing")
            if Place.LOW in last:
                low = _suffixed(last[Place.LOW], Place.LOW)
        elif last:
            alone = next(iter(last.values()))
            raise _Nothing(f"crashkernel={alone} reserves nothing without a crashkernel=SIZE beside it")
        else:
            raise _Nothing("no crashkernel= on the command line")
        if size >= ram:
            raise _Nothing(f"{amount(size)} were asked for; this machine has {amount(ram)}")
    except _Nothing as error:
        return Effective(0, None, False, None, 0, None, str(error))
    except _Malformed as error:
        return Effective(0, None, False, None, 0, None, f"malformed: {error}")
    return Effective(size, offset or None, high, low, _cma(last), matched, "")


class _Malformed(Exception):
    """The kernel refuses this value; says why."""


class _Nothing(Exception):
    """The kernel understands this value, and reserves nothing; says why."""


def _parse(value: str) -> CrashKernel:
    place = _place(value)
    if place:
        return CrashKernel(_suffixed(value, place), place=place)
    if ":" in value:
        ranges, at = [], 0
        while True:
            one, at = _read_range(value, at)
            ranges.append(one)
            if value[at : at + 1] != ",":
                break
            at += 1
        return CrashKernel(offset=_offset(value, at), ranges=tuple(ranges))
    size, at = _size(value, 0)
    return CrashKernel(size, _offset(value, at))


def _place(value: str) -> Place:
    return next((place for place in Place if place and value.endswith(f",{place}")), Place.ANY)


def _ordinary(value: str, ram: int) -> tuple[int, int, str | None]:
    """Size, offset and matching range of a value without suffix, as lenient and as strict as the kernel."""
    if ":" in value:
        return _in_ranges(value, -(-ram // _ROUNDED_TO) * _ROUNDED_TO)
    size, at = _size(value, 0)
    if value[at : at + 1] == "@":
        offset, _at = memparse(value, at + 1)  # what follows is not looked at
    elif value[at:]:
        raise _unexpected(value, at)
    else:
        offset = 0
    if not size:
        raise _Nothing(f"crashkernel={value} reserves nothing")
    return size, offset, None


def _in_ranges(value: str, memory: int) -> tuple[int, int, str]:
    """The same for ranges: those behind the one that matches are not looked at."""
    at, seen = 0, []
    while True:
        one, at = _read_range(value, at)
        seen.append(one)
        if one.size >= memory:
            raise _Malformed(f"{amount(one.size)} are more than this machine's {amount(memory)}")
        if one.start <= memory and (one.end is None or memory < one.end):
            break
        if value[at : at + 1] != ",":
            raise _Nothing(_outside(seen, memory))
        at += 1
    if not one.size:
        raise _Nothing(f"this machine has {amount(memory)}; the range {_range(one)} reserves nothing")
    _, sign, rest = value[at:].partition("@")
    offset, end = memparse(rest, 0)
    if sign and not end:
        raise _Malformed('a number is missing behind "@"')
    return one.size, offset, _range(one)


def _outside(ranges: Sequence[Range], memory: int) -> str:
    first = min(one.start for one in ranges)
    if memory < first:
        return f"this machine has {amount(memory)}; the ranges begin at {amount(first)}"
    ends = [one.end for one in ranges if one.end is not None]
    if len(ends) == len(ranges) and memory >= max(ends):
        return f"this machine has {amount(memory)}; the ranges end at {amount(max(ends))}"
    return f"this machine has {amount(memory)}, which is in none of the ranges"


def _read_range(value: str, at: int) -> tuple[Range, int]:
    start, at = _size(value, at)
    at = _sign(value, at, "-")
    end = None
    if value[at : at + 1] != ":":
        end, at = _size(value, at)
        if end <= start:
            raise _Malformed(f"the range {number(start)}-{number(end)} ends before it begins")
    at = _sign(value, at, ":")
    size, at = _size(value, at)
    return Range(start, end, size), at


def _suffixed(value: str, place: Place) -> int:
    size, at = _size(value, 0)
    if value[at:] != f",{place}":
        raise _unexpected(value, at)
    return size


def _cma(last: dict[Place, str]) -> int:
    try:
        return _suffixed(last[Place.CMA], Place.CMA) if Place.CMA in last else 0
    except _Malformed:
        return 0  # the kernel leaves it out and keeps the rest


def _size(value: str, at: int) -> tuple[int, int]:
    size, end = memparse(value, at)
    if end == at:
        before = f' behind "{value[:at]}"' if at else ""
        raise _Malformed(f"a number is missing{before}")
    return size, end


def _sign(value: str, at: int, sign: str) -> int:
    if value[at : at + 1] != sign:
        raise _Malformed(f'"{sign}" is missing behind "{value[:at]}"')
    return at + 1


def _offset(value: str, at: int) -> int | None:
    if not value[at:]:
        return None
    if value[at] != "@":
        raise _unexpected(value, at)
    offset, end = _size(value, at + 1)
    if value[end:]:
        raise _unexpected(value, end)
    return offset


def _unexpected(value: str, at: int) -> _Malformed:
    return _Malformed(f'"{value[at:]}" behind "{value[:at]}" has no meaning')


def _range(one: Range) -> str:
    end = "" if one.end is None else number(one.end)
    return f"{number(one.start)}-{end}:{number(one.size)}"
