"""What came of `kjtui jump`, for programs: the form of jump.schema.json."""

import base64
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum

from kjtui import __version__
from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding
from kjtui.model.report import JumpReport
from kjtui.model.word import WayHome
from kjtui.wizard import returned

SCHEMA_VERSION = 1  # of jump.schema.json; raised when something is removed or changes its meaning
OUTPUT = "output"  # kjtui.agent.program: what the program said


class Outcome(StrEnum):
    """How the command ended."""

    RETURNED = "returned"  # from every jump
    BLOCKED = "blocked"  # by a check
    DECLINED = "declined"  # by the person


def said(report: JumpReport) -> bytes:
    """What the program said."""
    return report.word.files.get(OUTPUT, b"") if report.word else b""


def program_status(report: JumpReport) -> int | None:
    """The program's status; None where it did not run to its end, or something that was wanted is missing."""
    word = report.word
    if word is None or word.program is None or report.files_fault:
        return None
    end = word.program
    if word.way_home in (WayHome.PANIC, WayHome.ERROR, WayHome.AGENT) or (end.trouble and end.status == 0):
        return None
    return end.status


def document(
    name: str,
    now: datetime,
    outcome: Outcome,
    status: int,
    found: Sequence[Finding],
    reports: Sequence[JumpReport],
) -> dict[str, object]:
    """The result. name: the machine's; status: of the command; found: before the
    jump. reports: of the jumps that came back."""
    return {
        **_head(),
        "machine": name,
        "time": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "outcome": str(outcome),
        "status": status,
        "findings": [_finding(one) for one in found],
        "jumps": [_jump(one) for one in reports],
    }


def failure(error: KjtuiError, reports: Sequence[JumpReport]) -> dict[str, object]:
    """What stands in place of the result when the command could not be carried out to its end."""
    told = {"title": error.title, "detail": error.detail, "hint": error.hint}
    return {**_head(), "error": told, "jumps": [_jump(one) for one in reports]}


def _head() -> dict[str, object]:
    return {"version": SCHEMA_VERSION, "kjtui": __version__}


def _jump(report: JumpReport) -> dict[str, object]:
    word = report.word
    program = word.program if word else None
    return {
        "away": round(report.away, 3),
        "way_home": (word.way_home or None) if word else None,
        "all_well": report.all_well,
        "findings": [_finding(one) for one in returned.findings(report)],
        "word": _word(report),
        "program": asdict(program) if program else None,
        "output": _output(report),
        "files": _files(report),
    }


def _word(report: JumpReport) -> dict[str, object] | None:
    """Kernel B's word without what has its own place here."""
    if report.word is None:
        return None
    plain = asdict(report.word)
    for name in ("files", "program", "ring", "way_home"):
        del plain[name]
    return plain


def _output(report: JumpReport) -> dict[str, str] | None:
    """What the program said: as text where it is one, so that nothing is changed."""
    if report.word is None or report.word.program is None:
        return None
    data = said(report)
    try:
        return {"text": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode("ascii")}


def _files(report: JumpReport) -> list[dict[str, object]]:
    files = report.word.files if report.word else {}
    return [
        {"name": name, "bytes": len(data), "path": f"{report.files_in}/{name}" if report.files_in else None}
        for name, data in files.items()
        if name != OUTPUT
    ]


def _finding(one: Finding) -> dict[str, object]:
    return {
        "id": one.id,
        "title": one.title,
        "verdict": str(one.verdict),
        "evidence": [{"source": read.source, "text": read.text} for read in one.evidence],
        "why": one.why,
        "cure": one.cure,
    }
