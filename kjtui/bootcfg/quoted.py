"""Words of a shell as sh and GRUB write them: what they mean, and where each character of that stands."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kjtui.bootcfg.words import Edit
from kjtui.errors import KjtuiError

OPAQUE = "\ufffc"  # stands for what is only known when the shell runs: $NAME, $(command)
_NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+))", re.ASCII)
_JOINED = re.compile(r"\\\r?\n")


class Quotes(StrEnum):
    """How a piece of a word is quoted."""

    NONE = ""
    SINGLE = "'"
    DOUBLE = '"'


@dataclass(frozen=True)
class Char:
    """One character that a word means: the place raw[start:end] it is written at, and in which piece."""

    text: str
    start: int
    end: int
    piece: int


@dataclass(frozen=True)
class Piece:
    """A part of a word in one kind of quotes: raw[start:end], quotes included."""

    quotes: Quotes
    start: int
    end: int


@dataclass(frozen=True)
class Quoted:
    """A word, taken apart.

    raw: as it is written. chars: what it means. pieces: by quotes. closed: no quote is left open.
    """

    raw: str
    chars: tuple[Char, ...]
    pieces: tuple[Piece, ...]
    closed: bool

    @property
    def text(self) -> str:
        """What the word means, one character for each of chars."""
        return "".join(OPAQUE if len(char.text) > 1 else char.text for char in self.chars)


def take_apart(raw: str) -> Quoted:
    """A whole word, as written, as its pieces and characters."""
    chars: list[Char] = []
    pieces: list[Piece] = []
    at, closed = 0, True
    while at < len(raw):
        start, quotes = at, Quotes(raw[at]) if raw[at] in "'\"" else Quotes.NONE
        at += len(quotes)
        while at < len(raw) and (raw[at] != quotes if quotes else raw[at] not in "'\""):
            begin = at
            meaning, at = _next(raw, at, quotes)
            if meaning:
                chars.append(Char(meaning, begin, at, len(pieces)))
        if quotes:
            closed = at < len(raw)
            at = min(at + 1, len(raw))
        pieces.append(Piece(quotes, start, at))
    return Quoted(raw, tuple(chars), tuple(pieces), closed)


def expand(word: Quoted, lookup: Callable[[str], str]) -> str:
    """What the word means, $NAME and ${NAME} filled in from lookup; commands stay as they are written."""
    found = ((char.text, _NAME.fullmatch(char.text)) for char in word.chars)
    return "".join(lookup(name[1] or name[2]) if name else text for text, name in found)


def change(word: Quoted, edits: Iterable[Edit]) -> str:
    """The word as written, after edits of its text. What is added stands in the quotes that are there.

    Raises KjtuiError where a change would reach over the border of two pieces.
    """
    raw = word.raw
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        start, end, new = _insertion(word, edit) if edit.start == edit.end else _replacement(word, edit)
        raw = raw[:start] + new + raw[end:]
    return raw


def skip(text: str, at: int) -> int:
    """Where the thing that begins at a backslash, a quote, a $ or a backtick ends."""
    if text[at] == "'":
        return _behind(text, "'", at + 1)
    if text[at] == '"':
        at += 1
        while at < len(text) and text[at] != '"':
            _meaning, at = _next(text, at, Quotes.DOUBLE)
        return min(at + 1, len(text))
    return _next(text, at, Quotes.NONE)[1]


def _next(text: str, at: int, quotes: Quotes) -> tuple[str, int]:
    """What the next character within such quotes means, "" nothing, longer: only the shell knows; its end."""
    here = text[at]
    if quotes is Quotes.SINGLE:
        return here, at + 1
    if here == "\\":
        if joined := _JOINED.match(text, at):
            return "", joined.end()
        if at + 1 < len(text) and (quotes is Quotes.NONE or text[at + 1] in '$`"\\'):
            return text[at + 1], at + 2
        return here, at + 1
    if here == "`":
        end = _behind(text, "`", at + 1)
        return text[at:end].ljust(2), end
    if here == "$" and text[at + 1 : at + 2] in ("(", "{"):
        end = _closing(text, at + 2, ")" if text[at + 1] == "(" else "}")
        return text[at:end], end
    if here == "$" and (name := _NAME.match(text, at)):
        return name.group(), name.end()
    return here, at + 1


def _closing(text: str, at: int, bracket: str) -> int:
    """Behind the bracket that closes what began before `at`."""
    opening = {")": "(", "}": "{"}[bracket]
    depth = 1
    while at < len(text) and depth:
        if text[at] in "'\"\\":
            at = skip(text, at)
            continue
        depth += (text[at] == opening) - (text[at] == bracket)
        at += 1
    return at


def _behind(text: str, sign: str, at: int) -> int:
    found = text.find(sign, at)
    return len(text) if found < 0 else found + 1


def _insertion(word: Quoted, edit: Edit) -> tuple[int, int, str]:
    last = len(word.pieces) - 1
    if edit.start < len(word.chars):
        char = word.chars[edit.start] if edit.start == 0 else word.chars[edit.start - 1]
        piece = word.pieces[char.piece]
        at = char.start if edit.start == 0 else char.end
    elif not word.pieces or (last > 0 and not any(char.piece == last for char in word.chars)):
        # Nothing, or empty quotes behind something: a piece of its own can be found and taken away again.
        piece, at = Piece(Quotes.NONE, 0, 0), len(word.raw)
    else:
        piece = word.pieces[last]
        at = piece.end - len(piece.quotes)
    new = edit.new
    if piece.quotes is Quotes.NONE and " " in new:
        new = f'"{new}"' if word.pieces else new.replace(" ", "\\ ")
    return at, at, new


def _replacement(word: Quoted, edit: Edit) -> tuple[int, int, str]:
    span: Sequence[Char] = word.chars[edit.start : edit.end]
    number = span[0].piece
    if any(char.piece != number for char in span):
        raise KjtuiError(
            "This setting is written in a way that kjtui does not change",
            f"A word of it reaches over several quoted pieces: {word.raw}",
            "Write the whole value in one pair of double quotes, then try again.",
        )
    piece = word.pieces[number]
    whole = len(span) == sum(char.piece == number for char in word.chars)
    if piece.quotes and whole and not edit.new and len(word.pieces) > 1:
        return piece.start, piece.end, ""
    return span[0].start, span[-1].end, edit.new
