"""What must be the same for a saved system to go on: this machine's processor, board and memory."""

from kjtui.backend.probe.source import Source
from kjtui.kexec import iomem, notes
from kjtui.model.saved import Machine

_CPUINFO = "/proc/cpuinfo"
_NOTES = "/sys/kernel/notes"
_BUILD_ID = (b"GNU", 3)  # NT_GNU_BUILD_ID in elf.h
_BOARD = ("sys_vendor", "product_name", "product_uuid", "board_name", "bios_version")


def read(source: Source) -> Machine:
    """This machine; what cannot be read is left empty. Raises KjtuiError where the memory map is hidden."""
    lines = (source.text("/proc/iomem") or "").splitlines()
    info = _first_processor(source.text(_CPUINFO) or "")
    names = ("vendor_id", "cpu family", "model", "model name", "stepping")
    board = (source.text(f"/sys/class/dmi/id/{name}", optional=True) or "" for name in _BOARD)
    present = source.text("/sys/devices/system/cpu/present") or ""
    return Machine(
        processor=" ".join(info.get(name, "") for name in names).strip(),
        features=tuple(sorted(info.get("flags", "").split())),
        processors=_count(present),
        board=" ".join(part for part in board if part),
        memory=memory(lines),
    )


def build(source: Source) -> str:
    """The running kernel's build ID in hex, by which its vmlinux is found again; "" where it has none."""
    return notes.found(source.data(_NOTES, optional=True) or b"", *_BUILD_ID).hex()


def memory(lines: list[str]) -> tuple[tuple[int, int, str], ...]:
    """The ranges of /proc/iomem that are not inside others. Raises KjtuiError."""
    return tuple((one.span.start, one.span.end, one.name) for one in iomem.parse(lines) if one.depth == 0)


def _first_processor(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.split("\n\n", 1)[0].splitlines():
        name, _, value = line.partition(":")
        found[name.strip()] = value.strip()
    return found


def _count(present: str) -> int:
    """How many a list such as "0-3,5" names."""
    count = 0
    for part in present.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last or first).isdigit():
            count += int(last or first) - int(first) + 1
    return count
