"""Kernel B's command line. What the agent is told stands in its orders (kjtui.kexec.orders)."""

from kjtui.kexec.entry import JUMP_BACK
from kjtui.kexec.stub import RETURN_DIGITS
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import Facts
from kjtui.model.memory import MIB, Span

_HUNG_AFTER = 20  # seconds; a soft lockup is told after twice the threshold
# One processor: the others of A stay parked where A left them, B starts sooner, and a panic happens on the
# processor that A waits for.
_ONE = ("nr_cpus=1",)
# Putting back is quicker with two, and nobody waits yet; more take memory, and few disks are quicker. Those
# that are taken offline on the way into A wait in this kernel's code, and A may write there before it starts
# them anew. So they must not wait for a write, as with MWAIT (131, X86_FEATURE_MWAIT: kernels before 6.0 take
# numbers only), which would set them free; the kernel's own hibernation sees to the same
# (hibernate_resume_nonboot_cpu_disable in arch/x86/power/cpu.c).
_SEVERAL = ("nr_cpus=2", "clearcpuid=131", "cpuidle.off=1")
# Kernel B leaves alone what A uses: it resumes no image, and puts no array together by itself.
_HANDS_OFF = ("noresume", "raid=noautodetect")
# Whatever goes wrong in B becomes a panic, and a panic leads home (kjtui.agent.wayback); before that way is
# laid, it restarts the machine, so that nobody is left in the dark.
_NO_DEAD_END = (
    "panic=10",
    "oops=panic",
    "softlockup_panic=1",
    "nmi_watchdog=panic",
    "hung_task_panic=1",
    f"watchdog_thresh={_HUNG_AFTER // 2}",
)


def build(facts: Facts, choices: Choices, elf_core: int | None, crash: Span | None) -> str:
    """The command line. It ends in the digits that the entry stub fills in.

    elf_core: physical address of the ELF core header, None for no /proc/vmcore. crash: the memory that kernel
    B keeps for the way home from a panic.
    """
    words = [f"console={console}" for console in consoles(facts)]
    # Not moved about in memory: what it keeps for a panic has its place.
    processors = _SEVERAL if choices.purpose is Purpose.RESTORE else _ONE
    words += ["quiet", *processors, "nokaslr", "reset_devices"]
    words += [*_HANDS_OFF, *_NO_DEAD_END]
    words.append("rdinit=/kjtui/init" if choices.purpose is Purpose.CUSTOM else "rdinit=/init")
    if crash:
        words.append(f"crashkernel={crash.size // MIB}M@{crash.start:#x}")
    if elf_core is not None:
        words.append(f"elfcorehdr={elf_core:#x}")
    words += choices.words.split()
    words.append(JUMP_BACK + "0" * RETURN_DIGITS)
    return " ".join(words)


def consoles(facts: Facts) -> list[str]:
    """A's consoles as console= wants them; the one that this program runs on comes last: /dev/console."""
    told = [word[len("console=") :] for word in facts.command_line.split() if word.startswith("console=")]
    names = [name.split(",")[0] for name in told]
    for name in facts.consoles:
        if name not in names and not (name == "tty0" and "tty1" in names):
            told.append(name)
            names.append(name)
    here = (facts.terminal or "").removeprefix("/dev/")
    if here.startswith("tty") and here[3:].isdigit():
        here = "tty0"  # any virtual terminal: B draws on the one in front
    if here in names:
        told.append(told.pop(names.index(here)))
    return told
