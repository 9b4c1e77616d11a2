"""Saves kernel A's memory to a file on an NFS server, and goes back to it."""

import argparse
from collections.abc import Callable

import hibernating
import nfs_server
from stage import Stage

NAME = "hibernate-nfs"
SUMMARY = (
    "memory is saved to an NFS server on this machine; the next start brings the network up and finds it"
)


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    return played(options, NAME)


def played(
    options: argparse.Namespace,
    name: str,
    words: tuple[str, ...] = (),
    more: Callable[[], dict[str, object]] = dict,
) -> dict[str, object]:
    """The same on another network. words: QEMU's for it; more: what else has to hold at the end."""
    options.kernel = options.kernel or "nfs"
    with nfs_server.server() as server:

        def look(_stage: Stage) -> dict[str, object]:
            names = sorted(one.name for one in server.folder.iterdir())
            return {"files": names, "one_file": names == ["kjtui-rehearsal.image"], **more()}

        way = hibernating.Way(
            to=nfs_server.EXPORT,
            server=nfs_server.TOLD,
            extra=(*server.card, *words),
            before=lambda stage: stage.shell.must(nfs_server.UP),
            after=look,
        )
        return hibernating.play(options, name, way)
