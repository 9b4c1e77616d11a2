"""The entry stub: the first code of ours that runs after kernel A has stepped aside.

On entry the processor is in 64-bit mode under A's identity page tables, interrupts off, and the word at [rsp]
is the address where A wants to be called back (0 on an ordinary kexec): arch/x86/kernel/relocate_kernel_64.S.
"""

import struct

RETURN_DIGITS = 16

# Null, null, 64-bit code (0x10), data (0x18): what the boot protocol asks for
# (Documentation/arch/x86/boot.rst, "64-bit Boot Protocol").
_GDT = struct.pack("<4Q", 0, 0, 0x00AF9B000000FFFF, 0x00CF93000000FFFF)


def entry_stub(address: int, digits: int, boot_params: int, kernel_entry: int) -> bytes:
    """Machine code for the physical address `address`.

    It writes the jump-back entry as 16 hex digits to the physical address `digits` (inside B's command line),
    loads a GDT, and enters the kernel with rsi = boot_params.
    """
    code = b"".join(
        (
            b"\x48\x8b\x04\x24",  # mov rax, [rsp]
            b"\x48\xbf" + struct.pack("<Q", digits),  # mov rdi, digits
            b"\xb9" + struct.pack("<I", RETURN_DIGITS),  # mov ecx, 16
            # next digit, highest first:
            b"\x48\xc1\xc0\x04",  # rol rax, 4
            b"\x88\xc2",  # mov dl, al
            b"\x80\xe2\x0f",  # and dl, 15
            b"\x80\xc2\x30",  # add dl, '0'
            b"\x80\xfa\x39",  # cmp dl, '9'
            b"\x76\x03",  # jbe +3
            b"\x80\xc2\x27",  # add dl, 'a' - '9' - 1
            b"\x88\x17",  # mov [rdi], dl
            b"\x48\xff\xc7",  # inc rdi
            b"\xff\xc9",  # dec ecx
            b"\x75\xe3",  # jnz next digit
        )
    )
    tail = b"".join(
        (
            b"\xb8\x18\x00\x00\x00",  # mov eax, 0x18
            b"\x8e\xd8\x8e\xc0\x8e\xd0",  # mov ds, es, ss
            b"\x48\xbe" + struct.pack("<Q", boot_params),  # mov rsi, boot_params
            b"\x48\xb8" + struct.pack("<Q", kernel_entry),  # mov rax, kernel_entry
            b"\xff\xe0",  # jmp rax
        )
    )
    lgdt_end = len(code) + 7
    descriptor = -(-(lgdt_end + len(tail)) // 16) * 16
    lgdt = b"\x0f\x01\x15" + struct.pack("<i", descriptor - lgdt_end)  # lgdt [rip + …]
    body = (code + lgdt + tail).ljust(descriptor, b"\xcc")
    gdt = descriptor + 16
    return body + struct.pack("<HQ", len(_GDT) - 1, address + gdt).ljust(16, b"\0") + _GDT
