"""/etc/default/grub and /etc/default/grub.d/*.cfg: assignments that sh reads for grub-mkconfig, in order."""

import re
from collections.abc import Sequence

from kjtui.bootcfg import lines, quoted, words
from kjtui.bootcfg.shellscan import Assignment, assignments
from kjtui.errors import KjtuiError

MARK = "# Added by kjtui"
_DROP_IN = """\
# Made by kjtui. It adds to the kernel command line that memory is kept free at boot (crashkernel=), for a
# second kernel that kjtui starts beside the running one. Of several crashkernel= the last one counts.
# To take it back: kjtui undo. By hand: delete this file, then run update-grub.
GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT crashkernel={}"
"""


def evaluate(texts: Sequence[str], name: str) -> str | None:
    """The value of a variable after sh has read these files in order; None if it is not set.

    $NAME and ${NAME} are filled in. Commands, $(…) and `…`, are left as they are written. What is assigned
    under a condition, in functions and behind here-documents is left out: see assignments().
    """
    known: dict[str, str] = {}
    for text in texts:
        for one in assignments(text):
            if one.certain:
                value = quoted.expand(one.word(text), lambda other: known.get(other, ""))
                known[one.name] = known.get(one.name, "") + value if one.appends else value
    return known.get(name)


def with_word(text: str, name: str, key: str, value: str) -> str:
    """The file with key=value in the last assignment of a variable, within the quotes that are there.

    A variable that is never assigned gets a line of its own at the end, with a comment above it. Raises
    KjtuiError where it is assigned under a condition only (or once more at last, without its old value in the
    new one), and where the file is written in a way that such a change cannot be made in safety.
    """
    words.safe(value)
    every = [one for one in assignments(text) if one.name == name]
    sure = [one for one in every if one.certain]
    if every and not every[-1].certain and not (sure and _keeps(text, every[-1])):
        raise _too_clever(name, every[-1].line, "it is set there under a condition, or inside of a command")
    if sure:
        last = sure[-1]
        word = last.word(text)
        edits = words.adding(words.find(word.text), len(word.text), key, value)
        if last.appends and not word.chars:
            edits = (words.Edit(0, 0, f" {key}={value}"),)
        changed = text[: last.start] + quoted.change(word, edits) + text[last.end :]
    elif text.rstrip("\r\n").endswith("\\"):
        raise _too_clever(name, len(lines.split(text)), "a backslash joins the last line with what is added")
    else:
        changed = lines.appended(text, MARK + lines.line_end(text) + f'{name}="{key}={value}"')
    _read_back(changed, name, key, value)
    return changed


def without_word(text: str, name: str, key: str, value: str) -> str:
    """The inverse of with_word(): the last assignment with key=value loses it; our own line goes whole."""
    for one in reversed(assignments(text)):
        word = one.word(text)
        if one.name != name or not one.certain or value not in words.values(word.text, key):
            continue
        start, stop = _own_lines(text, one, f'{name}="{key}={value}"')
        if start < stop:
            return lines.cut(text, start, stop)
        edits = words.removing(words.find(word.text), len(word.text), key, value)
        return text[: one.start] + quoted.change(word, edits) + text[one.end :]
    return text


def drop_in(value: str) -> str:
    """The whole text of Debian's /etc/default/grub.d/zz-kjtui.cfg. Raises KjtuiError as words.safe() does."""
    return _DROP_IN.format(words.safe(value))


def _keeps(text: str, one: Assignment) -> bool:
    """Whether an assignment only adds to what the variable held before."""
    names = {char.text for char in one.word(text).chars}
    return one.appends or bool(names & {f"${one.name}", f"${{{one.name}}}"})


def _own_lines(text: str, one: Assignment, content: str) -> tuple[int, int]:
    """The place of the comment and the assignment that with_word() appended; empty if it is not that."""
    start = text.rfind("\n", 0, one.start) + 1
    own = re.compile(rf"{re.escape(MARK)}\r?\n{re.escape(content)}(?:\r?\n|\Z)")
    above = text.rfind("\n", 0, max(start - 1, 0)) + 1
    found = own.match(text, above)
    return found.span() if found and start > above else (0, 0)


def _read_back(text: str, name: str, key: str, value: str) -> None:
    """Raises KjtuiError if sh reads something else: an open quote or a backslash could bring that about."""
    sure = [one for one in assignments(text) if one.name == name and one.certain]
    if sure:
        word = sure[-1].word(text)
        if word.closed and words.values(word.text, key) == (value,):
            return
    line = sure[-1].line if sure else text.count("\n") + 1
    raise _too_clever(name, line, "a quote is open there, or a backslash is at the end")


def _too_clever(name: str, line: int, why: str) -> KjtuiError:
    return KjtuiError(
        "GRUB's settings are written in a way that kjtui does not change",
        f"{name} in line {line}: {why}.",
        f'Write {name}="…" on a line of its own, then try again; or add crashkernel= there by hand.',
    )
