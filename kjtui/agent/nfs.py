"""Mounting a server's export: nfs(5), with what the kernel wants to be told (fs/nfs/fs_context.c)."""

import os

from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.model.saved import Target

FOLDER = "/kjtui-place"  # not below /kjtui: all of that goes along to the kernel that restores
# What 4.2 has more is not needed, and some servers answer its way of reading holes (READ_PLUS) with an error.
_VERSIONS = ("4.1", "4.0", "3")
# A server that is gone must end in an error, not in waiting for ever: then there is a way back.
_PATIENCE = "soft,timeo=50,retrans=2,retry=0"


def mount(target: Target) -> str:
    """Mount the export; the path of the image's file on it, there or not. Raises KjtuiError."""
    os.makedirs(FOLDER, exist_ok=True)
    address = f"[{target.server}]" if ":" in target.server else target.server
    failure = KjtuiError("")
    for version in _VERSIONS:
        options = f"vers={version},addr={target.server},proto={_protocol(target.server)},{_PATIENCE}"
        options += ",nolock,mountproto=tcp" if version == "3" else ",clientaddr=0.0.0.0"
        try:
            syscalls.mount(f"{address}:{target.export}", FOLDER, "nfs", options)
            return f"{FOLDER}/{target.path}"
        except KjtuiError as error:
            failure = error
    raise KjtuiError(
        "The server's folder for the image cannot be mounted",
        f"{target.name}: {failure.detail}",
        "Look whether the server runs, and lets this machine in and root write (no_root_squash).",
    )


def _protocol(server: str) -> str:
    return "tcp6" if ":" in server else "tcp"
