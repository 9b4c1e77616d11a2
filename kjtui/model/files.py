"""A look at one file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FileHead:
    """The beginning of a regular file. data: its first bytes, as many as were asked for or fewer.

    size: of the whole file, in bytes. executable: whether anybody may run it.
    """

    path: str
    data: bytes
    size: int
    executable: bool = False
