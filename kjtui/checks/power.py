"""Does the power last for the visit?"""

from kjtui.checks.words import clip, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, PowerSupply

_ID = "power"
_FOLDER = "/sys/class/power_supply"
_LOW = 20  # percent
_LAST = 5  # percent; below that machines switch themselves off
_ON_MAINS = frozenset({"Charging", "Full", "Not charging"})


def power(facts: Facts) -> Finding:
    """On battery, nobody warns or saves anything while kernel B runs."""
    why = (
        "While kernel B runs this system is only in memory: if the power goes, all of it is lost. Nothing "
        "warns of an empty battery meanwhile."
    )
    batteries = tuple(one for one in facts.power or () if one.kind in ("Battery", "UPS"))
    if facts.power is None or (not batteries and partly_hidden(facts, _FOLDER)):
        title = "Whether the machine runs on battery cannot be told"
        cure = "Go on if it is plugged in, or if its battery is well charged."
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, _FOLDER), why, cure)
    evidence = tuple(_evidence(one) for one in facts.power[:4])
    if not batteries:
        evidence = evidence or (Evidence(_FOLDER, "no battery"),)
        return Finding(_ID, "The machine runs on mains power", Verdict.READY, evidence, why)
    mains = _mains(facts.power)
    if mains:
        return Finding(_ID, "The machine is plugged in", Verdict.READY, evidence, why)
    charge = max((one.charge for one in batteries if one.charge is not None and _real(one)), default=None)
    cure = "Plug the machine in. Then look again, or go on with Quick test: that takes seconds."
    if mains is None and charge is None:
        title = "Whether the machine runs on battery cannot be told"
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    if charge is None:
        return Finding(_ID, "On battery; its charge is unknown", Verdict.ATTENTION, evidence, why, cure)
    if charge < _LAST:
        cure = "Plug the machine in, and look again."
        return Finding(_ID, f"The battery is nearly empty: {charge} %", Verdict.BLOCKED, evidence, why, cure)
    if charge < _LOW:
        return Finding(_ID, f"The battery is low: {charge} %", Verdict.ATTENTION, evidence, why, cure)
    return Finding(_ID, f"On battery, {charge} % left", Verdict.READY, evidence, why)


def _mains(supplies: tuple[PowerSupply, ...]) -> bool | None:
    """Whether it is plugged in; None where nothing says so."""
    if any(one.online for one in supplies if one.kind not in ("Battery", "UPS")):
        return True
    if any(one.status == "Discharging" for one in supplies):
        return False
    if any(one.status in _ON_MAINS for one in supplies if one.kind in ("Battery", "UPS")):
        return True
    return False if any(one.online is False for one in supplies if one.kind == "Mains") else None


def _real(one: PowerSupply) -> bool:
    return one.charge is not None and 0 <= one.charge <= 100


def _evidence(one: PowerSupply) -> Evidence:
    if one.kind in ("Battery", "UPS"):
        charge = f"{one.charge} %" if _real(one) else "charge unknown"
        status = f", {clip(one.status, 20)}" if one.status.strip() else ""
        text = f"{one.kind.lower() if one.kind == 'Battery' else one.kind}: {charge}{status}"
    else:
        state = {True: "plugged in", False: "not plugged in", None: "state unknown"}[one.online]
        text = f"{clip(one.kind, 20)}: {state}"
    return Evidence(f"{_FOLDER}/{clip(one.name, 24)}", text)
