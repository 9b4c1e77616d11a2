"""The kernels that are installed on this machine: where, how large, and what each can be used for."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from kjtui.backend.probe import config
from kjtui.backend.probe.source import Source
from kjtui.bootcfg import bls
from kjtui.errors import KjtuiError
from kjtui.kexec import bzimage, uki
from kjtui.knowledge import visitor
from kjtui.model.facts import InstalledKernel

HEAD = 64 << 10  # a bzImage's setup part, with the version string in it, is never longer
_MODULES = ("/usr/lib/modules", "/lib/modules")
_BESIDE_BOOT = ("/boot", "/efi", "/boot/efi")  # where the partition may be mounted that an entry speaks of
_ENTRIES = tuple(f"{start}/loader/entries" for start in _BESIDE_BOOT)
_UNIFIED = tuple(f"{start}/EFI/Linux" for start in _BESIDE_BOOT)
_KEYS = ("linux", "uki", "efi")  # of an entry, whose value is a kernel's file
_MOST = 100  # entries of each folder that are looked at
_MOST_TITLE = 48


class _Place(NamedTuple):
    """A file that may be a kernel, and how it was found."""

    path: str
    source: str


class Told(NamedTuple):
    """What a file's beginning says of it. head: that of the kernel itself, also within a unified image."""

    release: str
    head: bytes
    size: int
    unified: bool


def find(source: Source) -> tuple[InstalledKernel, ...]:
    """Kernel files in /boot, beside the modules, named by boot loader entries (BLS), and unified kernel
    images; the newest first. Only their heads are read.

    The same release found twice counts once. What it can be used for comes from the kernel's own
    configuration file.
    """
    found: dict[str, InstalledKernel] = {}
    for place in _places(source):
        told = look_into(source, place.path)
        release = told.release if told else named(place.path)
        if release and release not in found:
            how = "unified kernel image" if told and told.unified else place.source
            found[release] = describe(source, place.path, release, how)
    return tuple(sorted(found.values(), key=lambda kernel: _age(kernel.release), reverse=True))


def look_into(source: Source, path: str) -> Told | None:
    """What the file's head says; None where it cannot be read. A file that is no kernel has no release."""
    head = source.data(path, limit=HEAD, optional=True)
    if not head:
        return None
    size = source.size(path)
    if not uki.is_unified(head[: uki.HEAD], size):
        return Told(bzimage.release(head), head, size, unified=False)
    sections = uki.sections(head[: uki.HEAD], size)
    linux, uname = sections[".linux"], sections.get(".uname")
    inner = source.piece(path, linux.offset, min(linux.size, HEAD)) or b""
    release = bzimage.release(inner)
    if not release and uname:
        release = uki.text(source.piece(path, uname.offset, min(uname.size, HEAD)) or b"")
    return Told(release, inner, linux.size, unified=True)


def describe(
    source: Source, path: str, release: str, how: str, embedded: str | None = None
) -> InstalledKernel:
    """A kernel with what its configuration allows: embedded, or the file that goes by its release."""
    options, place = _options(source, release)
    if not options and embedded:
        options, place = config.parse(embedded), f"{path} (IKCONFIG)"
    judged = visitor.judge(options)
    return InstalledKernel(
        path=path,
        release=release,
        can_jump=judged.can_jump,
        config_source=place,
        size=source.size(path),
        modules=_modules(source, release),
        source=how,
        can_come_back=judged.can_come_back,
        can_be_b=judged.can_be_b,
        why=judged.why,
        lacks=judged.lacks,
    )


def examine(source: Source, path: str) -> InstalledKernel:
    """A kernel file of the person's own, by its head. Raises KjtuiError that says what it is instead."""
    told = look_into(source, path)
    if told is None:
        why = source.unreadable.get(
            path, "It is empty." if source.is_file(path) else "There is no such file."
        )
        raise KjtuiError(
            "The kernel file cannot be read", f"{path}: {why}", "Choose a file that can be read."
        )
    bzimage.check(told.head, told.size)
    release = told.release or named(path)
    return describe(source, path, release, "unified kernel image" if told.unified else "a file of your own")


def named(path: str) -> str:
    """The release by a file's name, where only root may read it: /boot/vmlinuz-RELEASE, RELEASE/vmlinuz."""
    folder, _, name = path.rpartition("/")
    release = name.partition("-")[2] or folder.rpartition("/")[2]
    return release if release[:1].isdigit() else ""


def unified_images(source: Source) -> Iterator[str]:
    """The files in the folders for unified kernel images on the EFI partition, wherever that is mounted."""
    for folder in _UNIFIED:
        for name in source.names(folder)[:_MOST]:
            if name.lower().endswith(".efi"):
                yield f"{folder}/{name}"


def _places(source: Source) -> tuple[_Place, ...]:
    seen: dict[str, _Place] = {}
    for place in _candidates(source):
        if place.path not in seen and source.is_file(place.path):
            seen[place.path] = place
    return tuple(seen.values())


def _candidates(source: Source) -> Iterator[_Place]:
    for name in source.names("/boot"):
        if name.startswith(("vmlinuz", "bzImage", "kernel")):
            yield _Place(f"/boot/{name}", "/boot")
    for folder in _MODULES:
        for name in source.names(folder)[:_MOST]:
            yield _Place(f"{folder}/{name}/vmlinuz", "beside its modules")
    for folder in _ENTRIES:
        for name in source.names(folder)[:_MOST]:
            text = source.text(f"{folder}/{name}", optional=True) if name.endswith(".conf") else None
            yield from _named_by(text or "")
    for path in unified_images(source):
        yield _Place(path, "unified kernel image")
    yield _Place("/run/booted-system/kernel", "the system that was booted")  # NixOS


def _named_by(entry: str) -> Iterator[_Place]:
    title = next(iter(bls.values(entry, "title")), "")[:_MOST_TITLE]
    for key in _KEYS:
        for value in bls.values(entry, key):
            for start in _BESIDE_BOOT:
                yield _Place(
                    f"{start}/{value.lstrip('/')}", f'boot entry "{title}"' if title else "boot entry"
                )


def _options(source: Source, release: str) -> tuple[dict[str, str], str]:
    for name in config.candidates(release)[1:] if release else ():  # the first speaks of the running kernel
        text = source.text(name, optional=True)
        if text and (options := config.parse(text)):
            return options, name
    return {}, ""


def _modules(source: Source, release: str) -> bool | None:
    """Whether the modules of a release are here, with the list that says which needs which."""
    if not release:
        return None
    return any(source.is_file(f"{folder}/{release}/modules.dep") for folder in _MODULES)


def _age(release: str) -> tuple[tuple[int, str], ...]:
    """Numbers compare as numbers: 6.9 is older than 6.12. int() takes no more than 4300 digits."""
    return tuple(
        (int(part), "") if part.isdecimal() and len(part) < 20 else (-1, part)
        for part in re.split(r"(\d+)", release)
    )
