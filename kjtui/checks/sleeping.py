"""Does a hibernated system wait on a swap area?"""

from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "hibernation-image"
_PLACE = "/sys/class/block"


def hibernation_image(facts: Facts) -> Finding:
    """The kernel leaves a signature in the first page of the swap area (kernel/power/swap.c)."""
    why = (
        "A hibernated system wakes with the disks as it left them in mind. If it wakes after this one has "
        "written to the same file systems, it damages them."
    )
    if facts.sleeping is None or (not facts.sleeping and partly_hidden(facts, _PLACE)):
        title = "Whether a hibernated system waits cannot be told"
        cure = "Go on if this machine was last shut down, not hibernated; run kjtui as root to know."
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, _PLACE, "/dev"), why, cure)
    if not facts.sleeping:
        evidence: tuple[Evidence, ...] = (Evidence(_PLACE, "no swap area holds an image"),)
        return Finding(_ID, "No hibernated system waits on a disk", Verdict.READY, evidence, why)
    evidence = tuple(
        Evidence(f"/dev/{clip(name.removeprefix('/dev/'), 40)}", "it holds the image of a hibernated system")
        for name in facts.sleeping[:4]
    )
    title = f"A hibernated system waits on {named(facts.sleeping, 1, 30)}"
    cure = (
        "Restart and wake it if its work matters. If it is an old one of this very system, remove it: "
        "mkswap on that partition (its UUID changes: see /etc/fstab). The jump does not touch it."
    )
    return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
