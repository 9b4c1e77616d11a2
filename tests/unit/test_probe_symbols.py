"""Kernel symbols from tables that are packed here as scripts/kallsyms.c packs them."""

import collections
import itertools
import struct
from dataclasses import dataclass

import pytest

from kjtui.backend.probe.symbols import NotUnderstood, Symbols

BASE = 0xFFFFFFFF81000000
TABLES = 0xFFFFFFFF82000000
SYMBOLS = {
    "gdt_page": (0xB000, "A"),
    "_stext": (BASE, "T"),
    "relocate_kernel": (BASE + 0x5000, "T"),
    **{f"acpi_relocate_table_{number}": (BASE + 0x6000 + 16 * number, "t") for number in range(900)},
    "init_uts_ns": (BASE + 0x8FF000, "D"),
    "__per_cpu_offset": (BASE + 0x900000, "R"),
    # A name of more than 127 bytes even when it is packed.
    "".join(chr(33 + number % 94) * 2 for number in range(0, 940, 7)): (BASE + 0x900010, "d"),
    "gdt_page_of_another": (BASE + 0x900020, "D"),
}


def _packed(names: list[str]) -> tuple[list[bytes], list[str]]:
    """The names in tokens, and the 256 tokens: the commonest pair gets the next free code, from 255 down."""
    codes = [[ord(letter) for letter in name] for name in names]
    used = {code for word in codes for code in word}
    tokens = [chr(code) if code in used else "" for code in range(256)]
    for code in (code for code in range(255, -1, -1) if code not in used):
        pairs = collections.Counter(pair for word in codes for pair in itertools.pairwise(word))
        if not pairs:
            break
        pair = max(pairs, key=lambda pair: (pairs[pair], pair))
        tokens[code] = tokens[pair[0]] + tokens[pair[1]]
        for word in codes:
            at = 0
            while at < len(word) - 1:
                if (word[at], word[at + 1]) == pair:
                    word[at : at + 2] = [code]
                at += 1
    return [bytes(word) for word in codes], tokens


@dataclass
class Kernel:
    """A piece of memory at TABLES, and the notes that tell what is where in it."""

    per_cpu: bool = True

    def __post_init__(self) -> None:
        entries, tokens = _packed([kind + name for name, (_, kind) in SYMBOLS.items()])
        names, markers = b"", []
        for number, entry in enumerate(entries):
            if number % 256 == 0:
                markers.append(len(names))
            size = len(entry)
            names += (bytes((size,)) if size < 128 else bytes((size & 127 | 128, size >> 7))) + entry
        names += bytes(-len(names) % 8)
        table = [token.encode("latin-1") + b"\0" for token in tokens]
        indexes = [sum(map(len, table[:number])) for number in range(256)]
        parts = {
            "kallsyms_num_syms": struct.pack("<Q", len(entries)),
            "kallsyms_names": names + struct.pack(f"<{len(markers)}I", *markers),
            "kallsyms_token_table": b"".join(table) + bytes(300),
            "kallsyms_token_index": struct.pack("<256H", *indexes),
            "kallsyms_offsets": b"".join(self._offset(address) for address, _ in SYMBOLS.values()),
            "kallsyms_relative_base": struct.pack("<Q", BASE),
        }
        self.memory = b""
        self.places = {"init_uts_ns": BASE + 0x8FF000}
        for name, data in parts.items():
            self.places[name] = TABLES + len(self.memory)
            self.memory += data + bytes(-len(data) % 8)

    def _offset(self, address: int) -> bytes:
        if self.per_cpu:
            return struct.pack("<i", BASE - 1 - address if address >= BASE else address)
        return struct.pack("<I", max(address - BASE, 0))

    @property
    def notes(self) -> bytes:
        lines = "".join(f"SYMBOL({name})={place:x}\n" for name, place in self.places.items())
        return b"\x0b\0\0\0VMCOREINFO\0\0" + b"OSRELEASE=6.12\n" + lines.encode() + b"KERNELOFFSET=0\n"

    def read(self, address: int, size: int) -> bytes:
        data = self.memory[address - TABLES : address - TABLES + size]
        if len(data) < size:
            raise OSError(0, "not there")
        return data


@pytest.mark.parametrize("per_cpu", [True, False])
def test_addresses(per_cpu: bool) -> None:
    kernel = Kernel(per_cpu)
    symbols = Symbols(kernel.notes, kernel.read)
    for name in (
        "_stext",
        "relocate_kernel",
        "__per_cpu_offset",
        "acpi_relocate_table_700",
        "gdt_page_of_another",
    ):
        assert symbols.get(name) == SYMBOLS[name][0], name
    assert per_cpu is (symbols.get("gdt_page") == 0xB000)
    assert symbols.get("__relocate_kernel_start") is None
    assert symbols.get("relocate_table") is None


def test_older_kernels_do_not_tell() -> None:
    kernel = Kernel()
    with pytest.raises(NotUnderstood):
        Symbols(kernel.notes.replace(b"kallsyms_names", b"other"), kernel.read)


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("init_uts_ns", BASE + 8),
        ("kallsyms_names", TABLES + 0x90000000),
        ("kallsyms_names", TABLES + 9),
        ("kallsyms_token_index", TABLES),
        ("kallsyms_offsets", TABLES),
    ],
)
def test_what_does_not_fit_together_is_not_believed(name: str, place: int) -> None:
    kernel = Kernel()
    kernel.places[name] = place
    with pytest.raises((NotUnderstood, OSError)):
        Symbols(kernel.notes, kernel.read)


@pytest.mark.parametrize("value", [0, 255])
def test_junk_is_not_believed(value: int) -> None:
    kernel = Kernel()
    kernel.memory = bytes((value,)) * len(kernel.memory)
    with pytest.raises((NotUnderstood, OSError)):
        Symbols(kernel.notes, kernel.read)
