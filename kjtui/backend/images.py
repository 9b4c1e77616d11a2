"""Images on this machine's media, as kernel A handles them."""

from dataclasses import replace

from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile.header import Header, State, block, carries, decode


def head(path: str) -> Header | None:
    """The head of the image on a device or in a file, None where there is none. Raises KjtuiError."""
    medium = Medium(path)
    try:
        first = medium.first_block()
        return decode(first) if carries(first) else None
    finally:
        medium.close()


def discard(path: str, name: str = "") -> bool:
    """Make an image one that nobody goes back to; whether there was one that somebody could have.

    name: the image's id in hex; another is left alone; "" for whichever there is. Raises KjtuiError.
    """
    found = head(path)
    if found is None or found.state is not State.VALID or (name and found.id.hex() != name):
        return False
    medium = Medium(path, writable=True)
    try:
        first = medium.first_block()
        medium.write_first_block(block(replace(decode(first), state=State.EMPTY), first))
    finally:
        medium.close()
    if (after := head(path)) is None or after.state is State.VALID:
        raise KjtuiError("The image is still there", f"{path} does not keep what is written to it.")
    return True
