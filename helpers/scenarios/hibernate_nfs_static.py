"""Saves kernel A's memory to an NFS server where nobody gives addresses: its own is used there too."""

import argparse
import tempfile
from pathlib import Path

import hibernating
import nfs_server
import no_dhcp
from stage import Stage

NAME = "hibernate-nfs-static"
SUMMARY = "the same without DHCP: kernel B and the next start take the address that this system has"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    options.kernel = options.kernel or "nfs"
    # A socket's path may have 107 characters.
    with (
        tempfile.TemporaryDirectory(prefix="kjtui-") as home,
        no_dhcp.road(Path(home)) as road,
        nfs_server.server() as server,
    ):

        def look(_stage: Stage) -> dict[str, object]:
            names = sorted(one.name for one in server.folder.iterdir())
            return {"one_file": names == ["kjtui-rehearsal.image"], "asked_in_vain": road.lost > 0}

        way = hibernating.Way(
            to=nfs_server.EXPORT,
            server=nfs_server.TOLD,
            extra=(*server.card, *road.words),
            before=lambda stage: stage.shell.must(nfs_server.UP),
            after=look,
        )
        return hibernating.play(options, NAME, way)
