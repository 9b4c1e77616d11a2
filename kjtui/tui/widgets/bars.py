"""The one-line bars: title, next action, keys."""

from collections.abc import Sequence

from kjtui.tui.rows import Row, Tone
from kjtui.tui.widgets.lines import Lines

KeyHint = tuple[str, str]
"""A key as it is written on the keyboard, and what it does in a word or two."""


class TitleBar(Lines):
    """The program on the left, the machine on the right."""

    def __init__(self, machine: str) -> None:
        super().__init__((Row(f" kjtui · {machine}", Tone.BAR),))


class ActionBar(Lines):
    """The one thing to do next, or what is being waited for."""

    def ready(self, text: str) -> None:
        """Enter can be pressed, and this is what it does."""
        self.show((Row(f"> {text}", Tone.ACTION),))

    def busy(self, text: str) -> None:
        """Something is going on."""
        self.show((Row(f"Please wait: {text}", Tone.BUSY),))


class KeyBar(Lines):
    """Every key that works here. On narrow screens the last of them lose their words: help has those."""

    def keys(self, hints: Sequence[KeyHint]) -> None:
        """Show these keys, the most needed first."""
        width = self.app.size.width or 80
        for worded in range(len(hints), -1, -1):
            parts = [f"{key} {word}" for key, word in hints[:worded]] + [key for key, _word in hints[worded:]]
            text = "  ".join(parts)
            if len(text) <= width:
                break
        self.show((Row(text, Tone.PLAIN),))
