"""Saves kernel A's memory to an NFS server where nobody gives addresses: its own is used there too."""

import argparse
import tempfile
from pathlib import Path

import no_dhcp

from scenarios import hibernate_nfs

NAME = "hibernate-nfs-static"
SUMMARY = "the same without DHCP: kernel B and the next start take the address that this system has"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    # A socket's path may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="kjtui-") as home, no_dhcp.road(Path(home)) as road:
        return hibernate_nfs.played(options, NAME, road.words, lambda: {"asked_in_vain": road.lost > 0})
