"""The rehearsal machine's disk: ext4 with Python, kjtui, the witness and the kernel, made without root."""

import os
import shutil
import tempfile
from pathlib import Path

from bootable import Kernel
from common import REPO, KjtuiError, cache_dir, digest, locked, run, say
from guest_runtime import compile_tree, copy_file, guest_site_packages, runtime_tree

GUEST = Path(__file__).resolve().parent / "guest"
KEEP_IMAGES = 4  # older ones are removed: every change of kjtui makes a new one
FREE_SPACE = 192 << 20  # bytes left for what runs in the machine


def guest_image(kernel: Kernel) -> Path:
    """The disk image for a kernel, built now or taken from the cache. Raises KjtuiError."""
    runtime = runtime_tree()
    sources = {path: path.read_bytes() for path in sources_of_project()}
    parts: list[str | bytes] = [runtime.name, kernel.release, kernel.image.read_bytes()]
    parts += [kernel.config.read_bytes() if kernel.config else b""]
    for path, data in sources.items():
        parts += [str(path.relative_to(REPO)), data]
    home = cache_dir("images")
    image = home / f"{digest(parts)}.ext4"
    with locked(home / "lock", "Waiting for another run that writes the rehearsal machine's disk …"):
        if image.exists():
            os.utime(image)
            return image
        say("Writing the rehearsal machine's disk …")
        with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
            tree = Path(scratch, "tree")
            shutil.copytree(runtime, tree, symlinks=True, copy_function=_link)
            add_project(tree, sources)
            (tree / "usr/sbin/init").symlink_to("../lib/rehearsal/init")
            add_kernel(tree, kernel)
            new = Path(scratch, "image")
            make_file_system(tree, new, "rehearsal", FREE_SPACE)
            new.rename(image)
        for old in sorted(home.glob("*.ext4"), key=lambda path: path.stat().st_mtime)[:-KEEP_IMAGES]:
            old.unlink()
    return image


def sources_of_project() -> list[Path]:
    """The files of kjtui and of helpers/guest, in an order that is always the same."""
    kjtui = [
        path
        for path in (REPO / "kjtui").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc"
    ]
    return sorted(kjtui) + sorted(path for path in GUEST.iterdir() if path.is_file())


def _link(source: str, target: str) -> None:
    """Hard links instead of copies: the tree is only read."""
    os.link(source, target, follow_symlinks=False)


def add_project(tree: Path, sources: dict[Path, bytes]) -> None:
    """Put kjtui and helpers/guest where they belong in a directory that will be / in the guest, and compile.

    sources: path in the project → content.
    """
    site = tree / guest_site_packages().lstrip("/")
    for path, data in sources.items():
        if path.parent == GUEST:
            target = tree / "usr/lib/rehearsal" / path.name
        else:
            target = site / path.relative_to(REPO)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        target.chmod(0o755 if os.access(path, os.X_OK) else 0o644)
    compile_tree(tree, site / "kjtui")
    compile_tree(tree, tree / "usr/lib/rehearsal")


def add_kernel(tree: Path, kernel: Kernel) -> None:
    """Put a kernel and its configuration into a tree's /boot, and its modules where they belong."""
    copy_file(kernel.image, tree / "boot" / f"vmlinuz-{kernel.release}")
    if kernel.config:
        copy_file(kernel.config, tree / "boot" / f"config-{kernel.release}")
    if kernel.modules:
        for file in sorted(kernel.modules.rglob("*")):
            if file.is_file() and not file.is_symlink():
                place = file.relative_to(kernel.modules)
                copy_file(file, tree / "usr/lib/modules" / kernel.release / place)


def make_file_system(tree: Path, image: Path, label: str, free: int) -> None:
    """An ext4 image of a tree, with so many bytes left free. Raises KjtuiError."""
    used = sum(path.lstat().st_size + 4096 for path in tree.rglob("*"))
    size = f"{(int(used * 1.1) + free) >> 20}M"
    run(
        [mke2fs(), "-q", "-t", "ext4", "-L", label, "-E", "root_owner=0:0", "-d", tree, image, size],
        "The rehearsal machine's disk could not be written",
        "Is there enough room in the cache directory?",
    )


def mke2fs() -> str:
    """The path of the program. Raises KjtuiError."""
    path = shutil.which("mke2fs", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if path is None:
        raise KjtuiError("The program mke2fs is missing", "", "Install the package e2fsprogs.")
    return path
