"""The kernel command line as words, cut as the kernel cuts it (next_arg in lib/cmdline.c)."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kjtui.errors import KjtuiError

_BLANKS = " \t\n\r\v\f"
# Blanks within double quotes belong to the word; a quote that is never closed reaches to the end.
_WORD = re.compile(rf'(?:[^{_BLANKS}"]|"[^"]*(?:"|\Z))+')
# What means the same in all files, within each kind of quotes and outside of them.
_SAFE = re.compile(r"[\w.,:;@=+/%-]*", re.ASCII)
INIT_FOLLOWS = "--"  # what comes behind it is for init


@dataclass(frozen=True)
class Word:
    """A word: line[start:end] in the line it was found in; text: what it is compared by."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Edit:
    """In place of line[start:end] comes new."""

    start: int
    end: int
    new: str


def find(line: str) -> tuple[Word, ...]:
    """All words of a line with their places."""
    return tuple(Word(found.start(), found.end(), found.group()) for found in _WORD.finditer(line))


def split(line: str) -> tuple[str, ...]:
    """All words of a line as they are written, quotes included."""
    return tuple(word.text for word in find(line))


def values(line: str, name: str) -> tuple[str, ...]:
    """The values of all words name=value, in order and without quotes.

    Those behind "--" count as well: the kernel looks for crashkernel= in the whole line.
    """
    return tuple(value for word in find(line) if (value := _value(word.text, name)) is not None)


def with_value(line: str, name: str, value: str) -> str:
    """The line with one word name=value: in place of the first that has this name, otherwise as the last.

    Further words of this name go. Behind "--" nothing is added. All other characters stay. Raises KjtuiError
    when the value has a double quote in it, which the kernel has no way of writing.
    """
    return apply(line, adding(find(line), len(line), name, value))


def without_value(line: str, name: str, value: str) -> str:
    """The line without the first word name=value and one blank beside it; the same line if there is none."""
    return apply(line, removing(find(line), len(line), name, value))


def with_words(line: str, extra: Iterable[str]) -> str:
    """The line with further words: name=value as with_value() does it, others at the end, each once."""
    for word in extra:
        name, equals, value = word.partition("=")
        if equals:
            line = with_value(line, name, value)
        elif word not in split(line):
            line = apply(line, (appending(find(line), len(line), word),))
    return line


def with_value_in(pieces: Sequence[str], name: str, value: str) -> tuple[str, ...]:
    """with_value() for a line that is written in several pieces: where the name is, otherwise in the last.

    If a piece has "--", that one counts as the last. There is at least one piece.
    """
    holding = [number for number, piece in enumerate(pieces) if values(piece, name)]
    ending = [number for number, piece in enumerate(pieces) if INIT_FOLLOWS in split(piece)]
    place = (holding or ending or [len(pieces) - 1])[0]
    changed = list(pieces)
    for number in holding[1:]:
        for old in values(pieces[number], name):
            changed[number] = without_value(changed[number], name, old)
    changed[place] = with_value(pieces[place], name, value)
    return tuple(changed)


def without_value_in(pieces: Sequence[str], name: str, value: str) -> tuple[str, ...]:
    """without_value() for a line that is written in several pieces: the first such word goes."""
    changed = list(pieces)
    for number, piece in enumerate(pieces):
        if value in values(piece, name):
            changed[number] = without_value(piece, name, value)
            break
    return tuple(changed)


def adding(found: Sequence[Word], length: int, name: str, value: str) -> tuple[Edit, ...]:
    """What with_value() changes in a line of this length with these words, in order of place."""
    if '"' in value:
        raise KjtuiError(
            "This value cannot stand on the kernel command line",
            f'{name}={value} has a double quote (") in it.',
            "Leave the quote out.",
        )
    word = f'{name}="{value}"' if set(value) & set(_BLANKS) else f"{name}={value}"
    same = [old for old in found if _value(old.text, name) is not None]
    limit = _limit(found, length)
    kept = same[0] if same and same[0].end <= limit else None
    if kept is not None:
        first = () if _value(kept.text, name) == value else (Edit(kept.start, kept.end, word),)
    else:
        first = (appending(found, length, word),)
    return (*first, *(_gone(old, length) for old in same if old is not kept))


def appending(found: Sequence[Word], length: int, word: str) -> Edit:
    """Where a new word goes: to the end, but before "--"; with the blank that removing() takes along."""
    limit = _limit(found, length)
    before = [old for old in found if old.end <= limit]
    if limit == length:
        if not length:
            return Edit(0, 0, word)
        # Behind a quote that is never closed it would be a part of that word.
        unclosed = bool(before) and before[-1].text.count('"') % 2 == 1
        return Edit(0, 0, word + " ") if unclosed else Edit(length, length, " " + word)
    if before:
        return Edit(before[-1].end, before[-1].end, " " + word)
    return Edit(0, 0, word + " ")


def removing(found: Sequence[Word], length: int, name: str, value: str) -> tuple[Edit, ...]:
    """What without_value() changes in a line of this length with these words: nothing or one word."""
    return tuple(_gone(old, length) for old in found if _value(old.text, name) == value)[:1]


def apply(line: str, edits: Iterable[Edit]) -> str:
    """The line after edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: edit.start, reverse=True):
        line = line[: edit.start] + edit.new + line[edit.end :]
    return line


def safe(value: str) -> str:
    """The value, if it means the same in each file and each kind of quotes.

    Raises KjtuiError for all but letters, digits and .,:;@=+/%-_
    """
    if _SAFE.fullmatch(value):
        return value
    raise KjtuiError(
        "This value cannot be written into a boot loader's file",
        f"{value!r} has characters that mean something else there.",
        "Use letters, digits and , : @ - only, for example crashkernel=256M.",
    )


def _value(word: str, name: str) -> str | None:
    """The value, if the word has this name; quotes go where next_arg() takes them."""
    bare = word.removeprefix('"')
    quoted = bare != word
    if not bare.startswith(name + "="):
        return None
    value = bare[len(name) + 1 :]
    if value.startswith('"'):
        value, quoted = value[1:], True
    return value.removesuffix('"') if quoted else value


def _limit(found: Sequence[Word], length: int) -> int:
    return next((word.start for word in found if word.text == INIT_FOLLOWS), length)


def _gone(old: Word, length: int) -> Edit:
    """Without a word, and without the blank before it; the first word takes the one behind it along."""
    if old.start > 0:
        return Edit(old.start - 1, old.end, "")
    return Edit(old.start, min(old.end + 1, length), "")
