"""Options that the running kernel must have been built with. Data: one function judges them all.

Kernel B is started from the running kernel's own file, so what this kernel was built with, B was too.
"""

from dataclasses import dataclass
from functools import partial

from kjtui.backend.probe.config import candidates
from kjtui.backend.probe.source import MISSING
from kjtui.checks.check import Check, evidence, read, suited
from kjtui.knowledge import distributions
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts

CONFIG_PLACES = ("/proc/config.gz", "/boot/config-RELEASE", "/lib/modules/RELEASE/config")
# Any of these brings what the kernel tells of kexec (CONFIG_KEXEC_CORE, which they select).
ANY_KEXEC = ("CONFIG_KEXEC", "CONFIG_KEXEC_FILE")
_REFUSES = "Going on does no harm: a kernel without it refuses at step 4 (Load)."
_GET_CONFIG = {
    "debian": "sudo apt install --reinstall linux-image-$(uname -r)",
    "fedora": "sudo dnf reinstall kernel-core",
    "opensuse": "sudo zypper install --force kernel-default",
    "alpine": "sudo modprobe configs",
}


@dataclass(frozen=True)
class Option:
    """A build option. has and lacks: the titles; missing: the verdict without it.

    also: options that are shown beside it. unsure: what to do where the configuration cannot be read.
    get: whether the cure ends in how this machine's distribution gives such a kernel.
    """

    id: str
    name: str
    asks: str
    about: str
    has: str
    lacks: str
    unknown: str
    why: str
    cure: str
    missing: Verdict = Verdict.BLOCKED
    also: tuple[str, ...] = ()
    unsure: str = _REFUSES
    get: bool = False


OPTIONS = (
    Option(
        "kexec",
        "CONFIG_KEXEC",
        "Can this kernel load another one?",
        "CONFIG_KEXEC gives the system call kexec_load(2), with which one kernel puts another into memory. "
        "kexec_file_load(2), which CONFIG_KEXEC_FILE gives, cannot do this: it always ends the running "
        "system. Some hardened kernels leave CONFIG_KEXEC out, because it lets root replace the kernel. "
        "It cannot be added to a running kernel: start one that has it.",
        "This kernel can load another one",
        "This kernel cannot load another one (no KEXEC)",
        "Whether this kernel can load another cannot be told",
        "Kernel B is loaded with the system call kexec_load; without CONFIG_KEXEC the kernel has none.",
        f"Start a kernel that has it: the stock kernels of {distributions.names(can_jump=True)} do.",
        get=True,
    ),
    Option(
        "kexec-jump",
        "CONFIG_KEXEC_JUMP",
        "Can this kernel jump and come back?",
        "CONFIG_KEXEC_JUMP keeps this system asleep in memory while kernel B runs, and wakes it again. It is "
        "in every kernel source since 2.6.27, but each distribution decides whether to build it in: "
        f"{distributions.names(can_jump=True)} do, {distributions.names(can_jump=False)} do not. A kernel "
        "without it answers EINVAL when kernel B is loaded. The cure is another kernel: one from the "
        "distribution that has it, or this one built again with it (helpers/build_kernel.py --like-running).",
        "This kernel can jump and come back",
        "This kernel was built without the jump (KEXEC_JUMP)",
        "Whether this kernel can jump cannot be told",
        "CONFIG_KEXEC_JUMP keeps this system asleep in memory while kernel B runs, and wakes it again.",
        f"Start a kernel that has it: the stock kernels of {distributions.names(can_jump=True)} do.",
        get=True,
    ),
    Option(
        "hibernation",
        "CONFIG_HIBERNATION",
        "Can this kernel stop all devices and start them again?",
        "CONFIG_HIBERNATION gives drivers the way to stop a device completely and to start it again later. A "
        "jump uses exactly this, so CONFIG_KEXEC_JUMP depends on it. Kernels made for servers and containers "
        "sometimes leave it out. No hibernation has to be set up: no swap is needed for a jump.",
        "This kernel can stop and restart all devices",
        "This kernel cannot stop its devices (no HIBERNATION)",
        "Whether this kernel can stop its devices cannot be told",
        "Before a jump every device is stopped as for hibernation, and started again afterwards.",
        "Start a kernel that was built with CONFIG_HIBERNATION and CONFIG_KEXEC_JUMP.",
    ),
    Option(
        "crash-dump",
        "CONFIG_CRASH_DUMP",
        "Can this kernel reserve memory and read another's?",
        "CONFIG_CRASH_DUMP lets a kernel reserve memory at boot (crashkernel=) and, when it is kernel B, "
        "read the memory of kernel A. A jump works without it: memory is then borrowed, and kernel B cannot "
        "look at this system's memory. Nearly all distributions have it, for kdump.",
        "This kernel can reserve memory for another one",
        "This kernel cannot reserve memory (no CRASH_DUMP)",
        "Whether this kernel can reserve memory cannot be told",
        "With it, memory can be reserved at boot, which makes jumps faster, and B can read A's memory.",
        "Go on and borrow memory in step 2. For more, start a kernel with CONFIG_CRASH_DUMP.",
        missing=Verdict.ATTENTION,
        also=("CONFIG_KEXEC_CORE",),
        unsure="Going on does no harm: borrow memory in step 2.",
    ),
    Option(
        "proc-vmcore",
        "CONFIG_PROC_VMCORE",
        "Could kernel B read this system's memory as a file?",
        "CONFIG_PROC_VMCORE gives kernel B the file /proc/vmcore: the whole memory of the sleeping system, "
        "as debuggers (crash, drgn, makedumpfile) read it. The jump and the return do not need it. It "
        "depends on CONFIG_CRASH_DUMP. Where it is missing, kernel B works, without that file.",
        "Kernel B can read this system's memory (/proc/vmcore)",
        "Kernel B cannot read this system's memory as a file",
        "Whether kernel B can read this memory cannot be told",
        "The file /proc/vmcore in kernel B shows the memory of the sleeping system, for debuggers.",
        "Go on if you do not want to look at this system's memory from kernel B. Otherwise start a kernel "
        "with CONFIG_PROC_VMCORE.",
        missing=Verdict.ATTENTION,
        also=("CONFIG_CRASH_DUMP",),
        unsure="Going on does no harm: only /proc/vmcore may be missing in kernel B.",
    ),
    Option(
        "devmem",
        "CONFIG_DEVMEM",
        "Can kernel B leave word of its visit?",
        "Kernel B writes its release, how long it ran and why it left into one page of this system's memory, "
        "through /dev/mem, and the return report shows it. The filters CONFIG_STRICT_DEVMEM and "
        "CONFIG_IO_STRICT_DEVMEM do not stop that: for kernel B the page is neither its memory nor any "
        "device's. Hardened kernels leave /dev/mem out altogether; then the report lacks those lines.",
        "Kernel B can leave word of its visit (/dev/mem)",
        "Kernel B cannot leave word of its visit (no DEVMEM)",
        "Whether kernel B can leave word cannot be told",
        "Through /dev/mem kernel B tells how long it ran and why it left. The filters of /dev/mem "
        "(STRICT_DEVMEM) let that pass.",
        "Go on: the return report will lack what kernel B says of itself, and is complete otherwise.",
        missing=Verdict.ATTENTION,
        also=("CONFIG_STRICT_DEVMEM", "CONFIG_IO_STRICT_DEVMEM"),
        unsure="Going on does no harm: only kernel B's own words may be missing in the return report.",
    ),
    Option(
        "relocatable",
        "CONFIG_RELOCATABLE",
        "Can this kernel be started at another place in memory?",
        "This system's kernel stays in memory while kernel B runs, so the same kernel has to start at "
        "another address. CONFIG_RELOCATABLE makes that possible; without it a kernel runs at the one "
        "address it was built for, and that is taken. All distributions have it. Self-built kernels may "
        "lack it.",
        "This kernel can be started at another place in memory",
        "This kernel runs at one fixed address only",
        "Whether this kernel can be moved cannot be told",
        "Kernel B is this kernel, started at an address of its own beside the sleeping system.",
        "Start a kernel that was built with CONFIG_RELOCATABLE.",
        also=("CONFIG_RANDOMIZE_BASE",),
        unsure="Going on does no harm: kjtui looks at the kernel's file again before anything is loaded.",
    ),
)


def judge(option: Option, facts: Facts) -> Finding:
    """Whether the running kernel has an option. "m" does not count: a module is not there when it matters."""
    if facts.config is None:
        return unknown(facts, option.id, option.unknown, option.why, option.unsure)
    found = _shown(facts, option)
    if facts.config.get(option.name) == "y":
        return Finding(option.id, option.has, Verdict.READY, found, option.why)
    cure = f"{option.cure} {way_to_one(facts)}" if option.get else option.cure
    return Finding(option.id, option.lacks, option.missing, found, option.why, cure)


def way_to_one(facts: Facts) -> str:
    """How to get a kernel that can jump on this machine's distribution."""
    found = distributions.found(facts.distribution)
    return f"On {found.name}: {found.get}" if found else "Or build one with CONFIG_KEXEC_JUMP=y."


def _shown(facts: Facts, option: Option) -> tuple[Evidence, ...]:
    source = facts.config_source or "the kernel's configuration"
    return tuple(evidence(source, stated(facts, name)) for name in (option.name, *option.also))


def stated(facts: Facts, name: str) -> str:
    """An option as a configuration file states it: "CONFIG_X=y" or "CONFIG_X is not set"."""
    value = (facts.config or {}).get(name)
    return f"{name} is not set" if value is None else f"{name}={value}"


def ruled_out(facts: Facts, place: str, *options: str) -> tuple[Evidence, ...]:
    """Evidence that a file is missing because the kernel was built without what it belongs to; () otherwise.

    options: those of which any one brings the file.
    """
    if facts.config is None or any(facts.config.get(name) == "y" for name in options):
        return ()
    if facts.unreadable.get(place, MISSING) != MISSING:
        return ()
    source = facts.config_source or "the kernel's configuration"
    return (evidence(place, MISSING), *(evidence(source, stated(facts, name)) for name in options))


def unknown(facts: Facts, check: str, title: str, why: str, unsure: str) -> Finding:
    """The configuration could not be read: where it was looked for, and how to get it."""
    shown = tuple(read(facts, place, "it could not be read") for place in candidates(facts.kernel_release))
    if facts.container:
        how = "run kjtui on the host, outside of this container"
    else:
        how = suited(facts, _GET_CONFIG, "install the kernel's config file in /boot")
    return Finding(check, title, Verdict.UNKNOWN, shown, why, f"{unsure} To know before: {how}")


def checks() -> dict[str, Check]:
    """A check for each option, by id."""
    return {
        option.id: Check(
            option.id,
            Area.KERNEL,
            option.asks,
            CONFIG_PLACES,
            option.about,
            frozenset({Verdict.READY, option.missing, Verdict.UNKNOWN}),
            partial(judge, option),
        )
        for option in OPTIONS
    }
