"""The NFS server dies while kernel A's memory is saved to it: kernel A goes on, and says so."""

import argparse

import disturbing
import nfs_server
from hibernating import Way

NAME = "hibernate-server-gone"
SUMMARY = "the NFS server dies while memory is saved to it: the system goes on and is told"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot."""
    with nfs_server.server() as server:
        way = Way(
            to=nfs_server.EXPORT,
            server=nfs_server.TOLD,
            extra=server.card,
            before=lambda stage: stage.shell.must(nfs_server.UP),
        )
        return disturbing.play(
            options, NAME, way, lambda _stage: server.stop(), "medium of the image does not"
        )
