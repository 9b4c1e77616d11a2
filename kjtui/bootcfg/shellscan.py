"""Which variables a shell file sets, and where: enough of sh's grammar to tell what is set in any case.

sh does not run here. What stands under if, case, for, while, in functions, in ( ), behind && or ||, and
anything behind a here-document is found, but not certain.
"""

import re
from dataclasses import dataclass, field

from kjtui.bootcfg import quoted

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)(\+?)=", re.ASCII)
_OPENING = {"if", "while", "until", "for", "select", "case", "{"}
_CLOSING = {"fi", "done", "esac", "}"}
_BETWEEN = {"then", "else", "elif", "do", "!"}
_NAMING = {"for", "select", "case"}  # what follows these is no command
_SETTING = {"export", "readonly"}
_BLANK = " \t\r"
_ENDS = _BLANK + "\n;&|()<>"


@dataclass(frozen=True)
class Assignment:
    """name=value, or name+=value (appends). The value is text[start:end]; line counts from 1.

    certain: it is carried out whenever the file is read.
    """

    name: str
    appends: bool
    start: int
    end: int
    line: int
    certain: bool

    def word(self, text: str) -> quoted.Quoted:
        """The value, taken apart."""
        return quoted.take_apart(text[self.start : self.end])


@dataclass
class _Scan:
    """How far the reading has got: the words of the command at hand, and what it stands in."""

    text: str
    found: list[Assignment] = field(default_factory=list)
    words: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    brackets: int = 0
    depends: bool = False  # behind && or ||, or in a pipe
    lost: bool = False  # what follows may be the text of a here-document


def assignments(text: str) -> tuple[Assignment, ...]:
    """All assignments in a file, in order. NAME=value before a command sets nothing and is left out."""
    scan = _Scan(text)
    at = 0
    while at < len(text):
        here = text[at]
        if here in _BLANK:
            at += 1
        elif here == "\\" and text[at + 1 : at + 3].lstrip("\r").startswith("\n"):
            at = text.index("\n", at) + 1
        elif here == "#":
            at = text.find("\n", at) if "\n" in text[at:] else len(text)
        elif here in "\n;&|()<>":
            at = _operator(scan, at)
        else:
            end = _word_end(text, at)
            scan.words.append((at, end))
            at = end
    _finish(scan)
    return tuple(scan.found)


def _operator(scan: _Scan, at: int) -> int:
    here, double = scan.text[at], scan.text[at : at + 2]
    if here in "<>":
        scan.lost = scan.lost or double == "<<"
        return at + len(double) if double in ("<<", ">>", "<&", ">&", "<>", ">|") else at + 1
    if here in "&|" and double not in ("&&", "||"):
        scan.depends = True  # in the background or in a pipe it sets nothing here
    if scan.words or here != "\n":  # a line may end behind && and go on in the next
        _finish(scan)
        scan.depends = double in ("&&", "||") or here == "|"
    if here == "(":
        scan.brackets += 1
    elif here == ")":
        scan.brackets = max(scan.brackets - 1, 0)
    return at + len(double) if double in ("&&", "||", ";;") else at + 1


def _word_end(text: str, at: int) -> int:
    while at < len(text) and text[at] not in _ENDS:
        at = quoted.skip(text, at)
    return at


def _finish(scan: _Scan) -> None:
    """Takes what the command at hand sets, and counts the blocks that it opens and closes."""
    text, rest = scan.text, scan.words
    scan.words = []
    while rest and (first := text[slice(*rest[0])]) in _OPENING | _CLOSING | _BETWEEN:
        scan.depth += first in _OPENING
        scan.depth -= first in _CLOSING and scan.depth > 0
        rest = [] if first in _NAMING else rest[1:]
    certain = not (scan.depth or scan.brackets or scan.depends or scan.lost)
    setting = bool(rest) and text[slice(*rest[0])] in _SETTING
    found = []
    for start, end in rest[1:] if setting else rest:
        head = _ASSIGNMENT.match(text, start, end)
        if head:
            line = text.count("\n", 0, start) + 1
            found.append(Assignment(head[1], bool(head[2]), head.end(), end, line, certain))
        elif not setting:
            return  # a command: what stands before it is set for that command alone
    scan.found += found
