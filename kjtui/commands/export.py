"""`kjtui image export`: an image's memory as an ELF core, for crash(8) and drgn."""

from pathlib import Path

from kjtui.backend import elfexport
from kjtui.backend.medium import Medium
from kjtui.commands import output
from kjtui.commands.output import Streams, say, wrapped
from kjtui.commands.signals import ended_by_signals
from kjtui.errors import KjtuiError
from kjtui.model.saved import Manifest
from kjtui.plan.sizes import amount


def run(
    medium: Medium, manifest: Manifest, key: bytes, file: str | None, streams: Streams, *, yes: bool
) -> int:
    """Write it. file: where to. Returns 1 if the person said no. Raises KjtuiError."""
    if file is None:
        raise KjtuiError("No file was named", hint="Add --elf FILE.")
    path = Path(file).resolve()
    if path.exists() and not path.is_file():
        why = f"{path} is no ordinary file."
        raise KjtuiError("The memory cannot be written there", why, "Name an ordinary file.")
    if path.exists() and path.samefile(medium.path):
        raise KjtuiError("The file is the image itself", f"{path} would be lost.", "Name another.")
    size = amount(elfexport.size_of(manifest))
    say(streams.stdout, wrapped(f"{path} will hold this system's memory, up to {size}, for root only."))
    if path.exists():
        say(streams.stdout, "The file that is there now will be lost.")
        if output.asks(streams, yes=yes) and not output.agreed(streams, "Overwrite it?"):
            return 1
    whole = max(sum(piece.size for piece in manifest.pieces), 1)
    tell = output.steps_to(streams.stderr)

    def done(size: int) -> None:
        tell(f"{10 * (10 * size // whole)} %", size / whole)

    try:
        # What is half written is removed first.
        with ended_by_signals(hang_up=True):
            written = elfexport.write(medium, manifest, key, path, done)
    except OSError as error:
        why = f"{path}: {error.strerror}."
        raise KjtuiError("The file cannot be written", why, "Name another.") from None
    say(streams.stdout, wrapped(f"{amount(written)} of memory are in {path}. Open it with drgn -c or crash."))
    return 0
