"""GRUB's environment block, grubenv: a file of fixed size (1024 bytes) that GRUB itself can write to.

A first line, then lines name=value in which a backslash stands before each backslash and line end, then # up
to the size (grub-core/lib/envblk.c). The size is counted in bytes, hence the way over bytes.
"""

import re

from kjtui.errors import KjtuiError

SIGNATURE = "# GRUB Environment Block\n"
_HEAD = SIGNATURE.encode()
_LINE = re.compile(rb"((?:[^\\\n]|\\.)*)\n", re.DOTALL)
# GRUB on btrfs keeps its variables in blocks outside of any file, and tells here in which.
_ELSEWHERE = "env_block"


def get(text: str, name: str) -> str | None:
    """The value of a variable, None if it is not set. Raises KjtuiError for what is no environment block."""
    start, end = _place(_bytes(text), name)
    if start == end:
        return None
    value = _bytes(text)[start + len(_escaped(name)) + 1 : end - 1]
    return _text(re.sub(rb"\\(.)", rb"\1", value, flags=re.DOTALL))


def with_value(text: str, name: str, value: str) -> str:
    """The block, of the same size, with name=value in place of the old value or behind all others.

    Raises KjtuiError when there is no room, when this is no environment block, and when GRUB keeps the
    variables elsewhere (env_block), where it could not take back what is written here.
    """
    if get(text, _ELSEWHERE) is not None:
        raise KjtuiError(
            "GRUB keeps its variables outside of the file grubenv on this machine",
            "env_block is set in it (btrfs): GRUB could not take back what is written into the file.",
            "Use the command grub-editenv (grub2-editenv), which knows the other place.",
        )
    block = _bytes(text)
    start, end = _place(block, name)
    body = block.rstrip(b"#")
    if start == end:
        start = end = len(body)
    new = body[:start] + name.encode() + b"=" + _escaped(value) + b"\n" + body[end:]
    if len(new) > len(block):
        raise KjtuiError(
            "GRUB's environment block is full",
            f"{name}={value} needs {len(new) - len(block)} bytes more than grubenv has.",
            "Take variables out that nobody needs: grub-editenv list, grub-editenv unset NAME.",
        )
    return _text(new.ljust(len(block), b"#"))


def without(text: str, name: str) -> str:
    """The block, of the same size, without this variable; the same text where it is not set.

    Raises KjtuiError for what is no environment block.
    """
    block = _bytes(text)
    start, end = _place(block, name)
    return _text((block[:start] + block[end:]).ljust(len(block), b"#"))


def _place(block: bytes, name: str) -> tuple[int, int]:
    """Where the line of a variable is, its end included; an empty place where it is not set."""
    body = block.rstrip(b"#")
    if not block.startswith(_HEAD) or not body.endswith(b"\n"):
        raise KjtuiError(
            "GRUB's environment block cannot be read",
            f'grubenv does not begin with "{SIGNATURE.strip()}", or is cut off.',
            "Move the file away and make a new one: grub-editenv FILE create.",
        )
    wanted = name.encode() + b"="
    for line in _LINE.finditer(body, len(_HEAD)):
        if line[1].startswith(wanted):
            return line.span()
    return 0, 0


def _escaped(value: str) -> bytes:
    return re.sub(rb"([\\\n])", rb"\\\1", _bytes(value))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def _text(block: bytes) -> str:
    return block.decode("utf-8", "surrogateescape")
