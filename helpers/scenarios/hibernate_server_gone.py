"""The NFS server is gone while kernel A's memory is saved to it: kernel A goes on, and says so."""

import argparse

import disturbing
import nfs_server
from hibernating import Way
from stage import Stage

NAME = "hibernate-server-gone"
SUMMARY = "the way to the NFS server is cut while memory is saved to it: the system goes on and is told"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot. The cable is out; it is plugged in again only when kernel A is back."""

    def pull(stage: Stage) -> None:
        stage.guest.monitor.do("set_link", name="net", up=False)

    options.kernel = options.kernel or "nfs"
    with nfs_server.server() as server:
        way = Way(
            to=nfs_server.EXPORT,
            server=nfs_server.TOLD,
            extra=server.card,
            before=lambda stage: stage.shell.must(nfs_server.UP),
        )
        return disturbing.play(options, NAME, way, pull, "medium of the image does not")
