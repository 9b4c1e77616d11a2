"""Questions that need an answer; one of them is the page for troubles."""

from collections.abc import Sequence
from typing import NamedTuple

from textual.events import Key

from kjtui.errors import KjtuiError
from kjtui.model.checks import Finding
from kjtui.tui import content
from kjtui.tui.page import FIND_CAUSE, Page
from kjtui.tui.rows import Row
from kjtui.tui.widgets.bars import KeyHint


class Answer(NamedTuple):
    """A letter, what it stands for, and the value the page is dismissed with."""

    letter: str
    label: str
    value: str


class QuestionPage(Page):
    """Asks. Enter gives the default answer where there is one, and otherwise nothing: no yes by mistake."""

    def __init__(
        self, title: str, rows: Sequence[Row], action: str, answers: Sequence[Answer], default: str = ""
    ) -> None:
        super().__init__()
        self._title = title
        self._rows = tuple(rows)
        self._action = action
        self._answers = {answer.letter.lower(): answer for answer in answers}
        self._default = default

    def key_hints(self) -> Sequence[KeyHint]:
        """The answers."""
        hints = [(answer.letter, answer.label) for answer in self._answers.values()]
        return [*hints, FIND_CAUSE, ("H", "help")]

    def fill(self) -> None:
        """The question."""
        self.show(self._title, "", self._rows)
        self.action_bar.ready(self._action)

    def on_key(self, event: Key) -> None:
        """An answer by its letter, before the letters' usual meanings."""
        answer = self._answers.get((event.character or "").lower())
        if answer:
            event.stop()
            event.prevent_default()
            self.dismiss(answer.value)

    def action_forward(self) -> None:
        """Enter: the default, if there is one."""
        if self._default:
            self.dismiss(self._default)

    def action_leave(self) -> None:
        """The question wants an answer first."""


class WarningPage(QuestionPage):
    """What the person must say yes to: dismissed with "yes" or "no"."""

    def __init__(self, asks: Sequence[Finding]) -> None:
        super().__init__(
            "Please read this before you go on",
            content.evidence(asks),
            "Go on anyway?  Y: yes   N: no",
            (
                Answer("Y", "yes, go on", "yes"),
                Answer("N", "no, stay here", "no"),
                Answer("B", "back", "no"),
            ),
        )


class LeavePage(QuestionPage):
    """What becomes of kernel B: dismissed with "unload", "keep" or "back"."""

    def __init__(self) -> None:
        super().__init__(
            "Leave?",
            (
                Row("Kernel B is loaded in this kernel's memory, by this program."),
                Row(),
                Row("unload it: its memory is free again, this system is as it was before", mark="U  "),
                Row(
                    "keep it loaded: it takes up its memory until it is unloaded or the machine restarts",
                    mark="K  ",
                ),
                Row("do not leave", mark="B  "),
            ),
            "Enter: unload kernel B and quit",
            (
                Answer("U", "unload and quit", "unload"),
                Answer("K", "keep and quit", "keep"),
                Answer("B", "back", "back"),
            ),
            default="unload",
        )


class TroublePage(QuestionPage):
    """What happened, why, what to do: dismissed with "again" or "back". D looks for the cause."""

    def __init__(self, error: KjtuiError) -> None:
        self._error = error
        super().__init__(
            "This did not work",
            content.trouble(error),
            "Enter: back   T: try again   D: find the cause",
            (Answer("T", "try again", "again"), Answer("B", "back", "back")),
            default="back",
        )

    def action_trouble(self) -> None:
        """Find the cause of this very error."""
        self.host.trouble(self._error)
