"""Troubleshooting on screen: what the person sees, questions, the cause."""

from collections.abc import Sequence

from textual.binding import Binding

from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding, Verdict
from kjtui.plan.remedies import REMEDIES
from kjtui.tui import content
from kjtui.tui.jobs import Job
from kjtui.tui.page import Page
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint
from kjtui.tui.working import WorkingPage
from kjtui.wizard.trouble.clues import Clues
from kjtui.wizard.trouble.gather import gather
from kjtui.wizard.trouble.model import (
    UNSURE,
    UNSURE_SAYS,
    Choice,
    Diagnosis,
    Question,
    Strength,
    Symptom,
)
from kjtui.wizard.trouble.symptoms import BY_ID, SYMPTOMS, of_error
from kjtui.wizard.trouble.walk import Walk

TITLE = "What do you see?"
SENTENCE = "Choose what comes closest. Nothing is changed by looking for the cause."
_TONES = {Strength.PROVEN: Tone.BAD, Strength.LIKELY: Tone.WARN, Strength.POSSIBLE: Tone.WARN}
_AGAIN, _BACK, _DONE = "again", "back", "done"


class SymptomsPage(WorkingPage):
    """The list of symptoms. symptom, or that of the error, is looked into at once."""

    def __init__(self, symptom: str | None = None, error: KjtuiError | None = None) -> None:
        super().__init__()
        self._error = error
        self._given = BY_ID.get(symptom or "") or of_error(error)
        self._chosen = SYMPTOMS.index(self._given) if self._given else 0

    def key_hints(self) -> Sequence[KeyHint]:
        """Enter is named in the line above."""
        arrows = [] if self._job else [("arrows", "choose")]
        return [*arrows, ("B", "back"), ("H", "help"), ("Q", "quit")]

    def fill(self) -> None:
        """The symptoms; what the chosen one means stands below."""
        rows = [
            *_choice([one.says for one in SYMPTOMS], self._chosen),
            Row(),
            Row(SYMPTOMS[self._chosen].explains, mark="  "),
        ]
        if self._error:
            rows += [Row(), Row(f"It said: {self._error.title}.", Tone.WARN, mark="  ")]
        self.show(TITLE, SENTENCE, rows)
        if not self._job:
            self.action_bar.ready("Enter: find the cause")

    def on_mount(self) -> None:
        """What led here may say already which symptom it is."""
        if self._given:
            self._look(self._given)

    def action_move(self, by: int) -> None:
        """Move the choice."""
        if not self._job:
            self._chosen = (self._chosen + by) % len(SYMPTOMS)
            self.fill()
            self.pane.reveal(self._chosen)

    def action_forward(self) -> None:
        """Enter: look into the chosen one."""
        if self.is_current and not self._job:
            self._look(SYMPTOMS[self._chosen])

    def action_trouble(self) -> None:
        """This is where that key leads."""

    def _look(self, symptom: Symptom) -> None:
        session, error = self.host.session, self._error
        self.start(
            Job(
                "looking at this machine and its logs",
                lambda progress: gather(session, error, progress),
                lambda clues: self._go_on(Walk(symptom, clues)),
            )
        )

    def _go_on(self, walk: Walk) -> None:
        """The next question, or the outcome."""
        question = walk.question
        if question is not None:
            page = AskPage(walk.symptom, question, walk.number)
            self.app.push_screen(page, lambda answer: self._answered(walk, answer))
        else:
            page_of_cause = CausePage(walk.symptom, walk.clues, walk.diagnosis())
            self.app.push_screen(page_of_cause, lambda answer: self._told(walk, answer))

    def _answered(self, walk: Walk, answer: str | None) -> None:
        if answer is None or answer == _BACK:
            self._step_back(walk)
        else:
            walk.answer(answer)
            self._go_on(walk)

    def _told(self, walk: Walk, answer: str | None) -> None:
        if answer == _AGAIN:
            self._look(walk.symptom)
        elif answer == _BACK:
            self._step_back(walk)

    def _step_back(self, walk: Walk) -> None:
        if walk.back():
            self._go_on(walk)


class AskPage(Page):
    """One question: dismissed with the id of a choice, UNSURE or "back"."""

    def __init__(self, symptom: Symptom, question: Question, number: int) -> None:
        super().__init__()
        self._symptom = symptom
        self._question = question
        self._number = number
        self._choices = (*question.choices, Choice(UNSURE, UNSURE_SAYS))
        self._chosen = 0

    def key_hints(self) -> Sequence[KeyHint]:
        """Enter is named in the line above."""
        return (("arrows", "choose"), ("B", "back"), ("H", "help"), ("Q", "quit"))

    def fill(self) -> None:
        """The question and its answers."""
        rows = [
            Row(self._question.asks, Tone.STRONG),
            Row(),
            *_choice([one.says for one in self._choices], self._chosen),
        ]
        sentence = "Nothing that can be read on this machine answers this."
        self.show(f"{self._symptom.says} · question {self._number}", sentence, rows)
        self.action_bar.ready("Enter: this is my answer")

    def action_move(self, by: int) -> None:
        """Move the choice."""
        self._chosen = (self._chosen + by) % len(self._choices)
        self.fill()
        self.pane.reveal(self._chosen)

    def action_forward(self) -> None:
        """Enter: the answer."""
        if self.is_current:
            self.dismiss(self._choices[self._chosen].id)

    def action_trouble(self) -> None:
        """This is where that key leads."""


class CausePage(Page):
    """The cause, its evidence and what to do. Dismissed with "done", "back", or "again" to look anew."""

    BINDINGS = [Binding("x,X", "set_right"), Binding("r,R", "again")]

    def __init__(self, symptom: Symptom, clues: Clues, diagnosis: Diagnosis) -> None:
        super().__init__()
        self._symptom = symptom
        self._clues = clues
        self._diagnosis = diagnosis

    @property
    def _offers(self) -> tuple[Finding, ...]:
        """The findings that the wizard can set right itself, the cause first."""
        every = (self._diagnosis.cause, *self._diagnosis.others)
        return tuple(one.finding for one in every if one.finding.remedy in REMEDIES)

    def key_hints(self) -> Sequence[KeyHint]:
        """Set right, read on, go back."""
        right = [("X", "set it right")] if self._offers else []
        return (
            ("B", "back"),
            *right,
            ("E", "all that was read"),
            ("R", "look again"),
            ("H", "help"),
            ("Q", "quit"),
        )

    def fill(self) -> None:
        """The outcome."""
        tone = _TONES[self._diagnosis.cause.strength]
        self.show(self._symptom.says, self._diagnosis.headline, _told(self._diagnosis), tone)
        right = "   X: set it right" if self._offers else ""
        self.action_bar.ready(f"Enter: back to what you see{right}")

    def action_forward(self) -> None:
        """Enter: back to the symptoms."""
        if self.is_current:
            self.dismiss(_DONE)

    def action_again(self) -> None:
        """R: look at the machine anew."""
        if self.is_current:
            self.dismiss(_AGAIN)

    def action_trouble(self) -> None:
        """This is where that key leads."""

    def action_set_right(self) -> None:
        """X: what the wizard can do about it."""
        if not self.is_current or not self._offers:
            return
        from kjtui.tui.remedy import RemedyPage

        offers = [(finding, REMEDIES[finding.remedy]) for finding in self._offers]
        self.app.push_screen(RemedyPage(self._clues.facts, offers), self._set_right)

    def _set_right(self, answer: str | None) -> None:
        if answer == "done":
            self.dismiss(_AGAIN)

    def action_evidence(self) -> None:
        """E: the cause, the others, and every check that is not content."""
        from kjtui.tui.evidence import EvidencePage

        suspected = [one.finding for one in (self._diagnosis.cause, *self._diagnosis.others)]
        known = {one.id for one in suspected}
        checks = [
            one for one in self._clues.findings if one.verdict is not Verdict.READY and one.id not in known
        ]
        self.app.push_screen(EvidencePage("Everything that was read for this", [*suspected, *checks]))


def _choice(says: Sequence[str], chosen: int) -> tuple[Row, ...]:
    """One line for each option."""
    rows = []
    for number, text in enumerate(says):
        here = number == chosen
        tone = Tone.CHOSEN if here else Tone.PLAIN
        rows.append(Row(text, tone, "> (*) " if here else "  ( ) ", tone, option=number))
    return tuple(rows)


def _told(diagnosis: Diagnosis) -> tuple[Row, ...]:
    """Why it does this, what to do, what was read; then what else it could be, and what was not seen."""
    cause = diagnosis.cause.finding
    rows = [
        Row(cause.why, mark="Why:   "),
        Row(cause.cure, Tone.STRONG, mark="To do: ", mark_tone=Tone.STRONG),
        *(Row(f"{read.source}: {read.text}", mark="Read:  ") for read in cause.evidence),
    ]
    if diagnosis.others:
        rows += [Row(), Row("If that does not help (E says more):", Tone.STRONG)]
        rows += [
            Row(f"{one.finding.title}", mark=content.MARKS[one.finding.verdict][0], mark_tone=Tone.WARN)
            for one in diagnosis.others
        ]
    if diagnosis.unseen:
        rows += [Row(), Row("Could not be seen:", Tone.STRONG)]
        rows += [Row(f"{one.source}: {one.text}", mark="  - ") for one in diagnosis.unseen]
    return tuple(rows)
