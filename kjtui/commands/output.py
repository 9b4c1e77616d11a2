"""Where a command's words and its file go."""

import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from kjtui.errors import KjtuiError
from kjtui.wizard.text import printable

WIDTH = 80
STANDARD_OUTPUT = "-"


@dataclass(frozen=True)
class Streams:
    """Standard input, output and error."""

    stdin: TextIO
    stdout: TextIO
    stderr: TextIO


def say(stream: TextIO, text: str) -> None:
    """Write a line. Raises KjtuiError."""
    with writing():
        stream.write(text + "\n")


@contextmanager
def writing() -> Iterator[None]:
    """Explain what happens to standard output in here; that nobody reads it any more stays as it is."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise KjtuiError(
            "Standard output cannot be written to",
            f"{error.strerror or error}.",
            "Send it to a terminal, or into a file on a disk that has room.",
        ) from None


def wrapped(text: str, first: str = "") -> str:
    """A printable paragraph of at most WIDTH columns: first before its first line, blanks before others."""
    blanks = " " * len(first)
    return textwrap.fill(
        printable(text), WIDTH, initial_indent=first, subsequent_indent=blanks, break_on_hyphens=False
    )


def steps_to(stream: TextIO) -> Callable[[str, float], None]:
    """Tells how far a change is: each thing once."""
    said = ""

    def progress(what: str, _fraction: float) -> None:
        nonlocal said
        if what != said:
            said = what
            say(stream, f"  {what}")

    return progress


def asks(streams: Streams, *, yes: bool) -> bool:
    """Whether somebody is to be asked: a yes may have been given before. Raises KjtuiError if nobody can."""
    if yes or streams.stdin.isatty():
        return not yes
    raise KjtuiError(
        "Nobody can be asked", "Standard input is no terminal.", "Add --yes to do it without being asked."
    )


def agreed(streams: Streams, question: str) -> bool:
    """Ask; whether the answer is yes."""
    with writing():
        streams.stdout.write(f"{question} [y/N] ")
        streams.stdout.flush()
    if streams.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    say(streams.stdout, "Nothing was changed.")
    return False


def check_target(name: str, *, force: bool) -> None:
    """Refuse a file that is there already (unless force) or is no ordinary file. Raises KjtuiError.

    Asked before anything is read, so that nobody waits for a refusal.
    """
    if name == STANDARD_OUTPUT:
        return
    path = Path(name)
    with _explained(name):
        there, ordinary = path.exists(), path.is_file()
    if there and not ordinary:
        hint = "Name an ordinary file, or - for standard output."
        raise KjtuiError("This cannot be written", f"{name} is no ordinary file.", hint)
    if there and not force:
        hint = "Choose another name, or overwrite it with --force."
        raise KjtuiError("The file is there already", f"{name} exists.", hint)


def write(name: str, data: bytes, stdout: TextIO, *, force: bool) -> None:
    """Write a whole file for its owner's eyes only, or standard output. Raises KjtuiError.

    Under another name first: nobody finds half a file, and a full disk costs no older one.
    """
    if name == STANDARD_OUTPUT:
        with writing():
            stdout.flush()
            stdout.buffer.write(data)
            stdout.buffer.flush()
        return
    check_target(name, force=force)
    path = Path(os.path.realpath(name))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    with _explained(name):
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            with open(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise


@contextmanager
def _explained(name: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise KjtuiError(
            "The file cannot be written",
            f"{name}: {error.strerror or error}.",
            "Choose a folder that you may write to and that has room.",
        ) from None
