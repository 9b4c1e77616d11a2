"""Entries after the Boot Loader Specification (type 1), as systemd-boot, Fedora and RHEL have them.

Each line is a key, blanks, and a value; lines that begin with # are comments. Keys may repeat; systemd-boot
joins the values of several `options` lines by blanks, GRUB (blscfg) looks at the first alone: so what is
added goes to the first.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from kjtui.bootcfg import lines, words

# The entry of a trial start. Where entries sort by their names alone, "~" comes after all others in the menu
# (version format specification; rpmvercmp in GRUB's blscfg), so that the trial never is the default.
TRIAL_ID = "~kjtui-trial"
_LINE = re.compile(r"(?P<indent>[ \t]*)(?P<key>[^\s#]\S*)(?P<gap>[ \t]*)(?P<value>.*)", re.DOTALL)
# Blanks that show without_word() that the line was there before, with nothing on it. (No tab: GRUB would take
# all up to the next blank for the key.)
_WAS_EMPTY = "  "
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?", re.ASCII)


def values(text: str, key: str) -> tuple[str, ...]:
    """The values of all lines with this key, in order."""
    found = (_LINE.fullmatch(content) for content, _end in lines.split(text))
    return tuple(line["value"].strip() for line in found if line and line["key"] == key)


def options(text: str) -> str:
    """The kernel command line: all `options` lines, joined. $kernelopts and the like are left as they are."""
    return " ".join(value for value in values(text, "options") if value)


def expanded(line: str, variables: Mapping[str, str]) -> str:
    """An options line with $kernelopts and the like filled in from grubenv; what is not set is empty."""
    return _VARIABLE.sub(lambda found: variables.get(found[1], ""), line)


def with_word(text: str, key: str, value: str) -> str:
    """The entry with key=value among its options; with a new `options` line if it has none.

    Raises KjtuiError as words.safe() does.
    """
    words.safe(value)
    if not values(text, "options"):
        return lines.appended(text, f"options {key}={value}")
    return _with_options(text, lambda first: words.with_value(first, key, value), without=key)


def without_word(text: str, key: str, value: str) -> str:
    """The inverse of with_word(): the first key=value goes, with the `options` line that was made for it."""
    start = 0
    word = f"{key}={value}"
    for content, end in lines.split(text):
        stop = start + len(content) + len(end)
        line = _options(content)
        if line and value in words.values(line["value"], key):
            if content == f"options {word}":
                return lines.cut(text, start, stop)
            if line["value"] == word and line["gap"].endswith(_WAS_EMPTY):
                left = content[: line.start("value")].removesuffix(_WAS_EMPTY)
            else:
                left = content[: line.start("value")] + words.without_value(line["value"], key, value)
            return text[:start] + left + end + text[stop:]
        start = stop
    return text


def clone(text: str, title: str, value: str, extra: Iterable[str] = ()) -> str:
    """The same entry under another title, with crashkernel=value and the extra words among its options.

    Version and sort-key, where it has them, are such that systemd-boot sorts it behind the others and does
    not make it the default. GRUB on Fedora sorts by file names. Raises KjtuiError as words.safe().
    """
    split = lines.split(with_word(text, "crashkernel", value))
    replaced = {"title": title, "version": "0", "sort-key": "zz-kjtui"}
    titled = False
    for number, (content, end) in enumerate(split):
        line = _LINE.fullmatch(content)
        if line and line["key"] in replaced:
            titled = titled or line["key"] == "title"
            gap = line["gap"] or " "
            split[number] = (line["indent"] + line["key"] + gap + replaced[line["key"]], end)
    if not titled:
        split.insert(0, (f"title {title}", lines.line_end(text)))
    more = tuple(words.safe(word) for word in extra)
    return _with_options(lines.join(split), lambda first: words.with_words(first, more))


def _with_options(text: str, change: Callable[[str], str], without: str = "") -> str:
    """The text with the first `options` line changed, and without words of this name on the others."""
    split = lines.split(text)
    places = [(number, line) for number, (content, _end) in enumerate(split) if (line := _options(content))]
    for number, line in places:
        content, end = split[number]
        value = line["value"]
        if number == places[0][0]:
            value = change(value) if value else _WAS_EMPTY + change(value)
        else:
            for old in words.values(value, without):
                value = words.without_value(value, without, old)
        split[number] = (content[: line.start("value")] + value, end)
    return lines.join(split)


def _options(content: str) -> re.Match[str] | None:
    line = _LINE.fullmatch(content)
    return line if line and line["key"] == "options" else None
