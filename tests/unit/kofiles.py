"""Kernel modules made for tests: a minimal ELF file with a .modinfo section that no kernel runs."""

import struct
from pathlib import Path

RELEASE = "6.12.9-test"


def ko(*words: str, release: str = RELEASE, name: str = "x") -> bytes:
    """A .ko file: ELF header, .modinfo, .shstrtab, three section headers (elf(5))."""
    lines = [f"vermagic={release} SMP preempt mod_unload", f"name={name}", *words]
    info = b"".join(line.encode() + b"\0" for line in lines)
    names = b"\0.modinfo\0.shstrtab\0"
    info_at, names_at = 64, 64 + len(info)
    table = names_at + len(names)
    head = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    head += struct.pack("<HHIQQQIHHHHHH", 1, 62, 1, 0, 0, table, 0, 64, 0, 0, 64, 3, 2)
    sections = bytes(64)
    sections += struct.pack("<IIQQQQIIQQ", 1, 1, 0, 0, info_at, len(info), 0, 0, 1, 0)
    sections += struct.pack("<IIQQQQIIQQ", 10, 3, 0, 0, names_at, len(names), 0, 0, 1, 0)
    return head + info + names + sections


def write(root: Path, name: str, content: str | bytes) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def link(root: Path, name: str, target: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)
