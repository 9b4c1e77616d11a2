"""Will the person see kernel B from where they sit?"""

from kjtui.checks.words import clip, partly_hidden, reasons
from kjtui.kexec import commandline
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "terminal"
_ACTIVE = "/sys/class/tty/console/active"


def terminal(facts: Facts) -> Finding:
    """Kernel B writes to the machine's own consoles, not into a window or over the network."""
    why = "Kernel B shows itself on the machine's own screen or serial line. A window sleeps meanwhile."
    named = " ".join(clip(one, 16) for one in facts.consoles[:6]) or "no console"
    consoles = Evidence(_ACTIVE, named)
    if facts.terminal is None:
        title = "Where you sit cannot be told"
        cure = "Go on if you see the machine's own console, or choose Quick test: that comes back by itself."
        evidence = (Evidence("standard input", "not a terminal"), consoles)
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    evidence = (Evidence("ttyname", clip(facts.terminal, 60)), consoles)
    if facts.terminal.startswith("/dev/pts/"):
        title = "You sit at a window or a remote line, not at the console"
        cure = (
            "Go on with Quick test, which comes back by itself; Look around waits for a key at the machine's "
            "own console. To see kernel B, start kjtui there (Ctrl-Alt-F3, or its serial line)."
        )
        return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)
    if _shows(facts.terminal.removeprefix("/dev/"), facts):
        return Finding(_ID, "You sit at the machine's own console", Verdict.READY, evidence, why)
    if partly_hidden(facts, _ACTIVE):
        title = "Whether kernel B shows itself here cannot be told"
        cure = "Go on with Quick test, which comes back by itself, whether you see it or not."
        return Finding(_ID, title, Verdict.UNKNOWN, (evidence[0], *reasons(facts, _ACTIVE)), why, cure)
    title = f"Kernel B does not show itself here ({clip(facts.terminal.removeprefix('/dev/'), 12)})"
    cure = (
        "Go on with Quick test, which comes back by itself. To see kernel B, start kjtui on one of the "
        "consoles named above, or restart with this line as a console (console=)."
    )
    return Finding(_ID, title, Verdict.ATTENTION, evidence, why, cure)


def _shows(name: str, facts: Facts) -> bool:
    """Whether a terminal is one of kernel B's consoles; of virtual terminals any stands for all."""
    names = {told.split(",")[0] for told in commandline.consoles(facts)}
    return name in names or (_is_virtual(name) and any(_is_virtual(one) for one in names))


def _is_virtual(name: str) -> bool:
    return name.startswith("tty") and name[3:].isdigit()
