"""Operations on a boot loader's configuration. Each can be journalled, finished and undone after a crash.

What is kept in the journal is the operation itself, so its fields are plain data.
"""

import difflib
import re
from dataclasses import dataclass, replace
from typing import ClassVar

from kjtui.backend.machine import Progress, Writer
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile, Loader
from kjtui.plan import boottexts
from kjtui.plan.boottexts import Kind
from kjtui.plan.operations import Operation

JOURNAL = ""  # these are kept in the journal of changes
_CONTEXT = 1  # lines around a change in a preview


@dataclass(frozen=True)
class EditFile:
    """Give a file new content. file: as it was seen; new: what it becomes, None for a file that goes.

    kind, value: what was put in, so that it can be taken out again after others have changed the file, too.
    """

    journal: ClassVar[str] = JOURNAL

    file: BootFile
    new: str | None
    kind: Kind
    value: str
    about: str

    def describe(self) -> str:
        """What it does."""
        return self.about

    def preview(self) -> tuple[str, ...]:
        """A unified diff."""
        return diff(self.file.path, self.file.data, self.new)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Write it. Raises KjtuiError, also when the file has changed since it was seen."""
        progress(f"writing {self.file.path}", 0.0)
        writer.write_file(self.file, self.new)
        progress(f"wrote {self.file.path}", 1.0)

    def inverse(self) -> Operation:
        """Take the change out again."""
        return TakeOut(self.file, self.new, self.kind, self.value)


@dataclass(frozen=True)
class TakeOut:
    """Undo an EditFile, whatever has become of the file meanwhile. file, new: as in EditFile."""

    journal: ClassVar[str] = JOURNAL

    file: BootFile
    new: str | None
    kind: Kind
    value: str

    def describe(self) -> str:
        """What it does."""
        return (
            f"Remove {self.file.path}" if self.file.data is None else f"Put {self.file.path} back as it was"
        )

    def preview(self) -> tuple[str, ...]:
        """The difference, if nobody else has changed the file."""
        return diff(self.file.path, self.new, self.file.data)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Restore the old content, or take our words out of what it is now. Raises KjtuiError."""
        progress(f"restoring {self.file.path}", 0.0)
        now, old = writer.read_file(self.file.path), self.file.data
        if now is None and None not in (old, self.new):
            return  # somebody has removed it, as with an old kernel's entry
        if now is not None and now not in (old, self.new):
            old = boottexts.taken_back(self.kind, now, self.value, old)
        writer.write_file(replace(self.file, data=now), old)
        progress(f"restored {self.file.path}", 1.0)

    def inverse(self) -> None:
        """None: it is made anew from its preview."""


@dataclass(frozen=True)
class MakeFolder:
    """A folder that a file of ours needs."""

    journal: ClassVar[str] = JOURNAL

    path: str

    def describe(self) -> str:
        """What it does."""
        return f"Make the folder {self.path}"

    def preview(self) -> tuple[str, ...]:
        """The command that does the same."""
        return (f"mkdir {self.path}",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Make it. Raises KjtuiError."""
        progress(f"making {self.path}", 0.0)
        writer.make_folder(self.path)

    def inverse(self) -> Operation:
        """Remove it, if nobody else has put something in."""
        return RemoveFolder(self.path)


@dataclass(frozen=True)
class RemoveFolder:
    """Undo MakeFolder."""

    journal: ClassVar[str] = JOURNAL

    path: str

    def describe(self) -> str:
        """What it does."""
        return f"Remove the folder {self.path}, if it is empty"

    def preview(self) -> tuple[str, ...]:
        """The command that does the same."""
        return (f"rmdir {self.path}",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Remove it. Raises KjtuiError."""
        progress(f"removing {self.path}", 0.0)
        writer.remove_folder(self.path)

    def inverse(self) -> None:
        """None: see MakeFolder."""


@dataclass(frozen=True)
class RunTool:
    """Run one of the system's own programs. undo: the program that takes it back, () where copies do that."""

    journal: ClassVar[str] = JOURNAL

    argv: tuple[str, ...]
    about: str
    undo: tuple[str, ...] = ()
    undo_about: str = ""

    def describe(self) -> str:
        """What it does."""
        return self.about

    def preview(self) -> tuple[str, ...]:
        """The command."""
        return (command_line(self.argv),)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Run it. Raises KjtuiError when it fails."""
        writer.run_tool(self.argv, self.about, progress)

    def inverse(self) -> Operation | None:
        """The other program."""
        return RunTool(self.undo, self.undo_about) if self.undo else None


@dataclass(frozen=True)
class ReadBack:
    """Read the configuration again, and see that the next start will have what was asked for.

    value: of crashkernel=; "" if our word `gone` must have gone.
    """

    journal: ClassVar[str] = JOURNAL

    loader: Loader
    value: str
    gone: str = ""

    def describe(self) -> str:
        """What it does."""
        return "Read the boot configuration again and check that it took"

    def preview(self) -> tuple[str, ...]:
        """What is looked for."""
        if self.value:
            return (f"the entry that starts next must have crashkernel={self.value}",)
        return (f"no entry must have crashkernel={self.gone} any more",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Read and compare. Raises KjtuiError when the change was not taken over."""
        from kjtui.plan.bootplan import configured

        progress("reading the boot configuration again", 0.0)
        setup = next((one for one in writer.boot_setups() if one.loader is self.loader), None)
        if setup is None:
            raise KjtuiError(
                "The boot loader's configuration is not found any more",
                f"It was that of {self.loader}.",
                "Everything is put back; look at the machine's boot configuration.",
            )
        found = configured(setup)
        if self.value and (not found or found[0][-1:] != (self.value,)):
            told = "nothing" if not found or not found[0] else f"crashkernel={found[0][-1]}"
            raise KjtuiError(
                "The change was made, but the next start would not have it",
                f"The first entry of {setup.title} has {told}, not crashkernel={self.value}.",
                "It is put back as it was. Something else sets the command line of this system's entries.",
            )
        progress("it took", 1.0)

    def inverse(self) -> None:
        """None: it only reads."""


@dataclass(frozen=True)
class EndTrial:
    """After a trial start has come up: failures restart the machine no more."""

    journal: ClassVar[str] = JOURNAL

    def describe(self) -> str:
        """What it does."""
        return "End the trial: from now on a failure no longer restarts the machine by itself"

    def preview(self) -> tuple[str, ...]:
        """The writes."""
        return ("write 0 to /proc/sys/kernel/panic and /proc/sys/vm/panic_on_oom, where the trial set them",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Do it. Raises KjtuiError."""
        progress("ending the trial", 0.0)
        writer.end_trial()

    def inverse(self) -> None:
        """None: it restores what is usual."""


def diff(path: str, old: str | None, new: str | None) -> tuple[str, ...]:
    """A unified diff of a file's old and new content, without line ends."""
    lines = difflib.unified_diff(
        (old or "").splitlines(),
        (new or "").splitlines(),
        "/dev/null" if old is None else path,
        "/dev/null" if new is None else path,
        lineterm="",
        n=_CONTEXT,
    )
    return tuple(_short(line.rstrip("\n")) for line in lines)


def _short(line: str) -> str:
    """The hundreds of signs that fill an environment block up say nothing."""
    return re.sub(r"#{20,}", "####…", line)


def command_line(argv: tuple[str, ...]) -> str:
    """A command as a person would type it."""
    return " ".join(word if word else '""' for word in argv)
