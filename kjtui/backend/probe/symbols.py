"""Kernel symbols straight from the kernel's own tables, through /proc/kcore.

/proc/kallsyms gives the same, but writes out each of a hundred thousand names anew, which takes long. Since
6.0 the kernel tells where its tables are (VMCOREINFO, kernel/vmcore_info.c). Their form is that of
scripts/kallsyms.c: a name is a length and that many bytes, each standing for a piece of text, a token.
"""

import bisect
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence

Read = Callable[[int, int], bytes]
"""Kernel memory by virtual address and size. Raises OSError."""

_TABLE = re.compile(rb"^SYMBOL\((init_uts_ns|kallsyms_\w+)\)=([0-9a-f]{1,16})$", re.MULTILINE)
_KNOWN = "init_uts_ns"
_TABLES = ("names", "num_syms", "token_table", "token_index", "offsets", "relative_base")
_NEEDED = frozenset({_KNOWN, *(f"kallsyms_{name}" for name in _TABLES)})
_MOST_SYMBOLS = 4_000_000
_MOST_BYTES = 32 << 20  # of names: the largest kernels have 3 MiB
_BLOCK = 256  # names between two markers
_CODE = ("relocate_kernel",)  # what is likely of kind T, where others are of kind D
_KINDS = "TDARtdar"  # the letters of nm(1) that a symbol of code, data or a per-processor area may have


class NotUnderstood(Exception):
    """The tables do not have the form that is known here."""


class Symbols:
    """The running kernel's symbols. notes: those of /proc/kcore.

    Raises NotUnderstood, or OSError where the memory cannot be read. The address of init_uts_ns, which the
    notes tell as well, must come out right.
    """

    def __init__(self, notes: bytes, read: Read) -> None:
        places = {name.decode(): int(value, 16) for name, value in _TABLE.findall(notes)}
        if not places.keys() >= _NEEDED:
            raise NotUnderstood("the kernel does not tell where its symbols are")
        self._read = read
        self._names = _Names(places, read)
        self._offsets = places["kallsyms_offsets"]
        (self._base,) = struct.unpack("<Q", read(places["kallsyms_relative_base"], 8))
        # The form of an offset is a matter of the configuration: kallsyms_sym_address() in kernel/kallsyms.c.
        start = self._offset(_KNOWN)
        forms = (_per_cpu, _plain)
        right = [form for form in forms if start is not None and form(self._base, start) == places[_KNOWN]]
        if not right:
            raise NotUnderstood(f"{_KNOWN} is not where it should be")
        self._form = right[0]

    def get(self, name: str) -> int | None:
        """The address of a symbol, None if this kernel has no such symbol."""
        offset = self._offset(name)
        return None if offset is None else self._form(self._base, offset)

    def _offset(self, name: str) -> int | None:
        index = self._names.index(name)
        return None if index is None else int(*struct.unpack("<i", self._read(self._offsets + 4 * index, 4)))


def _per_cpu(base: int, offset: int) -> int:
    """With CONFIG_KALLSYMS_ABSOLUTE_PERCPU: what is not negative is a place in the per-processor area."""
    return offset if offset >= 0 else base - 1 - offset


def _plain(base: int, offset: int) -> int:
    return base + (offset & 0xFFFFFFFF)


class _Names:
    """The table of compressed names."""

    def __init__(self, places: dict[str, int], read: Read) -> None:
        (self._count,) = struct.unpack("<I", read(places["kallsyms_num_syms"], 4))
        indexes = struct.unpack("<256H", read(places["kallsyms_token_index"], 512))
        tokens = read(places["kallsyms_token_table"], indexes[-1] + _BLOCK)
        texts = [tokens[at : tokens.find(b"\0", at)].decode("latin-1") for at in indexes]
        self._long = [(code, texts[code]) for code in range(255, -1, -1) if len(texts[code]) > 1]
        first = places["kallsyms_names"]
        after = min((place for place in places.values() if place > first), default=first)
        if not 0 < self._count < _MOST_SYMBOLS or not 0 < after - first < _MOST_BYTES:
            raise NotUnderstood("there are too many symbols, or none")
        # The markers, which lie behind the names, are in there too.
        self._data = read(first, after - first)
        self._markers = self._find_markers()

    def index(self, name: str) -> int | None:
        """The number of a symbol, None without one."""
        # A token may take in the letter of the kind, which comes first, or lie within the name.
        tokens = [(code, token) for code, token in self._long if token in name or name.startswith(token[1:])]
        likely = "T" if name in _CODE else "D"
        index = self._search([_compressed(likely + name, tokens)])
        if index is None:
            index = self._search([_compressed(kind + name, tokens) for kind in _KINDS if kind != likely])
        return index

    def _search(self, codes: Sequence[bytes]) -> int | None:
        """The number of the name that is one of these in tokens."""
        entries = {bytes((len(code),)) + code for code in codes}
        # They differ in how they begin: what they have in common is looked for once.
        tail = _common_tail(list(entries))
        end = self._data.find(tail) + len(tail)
        while end >= len(tail):
            for entry in entries:
                at = end - len(entry)
                if self._data[max(at, 0) : end] == entry and (index := self._number_at(at)) is not None:
                    return index
            end = self._data.find(tail, end - len(tail) + 1) + len(tail)
        return None

    def _find_markers(self) -> tuple[int, ...]:
        """Where each block of 256 names begins. The table is known by its first words."""
        starts = [0]
        for _ in range(min(2, (self._count - 1) // _BLOCK)):
            *_, after = self._places_from(starts[-1], _BLOCK)
            starts.append(after)
        head = struct.pack(f"<{len(starts)}I", *starts)
        blocks = (self._count + _BLOCK - 1) // _BLOCK
        place = self._data.rfind(head)
        if place < 0 or len(starts) > blocks:
            raise NotUnderstood("the names have no markers")
        return struct.unpack_from(f"<{blocks}I", self._data, place)

    def _number_at(self, at: int) -> int | None:
        """The number of the name that begins at this place, None if none begins there."""
        block = bisect.bisect_right(self._markers, at) - 1
        number, here = block * _BLOCK, self._markers[block]
        for place in self._places_from(here, _BLOCK):
            if here >= at:
                break
            here = place
            number += 1
        return number if here == at and number < self._count else None

    def _places_from(self, at: int, count: int) -> Iterator[int]:
        """Where the next so many names begin after this one. A length above 127 takes two bytes."""
        data = self._data
        try:
            for _ in range(count):
                size = data[at]
                at += 1 + size if size < 128 else 2 + (size & 127 | data[at + 1] << 7)
                yield at
        except IndexError:
            raise NotUnderstood("the names end too early") from None


def _compressed(text: str, tokens: Iterable[tuple[int, str]]) -> bytes:
    """A name in tokens, put together as scripts/kallsyms.c does: pair by pair, from token 255 downwards."""
    parts = [(ord(letter), letter) for letter in text]
    for code, token in tokens:
        at = 0
        while at < len(parts) - 1:
            if parts[at][1] + parts[at + 1][1] == token:
                parts[at : at + 2] = [(code, token)]
            at += 1
    return bytes(code for code, _ in parts)


def _common_tail(codes: Sequence[bytes]) -> bytes:
    """What all of these end in."""
    size = 0
    while all(len(code) > size and code[-1 - size] == codes[0][-1 - size] for code in codes):
        size += 1
    return codes[0][len(codes[0]) - size :]
