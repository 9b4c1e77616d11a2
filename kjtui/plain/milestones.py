"""Progress for those who read line by line."""

from collections.abc import Callable

Say = Callable[[str], None]
"""Writes one line."""


class Milestones:
    """A progress function that speaks once per quarter, so that nobody has to listen to every per cent."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._last = ""

    def __call__(self, what: str, fraction: float) -> None:
        """Say where things stand if that is news."""
        text = f"{int(fraction * 4) * 25} percent: {what}"
        if text != self._last:
            self._last = text
            self._say(text)
