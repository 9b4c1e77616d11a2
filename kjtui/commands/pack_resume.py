"""`kjtui pack-resume`: puts what looks for saved systems into a folder that will be an initramfs."""

from pathlib import Path

from kjtui.backend import resumetree
from kjtui.backend.machine import Progress
from kjtui.commands.output import Streams, say
from kjtui.errors import KjtuiError
from kjtui.plan.sizes import amount


def run(folder: str, release: str, streams: Streams, progress: Progress) -> int:
    """Write the tree below folder, for the initramfs of Linux `release`. Raises KjtuiError."""
    place = Path(folder)
    if not place.is_dir():
        raise KjtuiError("There is no such folder", f"{folder} is none.", "Name the initramfs's root.")
    try:
        size = resumetree.write(place, release, progress)
    except OSError as error:
        raise KjtuiError("The folder cannot be written to", f"{error.filename}: {error.strerror}.") from None
    say(streams.stderr, f"kjtui: {amount(size)} for looking for saved systems, Linux {release}")
    return 0
