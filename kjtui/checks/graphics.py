"""Will the screen come back?"""

from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.knowledge.drivers import GRAPHICS
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Display, Facts

_ID = "graphics"
_FOLDER = "/sys/class/drm"
_PCI = "/sys/bus/pci/devices"
_PLACES = (_FOLDER, _PCI)


def graphics(facts: Facts) -> Finding:
    """By what is known of the drivers: see kjtui.knowledge.drivers."""
    why = "The graphics driver puts its device to sleep before the jump and sets it up again afterwards."
    displays = facts.displays or ()
    known = next((GRAPHICS[one.driver] for one in displays if one.driver in GRAPHICS), None)
    if facts.displays is None or (not known and any(partly_hidden(facts, place) for place in _PLACES)):
        title = "Which graphics driver is in use cannot be told"
        cure = "Go on with nothing unsaved on the desktop; with NVIDIA's own driver leave the desktop first."
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, *_PLACES), why, cure)
    evidence = tuple(_evidence(one) for one in displays[:4])
    if not evidence:
        evidence = (Evidence(_FOLDER, "no graphics device"),)
        return Finding(_ID, "No graphics device that would have to wake", Verdict.READY, evidence, why)
    if known:
        evidence = (*evidence, Evidence("known of it", known.source))
        title = f"The screen may not come back: {known.called}"
        return Finding(_ID, title, Verdict.ATTENTION, evidence, known.trouble, known.cure)
    drivers = tuple(one.driver for one in displays if one.driver)
    if not drivers:
        title = "The graphics device has no driver of its own"
        return Finding(_ID, title, Verdict.READY, evidence, f"{why} This one is left as it is.")
    title = f"No known trouble with the graphics driver {named(drivers, 1, 16)}"
    return Finding(_ID, title, Verdict.READY, evidence, why)


def _evidence(one: Display) -> Evidence:
    driver = f"driver {clip(one.driver, 24)}" if one.driver else "no driver"
    model = f"{clip(one.model, 50)}, " if one.model.strip() else ""
    folder = _FOLDER if one.name.startswith("card") else _PCI
    return Evidence(f"{folder}/{clip(one.name, 24)}", f"{model}{driver}")
