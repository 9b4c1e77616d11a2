"""The options of step 3 as a form: one line for each, judged while one types."""

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Input

from kjtui.model.checks import Finding, Verdict
from kjtui.model.choices import Choices
from kjtui.tui.content import MARKS
from kjtui.tui.jobs import Job
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import KeyHint, TitleBar
from kjtui.tui.widgets.lines import Lines
from kjtui.tui.working import WorkingPage
from kjtui.wizard import options
from kjtui.wizard.options import Field, Judged

TITLE = "Options of kernel B"
SENTENCE = "Judged while you type. Letters are text here; Esc leaves, and nothing is lost."
PAUSE = 0.3  # seconds without a key press before what was typed is judged
_LABEL = 16


class FormLine(Input):
    """One field. Keys that mean nothing in a text go on to the page."""

    def __init__(self, field: Field, text: str) -> None:
        super().__init__(text, id=field.id, compact=True, select_on_focus=field.short, password=field.hidden)
        self.cursor_blink = False  # on a serial line each blink is traffic
        self.field = field


class FormPage(WorkingPage):
    """The options of the chosen purpose. Dismissed with "done" or "back"; both keep what is right.

    What is not right is kept as a draft: it is there again the next time, and step 3 says so until then.
    """

    BINDINGS = [
        Binding("escape", "back", priority=True),
        Binding("ctrl+c", "leave", priority=True),
        Binding("f2", "help"),
    ]

    def __init__(self, focus: str = "") -> None:
        super().__init__()
        self._focus_first = focus
        self._pauses: dict[str, Timer] = {}
        self._judged: dict[str, tuple[str, Finding]] = {}  # field → the text and what it is worth
        self._lines: dict[str, FormLine] = {}
        self._notes: dict[str, Lines] = {}
        self._labels: dict[str, Lines] = {}

    def compose(self) -> ComposeResult:
        """Head, fields, next action, keys."""
        session = self.host.session
        self.fields = options.fields(session.choices.purpose)
        for field in self.fields:
            self._labels[field.id] = Lines(self._label(field, here=False), id=f"label-{field.id}")
            self._lines[field.id] = FormLine(field, session.drafts.text(field, session.choices))
            self._notes[field.id] = Lines((_about(field),), id=f"note-{field.id}")
        self.head.show((Row(TITLE, Tone.STRONG), Row(SENTENCE)))
        yield TitleBar(session.machine.name)
        yield self.head
        with VerticalScroll(id="form", can_focus=False):
            for field in self.fields:
                with Horizontal(classes="field"):
                    yield self._labels[field.id]
                    yield self._lines[field.id]
                yield self._notes[field.id]
        yield self.action_bar
        yield self.key_bar

    def on_mount(self) -> None:
        """Begin in the first field, or in the one that is wanted; judge what is there."""
        first = self._focus_first or self.fields[0].id
        self._lines[first if first in self._lines else self.fields[0].id].focus()
        for field in self.fields:
            self._judge(field)

    def key_hints(self) -> Sequence[KeyHint]:
        """No letters."""
        return (("Tab/arrows", "field"), ("Esc", "back"), ("F1", "trouble"), ("F2", "help"), ("F10", "quit"))

    def fill(self) -> None:
        """The next action, and what the texts are worth as far as that is known."""
        if self._job is None:
            last = self._lines[self.fields[-1].id].has_focus
            self.action_bar.ready("Enter: take these options" if last else "Enter: next field")
        for field in self.fields:
            here = self._lines[field.id].has_focus
            self._labels[field.id].show(self._label(field, here=here))
            judged = self._judged.get(field.id)
            text = self._lines[field.id].value
            finding = judged[1] if judged and judged[0] == text else None
            usual = text == field.shown(Choices())
            self._notes[field.id].show(note(field, finding, here=here, usual=usual))
        self.show_keys()

    @staticmethod
    def _label(field: Field, *, here: bool) -> tuple[Row, ...]:
        mark = ">" if here else " "
        return (Row(f"{mark}{field.label:<{_LABEL - 2}}", Tone.STRONG if here else Tone.PLAIN),)

    def on_descendant_focus(self) -> None:
        """Another field."""
        self.fill()

    def on_input_changed(self, message: Input.Changed) -> None:
        """Judge it when the person pauses."""
        line = message.input
        if not isinstance(line, FormLine):
            return
        if old := self._pauses.pop(line.field.id, None):
            old.stop()
        field = line.field
        self._pauses[field.id] = self.set_timer(PAUSE, lambda: self._judge(field))
        self.fill()

    def on_input_blurred(self, message: Input.Blurred) -> None:
        """Whoever goes on to the next field waits for nothing more."""
        line = message.input
        if isinstance(line, FormLine) and (pause := self._pauses.pop(line.field.id, None)):
            pause.stop()
            self._judge(line.field)

    def _judge(self, field: Field) -> None:
        """Judge a field's text: at once, or in a thread where files are read."""
        text = self._lines[field.id].value.strip()
        if not field.reads or not text:
            self._keep(field, text, field.check(self.host.session.machine, text))
            return
        machine = self.host.session.machine
        self.start_quietly(
            Job(
                f"looking at {field.label}",
                lambda _progress: field.check(machine, text),
                lambda finding: self._keep(field, text, finding),
            )
        )

    def _keep(self, field: Field, text: str, finding: Finding) -> None:
        # What was typed meanwhile is judged by a job of its own.
        if self.is_mounted and text == self._lines[field.id].value.strip():
            self._judged[field.id] = (self._lines[field.id].value, finding)
            self.fill()

    def action_move(self, by: int) -> None:
        """Arrows and Tab: from field to field."""
        if by > 0:
            self.focus_next(FormLine)
        else:
            self.focus_previous(FormLine)

    def action_page(self, by: int) -> None:
        """To the first or the last field."""
        self._lines[self.fields[-1 if by > 0 else 0].id].focus()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Enter: to the next field; in the last one, take them all."""
        if self._job or not self.is_current:
            return
        ids = [field.id for field in self.fields]
        at = ids.index(message.input.id or ids[-1])
        if at + 1 < len(ids):
            self._lines[ids[at + 1]].focus()
        else:
            self._finish("done")

    def action_back(self) -> None:
        """Esc: leave; what is right is taken, the rest kept as it is."""
        if self.is_current and not self._job:
            self._finish("back")

    def _finish(self, how: str) -> None:
        """Judge all fields once more, since files may have changed, and leave."""
        for timer in self._pauses.values():
            timer.stop()
        session = self.host.session
        texts = {field.id: line.value.strip() for field in self.fields for line in [self._lines[field.id]]}

        def judge() -> Mapping[str, Judged]:
            return {field.id: options.judge(session, field, texts[field.id]) for field in self.fields}

        self.start(
            Job("looking at the options", lambda _progress: judge(), lambda found: self._taken(how, found))
        )

    def _taken(self, how: str, found: Mapping[str, Judged]) -> None:
        for field in self.fields:
            self._judged[field.id] = (self._lines[field.id].value, found[field.id].finding)
        wrong = [field for field in self.fields if found[field.id].finding.verdict is Verdict.BLOCKED]
        if how == "done" and wrong:
            self._lines[wrong[0].id].focus()
            return
        for field in self.fields:
            options.take(self.host.session, field, found[field.id])
        self.dismiss(how)


def note(field: Field, finding: Finding | None, *, here: bool, usual: bool) -> tuple[Row, ...]:
    """What stands under a field: what its text is worth, or what may be typed.

    usual: whether the text is the one that nobody has changed yet.
    """
    if finding is None or (finding.verdict is Verdict.READY and here and usual):
        return (_about(field),)
    mark, tone = MARKS[finding.verdict]
    text = finding.title
    if finding.verdict is not Verdict.READY:
        text = (
            ". ".join(part.rstrip(".") for part in (finding.title, finding.why, finding.cure) if part) + "."
        )
    return (Row(text, Tone.PLAIN, mark=f"  {mark}", mark_tone=tone),)


def _about(field: Field) -> Row:
    return Row(field.about, mark="  ")
