"""Do the other drivers go to sleep and wake?"""

from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.knowledge.drivers import MODULES, Known
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "drivers"
_FILE = "/proc/modules"
# Documentation/admin-guide/tainted-kernels.rst, as far as it says where a module comes from.
_LETTERS = {"P": "proprietary", "F": "loaded by force", "O": "not part of the kernel", "E": "not signed"}


def drivers(facts: Facts) -> Finding:
    """Drivers that refuse are known by name; those from elsewhere are for information."""
    why = "Every driver has to put its device to sleep and to wake it. If one refuses, there is no jump."
    if facts.modules is None:
        return _unknown(facts, why)
    loaded = {one.replace("-", "_") for one in facts.modules} | {one.driver for one in facts.links or ()}
    found = {name: known for name, known in MODULES.items() if name in loaded}
    refusing = next((name for name, known in found.items() if known.refuses), "")
    if name := refusing or next(iter(found), ""):
        return _known(name, found[name])
    if partly_hidden(facts, _FILE):
        return _unknown(facts, why)
    foreign = tuple(name for name, letters in facts.modules.items() if set(letters) & _LETTERS.keys())
    if not foreign:
        count = f"{len(facts.modules)} modules, all of them the kernel's own"
        evidence: tuple[Evidence, ...] = (Evidence(_FILE, count if facts.modules else "no module is loaded"),)
        return Finding(_ID, "No driver is known to refuse the sleep", Verdict.READY, evidence, why)
    evidence = tuple(
        Evidence(_FILE, f"{clip(name, 24)}: {_origin(facts.modules[name])}") for name in foreign[:4]
    )
    title = f"From outside the kernel: {named(foreign, 2, 35)}"
    why = f"{why} Nothing is known against these modules; should the jump be refused, look at them first."
    return Finding(_ID, title, Verdict.READY, evidence, why)


def _unknown(facts: Facts, why: str) -> Finding:
    title = "Which drivers are loaded cannot be told"
    cure = "Going on does no harm: if a driver refuses, the jump is refused and nothing is lost."
    return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, _FILE, "/sys/module"), why, cure)


def _known(name: str, known: Known) -> Finding:
    evidence = (Evidence(_FILE, f"{name} is loaded"), Evidence("known of it", known.source))
    if known.refuses:
        title = f"Refuses every jump: {known.called}"
        return Finding(_ID, title, Verdict.BLOCKED, evidence, known.trouble, known.cure)
    title = f"Not asleep: {known.called}"
    return Finding(_ID, title, Verdict.ATTENTION, evidence, known.trouble, known.cure)


def _origin(letters: str) -> str:
    return ", ".join(words for letter, words in _LETTERS.items() if letter in letters)
