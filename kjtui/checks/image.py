"""Has somebody loaded a kernel already?"""

from kjtui.checks.check import read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "image-loaded"
_FILE = "/sys/kernel/kexec_loaded"


def image_loaded(facts: Facts) -> Finding:
    """There is one place for an image: loading ours drops the one that is there."""
    why = "The kernel keeps one loaded image. Ours takes the place of one that somebody else has loaded."
    if facts.kexec_loaded is None:
        evidence = (read(facts, _FILE, "it could not be read"),)
        title = "Whether a kernel is loaded already cannot be told"
        cure = "Go on if nobody has prepared a fast restart (kexec -l, kexec-tools) on this machine."
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    evidence = (Evidence(_FILE, str(int(facts.kexec_loaded))),)
    if not facts.kexec_loaded:
        return Finding(_ID, "No other kernel is loaded", Verdict.READY, evidence, why)
    title = "A kernel is loaded already and would be replaced"
    cure = (
        "Go on if it may go: a fast restart that somebody prepared (kexec -l) then becomes an ordinary one. "
        "It stays loaded until step 4."
    )
    return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
