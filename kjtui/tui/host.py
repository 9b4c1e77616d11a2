"""What pages may ask of the app: a Protocol, so that pages need not import the app."""

from collections.abc import Callable
from typing import Protocol

from kjtui.errors import KjtuiError
from kjtui.wizard.session import Session

Announce = Callable[[str], None]
"""Writes one plain line on the terminal, for a person or for nobody."""


class Host(Protocol):
    """The app as its pages see it."""

    session: Session

    def go(self, index: int) -> None:
        """Show this step (0 is the first)."""
        ...

    def welcome(self) -> None:
        """Back to the welcome screen, from whatever lies above it."""
        ...

    def trouble(self, error: KjtuiError | None = None) -> None:
        """Show the troubleshooting above this page. error: what the person has just run into."""
        ...

    def jump(self) -> None:
        """Hand the terminal over, jump, take it back, show the return report."""
        ...

    def restart(self) -> None:
        """Restart the machine."""
        ...

    def leave(self) -> None:
        """Leave the program, after asking what becomes of a loaded kernel."""
        ...

    def repaint(self) -> None:
        """Draw the whole screen anew, whatever the terminal shows now."""
        ...
