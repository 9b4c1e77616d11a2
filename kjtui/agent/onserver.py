"""At a start: the NFS export on which a saved system may be, as a file beside the agent tells."""

import contextlib
import os
from collections.abc import Iterator

from kjtui.agent import modules, network, nfs
from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.model.saved import Target

TOLD = "/kjtui/server"  # a line, see kjtui.imagefile.exports


def told() -> Target | None:
    """Where to look, None for nowhere."""
    try:
        with open(TOLD, encoding="utf-8") as file:
            return exports.read(file.read())
    except OSError:
        return None


@contextlib.contextmanager
def mounted(target: Target) -> Iterator[str]:
    """The path of the image's file there; afterwards the network is as it was. Raises KjtuiError."""
    modules.load()
    network.configure(lambda: None, target.address, target.gateway)
    try:
        path = nfs.mount(target)
        try:
            yield path
        finally:
            with contextlib.suppress(KjtuiError):
                syscalls.unmount(nfs.FOLDER)
    finally:
        network.leave()
        with contextlib.suppress(OSError):
            os.rmdir(nfs.FOLDER)
