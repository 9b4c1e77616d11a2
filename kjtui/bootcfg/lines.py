"""Text as lines that keep their ends, and lines at the end that can be taken away again."""

import re

# Only \n ends a line in these files; Python's splitlines() would also cut at \v, \f and more.
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def split(text: str) -> list[tuple[str, str]]:
    """The lines as (content, end), end being "\\n", "\\r\\n" or, for the last, ""."""
    return [_parted(found.group()) for found in _LINE.finditer(text)]


def join(lines: list[tuple[str, str]]) -> str:
    """The inverse of split()."""
    return "".join(content + end for content, end in lines)


def line_end(text: str) -> str:
    """What ends the lines of this text: that of the first, "\\n" if there is none."""
    first = text.split("\n", 1)[0]
    return "\r\n" if first.endswith("\r") else "\n"


def appended(text: str, added: str) -> str:
    """The text with further lines at the end; added has no last line end.

    A text whose last line has no end has none afterwards either: so cut() knows what it was.
    """
    end = line_end(text)
    if text and not text.endswith("\n"):
        return text + end + added
    return text + added + end


def cut(text: str, start: int, stop: int) -> str:
    """Without the whole lines text[start:stop], as if appended() had never added them."""
    if stop == len(text) and not text[start:stop].endswith("\n"):
        return text[:start].removesuffix(line_end(text))
    return text[:start] + text[stop:]


def _parted(line: str) -> tuple[str, str]:
    content = line.removesuffix("\n")
    if content != line and content.endswith("\r"):
        content = content[:-1]
    return content, line[len(content) :]
