"""The question whether to restart now."""

from kjtui.model.change import Phase
from kjtui.plan.sizes import amount
from kjtui.tui.question import Answer, QuestionPage
from kjtui.tui.rows import Row, Tone
from kjtui.wizard.session import Session


class RestartPage(QuestionPage):
    """Restart now or later: dismissed with "restart" or "back". Enter restarts nothing."""

    def __init__(self, session: Session) -> None:
        super().__init__(
            "A restart is needed",
            tuple(Row(text, tone) for text, tone in _text(session)),
            "R: restart this machine now   Enter: later",
            (Answer("R", "restart now", "restart"), Answer("B", "later", "back")),
            default="back",
        )


def _text(session: Session) -> list[tuple[str, Tone]]:
    state = session.reservation.state
    assert state is not None
    lines: list[tuple[str, Tone]] = []
    if state.phase is Phase.LIFTED:
        lines.append(("The boot configuration is as it was before.", Tone.GOOD))
        lines.append(("The reserved memory is given back by the next start.", Tone.PLAIN))
    else:
        lines.append((f"{amount(state.size)} will be reserved at the next start.", Tone.GOOD))
        lines.append(
            ("Kernel B cannot use them before: memory is set aside only while Linux starts.", Tone.PLAIN)
        )
        if state.phase is Phase.TRIAL:
            lines.append(("That start is a trial; should it hang, switch off and on.", Tone.PLAIN))
    lines.append(("", Tone.PLAIN))
    lines.append(("After the restart start kjtui again: it goes on in this step.", Tone.PLAIN))
    lines.append(("A restart ends all programs that run here: save your work first.", Tone.WARN))
    if session.loaded is not None:
        lines.append(("Kernel B, which is loaded, is unloaded before.", Tone.PLAIN))
    return lines
