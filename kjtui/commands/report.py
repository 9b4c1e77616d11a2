"""`kjtui report`: one archive with all that somebody needs who shall help, without what is private."""

import io
import tarfile
from collections.abc import Mapping
from datetime import UTC, datetime

from kjtui.backend.machine import Reader
from kjtui.commands import output, pieces
from kjtui.commands.output import STANDARD_OUTPUT, Streams, say, wrapped
from kjtui.errors import KjtuiError
from kjtui.knowledge.redact import Secrets
from kjtui.wizard.faults import log_file

FOLDER = "kjtui-report"
_LEVEL = 10  # of zstd: what is beyond costs time and gains little on some hundred kilobytes


def run(machine: Reader, secrets: Secrets, name: str, streams: Streams, *, force: bool, yes: bool) -> int:
    """Show what is inside, ask, and write the archive. Returns 1 if the person said no. Raises KjtuiError."""
    asks = not yes and streams.stdin.isatty()
    if name == STANDARD_OUTPUT and streams.stdout.isatty():
        hint = "Name a file, or pass it on: kjtui report - | …"
        raise KjtuiError("An archive is nothing for a terminal", "Standard output is a terminal.", hint)
    if not (asks or yes or name == STANDARD_OUTPUT):
        hint = "Add --yes to write it without being asked."
        raise KjtuiError("Nobody can be asked", "Standard input is no terminal.", hint)
    output.check_target(name, force=force)
    found = pieces.gather(machine, secrets, log_file(), datetime.now(UTC))
    _show(found, streams)
    if asks and not _agreed(streams):
        say(streams.stderr, "Nothing was written.")
        return 1
    output.write(name, archive(found.files), streams.stdout, force=force)
    if name != STANDARD_OUTPUT:
        say(streams.stderr, f"Written to {name}, readable by you alone.")
    return 0


def archive(files: Mapping[str, bytes]) -> bytes:
    """A tar archive, compressed with zstd: the same files give the same bytes."""
    import zstandard

    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(content)
            member.mode = 0o600
            tar.addfile(member, io.BytesIO(content))
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(data.getvalue())


def _show(found: pieces.Pieces, streams: Streams) -> None:
    say(streams.stderr, "Inside (bytes):")
    say(streams.stderr, pieces.contents(found.files))
    if found.missing:
        say(streams.stderr, "Not inside:")
        say(streams.stderr, pieces.absent(found.missing))
    say(streams.stderr, wrapped(f"Left out: {', '.join(found.left_out) or 'nothing private was found'}."))


def _agreed(streams: Streams) -> bool:
    streams.stderr.write("Write it? [y/N] ")
    streams.stderr.flush()
    return streams.stdin.readline().strip().lower() in ("y", "yes")
