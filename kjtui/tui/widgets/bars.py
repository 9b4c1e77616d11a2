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
    """Every key that works here. On narrow screens as many as fit, the first are the most needed."""

    def keys(self, hints: Sequence[KeyHint]) -> None:
        """Show these keys."""
        width = self.app.size.width or 80
        text = ""
        for key, word in hints:
            longer = f"{text}  {key} {word}".strip()
            if len(longer) > width:
                break
            text = longer
        self.show((Row(text, Tone.PLAIN),))
