"""refind_linux.conf: on each line a title and the kernel's options, both in double quotes; # for comments.

Within quotes "" stands for one quote. rEFInd offers these lines for every kernel beside the file.
"""

import re
from collections.abc import Callable, Sequence

from kjtui.bootcfg import lines, words
from kjtui.errors import KjtuiError

_TOKEN = r'"(?:[^"]|"")*"|[^\s"#]\S*'
_LINE = re.compile(rf"[ \t]*(?P<title>{_TOKEN})(?:[ \t]+(?P<options>{_TOKEN}))?.*", re.DOTALL)


def options(text: str) -> tuple[str, ...]:
    """The kernel options of each boot line, "" for a line without any."""
    found = (_LINE.fullmatch(content) for content, _end in lines.split(text))
    return tuple(_meaning(line["options"] or "") for line in found if line)


def with_word(text: str, key: str, value: str) -> str:
    """The text with key=value on every boot line.

    Raises KjtuiError where options are not in quotes, so that none can be added, and as words.safe().
    """
    words.safe(value)

    def change(number: int, content: str, line: re.Match[str]) -> str:
        if line["options"] is None:
            if content[line.end("title") :].strip():
                raise _unreadable(number, content)
            return f'{content} "{key}={value}"'
        raw, found = _inside(number, content, line)
        if not raw.strip():
            edits: Sequence[words.Edit] = (words.Edit(len(raw), len(raw), f" {key}={value}"),)
        else:
            edits = words.adding(found, len(raw), key, value)
        start, end = line.start("options") + 1, line.end("options") - 1
        return content[:start] + words.apply(raw, edits) + content[end:]

    return _each(text, change)


def without_word(text: str, key: str, value: str) -> str:
    """The inverse of with_word(): the first key=value of every boot line goes."""

    def change(number: int, content: str, line: re.Match[str]) -> str:
        if value not in words.values(_meaning(line["options"] or ""), key):
            return content
        if content.endswith(f' "{key}={value}"') and line.end("options") == len(content):
            return content[: line.start("options") - 1]
        raw, found = _inside(number, content, line)
        start, end = line.start("options") + 1, line.end("options") - 1
        return content[:start] + words.apply(raw, words.removing(found, len(raw), key, value)) + content[end:]

    return _each(text, change)


def _each(text: str, change: Callable[[int, str, re.Match[str]], str]) -> str:
    """The text with every boot line changed; change gets the line's number, its content and its parts."""
    split = lines.split(text)
    for number, (content, end) in enumerate(split):
        if line := _LINE.fullmatch(content):
            split[number] = (change(number + 1, content, line), end)
    return lines.join(split)


def _inside(number: int, content: str, line: re.Match[str]) -> tuple[str, list[words.Word]]:
    """What is between the quotes of the options, and the words in it with their places there."""
    token = line["options"]
    if not token.startswith('"'):
        raise _unreadable(number, content)
    raw = token[1:-1]
    # The second of two quotes becomes a character that is no blank: so all places stay what they are.
    found = words.find(raw.replace('""', '"\0'))
    return raw, [words.Word(word.start, word.end, word.text.replace("\0", "")) for word in found]


def _meaning(token: str) -> str:
    return token[1:-1].replace('""', '"') if token.startswith('"') else token


def _unreadable(number: int, content: str) -> KjtuiError:
    return KjtuiError(
        "refind_linux.conf is written in a way that kjtui does not change",
        f"Line {number}: {content.strip()}",
        'Write each line as a title and the options, both in double quotes: "Boot" "ro root=/dev/sda2".',
    )
