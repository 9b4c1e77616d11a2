"""The kinds of texts that hold a kernel command line, each with how a word is put in, taken out and read."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple

from kjtui.bootcfg import bls, cmdlinefile, grubcfg, grubenv, refind, shellfile, words

NAME = "crashkernel"
NEXT = "next_entry"
DEFAULT_WORDS, ALL_WORDS = "GRUB_CMDLINE_LINUX_DEFAULT", "GRUB_CMDLINE_LINUX"


class Kind(StrEnum):
    """What kind of text a file is."""

    OURS = "ours"  # the whole file is kjtui's
    SHELL = "shell"  # /etc/default/grub: GRUB_CMDLINE_LINUX_DEFAULT
    SHELL_ALL = "shell-all"  # /etc/default/grub: GRUB_CMDLINE_LINUX
    ENTRY = "entry"  # Boot Loader Specification
    WORDS = "words"  # /etc/kernel/cmdline
    REFIND = "refind"  # refind_linux.conf
    CUSTOM = "custom"  # GRUB's custom.cfg: a block of kjtui's
    ENVIRONMENT = "environment"  # GRUB's grubenv: next_entry
    GENERATED = "generated"  # grub.cfg


class _Text(NamedTuple):
    put: Callable[[str, str], str]
    take: Callable[[str, str], str]
    values: Callable[[str], tuple[str, ...]]


def put(kind: Kind, text: str, value: str) -> str:
    """The text with crashkernel=value in it; of an environment block, with that as the next entry."""
    return _TEXTS[kind].put(text, value)


def take(kind: Kind, text: str, value: str) -> str:
    """The text without that word again."""
    return _TEXTS[kind].take(text, value)


def values(kind: Kind, text: str) -> tuple[str, ...]:
    """All values that crashkernel= has in the text."""
    return _TEXTS[kind].values(text)


def taken_back(kind: Kind, text: str, value: str, before: str | None) -> str | None:
    """What becomes of a text that was changed from `before`, and by others since, when our change is undone.

    Their changes stay. None: the file goes.
    """
    if kind is Kind.OURS:
        return before
    if kind is Kind.CUSTOM:
        return grubcfg.without_block(text)
    earlier = values(kind, before) if before is not None else ()
    if earlier and value in values(kind, text):
        return put(kind, text, earlier[-1])
    return take(kind, text, value)


def same_but_for_the_word(one: str, other: str) -> bool:
    """Whether two generated configurations differ in nothing but crashkernel= words."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> list[str]:
    return [
        " ".join(word for word in line.split() if not word.startswith(f"{NAME}="))
        for line in text.splitlines()
    ]


def _shell(name: str) -> _Text:
    return _Text(
        lambda text, value: shellfile.with_word(text, name, NAME, value),
        lambda text, value: shellfile.without_word(text, name, NAME, value),
        lambda text: words.values(shellfile.evaluate((text,), name) or "", NAME),
    )


def _no_next_entry(text: str, value: str) -> str:
    """GRUB itself empties the variable when it has used it. One that names another entry is not ours."""
    return grubenv.without(text, NEXT) if grubenv.get(text, NEXT) in ("", value) else text


def _generated_values(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for _entry, found in grubcfg.crashkernels(text) for value in found))


_TEXTS: Mapping[Kind, _Text] = {
    Kind.SHELL: _shell(DEFAULT_WORDS),
    Kind.SHELL_ALL: _shell(ALL_WORDS),
    Kind.ENTRY: _Text(
        lambda text, value: bls.with_word(text, NAME, value),
        lambda text, value: bls.without_word(text, NAME, value),
        lambda text: words.values(bls.options(text), NAME),
    ),
    Kind.WORDS: _Text(
        lambda text, value: cmdlinefile.with_word(text, NAME, value),
        lambda text, value: cmdlinefile.without_word(text, NAME, value),
        lambda text: words.values(text, NAME),
    ),
    Kind.REFIND: _Text(
        lambda text, value: refind.with_word(text, NAME, value),
        lambda text, value: refind.without_word(text, NAME, value),
        lambda text: tuple(one for line in refind.options(text) for one in words.values(line, NAME)),
    ),
    Kind.ENVIRONMENT: _Text(
        lambda text, value: grubenv.with_value(text, NEXT, value), _no_next_entry, lambda _text: ()
    ),
    Kind.GENERATED: _Text(lambda text, _value: text, lambda text, _value: text, _generated_values),
}
