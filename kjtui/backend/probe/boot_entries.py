"""Entries after the Boot Loader Specification: which are this system's, and which of them was booted."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kjtui.backend.probe.boot_look import Draft, Machine, read
from kjtui.bootcfg import bls, words

TRIAL = bls.TRIAL_ID
CMDLINE = "/etc/kernel/cmdline"
MACHINE_ID = "/etc/machine-id"
_ID = re.compile(r"[0-9a-f]{32}")
_DEVICE = re.compile(r"^\([^)]*\)")  # how GRUB names the disk in front of a path
_TRIES = re.compile(r"\+\d+(-\d+)?$")  # how often it may still be tried (systemd's boot counting)


@dataclass(frozen=True)
class Entry:
    """An entry file. path: as the folder names it; id: its name without .conf and without boot counting."""

    path: str
    id: str
    text: str


def identity(name: str) -> str:
    """The id of an entry by its file's name."""
    return _TRIES.sub("", name.removesuffix(".conf"))


def collect(draft: Draft, folders: Iterable[str]) -> tuple[list[Entry], Entry | None]:
    """This system's entries in these folders, and kjtui's own; what cannot be read is noted in the draft."""
    machine, found, trial, seen = draft.machine, [], None, set()
    for folder in folders:
        for name in machine.source.names(folder):
            path = f"{folder}/{name}"
            real = machine.source.resolved(path)
            if not name.endswith(".conf") or name.startswith(".") or real in seen:
                continue
            seen.add(real)
            file, trouble = read(machine.source, path)
            if trouble:
                draft.see(path, f"cannot be read: {trouble}")
                draft.why_not.append(f"{path} cannot be read: {trouble}")
            if file.data is None:
                continue
            entry = Entry(path, identity(name), file.data)
            if entry.id == TRIAL:
                trial = entry
            elif bls.values(file.data, "linux"):
                found.append(entry)
    return _own(machine, found), trial


def booted(
    machine: Machine, entries: Sequence[Entry], image: str, variables: dict[str, str] | None = None
) -> Entry | None:
    """The entry of this boot, by the kernel's path as GRUB tells it and by the words on the command line."""
    here = set(words.split(machine.command_line))
    best, score = None, -1.0
    for entry in entries:
        kernel = bls.values(entry.text, "linux")[-1]
        if image and not _same(kernel, image):
            continue
        told = words.split(bls.expanded(bls.options(entry.text), variables or {}))
        kept = [word for word in told if not word.startswith("initrd=")]
        found = sum(word in here for word in kept)
        if not image and (found < len(kept) or not _running(machine, entry, kernel)):
            continue
        rating = found - 2.0 * (len(kept) - found)
        if best is None or rating > score:
            best, score = entry, rating
    return best


def take(draft: Draft, entries: Sequence[Entry], first: Entry | None, folder: str) -> None:
    """Put the entries into the draft, the booted one first, then kjtui's own and /etc/kernel/cmdline."""
    ordered = sorted(entries, key=lambda entry: entry is not first)
    for entry in ordered:
        draft.take("entries", entry.path, needed=True)
    draft.take("trial", f"{folder}/{TRIAL}.conf", made=True)
    draft.take("cmdline", CMDLINE)


def _own(machine: Machine, entries: list[Entry]) -> list[Entry]:
    """Those with this machine's id; else, of those without any, the ones with our root=, or all."""
    own = (machine.source.text(MACHINE_ID, limit=64, optional=True) or "").split("\n")[0]
    ids = [(entry, _machine_of(entry)) for entry in entries]
    ours = [entry for entry, id in ids if own and id == own]
    others = [entry for entry, id in ids if not id]
    root = machine.word("root")
    with_root = [entry for entry in others if root and root in words.values(bls.options(entry.text), "root")]
    if ours or with_root:
        return [entry for entry in entries if entry in ours or entry in with_root]
    return others


def _machine_of(entry: Entry) -> str:
    """The machine-id that an entry belongs to: its own line, or how its name begins; "" if it names none."""
    told = bls.values(entry.text, "machine-id")
    named = _ID.match(entry.id)
    return told[-1] if told else named.group() if named else ""


def _same(kernel: str, image: str) -> bool:
    return _DEVICE.sub("", image).lstrip("/") == _DEVICE.sub("", kernel).lstrip("/")


def _running(machine: Machine, entry: Entry, kernel: str) -> bool:
    """Whether an entry may be of the running kernel: if it names a version, it is ours."""
    release = machine.source.text("/proc/sys/kernel/osrelease", limit=256, optional=True) or ""
    versions = [version for version in bls.values(entry.text, "version") if version]
    return not release or not versions or release in versions or release in kernel
