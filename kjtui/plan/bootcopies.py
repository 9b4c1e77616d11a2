"""Operations on files that a program of the system makes or changes: copies kept, made anew, put back."""

from dataclasses import dataclass, replace
from typing import ClassVar

from kjtui.backend.machine import Progress, Writer
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.plan import boottexts
from kjtui.plan.bootops import JOURNAL, command_line
from kjtui.plan.boottexts import Kind
from kjtui.plan.operations import Operation


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
                raise _changed_meanwhile(one.file.path)

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


def _changed_meanwhile(path: str) -> KjtuiError:
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
