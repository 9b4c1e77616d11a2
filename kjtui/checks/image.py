"""Has somebody loaded a kernel already?"""

from kjtui.checks.check import Check, evidence
from kjtui.checks.options import ANY_KEXEC, ruled_out
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "image-loaded"
_FILE = "/sys/kernel/kexec_loaded"


def image_loaded(facts: Facts) -> Finding:
    """There is one place for an image: loading ours drops the one that is there."""
    why = "The kernel keeps one loaded image. Ours takes the place of one that somebody else has loaded."
    if facts.kexec_loaded is None and (none := ruled_out(facts, _FILE, *ANY_KEXEC)):
        return Finding(_ID, "No other kernel is loaded: none can be", Verdict.READY, none, why)
    if facts.kexec_loaded is None:
        shown = reasons(facts, _FILE, "/sys/kernel/kexec")
        unknown = "Whether a kernel is loaded already cannot be told"
        cure = "Go on if nobody has prepared a fast restart (kexec -l, kexec-tools) on this machine."
        return Finding(_ID, unknown, Verdict.UNKNOWN, shown, why, cure)
    shown = (evidence(_FILE, str(int(facts.kexec_loaded))),)
    if not facts.kexec_loaded:
        return Finding(_ID, "No other kernel is loaded", Verdict.READY, shown, why)
    taken = "A kernel is loaded already and would be replaced"
    cure = (
        "Go on if it may go: a fast restart that somebody prepared (kexec -l) then becomes an ordinary one. "
        "It stays loaded until step 4, or kjtui drops it now."
    )
    return Finding(_ID, taken, Verdict.ATTENTION, shown, why, cure, "unload-image")


IMAGE_LOADED = Check(
    _ID,
    Area.STATE,
    "Has somebody loaded a kernel already?",
    (_FILE, "/sys/kernel/kexec/loaded"),
    "There is room for one loaded kernel besides a crash kernel. One may be there because a fast restart "
    "was prepared (kexec -l, systemctl kexec, kexec-tools at shutdown), or because an earlier kjtui ended "
    "without dropping its own. Loading kernel B replaces it; nothing but that fast restart is lost. It also "
    "holds memory: kjtui can drop it beforehand (kexec -u does the same).",
    frozenset({Verdict.READY, Verdict.ATTENTION, Verdict.UNKNOWN}),
    image_loaded,
)
