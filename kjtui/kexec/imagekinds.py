"""What a file is that is not a kernel for this kind of processor, told by its first bytes."""

import struct

ELF = b"\x7fELF"
# e_machine (elf.h) and Machine of a PE file (Microsoft's "PE Format").
_ELF_MACHINES = {
    3: "32-bit PCs",
    20: "PowerPC",
    21: "PowerPC (64-bit)",
    22: "IBM Z",
    40: "ARM (32-bit)",
    62: "64-bit PCs",
    183: "ARM (64-bit)",
    243: "RISC-V",
    258: "LoongArch",
}
_PE_MACHINES = {
    0x14C: "32-bit PCs",
    0x1C0: "ARM (32-bit)",
    0x1C2: "ARM (32-bit)",
    0x1C4: "ARM (32-bit)",
    0x5064: "RISC-V",
    0x6264: "LoongArch",
    0x8664: "64-bit PCs",
    0xAA64: "ARM (64-bit)",
}
# Image headers: Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst,
# arch/arm/boot/compressed/head.S, and the one of U-Boot (include/image.h).
_MARKS = (
    (0x38, b"ARM\x64", "a kernel for ARM (64-bit)"),
    (0x38, b"RSC\x05", "a kernel for RISC-V"),
    (0x24, b"\x18\x28\x6f\x01", "a kernel for ARM (32-bit)"),
    (0, b"\x27\x05\x19\x56", "an image for the boot loader U-Boot"),
    (0, b"\xd0\x0d\xfe\xed", "a device tree or an image for U-Boot (FIT)"),
    (0, b"070701", "an initramfs (cpio archive)"),
    (0, b"070702", "an initramfs (cpio archive)"),
    (0, b"#!", "a script"),
)
_PACKED = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\0", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"\x02\x21\x4c\x18", "lz4"),
    (b"\x89LZO\0", "lzo"),
)


def elf_machine(head: bytes) -> str:
    """The processor that an ELF file is for, in words; "" for other files and processors."""
    if len(head) < 20 or not head.startswith(ELF) or head[5] not in (1, 2):
        return ""
    return _ELF_MACHINES.get(struct.unpack_from("<H" if head[5] == 1 else ">H", head, 18)[0], "")


def packing(head: bytes) -> str:
    """By what a file is packed: "gzip", "xz", "zstd" …, "" if by nothing known here."""
    return next((name for mark, name in _PACKED if head.startswith(mark)), "")


def name(head: bytes) -> str:
    """What this file is, with its article, "" where its first bytes tell nothing. For what is no bzImage."""
    for at, mark, what in _MARKS:
        if head[at : at + len(mark)] == mark:
            return what
    if head.startswith(ELF):
        return _elf(head)
    if how := packing(head):
        return f"a file packed by {how}: an initramfs, or a kernel for another kind of processor (Image.gz)"
    if head[:2] == b"MZ":
        return _windows(head)
    return ""


def _elf(head: bytes) -> str:
    machine = elf_machine(head)
    if machine and machine != "64-bit PCs":
        return f"a kernel or a program for {machine} (ELF)"
    return "an unpacked kernel (vmlinux) or a program (ELF); the bzImage that was made of it is needed"


def _windows(head: bytes) -> str:
    """PE files: what EFI firmware starts. Kernels packed for it say so (zboot-header.S)."""
    machine = ""
    (start,) = struct.unpack_from("<I", head, 0x3C) if len(head) >= 0x40 else (0,)
    if start and head[start : start + 4] == b"PE\0\0" and start + 6 <= len(head):
        machine = _PE_MACHINES.get(struct.unpack_from("<H", head, start + 4)[0], "")
    of = f" for {machine}" if machine else ""
    if head[4:8] == b"zimg":
        return f"a kernel{of} that only EFI firmware unpacks (zboot)"
    if machine and machine != "64-bit PCs":
        return f"a kernel or an EFI program{of}"
    return f"an EFI program{of}, not a kernel"
