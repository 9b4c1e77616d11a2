"""Kernel B's initramfs, put together: the agent, what its purpose asks for, files of the person's own."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from kjtui.backend import agentimage, libraries
from kjtui.backend.machine import Progress
from kjtui.backend.modulefiles import module_pack
from kjtui.backend.probe import config, watchdogs
from kjtui.backend.probe.config import Options
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.kexec import orders
from kjtui.model.choices import Choices, Purpose
from kjtui.model.image import Initramfs
from kjtui.pack import compressed, cpio
from kjtui.pack.initramfs import AGENT_INIT, check

_CACHE = "var/cache/kjtui"
_OWN = "The initramfs of your own cannot be read"


def initramfs(root: Path, choices: Choices, release: str, progress: Progress) -> Initramfs:
    """The initramfs for these choices, without the orders. Raises KjtuiError.

    release: kernel B's, whose modules travel along.
    """
    options = _config(root, release)
    saving = choices.purpose is Purpose.SAVE
    sealing = saving and bool(choices.passphrase)
    agent = agentimage.agent_initramfs(root / _CACHE, progress, saving=saving, sealing=sealing)
    if options is None or options.get("CONFIG_RD_ZSTD") != "y":
        agent = _unpacked(agent)
    if choices.purpose is Purpose.CUSTOM:
        progress("checking the initramfs of your own", 1.0)
        return beside(_file(choices.initramfs, _OWN), choices.initramfs, agent, options)
    parts = [agent, agentimage.own()]
    progress("finding the drivers that kernel B needs", 1.0)
    modules = module_pack(root, release, options, choices.purpose, choices.network, _armed(root))
    if modules.entries:
        parts.append(cpio.archive(modules.entries))
    if choices.purpose is Purpose.PROGRAM:
        parts.append(cpio.archive(program_entries(choices.program)))
    data = joined(*parts)
    return Initramfs(data, modules.missing, len(data) - len(agent) + _size(agent))


def with_agent(path: str, progress: Progress) -> bytes:
    """A file of the person's own with the agent in it, for any kernel. Raises KjtuiError."""
    data = _file(path, _OWN)
    agent = agentimage.agent_initramfs(Path("/", _CACHE), progress)
    # For which kernel it is meant is not known: an archive that is not compressed is taken by all.
    return beside(data, path, _unpacked(agent), None).data


def beside(data: bytes, name: str, agent: bytes, options: Mapping[str, str] | None) -> Initramfs:
    """An initramfs of somebody's own with the agent put beside it, if it is not in it already.

    options: kernel B's configuration, None if it is not known. Raises KjtuiError for what kernel B could not
    unpack or start.
    """
    summary = check(data, name, options)
    if AGENT_INIT in summary.names:
        return Initramfs(data, unpacked=summary.unpacked)
    return Initramfs(joined(data, agent), unpacked=summary.unpacked + _size(agent))


def _unpacked(agent: bytes) -> bytes:
    return compressed.unpack(agent, compressed.Kind.ZSTD, "Kernel B's program")


def _size(agent: bytes) -> int:
    """Of the agent when it is unpacked."""
    return compressed.promised(agent) if compressed.kind(agent) else len(agent)


def _armed(root: Path) -> bool:
    return any(one.active for one in watchdogs.read(Source(root)))


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
