"""What the finders of boot loaders share: reading their files whole, and putting a BootSetup together."""

import os
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kjtui.backend.probe import mounts, stacks
from kjtui.backend.probe.mounts import MountLine
from kjtui.backend.probe.source import Source, clean
from kjtui.backend.tools import FOLDERS
from kjtui.model.boot import BootFile, BootSetup, Loader
from kjtui.model.checks import Evidence
from kjtui.model.facts import BlockDevice

MOST = 1 << 20  # bytes: no file that a person or a distribution writes here is larger
ESPS = ("/boot", "/efi", "/boot/efi", "/esp")  # where the partitions that the firmware reads are mounted
COMMAND_LINE = "/proc/cmdline"


@dataclass(frozen=True)
class Machine:
    """The machine that is looked at: what gather() knows of it already. devices: see BlockDevice."""

    source: Source
    efi: bool
    command_line: str
    secure_boot: bool | None
    distribution: Mapping[str, str]
    mounts: tuple[MountLine, ...]
    devices: tuple[BlockDevice, ...]
    read_only: frozenset[str]  # mount points

    def is_like(self, *names: str) -> bool:
        """Whether it is one of these distributions or made from one (os-release(5))."""
        told = (self.distribution.get("ID", ""), *self.distribution.get("ID_LIKE", "").split())
        return any(name in told for name in names)

    def word(self, name: str) -> str:
        """The value of the first word name=value on the command line, "" without one."""
        words = (word.partition("=") for word in self.command_line.split())
        return next((value for key, equals, value in words if equals and key == name), "")

    def tools(self, *names: str) -> dict[str, str]:
        """Those of these programs that are there: name → absolute path."""
        found = {name: self._program(name) for name in names}
        return {name: path for name, path in found.items() if path}

    def read_only_at(self, path: str) -> str:
        """The mount point that keeps a file from being written; "" where none does."""
        holder = stacks.holder_of(self.source.resolved(path), self.mounts)
        return holder.mount.target if holder and holder.mount.target in self.read_only else ""

    def _program(self, name: str) -> str:
        paths = (f"{folder}/{name}" for folder in FOLDERS)
        return next((path for path in paths if self.source.is_file(path)), "")


def read_only(source: Source) -> frozenset[str]:
    """The mount points that are mounted read-only, either themselves or their whole file system."""
    found: set[str] = set()
    for line in (source.text(mounts.MOUNTINFO, optional=True) or "").split("\n"):
        head, dash, tail = line.partition(" - ")
        fields, rest = head.split(" "), tail.split(" ")
        if dash and len(fields) >= 6:
            target = mounts.unescape(fields[4])
            options = fields[5].split(",") + (rest[2].split(",") if len(rest) > 2 else [])
            # What is mounted over it later hides it.
            (found.add if "ro" in options else found.discard)(target)
    return frozenset(found)


@dataclass
class Draft:
    """A boot loader while it is being put together. The reasons are clauses without a full stop."""

    machine: Machine
    loader: Loader
    title: str
    evidence: list[Evidence] = field(default_factory=list)
    files: dict[str, BootFile] = field(default_factory=dict)
    roles: dict[str, list[str]] = field(default_factory=dict)
    tools: dict[str, str] = field(default_factory=dict)
    entry: str = ""
    no_trial: list[str] = field(default_factory=list)
    why_not: list[str] = field(default_factory=list)
    by_hand: list[str] = field(default_factory=list)

    def see(self, source: str, text: str) -> None:
        """Note what was found where."""
        self.evidence.append(Evidence(clean(source), clean(text)))

    def take(self, role: str, path: str, *, made: bool = False, needed: bool = False) -> BootFile | None:
        """Read a file in a role. None if it is not there or cannot be read, which is noted.

        made: a change would make it, so that it has the role though it is missing. needed: without it kjtui
        cannot change this loader.
        """
        file, trouble = read(self.machine.source, path)
        if trouble:
            self.see(path, f"cannot be read: {trouble}")
        if trouble and (needed or made):
            self.why_not.append(f"{path} cannot be read: {trouble}")
        if file.data is None and needed and not trouble:
            self.why_not.append(f"{path} is missing")
        if trouble or (file.data is None and not made):
            return None
        self.files[file.path] = file
        paths = self.roles.setdefault(role, [])
        if file.path not in paths:
            paths.append(file.path)
        return file

    def writable(self, *paths: str) -> None:
        """Note those of the places where a change would write that are mounted read-only."""
        targets = [target for path in paths if (target := self.machine.read_only_at(path))]
        for target in dict.fromkeys(targets):
            self.why_not.append(f"{target} is mounted read-only, so nothing in it can be changed")
            self.by_hand.append(f"mount -o remount,rw {target}")

    def done(self, started: bool | None, by_hand: Sequence[str] = ()) -> BootSetup:
        """The finished picture; by_hand: what to do where kjtui changes nothing itself."""
        if not self.why_not and self.loader is Loader.BY_HAND:
            self.why_not.append("kjtui does not know how to change it")
        hand = bool(self.why_not)
        return BootSetup(
            loader=Loader.BY_HAND if hand else self.loader,
            title=self.title,
            evidence=tuple(dict.fromkeys(self.evidence)),
            started_this=started,
            files=tuple(self.files.values()),
            roles={role: tuple(paths) for role, paths in self.roles.items()},
            entry=clean(self.entry),
            tools=self.tools,
            no_trial="; ".join(dict.fromkeys(self.no_trial)),
            why_not="; ".join(dict.fromkeys(self.why_not)),
            by_hand=(*self.by_hand, *by_hand) if hand else (),
        )


def read(source: Source, path: str) -> tuple[BootFile, str]:
    """A file with its links followed, and why it cannot be read ("" if it can, or is not there)."""
    real = source.resolved(path)
    data = source.data(real, limit=MOST + 1, optional=True)
    if data is None:
        return BootFile(real, None), source.unreadable.get(clean(real), "")
    if len(data) > MOST:
        return BootFile(real, None), "it is larger than 1 MiB"
    try:
        told = os.stat(source.place(real))
    except OSError as error:
        return BootFile(real, None), error.strerror or type(error).__name__
    text = data.decode("utf-8", "surrogateescape")
    return BootFile(real, text, stat.S_IMODE(told.st_mode), told.st_uid, told.st_gid), ""
