"""Troubleshooting by question and answer: what the person sees, questions, the cause."""

from collections.abc import Callable, Sequence

from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict
from kjtui.plain import sentences
from kjtui.plan.remedies import REMEDIES
from kjtui.wizard.session import Session
from kjtui.wizard.trouble.gather import gather
from kjtui.wizard.trouble.model import UNSURE, UNSURE_SAYS, Diagnosis, Question, Symptom
from kjtui.wizard.trouble.symptoms import BY_ID, SYMPTOMS, of_error
from kjtui.wizard.trouble.walk import Walk

_BACK = "b"


def walk(
    session: Session,
    question: Callable[[str], str],
    say: Callable[[str], None],
    error: KjtuiError | None = None,
    symptom: str | None = None,
) -> None:
    """Lead from a symptom to a cause, until the person wants to go back.

    question: shows a prompt and returns the answer in lower case; it leaves the program by itself where the
    person wants that. error, symptom: what is known beforehand. Raises KjtuiError if a remedy fails.
    """
    _Finder(session, question, say, error).find(BY_ID.get(symptom or "") or of_error(error))


class _Finder:
    def __init__(
        self,
        session: Session,
        question: Callable[[str], str],
        say: Callable[[str], None],
        error: KjtuiError | None,
    ) -> None:
        self.session = session
        self.question = question
        self.say = say
        self.error = error
        self.explained = False  # whether the symptoms were read out in full

    def find(self, symptom: Symptom | None) -> None:
        """One symptom after the other."""
        while True:
            symptom = symptom or self.symptom()
            if symptom is None:
                return
            again = self.look_into(symptom)
            symptom = symptom if again else None

    def symptom(self) -> Symptom | None:
        """Ask what the person sees, None to go back."""
        self.lines(["", "What do you see?"])
        for number, one in enumerate(SYMPTOMS, 1):
            self.say(f"{number}. {one.says}." if self.explained else f"{number}. {one.says}. {one.explains}")
        self.explained = True
        while True:
            answer = self.question(f"1 to {len(SYMPTOMS)}, b: back, q: quit")
            if answer in (_BACK, ""):
                return None
            if answer.isdecimal() and 1 <= int(answer) <= len(SYMPTOMS):
                return SYMPTOMS[int(answer) - 1]

    def look_into(self, symptom: Symptom) -> bool:
        """Questions, then the cause. Whether to look once more."""
        self.lines(["", f"{symptom.says}.", "Please wait: looking at this machine and its logs."])
        way = Walk(symptom, gather(self.session, self.error, lambda _what, _fraction: None))
        while (question := way.question) is not None:
            answer = self.ask(question)
            if answer != _BACK:
                way.answer(answer)
            elif not way.back():
                return False
        return self.told(way, way.diagnosis())

    def ask(self, question: Question) -> str:
        """The id of a choice, UNSURE, or "b" to go back."""
        self.say(question.asks)
        for number, choice in enumerate(question.choices, 1):
            self.say(f"{number}. {choice.says}")
        self.say(f"Enter alone: {UNSURE_SAYS}.")
        while True:
            answer = self.question(f"1 to {len(question.choices)}, Enter, b: back")
            if answer == _BACK:
                return _BACK
            if answer == "":
                return UNSURE
            if answer.isdecimal() and 1 <= int(answer) <= len(question.choices):
                return question.choices[int(answer) - 1].id

    def told(self, way: Walk, diagnosis: Diagnosis) -> bool:
        """The cause and what can be done. Whether to look once more."""
        self.lines(_outcome(diagnosis))
        offers = [
            one.finding for one in (diagnosis.cause, *diagnosis.others) if one.finding.remedy in REMEDIES
        ]
        right = "x: set right, " if offers else ""
        while True:
            answer = self.question(f"Enter: back to what you see. {right}e: evidence, r: look again, q: quit")
            if answer == "e":
                self.lines(sentences.evidence(_everything(way, diagnosis)))
            elif answer == "x" and offers:
                return self.set_right(way, offers)
            else:
                return answer == "r"

    def set_right(self, way: Walk, offers: Sequence[Finding]) -> bool:
        """Carry out one of the remedies after a yes. Whether to look once more. Raises KjtuiError."""
        for finding in offers:
            remedy = REMEDIES[finding.remedy]
            operations = remedy.make(way.clues.facts)
            self.lines(sentences.remedy(remedy, operations))
            if self.question("Do it? Type y for yes, Enter for no") in ("y", "yes"):
                self.session.set_right(operations, lambda _what, _fraction: None)
                self.say("Done.")
                return True
        return False

    def lines(self, lines: Sequence[str]) -> None:
        """Say these lines."""
        for line in lines:
            self.say(line)


def _outcome(diagnosis: Diagnosis) -> list[str]:
    """The cause, why, what to do, what was read; then what else it could be, and what was not seen."""
    cause = diagnosis.cause.finding
    lines = [diagnosis.headline, *sentences.reasons(cause)]
    lines += [f"  Read: {read.source}: {read.text}" for read in cause.evidence]
    if diagnosis.others:
        lines.append("If that does not help, it could also be:")
        lines += [f"  {one.finding.title}. {one.finding.cure}" for one in diagnosis.others]
    if diagnosis.unseen:
        lines.append("Could not be seen:")
        lines += [f"  {one.source}: {one.text}" for one in diagnosis.unseen]
    return lines


def _everything(way: Walk, diagnosis: Diagnosis) -> list[Finding]:
    """The suspected causes, then every check that is not content."""
    suspected = [one.finding for one in (diagnosis.cause, *diagnosis.others)]
    known = {one.id for one in suspected}
    checks = [one for one in way.clues.findings if one.verdict is not Verdict.READY and one.id not in known]
    return [*suspected, *checks]
