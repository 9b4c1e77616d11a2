"""Turns what a step or the report has to say into rows."""

from collections.abc import Iterable, Mapping, Sequence

from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict, pressing
from kjtui.tui.rows import Row, Tone
from kjtui.wizard.view import Option, StepView

MARKS = {
    Verdict.READY: ("[ ok ] ", Tone.GOOD),
    Verdict.ATTENTION: ("[note] ", Tone.WARN),
    Verdict.UNKNOWN: ("[ ?? ] ", Tone.WARN),
    Verdict.BLOCKED: ("[STOP] ", Tone.BAD),
}
INDENT = " " * 7


def step(view: StepView) -> tuple[Row, ...]:
    """The body of a step: notes, what was found, the choice, what will be done."""
    rows: list[Row] = []
    if view.note:
        rows += [Row(view.note, Tone.WARN), Row()]
    if view.found or view.rest:
        rows.append(Row("Found: " + view.summary if view.summary else "Found:", Tone.STRONG))
        rows += found(view.found, view.remedies)
        rows += [Row(text, Tone.PLAIN, *MARKS[Verdict.READY]) for text in view.rest]
    if view.options:
        rows += [Row(), Row("Your choice (arrows):", Tone.STRONG), *options(view.options, view.chosen)]
    if view.blocked and view.blocked not in view.found:
        rows += [Row(), *finding(view.blocked)]
    if view.will:
        rows += [Row(), Row("What will be done:", Tone.STRONG), *map(preview, view.will)]
    if view.done:
        rows += [Row(), Row("What has been done:", Tone.STRONG), *map(preview, view.done)]
    if view.know:
        rows += [Row(), Row("Good to know:", Tone.STRONG), *(Row(text, mark="  - ") for text in view.know)]
    while rows and rows[0] == Row():
        rows.pop(0)
    return tuple(rows)


def preview(text: str) -> Row:
    """A line of a preview, indented as it comes, with further lines below its text."""
    bare = text.lstrip()
    number = bare[:3] if bare[:1].isdigit() and bare[1:3] == ". " else ""
    return Row(bare[len(number) :], mark="  " + " " * (len(text) - len(bare)) + number)


def found(findings: Sequence[Finding], remedies: Mapping[str, str] | None = None) -> tuple[Row, ...]:
    """Findings in short: those that press with why and cure. remedies: see StepView."""
    rows: list[Row] = []
    in_full = pressing(findings)
    for one in findings:
        rows += finding(one) if one in in_full else (_title(one),)
        if remedies and one.remedy in remedies:
            rows.append(Row(remedies[one.remedy], mark=INDENT + "X: ", mark_tone=Tone.STRONG))
    return tuple(rows)


def finding(one: Finding) -> tuple[Row, ...]:
    """A finding with why it matters and what to do."""
    rows = [_title(one)]
    if one.why:
        rows.append(Row(one.why, mark=INDENT + "Why: "))
    if one.cure:
        rows.append(Row(one.cure, mark=INDENT + "To do: ", mark_tone=Tone.STRONG))
    return tuple(rows)


def sections(groups: Iterable[tuple[str, Sequence[Finding]]]) -> tuple[Row, ...]:
    """Findings in full under headings. The rows of each section bear its number, from 0."""
    rows: list[Row] = []
    for number, (heading, findings) in enumerate(groups):
        inner = (Row(f"{heading}:", Tone.STRONG), *evidence(findings), Row())
        rows += [row._replace(option=number) for row in inner]
    return tuple(rows[:-1])


def evidence(findings: Sequence[Finding]) -> tuple[Row, ...]:
    """Findings in full: why, what to do, and what was read where."""
    rows: list[Row] = []
    for one in findings:
        rows += finding(one)
        rows += [Row(f"{read.source}: {read.text}", mark=INDENT + "Read: ") for read in one.evidence]
        rows.append(Row())
    return tuple(rows[:-1])


def report(findings: Iterable[Finding], remedies: Mapping[str, str] | None = None) -> tuple[Row, ...]:
    """The return report: what is amiss with its evidence and what to do, the rest in a line each.

    remedies: see StepView.
    """
    rows: list[Row] = []
    for one in findings:
        rows += found([one], remedies)
        if one.verdict is not Verdict.READY:
            rows += [Row(f"{read.source}: {read.text}", mark=INDENT) for read in one.evidence]
    return tuple(rows)


def options(choice: Sequence[Option], chosen: int) -> tuple[Row, ...]:
    """A choice, one option under the other."""
    rows: list[Row] = []
    for number, option in enumerate(choice):
        here = number == chosen
        tone = Tone.CHOSEN if here else Tone.PLAIN
        rows.append(Row(option.label, tone, "> (*) " if here else "  ( ) ", tone, option=number))
        rows.append(Row(option.reason, mark=" " * 6, option=number))
        if option.why_not:
            why = "Not possible here: " + option.why_not + "."
            rows.append(Row(why, Tone.WARN if here else Tone.PLAIN, mark=" " * 6, option=number))
    return tuple(rows)


def trouble(error: KjtuiError) -> tuple[Row, ...]:
    """What happened, why, what to do next."""
    rows = [Row(error.title + ".", Tone.BAD)]
    if error.detail:
        rows += [Row(), Row(error.detail, mark="Why: ", mark_tone=Tone.STRONG)]
    if error.hint:
        rows += [Row(), Row(error.hint, mark="What to do: ", mark_tone=Tone.STRONG)]
    return tuple(rows)


def _title(one: Finding) -> Row:
    mark, tone = MARKS[one.verdict]
    text = Tone.PLAIN if one.verdict is Verdict.READY else Tone.STRONG
    return Row(one.title, text, mark, tone)
