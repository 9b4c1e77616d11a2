"""`kjtui check`: can this machine jump? As a table for people, or as JSON for programs."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from kjtui import __version__
from kjtui.backend.machine import Reader
from kjtui.checks import run_all, worst
from kjtui.checks.registry import BY_ID
from kjtui.commands.output import Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.model.checks import Area, Finding, Verdict, pressing
from kjtui.model.facts import Facts

SCHEMA_VERSION = 1  # of check.schema.json; raised when something is removed or changes its meaning
MARKS = {
    Verdict.READY: "[ ok ] ",
    Verdict.ATTENTION: "[note] ",
    Verdict.UNKNOWN: "[ ?? ] ",
    Verdict.BLOCKED: "[STOP] ",
}
_ORDER = {Verdict.BLOCKED: 0, Verdict.ATTENTION: 1, Verdict.UNKNOWN: 2, Verdict.READY: 3}
_INDENT = " " * 7
_COUNTED = (
    (Verdict.BLOCKED, "must be solved first"),
    (Verdict.ATTENTION, "to know about"),
    (Verdict.UNKNOWN, "cannot be told"),
    (Verdict.READY, "ready"),
)


def run(machine: Reader, streams: Streams, *, as_json: bool, every: bool) -> int:
    """Look at a machine and write what was found. Returns 1 if something blocks a jump, 0 otherwise."""
    facts = machine.facts()
    findings = run_all(facts)
    if as_json:
        say(streams.stdout, as_text(document(machine.name, findings, datetime.now(UTC))))
    else:
        say(streams.stdout, table(machine.name, facts, findings, every=every))
    return int(worst(findings) is Verdict.BLOCKED)


def document(name: str, findings: Sequence[Finding], now: datetime) -> dict[str, object]:
    """The findings in the form of check.schema.json. now: with a time zone."""
    return {
        **_head(),
        "machine": name,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "verdict": str(worst(findings)),
        "findings": [_finding(one) for one in findings],
    }


def failure(error: KjtuiError) -> dict[str, object]:
    """What stands in place of the findings when the machine could not be looked at."""
    return {**_head(), "error": {"title": error.title, "detail": error.detail, "hint": error.hint}}


def as_text(document: dict[str, object]) -> str:
    """JSON for programs and for eyes; ASCII, so that every terminal and pipe takes it."""
    return json.dumps(document, indent=2)


def table(name: str, facts: Facts, findings: Sequence[Finding], *, every: bool) -> str:
    """The findings for people, at most 80 columns: what is not ready in full, the rest by area or each."""
    system = "" if facts.kernel_release in name else f" ({_system(facts)})"
    lines = [wrapped(f"Machine: {name}{system}"), wrapped(_summary(findings)), ""]
    ready = [one for one in findings if one.verdict is Verdict.READY]
    urgent = sorted((one for one in findings if one not in ready), key=lambda one: _ORDER[one.verdict])
    told = urgent if every else pressing(urgent)
    for one in urgent:
        lines += in_full(one, evidence=every) if one in told else [title(one)]
    if urgent and ready:
        lines.append("")
    lines += _each(ready) if every else _by_area(ready)
    return "\n".join([*lines, "", _hint(urgent, every=every)])


def in_full(one: Finding, *, evidence: bool) -> list[str]:
    """A finding with its why and what to do, and with what was read where if wanted."""
    lines = [title(one), wrapped(one.why, f"{_INDENT}Why: ")]
    if one.cure:
        lines.append(wrapped(one.cure, f"{_INDENT}To do: "))
    if label := _remedy(one):
        lines.append(wrapped(f"{label}. Run kjtui for that.", f"{_INDENT}kjtui can: "))
    if evidence:
        lines += [wrapped(f"{read.source}: {read.text}", f"{_INDENT}Read: ") for read in one.evidence]
    return lines


def _head() -> dict[str, object]:
    return {"version": SCHEMA_VERSION, "kjtui": __version__}


def _finding(one: Finding) -> dict[str, object]:
    check = BY_ID[one.id]
    return {
        "id": one.id,
        "area": str(check.area),
        "asks": check.asks,
        "title": one.title,
        "verdict": str(one.verdict),
        "evidence": [{"source": read.source, "text": read.text} for read in one.evidence],
        "why": one.why,
        "cure": one.cure,
        "remedy": one.remedy,
    }


def _remedy(one: Finding) -> str:
    """What the wizard can set right itself; "" if nothing."""
    if not one.remedy:
        return ""
    from kjtui.plan.remedies import REMEDIES

    return REMEDIES[one.remedy].label


def title(one: Finding) -> str:
    """A finding in one line, with the id by which it is explained."""
    return wrapped(f"{one.id}: {one.title}", MARKS[one.verdict])


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(one.verdict for one in findings)
    if counts[Verdict.READY] == len(findings):
        return f"Ready for a jump: all {len(findings)} checks are ready."
    said = ", ".join(f"{counts[verdict]} {words}" for verdict, words in _COUNTED if counts[verdict])
    blocked = worst(findings) is Verdict.BLOCKED
    return f"{'A jump is not possible now' if blocked else 'Nothing stops a jump'}: {said}."


def _by_area(ready: Sequence[Finding]) -> list[str]:
    counts = Counter(BY_ID[one.id].area for one in ready)
    asides = {BY_ID[one.id].area: f"; {one.aside}" for one in ready if one.aside}
    return [
        f"{MARKS[Verdict.READY]}{area:<16} {counts[area]} check{'s are' if counts[area] > 1 else ' is'} ready"
        f"{asides.get(area, '')}"
        for area in Area
        if counts[area]
    ]


def _each(ready: Sequence[Finding]) -> list[str]:
    lines: list[str] = []
    for area in Area:
        if here := [one for one in ready if BY_ID[one.id].area is area]:
            lines += [str(area)]
            for one in here:
                lines.append(title(one))
                lines += [wrapped(f"{read.source}: {read.text}", f"{_INDENT}Read: ") for read in one.evidence]
    return lines


def _hint(urgent: Sequence[Finding], *, every: bool) -> str:
    more = "" if every else "kjtui check --all shows each check with what was read. "
    which = urgent[0].id if urgent else "ID"
    return wrapped(f"{more}kjtui explain {which} tells more.")


def _system(facts: Facts) -> str:
    name = (facts.distribution or {}).get("PRETTY_NAME", "")
    return f"Linux {facts.kernel_release}{', ' + name if name else ''}"
