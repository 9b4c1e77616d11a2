"""Is the running kernel, and its file, of a kind that can be entered?"""

from kjtui.checks.check import Check, evidence, read, title
from kjtui.kexec.bzimage import OLDEST_PROTOCOL
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts, KernelHeader
from kjtui.model.memory import MIB

_NEEDED = f"{OLDEST_PROTOCOL >> 8}.{OLDEST_PROTOCOL & 0xFF:02}"


def architecture(facts: Facts) -> Finding:
    """Only x86-64 has a loader here."""
    shown = (read(facts, "uname -m", facts.architecture or "nothing was told"),)
    why = "The jump swaps memory and registers of one processor family; kjtui knows x86-64."
    if facts.architecture == "x86_64":
        return Finding("architecture", "The processor is x86-64", Verdict.READY, shown, why)
    if not facts.architecture:
        cure = "Go on only if you know that this is an x86-64 machine."
        unknown = "The kind of processor cannot be told"
        return Finding("architecture", unknown, Verdict.UNKNOWN, shown, why, cure)
    other = title(f"Not an x86-64 kernel: {facts.architecture}")
    cure = "Use a machine with a 64-bit Intel or AMD processor and a 64-bit kernel."
    return Finding("architecture", other, Verdict.BLOCKED, shown, why, cure)


def boot_protocol(facts: Facts) -> Finding:
    """Kernel B is entered at the 64-bit entry point of its file, at an address of our choice."""
    why = (
        "kjtui enters kernel B by the 64-bit boot protocol, at an address of its own choice. The header of "
        "the kernel's file says whether that is possible."
    )
    file = facts.kernel_file or f"/boot/vmlinuz-{facts.kernel_release}"
    header = facts.kernel_header
    if header is None:
        unread = (read(facts, file, "its header could not be read"),)
        cure = "Going on does no harm: the file is read again, whole, before anything is loaded."
        if facts.kernel_file is None:
            cure = "First see that the file is there: the check kernel-file says how."
        elif file in facts.unreadable:
            cure = f"{cure} To know before, run kjtui as root: many distributions let nobody else read it."
        unknown = "How the kernel's file is started cannot be told"
        return Finding("boot-protocol", unknown, Verdict.UNKNOWN, unread, why, cure)
    shown = tuple(evidence(file, text) for text in _said(header))
    if header.protocol >= OLDEST_PROTOCOL and header.entry_64 and header.relocatable:
        ready = "The kernel's file can be started as kernel B"
        return Finding("boot-protocol", ready, Verdict.READY, shown, why)
    cure = (
        "Start a 64-bit kernel from 2013 or later (Linux 3.8), built with CONFIG_RELOCATABLE, from a file of "
        "the kind bzImage, as distributions keep it in /boot/vmlinuz-VERSION."
    )
    blocked = "The kernel's file cannot be started as kernel B"
    return Finding("boot-protocol", blocked, Verdict.BLOCKED, shown, why, cure)


def _said(header: KernelHeader) -> tuple[str, ...]:
    yes = {True: "yes", False: "no"}
    return (
        f"boot protocol {header.protocol >> 8}.{header.protocol & 0xFF:02} (needed: {_NEEDED})",
        f"64-bit entry point (XLF_KERNEL_64): {yes[header.entry_64]}",
        f"can be moved (relocatable_kernel): {yes[header.relocatable]}",
        f"memory to unpack itself (init_size): {header.init_size // MIB} MiB",
    )


ARCHITECTURE = Check(
    "architecture",
    Area.KERNEL,
    "Is the processor of a kind that can jump?",
    ("uname -m",),
    "Kernel B is entered with machine code of kjtui's own, which is written for x86-64 (Intel and AMD, 64 "
    "bits). Linux has the jump for 32-bit x86 and some others too, but not for ARM. A 32-bit kernel on a "
    "64-bit processor does not count: install a 64-bit system.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    architecture,
)
BOOT_PROTOCOL = Check(
    "boot-protocol",
    Area.KERNEL,
    "Can the kernel's file be started by kjtui?",
    ("/boot/vmlinuz-RELEASE",),
    "Every Linux kernel file begins with a header that tells how it may be started (the boot protocol, "
    f"Documentation/arch/x86/boot.rst). kjtui needs version {_NEEDED} or newer with the 64-bit entry point, "
    "and a kernel that can be moved to another address. Every distribution kernel since 2013 is like that. "
    "A file for 32 bits, or a vmlinux instead of a bzImage, is not.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    boot_protocol,
)
