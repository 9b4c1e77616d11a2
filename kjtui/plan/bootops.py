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
class Kept:
    """A file that a program of the system is going to change."""

    file: BootFile
    kind: Kind


@dataclass(frozen=True)
class KeepCopies:
    """Keep files that a program of the system is going to change; to undo it is to put them back.

    It stands before the operations that change what the files are made from, so that it is undone after them.
    generate: the program that makes the files anew where others have changed them meanwhile; (): the word is
    taken out of them instead. staging: where generate leaves what it makes.
    """

    journal: ClassVar[str] = JOURNAL

    kept: tuple[Kept, ...]
    value: str
    generate: tuple[str, ...] = ()
    staging: str = ""

    def describe(self) -> str:
        """What it does."""
        many = len(self.kept)
        what = self.kept[0].file.path if many == 1 else f"{many} files"
        return f"Keep a copy of {what}, to be put back when this is undone"

    def preview(self) -> tuple[str, ...]:
        """The files."""
        return tuple(f"copy of {one.file.path}" for one in self.kept)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """See that they are still as they were seen: the journal holds the copies. Raises KjtuiError."""
        progress("looking at the files again", 0.0)
        for one in self.kept:
            if writer.read_file(one.file.path) != one.file.data:
                raise changed_meanwhile(one.file.path)

    def inverse(self) -> Operation:
        """Put them back."""
        return PutBack(self.kept, self.value, self.generate, self.staging)


@dataclass(frozen=True)
class PutBack:
    """Undo KeepCopies."""

    journal: ClassVar[str] = JOURNAL

    kept: tuple[Kept, ...]
    value: str
    generate: tuple[str, ...]
    staging: str

    def describe(self) -> str:
        """What it does."""
        many = len(self.kept)
        return f"Put {self.kept[0].file.path if many == 1 else f'{many} files'} back"

    def preview(self) -> tuple[str, ...]:
        """The files."""
        lines = [f"{one.file.path}: as it was before" for one in self.kept]
        if self.generate:
            lines.append(f"or, if others have changed it since: {' '.join(self.generate)}")
        return tuple(lines)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Each file gets its old bytes where nothing but our word is new in it. Raises KjtuiError."""
        for one in self.kept:
            progress(f"restoring {one.file.path}", 0.0)
            now = writer.read_file(one.file.path)
            if now == one.file.data:
                continue
            if now is None and not self.generate:
                continue  # somebody has removed it, as with an old kernel's entry
            seen = replace(one.file, data=now)
            if now is None or boottexts.same_but_for_the_word(now, one.file.data or ""):
                writer.write_file(seen, one.file.data)
            elif self.generate:
                Generate(self.generate, self.staging, seen, "", one.kind).execute(writer, progress)
            else:
                writer.write_file(seen, boottexts.taken_back(one.kind, now, self.value, one.file.data))
        for left in (self.staging, f"{self.staging}.new") if self.staging else ():
            if (text := writer.read_file(left)) is not None:
                writer.write_file(BootFile(left, text), None)
        progress("restored", 1.0)

    def inverse(self) -> None:
        """None: see KeepCopies."""


@dataclass(frozen=True)
class Generate:
    """Have GRUB's configuration made by the system's own program, beside the present one, then put in place.

    Programs such as update-grub write straight over the old file: a power cut at that moment would leave
    half a configuration. target: the file as it was seen. value: what crashkernel= must be in it, "" if our
    word must be gone.
    """

    journal: ClassVar[str] = JOURNAL

    argv: tuple[str, ...]
    staging: str
    target: BootFile
    value: str
    kind: Kind = Kind.GENERATED

    def describe(self) -> str:
        """What it does."""
        return f"Make {self.target.path} anew"

    def preview(self) -> tuple[str, ...]:
        """The commands."""
        return (
            " ".join(self.argv),
            "read the result and look whether it is right",
            f"mv {self.staging} {self.target.path}",
        )

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Make it, look at it, put it in place. Raises KjtuiError; the old one then is still there."""
        now = writer.read_file(self.target.path)
        staged = replace(self.target, path=self.staging)
        try:
            writer.run_tool(self.argv, "making the boot menu", progress)
            new = writer.read_file(self.staging)
            if new is None:
                raise _not_made(self.argv, f"it did not write {self.staging}")
            self._look(new)
            writer.write_file(replace(self.target, data=now), new)
        finally:
            for path in (self.staging, f"{self.staging}.new"):
                if (left := writer.read_file(path)) is not None:
                    writer.write_file(replace(staged, path=path, data=left), None)
        progress("made", 1.0)

    def _look(self, new: str) -> None:
        found = boottexts.values(self.kind, new)
        if self.value and self.value not in found:
            told = f"crashkernel={self.value} is in none of its entries"
            raise _not_made(self.argv, told)
        if "menuentry" not in new and "blscfg" not in new:
            raise _not_made(self.argv, "what it made has no entries")

    def inverse(self) -> None:
        """None: the copy is put back when the changes before it are undone, see KeepCopies."""


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
        return ("write 0 to /proc/sys/kernel/panic and /proc/sys/vm/panic_on_oom",)

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


def changed_meanwhile(path: str) -> KjtuiError:
    """A file is no longer what the person saw."""
    return KjtuiError(
        "The boot configuration has changed since you saw the preview",
        f"{path} is no longer as it was read. Nothing has been changed.",
        "Go back and look at the preview again.",
    )


def _not_made(argv: tuple[str, ...], why: str) -> KjtuiError:
    return KjtuiError(
        "The boot menu could not be made anew",
        f"`{command_line(argv)}` ran, but {why}.",
        "Everything is put back as it was. Run the command by hand to see what it says.",
    )
