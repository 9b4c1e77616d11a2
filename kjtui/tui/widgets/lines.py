"""A block of text, as high as it needs to be."""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

from kjtui.tui.rows import Line, Row, Tone, wrap


class Lines(Widget):
    """Rows of text, wrapped to the width of the widget."""

    COMPONENT_CLASSES = {str(tone) for tone in Tone}

    def __init__(self, rows: Iterable[Row] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._rows = tuple(rows)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is shown."""
        return self._rows

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows from now on. Drawn anew only if something differs."""
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self.refresh(layout=self.styles.is_auto_height)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002
        """The number of lines at this width."""
        return len(wrap(self._rows, width))

    def render_line(self, y: int) -> Strip:
        """One line, padded to the full width."""
        lines = wrap(self._rows, self.size.width)
        return self.strip(lines[y]) if y < len(lines) else self.blank()

    def strip(self, line: Line) -> Strip:
        """A line in its tones."""
        width = self.size.width
        style = self.get_component_rich_style(line.tone)
        parts = []
        if line.mark:
            parts.append(Segment(line.mark[:width], self.get_component_rich_style(line.mark_tone)))
        parts.append(Segment(line.text.ljust(width - len(line.mark)), style))
        return Strip(parts).crop(0, width)

    def blank(self) -> Strip:
        """An empty line."""
        return Strip.blank(self.size.width, self.get_component_rich_style(Tone.PLAIN))
