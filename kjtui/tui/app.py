"""The full-screen app. What only later pages need is read in with them."""

import sys
from importlib import import_module

from textual.app import App
from textual.driver import Driver

from kjtui.backend.machine import Writer
from kjtui.errors import KjtuiError
from kjtui.tui.host import Announce
from kjtui.tui.page import Page
from kjtui.tui.welcome import WelcomePage
from kjtui.tui.working import WorkingPage
from kjtui.wizard.session import Session
from kjtui.wizard.steps import STEPS


class KjtuiApp(App[int]):
    """The wizard on a full screen. Its return value is the exit status of the program.

    announce: writes a line while the terminal is handed over for the jump.
    """

    CSS_PATH = "kjtui.tcss"
    TITLE = "kjtui"
    ENABLE_COMMAND_PALETTE = False

    def __init__(
        self, machine: Writer, driver_class: type[Driver] | None = None, announce: Announce | None = None
    ) -> None:
        super().__init__(driver_class=driver_class, ansi_color=True)
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self.session = Session(machine)
        self.announce = announce or (lambda _line: None)
        self.fault: KjtuiError | None = None

    def get_default_screen(self) -> Page:
        """The welcome screen, which stays at the bottom: Textual cannot replace the screen it began with.

        No empty screen has to be made and drawn before it.
        """
        return WelcomePage()

    def go(self, index: int) -> None:
        """Show this step (0 is the first)."""
        self._show(step_page(index))

    def _show(self, page: Page) -> None:
        self._uncover(2)
        if len(self.screen_stack) > 1:
            self.switch_screen(page)
        else:
            self.push_screen(page)

    def _uncover(self, height: int) -> None:
        while len(self.screen_stack) > height:
            self.pop_screen()

    def welcome(self) -> None:
        """Back to the welcome screen."""
        self._uncover(1)

    def trouble(self, error: KjtuiError | None = None) -> None:
        """The troubleshooting: its first page, where the person is in it already."""
        from kjtui.tui.trouble import SymptomsPage

        kinds = [isinstance(page, SymptomsPage) for page in self.screen_stack]
        if any(kinds):
            self._uncover(kinds.index(True) + 1)
        else:
            self.push_screen(SymptomsPage(error=error))

    def jump(self) -> None:
        """Hand the terminal over, jump, take it back, show the return report or what went wrong."""
        from kjtui.tui import handover
        from kjtui.tui.question import TroublePage
        from kjtui.tui.returned import ReturnPage

        outcome = handover.jump(self, self.session, self.announce)
        self.repaint()
        if isinstance(outcome, KjtuiError):
            self.push_screen(TroublePage(outcome), self._after_refusal)
        else:
            self._show(ReturnPage(outcome))

    def _after_refusal(self, answer: str | None) -> None:
        if answer == "again" and isinstance(self.screen, WorkingPage):
            from kjtui.tui import departure

            departure.depart(self.screen)

    def on_mount(self) -> None:
        """Go on where a restart or a crash has cut the walk off."""
        reservation = self.session.reservation
        reservation.recall()
        if reservation.cut_off is not None:
            from kjtui.tui.change import CutOffPage

            self.push_screen(CutOffPage(), self._cut_off_settled)
        elif reservation.state is not None:
            self.go(1)

    def _cut_off_settled(self, answer: str | None) -> None:
        if answer == "done":
            self.go(1)

    def restart(self) -> None:
        """Restart the machine, and say so where this program goes on for a moment, or for good."""
        from kjtui.tui.question import TroublePage

        try:
            self.session.restart()
        except KjtuiError as error:
            self.push_screen(TroublePage(error), self._restart_again)
            return
        if self.session.machine.survives_restart:
            self.welcome()
            self.on_mount()
        else:
            self.exit(0)

    def _restart_again(self, answer: str | None) -> None:
        if answer == "again":
            self.restart()

    def leave(self) -> None:
        """Leave the program, after asking what becomes of a kernel that this walk has loaded."""
        from kjtui.tui.question import LeavePage

        if self.session.loaded is None:
            self.exit(self.session.exit_status)
        else:
            self.push_screen(LeavePage(), self._leave_answered)

    async def action_quit(self) -> None:
        """Ctrl-Q, which Textual has by itself: the same as Q."""
        if isinstance(self.screen, Page):
            self.screen.action_leave()

    def _leave_answered(self, answer: str | None) -> None:
        from kjtui.tui.question import TroublePage

        if answer == "unload":
            try:
                self.session.unload(lambda _what, _fraction: None)
            except KjtuiError as error:
                self.push_screen(TroublePage(error), self._leave_again)
                return
        if answer in ("unload", "keep"):
            self.exit(self.session.exit_status)

    def _leave_again(self, answer: str | None) -> None:
        if answer == "again":
            self._leave_answered("unload")

    def repaint(self) -> None:
        """Draw the whole screen anew, whatever the terminal shows now."""
        repaint = getattr(self._driver, "repaint", None)
        if repaint is not None:
            repaint()
        else:
            self.refresh(repaint=True, layout=True)

    def _fatal_error(self) -> None:
        """A mistake in a page: no traceback for the person, but a log file and a way to report it."""
        from kjtui.wizard.faults import unexpected

        error = sys.exc_info()[1] or RuntimeError("unknown")
        self.fault = unexpected(error)
        self._close_messages_no_wait()


def step_page(index: int) -> Page:
    """The page of a step. Its module is read in when it is first shown."""
    name = STEPS[index].name
    page = getattr(import_module(f"kjtui.tui.{name}"), f"{name.capitalize()}Page")()
    assert isinstance(page, Page)
    return page
