"""Memory: the map, and how much there is."""

import re

from kjtui.backend.probe.source import Source, decoded, not_understood

IOMEM = "/proc/iomem"
MEMINFO = "/proc/meminfo"
_RANGE = re.compile(r" *[0-9a-f]{1,16}-[0-9a-f]{1,16} : .*")
_KIB = re.compile(r"^(MemTotal|MemAvailable|MemFree): +([0-9]{1,15}) kB$", re.MULTILINE)


def iomem(source: Source) -> tuple[str, ...]:
    """Lines of /proc/iomem, as they are. What is no range of addresses is left out, and noted."""
    data = source.data(IOMEM)
    if data is None:
        return ()
    lines = [line for line in decoded(data).split("\n") if line]
    ranges = tuple(line for line in lines if _RANGE.fullmatch(line))
    if len(ranges) < len(lines) or not lines:
        source.note(IOMEM, not_understood(len(lines) - len(ranges), len(lines)))
    return ranges


def totals(source: Source) -> tuple[int, int]:
    """All memory and the available part, in bytes; (0, 0) if /proc/meminfo does not tell (proc(5))."""
    text = source.text(MEMINFO)
    if text is None:
        return 0, 0
    told = {name: int(size) << 10 for name, size in _KIB.findall(text)}
    total, available = told.get("MemTotal", 0), told.get("MemAvailable", told.get("MemFree", 0))
    if 0 <= available <= total and total:
        return total, available
    source.note(MEMINFO, "its content is not understood: no sensible MemTotal and MemAvailable")
    return 0, 0
