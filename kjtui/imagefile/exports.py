"""An export of an NFS server as people write it, "SERVER:/FOLDER", and this machine's file on it."""

from typing import NamedTuple


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
