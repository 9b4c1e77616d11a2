"""Kernel files made for tests: a valid header around bytes that no machine runs."""

import struct


def bzimage(
    payload: int = 64 << 10,
    init_size: int = 16 << 20,
    alignment: int = 2 << 20,
    version: str = "6.12.0-test",
    above_4g: bool = True,
) -> bytes:
    head = bytearray(5 * 512)
    head[0x1F1] = 4
    struct.pack_into("<I", head, 0x1F4, payload // 16)
    head[0x1FE:0x200] = b"\x55\xaa"
    head[0x201] = 0x6A
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, 0x020F)
    struct.pack_into("<H", head, 0x20E, 0x300 - 0x200)
    struct.pack_into("<I", head, 0x22C, 0x7FFFFFFF)
    struct.pack_into("<I", head, 0x230, alignment)
    head[0x234] = 1
    struct.pack_into("<H", head, 0x236, 1 | (2 if above_4g else 0))
    struct.pack_into("<I", head, 0x238, 2047)
    struct.pack_into("<Q", head, 0x258, 16 << 20)
    struct.pack_into("<I", head, 0x260, init_size)
    text = f"{version} (builder) #1 SMP".encode() + b"\0"
    head[0x300 : 0x300 + len(text)] = text
    return bytes(head) + bytes(payload)


def iomem(
    memory_mib: int, crash: tuple[int, int] | None = None, kernel_at: int = 0x1000000
) -> tuple[str, ...]:
    """/proc/iomem of a PC: memory below 3 GiB, the rest above 4 GiB. crash: start and size in MiB."""
    low_end = min(memory_mib, 3072) << 20
    lines = [
        "00000000-00000fff : Reserved",
        "00001000-0009fbff : System RAM",
        "0009fc00-0009ffff : Reserved",
        "000a0000-000bffff : PCI Bus 0000:00",
        "000f0000-000fffff : Reserved",
        "  000f0000-000fffff : System ROM",
        f"00100000-{low_end - 0x20000 - 1:08x} : System RAM",
        f"  {kernel_at:08x}-{kernel_at + 0x9FFFFF:08x} : Kernel code",
        f"  {kernel_at + 0xA00000:08x}-{kernel_at + 0xBFFFFF:08x} : Kernel rodata",
        f"  {kernel_at + 0xC00000:08x}-{kernel_at + 0xDFFFFF:08x} : Kernel data",
        f"  {kernel_at + 0xF00000:08x}-{kernel_at + 0x10FFFFF:08x} : Kernel bss",
        f"{low_end - 0x20000:08x}-{low_end - 1:08x} : ACPI Non-volatile Storage",
        "c0000000-febfffff : PCI Bus 0000:00",
        "fec00000-fec003ff : IOAPIC 0",
        "fffc0000-ffffffff : Reserved",
    ]
    if crash:
        start, size = crash[0] << 20, crash[1] << 20
        lines.insert(11, f"  {start:08x}-{start + size - 1:08x} : Crash kernel")
    if memory_mib > 3072:
        lines.append(f"100000000-{(4096 + memory_mib - 3072 << 20) - 1:x} : System RAM")
    return tuple(lines)


def unified(kernel: bytes, uname: str, machine: int = 0x8664) -> bytes:
    """A unified kernel image: a PE file with .osrel, .uname, .cmdline, .linux and .initrd."""
    contents = {
        ".osrel": b"ID=test\n",
        ".uname": uname.encode(),
        ".cmdline": b"quiet rw\0",
        ".linux": kernel,
        ".initrd": b"070701" + bytes(506),
    }
    head = bytearray(0x400)
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    head[0x80:0x84] = b"PE\0\0"
    struct.pack_into("<HH", head, 0x84, machine, len(contents))
    struct.pack_into("<H", head, 0x94, 0xF0)
    at, offset, body = 0x80 + 24 + 0xF0, 0x400, b""
    for name, content in contents.items():
        stored = content + bytes(-len(content) % 512)
        head[at : at + 8] = name.encode().ljust(8, b"\0")
        struct.pack_into("<IIII", head, at + 8, len(content), 0x1000, len(stored), offset + len(body))
        body += stored
        at += 40
    return bytes(head) + body
