"""Progress for those who read line by line."""

import time
from collections.abc import Callable

Say = Callable[[str], None]
"""Writes one line."""


class Milestones:
    """A progress function that speaks once per quarter, so that nobody has to listen to every per cent.

    after: seconds for which it is silent, for what is mostly done at once.
    """

    def __init__(self, say: Say, after: float = 0.0) -> None:
        self._say = say
        self._last = ""
        self._from = time.monotonic() + after

    def __call__(self, what: str, fraction: float) -> None:
        """Say where things stand if that is news."""
        text = f"{int(fraction * 4) * 25} percent: {what}"
        if text != self._last and time.monotonic() >= self._from:
            self._last = text
            self._say(text)
