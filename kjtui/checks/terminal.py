"""Will the person see kernel B from where they sit?"""

from kjtui.checks.words import clip
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "terminal"


def terminal(facts: Facts) -> Finding:
    """Kernel B writes to the machine's own consoles, not into a window or over the network."""
    why = "Kernel B shows itself on the machine's own screen or serial line. A window sleeps meanwhile."
    named = " ".join(clip(one, 16) for one in facts.consoles[:6]) or "no console"
    consoles = Evidence("/sys/class/tty/console/active", named)
    if facts.terminal is None:
        title = "Where you sit cannot be told"
        cure = "Go on if you see the machine's own console, or choose Quick test: that comes back by itself."
        evidence = (Evidence("standard input", "not a terminal"), consoles)
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    evidence = (Evidence("ttyname", clip(facts.terminal, 60)), consoles)
    if not facts.terminal.startswith("/dev/pts/"):
        return Finding(_ID, "You sit at the machine's own console", Verdict.READY, evidence, why)
    title = "You sit at a window or a remote line, not at the console"
    cure = (
        "Go on with Quick test, which comes back by itself. To see kernel B, start kjtui on the machine's "
        "own console (Ctrl-Alt-F3, or its serial line)."
    )
    return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
