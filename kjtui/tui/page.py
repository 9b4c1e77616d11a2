"""What all pages have in common: title, head, body, next action, keys."""

from collections.abc import Iterable, Sequence
from typing import cast

from textual.app import ComposeResult
from textual.binding import Binding
from textual.events import Resize
from textual.screen import Screen

from kjtui.tui.host import Host
from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.bars import ActionBar, KeyBar, KeyHint, TitleBar
from kjtui.tui.widgets.lines import Lines
from kjtui.tui.widgets.pane import Pane

FIND_CAUSE: KeyHint = ("D/F1", "trouble")
ROOMY = 20  # lines; below that the blank line under the head goes
WIDE = 56  # columns; below that the next action may take two lines
LOW = 10  # lines; below that it may not


class Page(Screen[str]):
    """One full screen. Letters work in either case; every key is named in the last line."""

    AUTO_FOCUS = ""
    BINDINGS = [
        Binding("enter", "forward"),
        Binding("b,B,escape,left", "back"),
        Binding("e,E", "evidence"),
        Binding("h,H,question_mark", "help"),
        Binding("d,D,f1", "trouble"),
        Binding("q,Q,f10,ctrl+c", "leave"),
        Binding("up,shift+tab", "move(-1)"),
        Binding("down,tab", "move(1)"),
        Binding("space", "mark"),
        Binding("pageup", "page(-1)"),
        Binding("pagedown", "page(1)"),
        Binding("ctrl+l", "repaint"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.head = Lines(id="head")
        self.pane = Pane(id="body")  # the part that scrolls
        self.action_bar = ActionBar()
        self.key_bar = KeyBar()

    def compose(self) -> ComposeResult:
        """The five parts, from top to bottom, filled already: they are laid out and drawn once."""
        self.fill()
        yield TitleBar(self.host.session.machine.name)
        yield self.head
        yield self.pane
        yield self.action_bar
        yield self.key_bar

    @property
    def host(self) -> Host:
        """The app."""
        return cast(Host, self.app)

    def key_hints(self) -> Sequence[KeyHint]:
        """The keys that work on this page, the most needed first."""
        return (("B", "back"), FIND_CAUSE, ("H", "help"), ("Q", "quit"))

    def fill(self) -> None:
        """Show what there is to show now."""

    def on_screen_resume(self) -> None:
        """Show what has come about while another page lay on top."""
        self.fill()

    def on_resize(self, event: Resize) -> None:
        """Give the body what room there is."""
        self.set_class(event.size.height < ROOMY, "-small")
        self.set_class(event.size.width < WIDE and event.size.height >= LOW, "-narrow")
        self.show_keys()

    def show_keys(self) -> None:
        """Name the keys that work now."""
        self.key_bar.keys(self.key_hints())

    def show(self, title: str, sentence: str, body: Iterable[Row], tone: Tone = Tone.PLAIN) -> None:
        """Set the head and the body. tone is that of the sentence."""
        head = [Row(title, Tone.STRONG)]
        if sentence:
            head.append(Row(sentence, tone))
        self.head.show(head)
        self.pane.show(tuple(body))
        self.show_keys()

    def action_forward(self) -> None:
        """Enter."""

    def action_mark(self) -> None:
        """Space: the choice follows the arrows already, so that there is nothing left to mark."""

    def action_back(self) -> None:
        """Leave a page that lies on top of another."""
        self.dismiss("back")

    def action_evidence(self) -> None:
        """E."""

    def action_help(self) -> None:
        """Show the keys and the words."""
        from kjtui.tui.help import HelpPage

        self.app.push_screen(HelpPage())

    def action_trouble(self) -> None:
        """Find out what is wrong, starting from what the person sees."""
        self.host.trouble()

    def action_leave(self) -> None:
        """Leave the program."""
        self.host.leave()

    def action_move(self, by: int) -> None:
        """Arrows and Tab."""
        self.pane.scroll_lines(by)

    def action_page(self, by: int) -> None:
        """PgUp and PgDn."""
        self.pane.scroll_pages(by)

    def action_repaint(self) -> None:
        """Ctrl-L."""
        self.host.repaint()
