"""Reading the kernel's own code: over bytes as two real kernels have them, in a fake /proc/kcore."""

import io
import struct
from pathlib import Path

import pytest

from kjtui.backend.probe import kernelcode
from kjtui.backend.probe.kernelcode import LoadedPiece
from kjtui.backend.probe.source import Source

# virtual_mapped of two kernels, up to the point where they differ …
HEAD = bytes.fromhex(
    "498ba000080000 498b8018080000 0f22e0 498b8010080000 4d8b8008080000 0f22d8 410f22c0".replace(" ", "")
)
FIXED = bytes.fromhex("48c7c0a016c381 0f01900a010000")  # mov $saved_context,%rax; lgdt 0x10a(%rax)
TAIL = bytes.fromhex("4889e8 9d 415f 415e 415d 415c 5d 5b c3 cc")
# … and swap_pages after it, then another function with an lgdt of its own.
AFTER = (
    bytes.fromhex("4889f9 31ff 31f6 eb07") + bytes(64) + bytes.fromhex("0f01150000 0000c3".replace(" ", ""))
)
START = bytes.fromhex("5355415441554156 4157 9c")
NEW = START + HEAD + FIXED + TAIL + AFTER
OLD = START + HEAD + TAIL + AFTER

TEXT = 0xFFFFFFFF81000000
CODE = TEXT + 0x45000
OFFSETS = TEXT + 0x9968C0
PERCPU = 0xFFFF93547D000000
GDT_PAGE = 0xB000
CODE_ENTRY = struct.pack("<Q", 0x00AF9B000000FFFF)
TASK_ENTRY = struct.pack("<Q", 0x00008B0000004087)
GDT = (bytes(16) + CODE_ENTRY).ljust(0x40, b"\0") + TASK_ENTRY + bytes(128 - 0x48)


class TestRestoresGdt:
    def test_with_the_fix(self) -> None:
        assert kernelcode.restores_gdt(NEW) is True

    def test_without_the_fix(self) -> None:
        """An lgdt in a function that follows does not count."""
        assert kernelcode.restores_gdt(OLD) is False

    @pytest.mark.parametrize("code", ["0f0110", "0f01150a010000", "0f015008", "0f01900a010000", "410f0110"])
    def test_every_form_of_the_operand(self, code: str) -> None:
        assert kernelcode.restores_gdt(bytes.fromhex(code) + TAIL) is True

    @pytest.mark.parametrize("code", ["0f01d0", "0f0118", "0f0100", "0f01c8", "0f22d8", "0f01"])
    def test_what_only_resembles_it(self, code: str) -> None:
        assert kernelcode.restores_gdt(bytes.fromhex(code) + TAIL) is False

    @pytest.mark.parametrize("code", [b"", b"\xcc" * 2048, HEAD + FIXED])
    def test_other_code_cannot_be_told(self, code: bytes) -> None:
        assert kernelcode.restores_gdt(code) is None


class TestGdt:
    def test_a_kernels(self) -> None:
        assert kernelcode.is_kernel_gdt(GDT)

    @pytest.mark.parametrize(
        ("offset", "value"), [(0x15, 0x1B), (0x15, 0x93), (0x16, 0xCF), (0x45, 0x00), (0x45, 0x82)]
    )
    def test_others(self, offset: int, value: int) -> None:
        other = bytearray(GDT)
        other[offset] = value
        assert not kernelcode.is_kernel_gdt(bytes(other))

    def test_too_short(self) -> None:
        assert not kernelcode.is_kernel_gdt(GDT[:-1])


class TestSymbols:
    def test_found_across_pieces(self) -> None:
        text = (
            b"000000000000b000 A gdt_page\nffffffff81000000 T _text\nffffffff81000010 T not_gdt_page\n"
            b"ffffffff819968c0 D __per_cpu_offset\nffffffffc0000000 t gdt_page\t[module]\n"
        )
        for size in (1, 7, 64, 4096):
            stream = io.BytesIO(text)
            found = kernelcode.find_symbols(lambda _wanted, s=stream, n=size: s.read(n), kernelcode.SYMBOLS)
            assert found == {"gdt_page": 0xB000, "__per_cpu_offset": OFFSETS}

    def test_stops_at_the_modules(self) -> None:
        stream = io.BytesIO(b"ffffffffc0000000 t a\t[module]\n" + b"x" * (3 << 20))
        assert kernelcode.find_symbols(stream.read, kernelcode.SYMBOLS) == {}
        assert stream.tell() == 64 << 10

    def test_the_first_of_two_counts(self) -> None:
        text = b"ffffffff81045000 T relocate_kernel\nffffffff81046000 T relocate_kernel\n"
        assert kernelcode.find_symbols(io.BytesIO(text).read, kernelcode.SYMBOLS) == {"relocate_kernel": CODE}


def _kcore(pieces: dict[int, bytes]) -> bytes:
    """An ELF64 core file with a note and one PT_LOAD per piece, as /proc/kcore has them."""
    count = len(pieces) + 1
    offset = 64 + 56 * count
    headers = struct.pack("<IIQQQQQQ", 4, 0, offset, 0, 0, 0, 0, 0)
    data = b""
    for address, content in pieces.items():
        headers += struct.pack(
            "<IIQQQQQQ", 1, 7, offset + len(data), address, 0, len(content), len(content), 4096
        )
        data += content
    elf = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    elf += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0)
    return elf + headers + data


def _text(code: bytes, offset: int) -> bytes:
    """The kernel's text and data: relocate_kernel, then __per_cpu_offset."""
    text = bytearray(OFFSETS - TEXT + 64)
    text[CODE - TEXT : CODE - TEXT + len(code)] = code
    struct.pack_into("<Q", text, OFFSETS - TEXT, offset)
    return bytes(text)


SYMBOLS = f"{GDT_PAGE:016x} A gdt_page\n{CODE:016x} T relocate_kernel\n{OFFSETS:016x} D __per_cpu_offset\n"


class TestProbe:
    @pytest.fixture
    def proc(self, tmp_path: Path) -> Path:
        (tmp_path / "proc").mkdir()
        return tmp_path / "proc"

    def _machine(self, proc: Path, symbols: str, pieces: dict[int, bytes]) -> Source:
        (proc / "kallsyms").write_text(symbols)
        (proc / "kcore").write_bytes(_kcore(pieces))
        return Source(proc.parent)

    def test_kernel_with_the_fix(self, proc: Path) -> None:
        source = self._machine(proc, SYMBOLS, {TEXT: _text(NEW, PERCPU)})
        assert kernelcode.probe(source) == (True, None)
        assert source.unreadable == {}

    def test_kernel_without_the_fix(self, proc: Path) -> None:
        pieces = {TEXT: _text(OLD, PERCPU), PERCPU: bytes(GDT_PAGE) + GDT}
        source = self._machine(proc, SYMBOLS, pieces)
        assert kernelcode.probe(source) == (False, PERCPU + GDT_PAGE)
        assert source.unreadable == {}

    def test_percpu_symbols_of_newer_kernels_wrap_around(self, proc: Path) -> None:
        page = TEXT + 0x500000
        symbols = SYMBOLS.replace(f"{GDT_PAGE:016x} A", f"{page:016x} D")
        offset = (PERCPU + GDT_PAGE - page) % (1 << 64)
        pieces = {TEXT: _text(OLD, offset), PERCPU: bytes(GDT_PAGE) + GDT}
        assert kernelcode.probe(self._machine(proc, symbols, pieces)) == (False, PERCPU + GDT_PAGE)

    def test_newer_names_of_the_code(self, proc: Path) -> None:
        symbols = f"{CODE:016x} D __relocate_kernel_start\n{CODE + 0x200:016x} D __relocate_kernel_end\n"
        source = self._machine(proc, symbols, {TEXT: _text(NEW, PERCPU)})
        assert kernelcode.probe(source) == (True, None)

    def test_what_is_there_is_no_gdt(self, proc: Path) -> None:
        pieces = {TEXT: _text(OLD, PERCPU), PERCPU: bytes(GDT_PAGE + 128)}
        source = self._machine(proc, SYMBOLS, pieces)
        assert kernelcode.probe(source) == (False, None)
        assert "does not look like a GDT" in source.unreadable["/proc/kcore (gdt_page)"]

    def test_gdt_outside_of_kcore(self, proc: Path) -> None:
        source = self._machine(proc, SYMBOLS, {TEXT: _text(OLD, PERCPU)})
        assert kernelcode.probe(source) == (False, None)
        assert "are not in it" in source.unreadable["/proc/kcore (gdt_page)"]

    def test_data_symbols_left_out(self, proc: Path) -> None:
        symbols = f"{CODE:016x} T relocate_kernel\n"
        source = self._machine(proc, symbols, {TEXT: _text(OLD, PERCPU)})
        assert kernelcode.probe(source) == (False, None)
        assert "CONFIG_KALLSYMS_ALL" in source.unreadable["/proc/kcore (gdt_page)"]

    @pytest.mark.parametrize("code", [b"", b"\xcc" * 64])
    def test_unknown_code_still_finds_the_gdt(self, proc: Path, code: bytes) -> None:
        pieces = {TEXT: _text(code, PERCPU), PERCPU: bytes(GDT_PAGE) + GDT}
        source = self._machine(proc, SYMBOLS, pieces)
        assert kernelcode.probe(source) == (None, PERCPU + GDT_PAGE)
        assert list(source.unreadable) == ["/proc/kcore (relocate_kernel)"]

    def test_no_relocate_kernel(self, proc: Path) -> None:
        source = self._machine(proc, "ffffffff81000000 T _text\n", {TEXT: b"x"})
        assert kernelcode.probe(source) == (None, None)
        assert "relocate_kernel" in source.unreadable["/proc/kcore (relocate_kernel)"]

    def test_hidden_addresses(self, proc: Path) -> None:
        hidden = SYMBOLS.replace(f"{CODE:016x}", "0" * 16).replace(f"{OFFSETS:016x}", "0" * 16)
        source = self._machine(proc, hidden.replace(f"{GDT_PAGE:016x}", "0" * 16), {})
        assert kernelcode.probe(source) == (None, None)
        assert "kptr_restrict" in source.unreadable["/proc/kallsyms"]

    def test_nothing_there(self, tmp_path: Path) -> None:
        source = Source(tmp_path)
        assert kernelcode.probe(source) == (None, None)
        assert list(source.unreadable) == ["/proc/kcore"]

    def test_no_symbols(self, proc: Path) -> None:
        (proc / "kcore").write_bytes(_kcore({}))
        source = Source(proc.parent)
        assert kernelcode.probe(source) == (None, None)
        assert list(source.unreadable) == ["/proc/kallsyms"]

    def test_no_kcore(self, proc: Path) -> None:
        (proc / "kallsyms").write_text(SYMBOLS)
        source = Source(proc.parent)
        assert kernelcode.probe(source) == (None, None)
        assert list(source.unreadable) == ["/proc/kcore"]

    @pytest.mark.parametrize("content", [b"", b"\x7fELF", b"\x7fELF\x01" + bytes(100), bytes(64)])
    def test_kcore_of_another_form(self, proc: Path, content: bytes) -> None:
        (proc / "kallsyms").write_text(SYMBOLS)
        (proc / "kcore").write_bytes(content)
        source = Source(proc.parent)
        assert kernelcode.probe(source) == (None, None)
        assert "ELF" in source.unreadable["/proc/kcore"]

    def test_symbols_of_another_form(self, proc: Path) -> None:
        source = self._machine(proc, "what T gdt_page\n", {})
        assert kernelcode.probe(source) == (None, None)
        assert "/proc/kallsyms" in source.unreadable


class TestReadMemory:
    def test_only_within_one_piece(self) -> None:
        core = io.BytesIO(b"abcdefgh")
        pieces = (LoadedPiece(0x1000, 4, 0), LoadedPiece(0x2000, 4, 4))
        assert kernelcode.read_memory(core, pieces, 0x2001, 2) == b"fg"
        with pytest.raises(OSError, match="0x1002"):
            kernelcode.read_memory(core, pieces, 0x1002, 4)
