"""Amounts of memory for people."""

from kjtui.model.memory import GIB, MIB

KIB = 1 << 10


def amount(size: int) -> str:
    """Bytes in the unit that keeps the number short: "640 KiB", "192 MiB", "1.5 GiB"."""
    if size >= 10 * GIB:
        return f"{size / GIB:.0f} GiB"
    if size >= GIB:
        return f"{size / GIB:.1f} GiB".replace(".0 ", " ")
    if size >= 10 * MIB:
        return f"{size / MIB:.0f} MiB"
    if size >= MIB:
        return f"{size / MIB:.1f} MiB".replace(".0 ", " ")
    if size >= KIB:
        return f"{size / KIB:.0f} KiB"
    return f"{size} bytes"
