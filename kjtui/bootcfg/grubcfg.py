"""grub.cfg: its menu entries, which of them was booted, and a copy of that one for a trial."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kjtui.bootcfg import grubscript, words
from kjtui.bootcfg.grubscript import Block, Token
from kjtui.errors import KjtuiError

TRIAL_ID = "kjtui-trial"
_BEGIN = "### kjtui trial: begin\n"
_END = "### kjtui trial: end"
_NOTE = (
    "# For one start with another crashkernel=; kjtui takes it out again. By hand: delete all to the end.\n"
)
_MADE = "# This file was made by kjtui.\n"
_BLOCK = re.compile(rf"^{re.escape(_BEGIN)}.*?^{re.escape(_END)}(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_LINUX = {"linux", "linuxefi", "linux16"}
_INITRD = {"initrd", "initrdefi", "initrd16"}
_ID = {"--id", "$menuentry_id_option", "${menuentry_id_option}"}
_WITH_ARGUMENT = _ID | {"--class", "--users", "--hotkey", "--source"}
_DEVICE = re.compile(r"^\([^)]*\)")


@dataclass(frozen=True)
class MenuEntry:
    """A menuentry.

    path: its title, behind those of the submenus around it, joined by ">" (one in a title becomes ">>").
    linux, options, initrd: as they are written behind these commands, "" where there is none.
    start, end: text[start:end] is all of it, from the word menuentry to the closing brace.
    """

    path: str
    id: str
    linux: str
    options: str
    initrd: str
    start: int
    end: int


def entries(text: str) -> tuple[MenuEntry, ...]:
    """All menu entries of a grub.cfg or custom.cfg, those in submenus too, in order."""
    return tuple(_entry(text, block) for block in _menu(text))


def booted(found: Iterable[MenuEntry], command_line: str) -> MenuEntry | None:
    """The entry whose kernel is that of BOOT_IMAGE= and whose options differ least from /proc/cmdline.

    A GRUB device before a path, (hd0,gpt2), does not count, nor do options with variables in them.
    Of equals the first. None: no entry has this kernel, or GRUB did not start it.
    """
    image = next(iter(words.values(command_line, "BOOT_IMAGE")), "")
    if not image:
        return None
    running = [word for word in words.split(command_line) if not word.startswith("BOOT_IMAGE=")]
    kernel = _DEVICE.sub("", image)
    fitting = [
        entry for entry in found if entry.linux and _DEVICE.sub("", Token(0, 0, entry.linux).text) == kernel
    ]
    return min(fitting, key=lambda entry: _difference(entry, running), default=None)


def trial(text: str, entry: MenuEntry, value: str, extra: Sequence[str] = ()) -> str:
    """A copy of a menu entry of this text for custom.cfg, between marker lines.

    It has the id kjtui-trial, a title of its own, crashkernel=value and the extra words, and does not make
    itself the default (savedefault). Raises KjtuiError as words.safe() does.
    """
    added = [f"crashkernel={words.safe(value)}", *map(words.safe, extra)]
    block = next(block for block in _menu(text) if block.start == entry.start)
    title = f"'kjtui: trial start with crashkernel={value}' --id {TRIAL_ID}"
    old = _title(block.header) or block.header[0]
    edits = [words.Edit(old.start, old.end, title), *_id_places(block.header)]
    for command in block.commands:
        if command[0].text in _LINUX and len(command) > 1:
            start, end = command[1].start, command[-1].end
            edits.append(words.Edit(start, end, _with_words(text[start:end], added)))
        elif [token.text for token in command] == ["savedefault"]:
            edits.append(words.Edit(command[0].start, command[0].end, "true"))
    moved = (words.Edit(edit.start - block.start, edit.end - block.start, edit.new) for edit in edits)
    copy = words.apply(text[block.start : block.end], moved)
    indent = text[text.rfind("\n", 0, block.start) + 1 : block.start]
    if not indent.strip():
        copy = copy.replace("\n" + indent, "\n")
    return f"{_BEGIN}{_NOTE}{copy}\n{_END}\n"


def with_block(custom_text: str | None, block: str) -> str:
    """custom.cfg (None: there is none) with a block of trial() in it, in place of an earlier one.

    Raises KjtuiError where GRUB would not find it there.
    """
    if custom_text is None:
        return _MADE + block
    if found := _BLOCK.search(custom_text):
        new = block if found.group().endswith("\n") else block.removesuffix("\n")
        changed = custom_text[: found.start()] + new + custom_text[found.end() :]
    elif custom_text and not custom_text.endswith("\n"):
        changed = custom_text + "\n" + block.removesuffix("\n")  # so that without_block() knows it had no end
    else:
        changed = custom_text + block
    return _readable(changed, block)


def without_block(custom_text: str) -> str | None:
    """The inverse of with_block(). None: nothing is left of a file that was made by it."""
    found = _BLOCK.search(custom_text)
    if not found:
        return custom_text
    before, after = custom_text[: found.start()], custom_text[found.end() :]
    if not found.group().endswith("\n"):
        before = before.removesuffix("\n")
    return None if before + after == _MADE else before + after


def crashkernels(text: str) -> tuple[tuple[MenuEntry, tuple[str, ...]], ...]:
    """Each entry that starts a Linux, with its crashkernel= values: to read back what was written."""
    return tuple(
        (entry, words.values(" ".join(word.text for word in _words(entry.options)), "crashkernel"))
        for entry in entries(text)
        if entry.linux
    )


def sources_custom(text: str) -> bool:
    """Whether this grub.cfg reads the file custom.cfg beside it."""
    return any(
        command[0].text in ("source", "configfile", ".") and command[-1].text.endswith("/custom.cfg")
        for command in grubscript.commands(text)
    )


def honours_next_entry(text: str) -> bool:
    """Whether this grub.cfg starts next_entry once: takes it as the default, and saves it back as empty."""
    found = [[token.text for token in command] for command in grubscript.commands(text)]
    taken = any(
        command[0] == "set" and command[-1] in ("default=${next_entry}", "default=$next_entry")
        for command in found
    )
    return taken and any(command[0] == "save_env" and "next_entry" in command[1:] for command in found)


def _menu(text: str) -> tuple[Block, ...]:
    found = grubscript.blocks(text)
    return tuple(block for block in found if _kind(block.header) == "menuentry" and _title(block.header))


def _kind(header: Sequence[Token]) -> str:
    return header[0].text if header else ""


def _entry(text: str, block: Block) -> MenuEntry:
    headers = [header for header in block.parents if _kind(header) == "submenu"]
    titles = [
        title.text.replace(">", ">>") for header in (*headers, block.header) if (title := _title(header))
    ]
    linux, options = _arguments(text, block, _LINUX)
    initrd, more = _arguments(text, block, _INITRD)
    ids = [block.header[number].text for number in _id_words(block.header)]
    return MenuEntry(
        path=">".join(titles),
        id=ids[-1].removeprefix("--id=") if ids else "",
        linux=linux,
        options=options,
        initrd=f"{initrd} {more}".strip(),
        start=block.start,
        end=block.end,
    )


def _title(header: Sequence[Token]) -> Token | None:
    """The first word behind menuentry or submenu that is no option."""
    at = 1
    while at < len(header):
        if header[at].text in _WITH_ARGUMENT:
            at += 1
        elif not header[at].text.startswith("--"):
            return header[at]
        at += 1
    return None


def _id_words(header: Sequence[Token]) -> tuple[int, ...]:
    """Which words have an id in them: those behind --id, and --id=…"""
    return tuple(
        number
        for number in range(1, len(header))
        if header[number - 1].text in _ID or header[number].text.startswith("--id=")
    )


def _id_places(header: Sequence[Token]) -> tuple[words.Edit, ...]:
    """What takes the ids out of a header, with the blank before each."""
    found = []
    for number in _id_words(header):
        first = header[number - 1] if header[number - 1].text in _ID else header[number]
        found.append(words.Edit(first.start - 1, header[number].end, ""))
    return tuple(found)


def _arguments(text: str, block: Block, names: set[str]) -> tuple[str, str]:
    """The first argument of the first command of one of these names, and the text of all others."""
    for command in block.commands:
        if command[0].text in names and len(command) > 1:
            rest = text[command[2].start : command[-1].end] if len(command) > 2 else ""
            return command[1].raw, rest
    return "", ""


def _with_words(arguments: str, added: Iterable[str]) -> str:
    """The arguments of a linux command with further words: words.with_words() for words in GRUB's quotes."""
    for word in added:
        name, equals, value = word.partition("=")
        found, length = _words(arguments), len(arguments)
        if equals:
            arguments = words.apply(arguments, words.adding(found, length, name, value))
        elif word not in [old.text for old in found]:
            arguments = words.apply(arguments, (words.appending(found, length, word),))
    return arguments


def _words(arguments: str) -> tuple[words.Word, ...]:
    """The words that GRUB passes on; a blank within quotes separates none."""
    return tuple(
        words.Word(token.start, token.end, re.sub(r"\s", "_", token.text))
        for token in grubscript.words(arguments)
    )


def _difference(entry: MenuEntry, running: Iterable[str]) -> int:
    """How many words are in one of the two only."""
    ours = Counter(word.text for word in _words(entry.options) if "$" not in word.text)
    theirs = Counter(running)
    return (ours - theirs).total() + (theirs - ours).total()


def _readable(text: str, block: str) -> str:
    """The text, if GRUB finds the block's entry in it: something open before it could prevent that."""
    wanted = {entry.id for entry in entries(block)}
    if wanted <= {entry.id for entry in entries(text)}:
        return text
    raise KjtuiError(
        "GRUB's file custom.cfg is not complete",
        "A quote or a brace that is open at its end would swallow what kjtui adds.",
        "Set custom.cfg right (grub-script-check FILE tells the line), then try again.",
    )
