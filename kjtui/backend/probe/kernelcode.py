"""What the running kernel's own code and data tell: does it find home alone, and where is its GDT?

Kernels before January 2025 come back from a jump with the other kernel's GDT and crash. The fix
("x86/kexec: Restore GDT on return from ::preserve_context kexec") is an lgdt on the way back, and older
long-term kernels got it at different times, so the code is looked at and never the version.
"""

import contextlib
import io
import struct
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from kjtui.backend.probe import symbols
from kjtui.backend.probe.source import Source, whole

KALLSYMS = "/proc/kallsyms"
KCORE = "/proc/kcore"
CODE_MAX = 2048  # KEXEC_CONTROL_CODE_MAX_SIZE in arch/x86/include/asm/kexec.h
PAGE = 4096
GDT_SIZE = 128
# popf, then pop r15, r14, r13, r12, rbp, rbx: the end of the way back in every version since 2.6.27.
TAKE_BACK = bytes.fromhex("9d 415f 415e 415d 415c 5d 5b")
_CODE_AND_DATA = "__relocate_kernel_start"  # since 6.14
CODE_START = ("relocate_kernel", _CODE_AND_DATA)
CODE_END = "__relocate_kernel_end"
SYMBOLS = frozenset({*CODE_START, CODE_END, "gdt_page", "__per_cpu_offset"})
_CHUNK = 64 << 10
_MOST_NOTES = 1 << 20
_RESTRICTED = "the kernel hides the addresses (kernel.kptr_restrict)"
_ZERO = b"\n" + b"0" * 16 + b" "  # how the line of a hidden address begins
_MOST = 64 << 20  # bytes of symbols: real kernels have a quarter of that
# The code and the address stay the same as long as the kernel runs, and reading all symbols is slow.
_own: dict[str, tuple[bool | None, int | None]] = {}

Find = Callable[[str], int | None]
"""The address of a symbol, None without one."""


class _Hidden(Exception):
    """Why something could not be read, in plain words."""


@dataclass(frozen=True)
class LoadedPiece:
    """A PT_LOAD program header: size bytes at virtual address start are found at offset in the file."""

    start: int
    size: int
    offset: int


def find_symbols(read: Callable[[int], bytes], names: Collection[str]) -> dict[str, int]:
    """Addresses of these names from text like /proc/kallsyms, which `read(size)` gives piece by piece.

    Reading stops where the modules begin: only they carry a name in brackets, and they come last. Where all
    addresses are hidden it stops at once.
    """
    found: dict[str, int] = {}
    wanted = [(name, b" " + name.encode() + b"\n") for name in names]
    rest = b""
    size = 0
    while size < _MOST and (piece := read(_CHUNK)):
        size += len(piece)
        end = piece.rfind(b"\n") + 1
        block, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
        if len(rest) > _CHUNK:
            raise ValueError("a line is too long")
        for name, words in wanted:
            if (at := block.find(words)) >= 0:
                found.setdefault(name, _address(block[block.rfind(b"\n", 0, at) + 1 : at]))
        if size == len(piece) and (b"\n" + block).count(_ZERO) == block.count(b"\n") > 0:
            raise _Hidden(_RESTRICTED)  # who may not see the first may see none
        if b"\t[" in block[block.rfind(b"\n", 0, -1) + 1 :]:
            break
    return found


def _address(line: bytes) -> int:
    """The first word of a line. int() alone would take "-1" or "1_0" as well. Raises ValueError."""
    address = whole(line.split(b" ")[0].decode("ascii", "replace"), 16)
    if address is None:
        raise ValueError("no address")
    return address


def loaded_pieces(headers: bytes) -> tuple[LoadedPiece, ...]:
    """The PT_LOAD entries among ELF64 program headers (elf(5))."""
    pieces = []
    for kind, _, offset, start, _, size, _, _ in struct.iter_unpack("<IIQQQQQQ", headers):
        if kind == 1:
            pieces.append(LoadedPiece(start, size, offset))
    return tuple(pieces)


def restores_gdt(code: bytes) -> bool | None:
    """Whether relocate_kernel's code holds an lgdt (0f 01 /2, always with a memory operand).

    Only what comes before the registers are taken back counts: other functions may follow. None for code
    that does not take them back as relocate_kernel does.
    """
    end = code.find(TAKE_BACK)
    if end < 0:
        return None
    at = code.find(b"\x0f\x01", 0, end)
    while at >= 0:
        modrm = code[at + 2]
        if modrm >> 6 != 3 and modrm >> 3 & 7 == 2:
            return True
        at = code.find(b"\x0f\x01", at + 1, end)
    return False


def is_kernel_gdt(table: bytes) -> bool:
    """Whether these are the first 128 bytes of a 64-bit Linux kernel's GDT (arch/x86/include/asm/segment.h).

    Entry 2 must be the kernel's code segment (present, 64-bit), entry 8 a task state segment: the two that
    are loaded on the way back.
    """
    if len(table) < GDT_SIZE:
        return False
    code, task = table[0x10:0x18], table[0x40:0x48]
    return code[5] in (0x9A, 0x9B) and bool(code[6] & 0x20) and task[5] in (0x89, 0x8B)


def read_memory(core: BinaryIO, pieces: Sequence[LoadedPiece], address: int, size: int) -> bytes:
    """Kernel memory by virtual address, through an open /proc/kcore. Raises OSError if it is not in there."""
    for piece in pieces:
        if piece.start <= address and address + size <= piece.start + piece.size:
            core.seek(piece.offset + address - piece.start)
            data = core.read(size)
            if len(data) == size:
                return data
    raise OSError(0, f"{size} bytes at {address:#x} are not in it")


def probe(source: Source) -> tuple[bool | None, int | None]:
    """(restores_gdt, gdt_address), as in Facts. The address is looked for only where it may be needed."""
    if not source.real:
        return _probe(source)
    if "found" not in _own:
        found = _probe(source)
        if found[0] is None or found == (False, None):
            return found
        _own["found"] = found
    return _own["found"]


def _probe(source: Source) -> tuple[bool | None, int | None]:
    try:
        with _opened(source) as core:
            return _look(source, core, symbols.Symbols(core.notes(), core.memory).get)
    except (OSError, struct.error, OverflowError, symbols.NotUnderstood):
        return _probe_by_list(source)  # what is wrong is told there


def _probe_by_list(source: Source) -> tuple[bool | None, int | None]:
    """With the symbols of /proc/kallsyms, which takes much longer."""
    try:
        with _opened(source) as core:  # without it the list is of no use
            return _look(source, core, _symbols(source).get)
    except _Hidden as reason:
        source.note(KALLSYMS, str(reason))
    except OSError as error:
        source.note(KCORE, error)
    except (struct.error, OverflowError):
        source.note(KCORE, "it is no ELF file with program headers")
    return None, None


class _Core:
    """An open /proc/kcore. Raises OSError, or struct.error if it has no program headers."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        header = file.read(64)
        table, entry_size, entries = (
            *struct.unpack_from("<Q", header, 0x20),
            *struct.unpack_from("<HH", header, 0x36),
        )
        if header[:5] != b"\x7fELF\x02" or entry_size != 56:
            raise struct.error
        file.seek(table)
        self._headers = file.read(entry_size * entries)
        self._pieces = loaded_pieces(self._headers)

    def memory(self, address: int, size: int) -> bytes:
        """Kernel memory by virtual address."""
        return read_memory(self._file, self._pieces, address, size)

    def notes(self) -> bytes:
        """The first PT_NOTE piece, with the names and places that the kernel tells (VMCOREINFO)."""
        for kind, _, offset, _, _, size, _, _ in struct.iter_unpack("<IIQQQQQQ", self._headers):
            if kind == 4:
                self._file.seek(offset)
                return self._file.read(min(size, _MOST_NOTES))
        return b""


@contextlib.contextmanager
def _opened(source: Source) -> Iterator[_Core]:
    # Unbuffered: a buffer would read kernel memory that nobody asked for.
    with source.open(KCORE) as file:
        yield _Core(file)


def _look(source: Source, core: _Core, find: Find) -> tuple[bool | None, int | None]:
    restores = address = None
    try:
        restores = restores_gdt(_way_back(core, find))
        if restores is None:
            raise _Hidden("the code of relocate_kernel has a form that is not known")
    except _Hidden as reason:
        source.note(f"{KCORE} (relocate_kernel)", str(reason))
    if restores is not True:
        try:
            address = _gdt_address(core, find)
        except _Hidden as reason:
            source.note(f"{KCORE} (gdt_page)", str(reason))
    return restores, address


def _symbols(source: Source) -> dict[str, int]:
    try:
        with io.BufferedReader(source.open(KALLSYMS)) as file:
            found = find_symbols(file.read, SYMBOLS)
    except OSError as error:
        source.note(KALLSYMS, error)
        raise _Hidden(source.unreadable[KALLSYMS]) from error
    except ValueError as error:
        raise _Hidden("its content is not understood") from error
    if found and not any(found.values()):
        raise _Hidden(_RESTRICTED)
    return found


def _way_back(core: _Core, find: Find) -> bytes:
    """The code that leaves for another kernel and comes back from it."""
    found = next(((name, at) for name in CODE_START if (at := find(name)) is not None), None)
    if found is None:
        raise _Hidden(f"{KALLSYMS} does not name relocate_kernel")
    name, start = found
    size = (find(CODE_END) or 0) - start if name == _CODE_AND_DATA else 0
    if not 0 < size <= PAGE:
        size = CODE_MAX
    code = core.memory(start, size)
    if not any(code):
        raise _Hidden("the kernel shows only zeros at relocate_kernel")
    return code


def _gdt_address(core: _Core, find: Find) -> int:
    """The boot processor's GDT: the symbol in the per-processor area plus where processor 0's area is."""
    page, offsets = find("gdt_page"), find("__per_cpu_offset")
    if page is None or offsets is None:
        missing = "gdt_page" if page is None else "__per_cpu_offset"
        raise _Hidden(f"{KALLSYMS} does not name {missing} (CONFIG_KALLSYMS_ALL)")
    try:
        (offset,) = struct.unpack("<Q", core.memory(offsets, 8))
        # Since 6.15 the symbol is an ordinary address, and the sum wraps around.
        address = int(offset + page) & (1 << 64) - 1
        table = core.memory(address, GDT_SIZE)
    except OSError as error:
        raise _Hidden(error.strerror or "it cannot be read") from error
    if not is_kernel_gdt(table):
        raise _Hidden(f"what lies at {address:#x} does not look like a GDT")
    return address
