"""The passphrase of an image: from a file, or typed and not shown."""

from getpass import getpass

from kjtui.commands.output import Streams
from kjtui.errors import KjtuiError


def from_file(path: str) -> str:
    """A file's first line, whichever end it has. Raises KjtuiError."""
    try:
        with open(path, encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise KjtuiError("The passphrase cannot be read", f"{path}: {why}.", "Name another file.") from None


def typed(streams: Streams, prompt: str, nobody: str = "Nobody can be asked for a passphrase") -> str:
    """What somebody types. Raises KjtuiError where nobody can; nobody: what it says then."""
    if not streams.stdin.isatty():
        raise KjtuiError(
            nobody,
            "Standard input is no terminal.",
            "Run it on a terminal, or add --passphrase-file FILE.",
        )
    return getpass(prompt)


def typed_twice(streams: Streams) -> str:
    """A new one, typed twice. Raises KjtuiError."""
    first = typed(streams, "Passphrase for the image: ")
    if typed(streams, "The same again: ") != first:
        raise KjtuiError("The two are not the same", "Nothing was done.", "Begin again.")
    return first
