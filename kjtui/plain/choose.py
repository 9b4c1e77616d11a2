"""Step 3 by question and answer: which kernel, and what belongs to the purpose."""

from collections.abc import Callable

from kjtui.model.checks import Finding, Verdict
from kjtui.plain import sentences
from kjtui.plain.milestones import Milestones, Say
from kjtui.wizard import kernels, options
from kjtui.wizard.kernels import Candidate
from kjtui.wizard.options import Field
from kjtui.wizard.session import Session

Ask = Callable[[str], str]
"""Shows a prompt and returns the answer."""

KEYS = "k chooses another kernel; o asks for what belongs to the purpose."
_EMPTY = "-"  # typed in place of nothing, which keeps what there is


def kernel(session: Session, ask: Ask, say: Say) -> str:
    """List the kernels that were found, and take one. "o" when a file is to be named. Raises KjtuiError."""
    assert session.seen is not None  # the step before has looked
    facts, known = session.seen.facts, session.kernels
    if known.found is None:
        say("Please wait: looking for kernels.")
        known.take(known.read(Milestones(say)))
    while True:
        listed = kernels.candidates(facts, known)
        now = kernels.place(listed, session.choices.kernel)
        say("Which kernel shall be kernel B?")
        for line in sentences.options([one.option for one in listed]):
            say(line)
        numbers = [str(number) for number in range(1, len(listed) + 1)]
        answer = ask(f"{numbers[0]} to {numbers[-1]}, Enter for {now + 1}. o: name a file of your own")
        if answer not in numbers or int(answer) - 1 == now:
            return answer
        if _taken(session, listed[int(answer) - 1], say):
            return ""


def _taken(session: Session, wanted: Candidate, say: Say) -> bool:
    finding = wanted.finding
    if finding.verdict is Verdict.UNKNOWN and wanted.choice != kernels.RUNNING:
        say("Please wait: looking for the configuration in the kernel's own file.")
        examined = session.kernels.examine(wanted.choice)
        session.kernels.keep(examined)
        finding = kernels.judge(examined)
    if finding.verdict is Verdict.BLOCKED:
        _tell(finding, say)
        return False
    session.choose_kernel(wanted.choice)
    say(f"Chosen: {wanted.option.label}.")
    return True


def further(session: Session, ask: Ask, say: Say, secret: Ask) -> None:
    """Ask for one option after the other. ask: gives back what was typed as it was typed; secret: unseen."""
    say(f"Enter keeps what stands in brackets; {_EMPTY} empties it.")
    for field in options.fields(session.choices.purpose):
        say(f"{field.label}: {field.about}")
        while not _answered(session, field, secret if field.hidden else ask, say):
            pass


def _answered(session: Session, field: Field, ask: Ask, say: Say) -> bool:
    """Whether that is done with: an answer that is not taken is asked for again."""
    present = field.shown(session.choices)
    typed = ask(f"{field.label} [{'*' * len(present) if field.hidden else present}] > ").strip()
    if not typed:
        session.drafts.drop(field)
        return True
    judged = options.judge(session, field, "" if typed == _EMPTY else typed)
    if judged.finding.verdict is Verdict.BLOCKED and typed != _EMPTY:
        _tell(judged.finding, say)
        return False
    options.take(session, field, judged)
    if judged.finding.verdict is Verdict.BLOCKED:  # emptied where something is wanted
        session.drafts.drop(field)
        session.choose(field.put(session.choices, ""))
    _tell(judged.finding, say)
    return True


def _tell(finding: Finding, say: Say) -> None:
    for line in sentences.findings((finding,)):
        say(line)
