"""Sizes as the kernel reads them (memparse in lib/cmdline.c), and as people do."""

MIB = 1 << 20
_UNITS = "KMGTPE"
_DIGITS = "0123456789abcdef"
_LARGEST = (1 << 64) - 1


def memparse(text: str, at: int) -> tuple[int, int]:
    """The number at this place, with its unit (K, M, G, T, P or E), in bytes; and where it ends.

    0x begins a hexadecimal number, 0 an octal one. Without any digit: 0, and the end is the beginning. What
    exceeds 64 bits loses its upper part, as in the kernel.
    """
    base, start = 10, at
    lower = text.lower()
    if lower[at : at + 1] == "0":
        base = 8
        if lower[at + 1 : at + 2] == "x" and lower[at + 2 : at + 3] in tuple(_DIGITS):
            base, start = 16, at + 2
    end = start
    while lower[end : end + 1] in tuple(_DIGITS[:base]):
        end += 1
    if end == start:
        return 0, at
    value = int(lower[start:end], base)
    unit = lower[end : end + 1].upper()
    if unit and unit in _UNITS:
        value <<= 10 * (_UNITS.index(unit) + 1)
        end += 1
    return value & _LARGEST, end


def number(size: int) -> str:
    """The inverse of memparse(), in the largest unit that leaves no rest: "1536M", "2G", "0"."""
    for power in range(len(_UNITS), 0, -1):
        unit = 1 << 10 * power
        if size and size % unit == 0:
            return f"{size // unit}{_UNITS[power - 1]}"
    return str(size)


def amount(size: int) -> str:
    """For people: "256 MiB", "1.5 GiB", "7.75 GiB"."""
    for unit, name in ((1 << 40, "TiB"), (1 << 30, "GiB"), (MIB, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{round(size / unit, 2):g} {name}"
    return f"{size} bytes"
