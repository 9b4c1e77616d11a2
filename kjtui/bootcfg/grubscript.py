"""GRUB's script language, as far as menu entries go: commands, words, quotes, blocks in braces."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_SPECIAL = "\n;&|<>{}"
_BLANK = " \t\r"  # GRUB drops \r when it reads a line
_KEYWORDS = {"if", "then", "else", "elif", "while", "until", "do", "!"}
_JOINED = re.compile(r"\\\r?\n")
_QUOTED = re.compile(r"'([^']*)'?|\"((?:[^\"\\]|\\.)*)\"?|\\\r?\n()|\\(.)", re.DOTALL)


@dataclass(frozen=True)
class Token:
    """A word as it is written, text[start:end]."""

    start: int
    end: int
    raw: str

    @property
    def text(self) -> str:
        """What the word means; variables stay as they are written."""
        return _QUOTED.sub(_meaning, self.raw)


@dataclass
class Block:
    """A command with a block in braces behind it, menuentry above all.

    header: the words before the brace. commands: the words of each command within, blocks inside of blocks
    included. start, end: from the first word of the header to behind the closing brace.
    parents: the headers of the blocks around it, the outermost first.
    """

    header: Sequence[Token]
    start: int
    end: int = 0
    parents: tuple[Sequence[Token], ...] = ()
    commands: list[Sequence[Token]] = field(default_factory=list)


def words(text: str) -> tuple[Token, ...]:
    """All words in a piece of text that is part of one command."""
    return tuple(token for token in _tokens(text) if token.raw not in _SPECIAL)


def blocks(text: str) -> tuple[Block, ...]:
    """All blocks that are closed, in the order in which they begin."""
    done: list[Block] = []
    opened: list[Block] = []
    command: list[Token] = []
    for token in _tokens(text):
        if token.raw not in _SPECIAL:
            command.append(token)
            continue
        while command and command[0].raw in _KEYWORDS:
            del command[0]
        if token.raw == "{":
            start = command[0].start if command else token.start
            opened.append(Block(tuple(command), start, parents=tuple(block.header for block in opened)))
        elif command:
            for block in opened:
                block.commands.append(tuple(command))
        if token.raw == "}" and opened:
            opened[-1].end = token.end
            done.append(opened.pop())
        command = []
    return tuple(sorted(done, key=lambda block: block.start))


def commands(text: str) -> tuple[Sequence[Token], ...]:
    """The words of each command of a text, in order, wherever it stands; keywords (if, then) left out."""
    found: list[Sequence[Token]] = []
    command: list[Token] = []
    for token in (*_tokens(text), Token(len(text), len(text), "\n")):
        if token.raw in _SPECIAL:
            while command and command[0].raw in _KEYWORDS:
                del command[0]
            if command:
                found.append(tuple(command))
            command = []
        else:
            command.append(token)
    return tuple(found)


def _tokens(text: str) -> Iterator[Token]:
    """Words, and each character that ends a command as a token of its own."""
    at = 0
    while at < len(text):
        here = text[at]
        if here in _SPECIAL:
            yield Token(at, at + 1, here)
            at += 1
        elif here in _BLANK:
            at += 1
        elif joined := _JOINED.match(text, at):
            at = joined.end()
        elif here == "#":
            end = text.find("\n", at)
            at = len(text) if end < 0 else end
        else:
            start = at
            while at < len(text) and text[at] not in _SPECIAL and text[at] not in _BLANK:
                at = _skip(text, at)
            yield Token(start, at, text[start:at])


def _skip(text: str, at: int) -> int:
    """Where what begins here ends: a quoted piece, an escaped character, ${…}, or one character."""
    if text.startswith("${", at):
        end = text.find("}", at)
        return len(text) if end < 0 else end + 1
    found = _QUOTED.match(text, at)
    return found.end() if found else at + 1


def _meaning(found: re.Match[str]) -> str:
    single, double, joined, escaped = found.groups()
    if double is not None:
        return re.sub(r'\\(["\\$])', r"\1", double)
    return single or joined or escaped or ""
