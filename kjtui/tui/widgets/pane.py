"""The part of a page that scrolls."""

from textual.strip import Strip

from kjtui.tui.rows import Line, Tone, wrap
from kjtui.tui.widgets.lines import Lines


class Pane(Lines):
    """Rows which may be more than fit. The last line then says so: no scroll bar, whose glyphs a VT lacks."""

    top = 0

    def lines(self) -> tuple[Line, ...]:
        """All lines at the present width."""
        return wrap(self.rows, self.size.width)

    def _room(self, total: int) -> int:
        """How many lines of text fit: one less when the last line is needed to tell that there are more."""
        height = self.size.height
        return height if total <= height else max(height - 1, 1)

    def scroll_lines(self, by: int) -> None:
        """Scroll by this many lines, as far as there are any."""
        total = len(self.lines())
        top = max(0, min(self.top + by, total - self._room(total)))
        if top != self.top:
            self.top = top
            self.refresh()

    def scroll_pages(self, by: int) -> None:
        """Scroll by this many pages, with one line in common."""
        self.scroll_lines(by * max(self._room(len(self.lines())) - 1, 1))

    def reveal(self, option: int) -> None:
        """Scroll so that this option can be seen."""
        lines = self.lines()
        numbers = [number for number, line in enumerate(lines) if line.option == option]
        if numbers:
            room = self._room(len(lines))
            self.scroll_lines(max(0, numbers[-1] - (self.top + room - 1)) + min(0, numbers[0] - self.top))

    def scroll_sections(self, by: int) -> None:
        """Scroll to the beginning of the next section (1) or to that of this one or the one before (-1).

        A section is what belongs to one option.
        """
        lines = self.lines()
        heads = [
            number
            for number, line in enumerate(lines)
            if line.option is not None and (number == 0 or lines[number - 1].option != line.option)
        ]
        beyond = [head for head in heads if (head - self.top) * by > 0]
        if beyond:
            self.scroll_lines((beyond[0] if by > 0 else beyond[-1]) - self.top)

    def render_line(self, y: int) -> Strip:
        """One line of the visible part."""
        lines = self.lines()
        room = self._room(len(lines))
        top = max(0, min(self.top, len(lines) - room))
        if y >= room and len(lines) > room:
            last = min(top + room, len(lines))
            text = f"-- {top + 1} to {last} of {len(lines)}: arrows, PgUp, PgDn --"
            return self.strip(Line("", Tone.PLAIN, text, Tone.STRONG))
        return self.strip(lines[top + y]) if top + y < len(lines) else self.blank()
