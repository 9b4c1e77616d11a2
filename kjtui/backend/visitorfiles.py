"""Kernel B's initramfs, put together: the agent, what its purpose asks for, files of the person's own."""

import os
from collections.abc import Iterator
from pathlib import Path

from kjtui.backend import agentimage, libraries
from kjtui.backend.machine import Progress
from kjtui.backend.probe import config
from kjtui.backend.probe.config import Options
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.kexec import orders
from kjtui.model.choices import Choices, Purpose
from kjtui.pack import cpio

_CACHE = "var/cache/kjtui"


def initramfs(root: Path, choices: Choices, release: str, progress: Progress) -> bytes:
    """The initramfs for these choices, without the orders. Raises KjtuiError.

    release: kernel B's, whose modules travel along.
    """
    agent = agentimage.agent_initramfs(root / _CACHE, progress)
    options = _config(root, release)
    if options is None or options.get("CONFIG_RD_ZSTD") != "y":
        agent = agentimage.unsqueezed(agent)
    if choices.purpose is Purpose.CUSTOM:
        return joined(_file(choices.initramfs, "The initramfs of your own cannot be read"), agent)
    parts = [agent, agentimage.own()]
    if choices.purpose is Purpose.PROGRAM:
        parts.append(cpio.archive(program_entries(choices.program)))
    return joined(*parts)


def _config(root: Path, release: str) -> Options | None:
    """Kernel B's configuration, None if it is not known."""
    source = Source(root)
    if release == os.uname().release:
        return config.read(source, release)[0]
    return config.read_of(source, release)


def joined(*parts: bytes) -> bytes:
    """Parts of an initramfs one after the other, each at a multiple of four bytes."""
    return b"".join(part + bytes(-len(part) % 4) for part in parts)


def program_entries(path: str) -> Iterator[cpio.Entry]:
    """The program, and the shared libraries that it needs. Raises KjtuiError."""
    program = _file(path, "The program for kernel B cannot be read")
    yield cpio.Entry.file(orders.PROGRAM_PATH, program, 0o755)
    for place, library in sorted(libraries.closure([Path(path)]).items()):
        data = _file(str(library), "A shared library that the program needs cannot be read")
        yield cpio.Entry.file(place.lstrip("/"), data, 0o755)


def _file(path: str, trouble: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise KjtuiError(
            trouble, f"{path or 'no file was named'}: {error.strerror}.", "Choose another file."
        ) from None
