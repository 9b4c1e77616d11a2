"""Was a saved system found at this start and not gone back to?"""

from kjtui.checks.words import clip
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "saved-system"
_REASON = "/run/kjtui/resume.json"


def saved_system(facts: Facts) -> Finding:
    """What kjtui in the initramfs has left of it."""
    told = facts.not_resumed
    if told is None:
        why = "A system that kjtui has saved is offered at the start, before any file system is mounted."
        if _REASON in facts.unreadable:
            title = "Whether a saved system was passed over cannot be told"
            evidence = (Evidence(_REASON, clip(facts.unreadable[_REASON], 120)),)
            cure = "Go on if none was offered; run kjtui as root to know."
            return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
        evidence = (Evidence(_REASON, "there is no such file"),)
        return Finding(_ID, "No saved system was passed over at this start", Verdict.READY, evidence, why)
    why = clip(f"{told.title}. {told.detail}", 200)
    cure = clip(told.hint or "Throw its image away (kjtui image discard), or start again to be asked.", 200)
    title = "A saved system was found at this start and not gone back to"
    return Finding(_ID, title, Verdict.ATTENTION, (Evidence(_REASON, why),), why, cure)
