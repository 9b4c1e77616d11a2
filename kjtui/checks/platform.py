"""What the machine runs on: Xen, and memory that the processor encrypts."""

from kjtui.checks.check import Check, evidence, title
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_XEN = "/sys/hypervisor/type"
_CPUINFO = "/proc/cpuinfo"
_GUEST_KINDS = ("SEV", "TDX")


def xen(facts: Facts) -> Finding:
    """PV: kexec is the hypervisor's, not the kernel's. HVM and PVH: B takes over what the hypervisor shares.

    arch/x86/xen/suspend_hvm.c: the shared page, the event channels and the emulated disks are set up anew
    only after a suspension that Xen itself has made, and never after a jump.
    """
    check = "xen"
    why = (
        "Under Xen the hypervisor shares pages and event channels with one kernel. Kernel B takes them over, "
        "and nothing gives them back to this system: its disks and network would stay dead."
    )
    if facts.xen is None:
        shown = reasons(facts, _XEN, "/sys/hypervisor", "/proc/xen")
        cure = "Go on if this machine is not a guest of Xen, nor its host."
        return Finding(check, "Whether this runs under Xen cannot be told", Verdict.UNKNOWN, shown, why, cure)
    if not facts.xen:
        shown = (evidence(_XEN, "no Xen"),)
        return Finding(check, "This does not run under Xen", Verdict.READY, shown, why)
    shown = (evidence(_XEN, f"xen, {facts.xen}"),)
    if facts.xen in ("dom0", "PV"):
        why = (
            "Under Xen this kernel does not own the processor: what a jump does to page tables and "
            "interrupts only the hypervisor may do, and kexec_load speaks to the hypervisor's kernel there."
        )
    cure = (
        "Use a real machine or a guest of KVM (QEMU), Hyper-V or VMware. On a Xen host: start its kernel "
        "without Xen (the boot menu has an entry for it)."
    )
    return Finding(check, title(f"This runs under Xen ({facts.xen})"), Verdict.BLOCKED, shown, why, cure)


def memory_encryption(facts: Facts) -> Finding:
    """SEV and TDX: pages are private to the guest's own tables. SME: the way back leaves stale cache lines.

    arch/x86/kernel/relocate_kernel_64.S: with SME the caches are written back (wbinvd) on the way to B and
    not on the way home, though the same memory was just written without the encryption bit.
    """
    check = "memory-encryption"
    why = "Kernel B, and the way back, read memory without the key with which this system wrote it."
    if facts.memory_encryption is None:
        shown = reasons(facts, _CPUINFO, "/dev/kmsg")
        unknown = "Whether the memory is encrypted cannot be told"
        cure = "Go on if this is no confidential virtual machine (SEV, TDX), nor started with mem_encrypt=on."
        return Finding(check, unknown, Verdict.UNKNOWN, shown, why, cure)
    if not facts.memory_encryption:
        shown = (evidence(_CPUINFO, "no memory encryption is in use"),)
        return Finding(check, "The memory is not encrypted", Verdict.READY, shown, why)
    shown = (evidence("kernel log, " + _CPUINFO, f"in use: {facts.memory_encryption}"),)
    if facts.memory_encryption.startswith(_GUEST_KINDS):
        why = (
            "In a confidential virtual machine each page is private or shared by agreement with the host. "
            "Kernel B and the way back enter this system's pages with tables that know nothing of that, and "
            "crash."
        )
        cure = "Use a virtual machine of the ordinary kind, without memory encryption."
    else:
        why = (
            "With SME, pages that were swapped for kernel B without encryption may still lie in the "
            "processor's caches when this system reads them again: the kernel writes the caches back only "
            "on the way out."
        )
        cure = (
            "Restart without mem_encrypt=on on the kernel command line, or with mem_encrypt=off. Encryption "
            "that the firmware does alone (TSME) is no trouble."
        )
    return Finding(
        check,
        title(f"The memory is encrypted ({facts.memory_encryption})"),
        Verdict.BLOCKED,
        shown,
        why,
        cure,
    )


XEN = Check(
    "xen",
    Area.KERNEL,
    "Does this system have the machine to itself, without Xen?",
    (_XEN, "/proc/xen/capabilities", "/sys/hypervisor/guest_type"),
    "Xen puts a hypervisor below the kernel. In its host (dom0) and in PV guests the kernel may not touch "
    "page tables and interrupts itself, so a jump cannot work. In HVM and PVH guests it could be started, "
    "but kernel B would take over the pages and channels that Xen shares with one kernel, and this system "
    "would come back without disks and network. Other virtual machines (KVM, Hyper-V, VMware) are like real "
    "ones.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    xen,
)
MEMORY_ENCRYPTION = Check(
    "memory-encryption",
    Area.KERNEL,
    "Is the memory free of encryption?",
    (_CPUINFO, "kernel log"),
    "Processors can encrypt memory: AMD with SME for a whole machine and SEV for guests, Intel with TDX for "
    "guests. A page then reads right only through page tables with the right bit. In a confidential guest "
    "kernel B and the way back would read scrambled memory and crash. With SME, data may be lost on the way "
    "back, because the kernel does not write the caches back there. Confidential guests are chosen at the "
    "provider; SME is turned on by mem_encrypt=on.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    memory_encryption,
)
