"""Puts steps, findings and errors into plain lines, without columns, marks or colours."""

from collections.abc import Iterable, Mapping, Sequence

from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict, pressing
from kjtui.plan.operations import Operation
from kjtui.plan.remedies import Remedy
from kjtui.wizard.view import Option, StepView

WORDS = {
    Verdict.READY: "Ready",
    Verdict.ATTENTION: "Please note",
    Verdict.UNKNOWN: "Cannot tell",
    Verdict.BLOCKED: "Stop",
}


def findings(found: Sequence[Finding], remedies: Mapping[str, str] | None = None) -> list[str]:
    """One line each; more where something presses. remedies: see StepView."""
    lines = []
    in_full = pressing(found)
    for one in found:
        lines.append(f"{WORDS[one.verdict]}: {one.title}.")
        if one in in_full:
            lines += reasons(one)
        if remedies and one.remedy in remedies:
            lines.append(f"  x: {remedies[one.remedy]}.")
    return lines


def reasons(one: Finding) -> list[str]:
    """Why a finding matters and what to do."""
    lines = [f"  Why: {one.why}"] if one.why else []
    return [*lines, f"  To do: {one.cure}"] if one.cure else lines


def evidence(found: Iterable[Finding]) -> list[str]:
    """What was read for each finding."""
    lines = []
    for one in found:
        lines += [f"{WORDS[one.verdict]}: {one.title}.", *reasons(one)]
        lines += [f"  Read: {read.source}: {read.text}" for read in one.evidence]
    return lines or ["Nothing was read for this step."]


def found(view: StepView) -> list[str]:
    """What a step has found."""
    lines = [view.note] if view.note else []
    if view.summary:
        lines.append(f"Found: {view.summary}.")
    lines += findings(view.found, view.remedies)
    return [*lines, *(f"Ready: {text}." for text in view.rest)]


def plans(view: StepView) -> list[str]:
    """What a step will do or has done, and what is good to know before."""
    lines: list[str] = []
    if view.will:
        lines += ["What will be done:", *(f"  {line.strip()}" for line in view.will)]
    if view.done:
        lines += ["What has been done:", *(f"  {line.strip()}" for line in view.done)]
    if view.know:
        lines += ["Good to know:", *(f"  {line}" for line in view.know)]
    return lines


def options(choice: Sequence[Option]) -> list[str]:
    """A numbered choice."""
    lines = []
    for number, option in enumerate(choice, 1):
        lines.append(f"{number}. {option.label}. {option.reason}")
        if option.why_not:
            lines.append(f"  Not possible here: {option.why_not}.")
    return lines


def remedy(chosen: Remedy, operations: Iterable[Operation]) -> list[str]:
    """What a remedy will do, and how it is undone."""
    lines = [f"{chosen.label}. What will be done:"]
    for operation in operations:
        lines += [f"  {operation.describe()}:", *(f"    {line}" for line in operation.preview())]
    return [*lines, f"How it is undone: {chosen.undo}"]


def trouble(error: KjtuiError) -> list[str]:
    """What happened, why, what to do next."""
    lines = [f"This did not work: {error.title}."]
    if error.detail:
        lines.append(f"  Why: {error.detail}")
    return [*lines, f"  What to do: {error.hint}"] if error.hint else lines
