"""How far something is, on kernel B's screen."""

import time
from collections.abc import Callable

from kjtui.model.memory import MIB


class Progress:
    """A line that says how far something is, twice a second at most."""

    def __init__(self, show: Callable[[str], object], whole: int, what: str) -> None:
        self._show = show
        self._whole = max(whole, 1)
        self._what = what
        self._begun = self._shown = time.monotonic()

    def due(self) -> bool:
        """Whether half a second has passed since it was shown."""
        return time.monotonic() - self._shown >= 0.5

    def show(self, done: int) -> None:
        """So many bytes are done."""
        self._shown = time.monotonic()
        rate = done / max(self._shown - self._begun, 1e-3)
        left = (self._whole - done) / rate if rate else 0.0
        self._show(
            f"\r  {self._what}: {100 * done // self._whole:3} % of {self._whole // MIB} MiB, "
            f"{rate / MIB:.0f} MiB/s, {left:.0f} s left   "
        )


def pace(size: int, seconds: float) -> str:
    """How long so many bytes took, and how many a second that is: "11.4 s (32 MiB/s)"."""
    return f"{seconds:.1f} s ({size / MIB / max(seconds, 0.001):.0f} MiB/s)"
