"""What goes into a distribution's initramfs, so that the start of this machine looks for saved systems."""

from pathlib import Path

from kjtui.backend import agentimage
from kjtui.backend.machine import Progress
from kjtui.backend.modulefiles import module_pack
from kjtui.backend.probe import config, kernelfile, resuming
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.model.choices import Purpose
from kjtui.pack import compressed, cpioread

CACHE = Path("/var/cache/kjtui")
KERNEL = "kjtui/vmlinuz"
SERVER = "kjtui/server"
ZSTD = "kjtui/zstd"  # there if this kernel unpacks an initramfs that is so compressed


def write(folder: Path, release: str, progress: Progress, root: Path = Path("/")) -> int:
    """Write the tree below a folder that will be the root of an initramfs; its bytes. Raises KjtuiError.

    release: of the kernel whose initramfs it is. The same one puts memory back, so it must be able to jump.
    That it was done is noted for the wizard, which else saves nothing.
    """
    mark = Path(f"{root}{resuming.PACKED.format(release)}")
    mark.unlink(missing_ok=True)
    size = _write(folder, release, progress, root)
    mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    mark.write_text(f"{size}\n{on_server(root)}\n", encoding="utf-8")
    return size


def on_server(root: Path) -> str:
    """The export that the starts of this machine look on, with this system's own address; "" for none."""
    try:
        return Path(f"{root}{resuming.SERVER}").read_text(encoding="utf-8").strip()
    except OSError:
        return ""


def _write(folder: Path, release: str, progress: Progress, root: Path) -> int:
    source = Source(root)
    options = config.read_of(source, release)
    if options is None or options.get("CONFIG_KEXEC_JUMP") != "y":
        raise KjtuiError(
            f"Linux {release} cannot put a saved system back",
            "CONFIG_KEXEC_JUMP is not set in it." if options else "Its configuration was not found in /boot.",
            "Start this machine by a kernel that can jump when it is to be gone back to.",
        )
    path = kernelfile.find(source, release, "")
    if path is None:
        raise KjtuiError(
            f"The file of Linux {release} was not found", "Neither in /boot nor beside its modules."
        )
    progress("packing what puts memory back", 0.0)
    agent = agentimage.agent_initramfs(CACHE, progress, sealing=True)
    archive = compressed.unpack(agent, compressed.Kind.ZSTD, "Kernel B's program")
    size = 0
    for member in cpioread.members(archive, 0, "Kernel B's program"):
        if not isinstance(member, int) and member.name.startswith("kjtui"):
            size += _put(folder, member.name, member.mode, bytes(member.data))
    server = on_server(root)
    if server:
        size += _put(folder, SERVER, 0o100600, f"{server}\n".encode())
    modules = module_pack(root, release, options, Purpose.SAVE, bool(server), False)
    for entry in modules.entries:
        size += _put(folder, entry.path, entry.mode, entry.data)
    if options.get("CONFIG_RD_ZSTD") == "y":
        _put(folder, ZSTD, 0o100644, b"")
    kernel = source.path(path).read_bytes()
    return size + _put(folder, KERNEL, 0o100644, kernel)


def _put(folder: Path, name: str, mode: int, data: bytes) -> int:
    """One entry of an archive as a file or folder."""
    place = folder / name
    if mode & 0o170000 == 0o040000:
        place.mkdir(parents=True, exist_ok=True)
        return 0
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)
    place.chmod(mode & 0o7777)
    return len(data)
