"""Where `kjtui jump` writes what a program has brought home."""

import os
from collections.abc import Callable, Mapping

from kjtui.backend.machine import Writer
from kjtui.commands import output
from kjtui.commands.answers import Wishes
from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError
from kjtui.wizard import choicechecks

Keeper = Callable[[Mapping[str, bytes]], str]
"""Writes what was brought home; the folder that it is in, "" where nothing of it is wanted."""


class Bringing:
    """The files of all jumps of one command.

    practice: the machine is a simulated one, and keeps them itself. trouble: why files are elsewhere.
    """

    def __init__(self, machine: Writer, streams: Streams, wishes: Wishes, *, practice: bool) -> None:
        self._machine = machine
        self._streams = streams
        self._wishes = wishes
        self._practice = practice
        self._times = wishes.times or 1
        self._force = bool(wishes.force)
        self._into = wishes.into or os.getcwd()
        self.trouble: KjtuiError | None = None

    def check_targets(self) -> None:
        """Refuse before anything is done what could not be written afterwards. Raises KjtuiError."""
        names = self._wishes.bring_back
        for name in names:
            if choicechecks.names(name) != (name,) or "/" in name:
                why = f"{name!r} is empty, or has a blank, a comma or a slash in it."
                raise KjtuiError("bring-back: this is no file's name", why, "Name one file at a time.")
        if not names or self._practice:
            return
        if not os.path.isdir(self._into) or not os.access(self._into, os.W_OK | os.X_OK):
            hint = "Make it first, or name another one with --into."
            raise KjtuiError("The folder for what is brought home cannot be used", f"{self._into}.", hint)
        for number in range(1, self._times + 1):
            for name in names:
                output.check_target(os.path.join(self._folder(number), name), force=self._force)

    def keeper(self, number: int) -> Keeper:
        """What writes the files of this jump."""
        if self._practice:
            return self._machine.keep_files

        def keep(files: Mapping[str, bytes]) -> str:
            # The names are kernel B's: nothing is written but what was asked for.
            wanted = {name: files[name] for name in self._wishes.bring_back if name in files}
            if not wanted:
                return ""
            folder = self._folder(number)
            try:
                os.makedirs(folder, exist_ok=True)
                for name, data in wanted.items():
                    path = os.path.join(folder, name)
                    output.write(path, data, self._streams.stdout, force=self._force)
            except KjtuiError as error:
                return self._elsewhere(files, error.detail)
            except OSError as error:
                return self._elsewhere(files, f"{folder}: {error.strerror}.")
            return folder

        return keep

    def _elsewhere(self, files: Mapping[str, bytes], why: str) -> str:
        """Nothing that has come this far is to be lost. Raises KjtuiError where no disk takes it."""
        folder = self._machine.keep_files(files)
        self.trouble = KjtuiError(
            "What was brought home could not be written where you wanted it", why, f"It is all in {folder}."
        )
        return folder

    def _folder(self, number: int) -> str:
        """Where the files of this jump go: a folder for each where there are several."""
        return os.path.join(self._into, str(number)) if self._times > 1 else self._into
