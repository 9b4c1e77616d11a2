"""Are all processors online?"""

from kjtui.checks.check import Check, evidence, title
from kjtui.checks.history import JOURNAL, open_jump
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "processors"
_ONLINE = "/sys/devices/system/cpu/online"
_PRESENT = "/sys/devices/system/cpu/present"
_COMMAND_LINE = "/proc/cmdline"


def processors(facts: Facts) -> Finding:
    """Fewer online than present, and nobody asked for that: an interrupted jump may have left them so."""
    why = (
        "A jump takes all processors but one offline and brings them back. One that is offline beforehand "
        "stays so, and this system is slower than it could be."
    )
    if facts.cpus_present is None:
        unknown = "Whether all processors are online cannot be told"
        cure = "Go on: a jump brings back those that were online. lscpu shows which are offline."
        return Finding(_ID, unknown, Verdict.UNKNOWN, reasons(facts, _PRESENT), why, cure)
    shown: tuple[Evidence, ...] = (
        evidence(_ONLINE, f"{facts.cpus_online} online"),
        evidence(_PRESENT, f"{facts.cpus_present} present"),
    )
    if facts.cpus_online >= facts.cpus_present:
        return Finding(_ID, "All processors are online", Verdict.READY, shown, why)
    count = f"{facts.cpus_online} of {facts.cpus_present} processors"
    if word := next((one for one in facts.command_line.split() if _limits(one)), ""):
        shown = (*shown, evidence(_COMMAND_LINE, word))
        asked = title(f"{count} are online, as was asked for at boot")
        return Finding(_ID, asked, Verdict.READY, shown, why)
    if (jump := open_jump(facts)) and jump.boot_id == facts.boot_id:
        shown = (*shown, evidence(JOURNAL, "a jump of this boot has no end: it may have left them so"))
    cure = (
        "Go on if somebody took them offline on purpose. After a jump that was interrupted, bring them back: "
        "kjtui can do it, or: echo 1 > /sys/devices/system/cpu/cpuN/online"
    )
    return Finding(
        _ID, title(f"Only {count} are online"), Verdict.ATTENTION, shown, why, cure, "wake-processors"
    )


def _limits(word: str) -> bool:
    """Whether a word of the command line keeps processors offline: "nosmt", "maxcpus=2", "l1tf=full" …"""
    return word.startswith(("maxcpus=", "nosmp", "nosmt", "l1tf=full")) or word.endswith(",nosmt")


PROCESSORS = Check(
    _ID,
    Area.KERNEL,
    "Are all processors online?",
    (_ONLINE, _PRESENT),
    "The kernel can take processors offline and bring them back, and a jump does so with all but one. If a "
    "jump is broken off at a bad moment, or by a person who saves power, some stay offline. That does no "
    "harm, but programs have less to run on. nosmt and maxcpus= on the kernel command line keep some "
    "offline on purpose, and kjtui does not ask about those.",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.UNKNOWN}),
    processors,
)
