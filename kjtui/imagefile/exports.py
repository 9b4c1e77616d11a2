"""An export of an NFS server as people write it, "SERVER:/FOLDER", and this machine's file on it.

What a start is told of one is a line: the export as it was written, the server's address, this machine's
name, its address with the prefix, and the router's, where they are known.
"""

from typing import NamedTuple

from kjtui.model.saved import Medium, Target


class Export(NamedTuple):
    """A server's name or address, and the folder that it exports."""

    server: str
    folder: str


def parse(text: str) -> Export | None:
    """None where it is no export. An IPv6 address is written in brackets (nfs(5)); they are left out here."""
    server, colon, folder = text.partition(":/")
    if server.startswith("[") and server.endswith("]"):
        server = server[1:-1]
    elif ":" in server or "[" in server:
        return None
    plain = server.isascii() and server.isprintable() and text.isprintable()
    if not server or not colon or not plain or any(mark in text for mark in " ,"):
        return None
    return Export(server, f"/{folder}")


def file_name(host: str) -> str:
    """The file of the machine of this name: several may use one export."""
    safe = "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "_" for one in host)
    return f"kjtui-{safe or 'machine'}.image"


def line(target: Target, host: str) -> str:
    """What a start is told of an export that was reached. host: this machine's name."""
    words = (target.name, target.server, host, target.address, target.gateway)
    return " ".join(word for word in words if word)


def read(text: str) -> Target | None:
    """The inverse of line(), None where it says nothing that can be used."""
    name, server, host, address, gateway, *_ = [*text.split(), "", "", "", "", ""]
    found = parse(name)
    if found is None or not host:
        return None
    path, folder = file_name(host), found.folder
    return Target(
        Medium.NFS, name, 0, path=path, server=server, export=folder, address=address, gateway=gateway
    )
