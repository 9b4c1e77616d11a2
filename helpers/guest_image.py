"""The rehearsal machine's disk: Python, kjtui, the witness and the kernel, made without root's rights.

One file system on the whole disk, ext4 or btrfs; or a partition with ext4 on LVM on LUKS, see luks.py.
"""

import os
import shutil
import tempfile
from pathlib import Path

import luks
from bootable import Kernel
from common import REPO, KjtuiError, cache_dir, digest, file_digest, locked, run, say
from guest_runtime import compile_tree, copy_file, guest_site_packages, linked_libraries, runtime_tree
from setup_env import ensure_packages

GUEST = Path(__file__).resolve().parent / "guest"
LAYOUT = "2"  # raise it when this file changes what is put on the disk
LABEL = "rehearsal"
# What a root can be made of, and what the guest's /etc/fstab says then; the disk's name is not known here.
FSTAB = {
    "ext4": f"LABEL={LABEL} / ext4 rw 0 1\n",
    "luks": f"{luks.ROOT} / ext4 rw 0 1\n{luks.SWAP} none swap sw 0 0\n",
    "btrfs": f"LABEL={LABEL} / btrfs rw 0 0\n",
}
ROOTS = tuple(FSTAB)
PACKAGES = {"ext4": {}, "luks": luks.PACKAGES, "btrfs": {"mkfs.btrfs": "btrfs-progs"}}
TOOLS = {"wipefs": "util-linux"}  # program: Debian package; busybox has none
KEEP_IMAGES = 4  # of each kind; older ones are removed: every change of kjtui makes a new one
FREE_SPACE = 192 << 20  # bytes left for what runs in the machine


def guest_image(kernel: Kernel, root: str = "ext4") -> Path:
    """The disk for a kernel, made now or taken from the cache. root: one of ROOTS. Raises KjtuiError."""
    ensure_packages(PACKAGES[root])
    runtime = runtime_tree()
    sources = {path: path.read_bytes() for path in sources_of_project()}
    parts: list[str | bytes] = [LAYOUT, root, FSTAB[root], runtime.name, kernel.release]
    parts += [kernel.image.read_bytes(), kernel.config.read_bytes() if kernel.config else b""]
    parts += [file_digest(tool) for tool in _tools()]
    parts += [luks.opener().name] if root == "luks" else []
    for path, data in sources.items():
        parts += [str(path.relative_to(REPO)), data]
    home = cache_dir("images")
    image = home / f"{digest(parts)}.{root}"
    with locked(home / f"{root}.lock", "Waiting for another run that writes the rehearsal machine's disk …"):
        if image.exists():
            os.utime(image)
            return image
        say("Writing the rehearsal machine's disk …")
        with tempfile.TemporaryDirectory(dir=home, prefix="new-") as scratch:
            tree = Path(scratch, "tree")
            # mkfs.btrfs (6.2) counts a file's other names as well, those that are elsewhere.
            how = shutil.copy if root == "btrfs" else _link
            shutil.copytree(runtime, tree, symlinks=True, copy_function=how)
            add_project(tree, sources)
            (tree / "usr/sbin/init").symlink_to("../lib/rehearsal/init")
            (tree / "etc/fstab").unlink()  # not written over: it is the runtime tree's own
            (tree / "etc/fstab").write_text(FSTAB[root])
            _add_tools(tree)
            add_kernel(tree, kernel)
            _write(kernel, root, tree, Path(scratch)).rename(image)
        for old in sorted(home.glob(f"*.{root}"), key=lambda path: path.stat().st_mtime)[:-KEEP_IMAGES]:
            old.unlink()
    return image


def _write(kernel: Kernel, root: str, tree: Path, scratch: Path) -> Path:
    """The image of a tree, a new file in scratch."""
    new = scratch / "image"
    if root == "btrfs":
        make_btrfs(tree, new, LABEL, FREE_SPACE)
        return new
    make_file_system(tree, new, LABEL, FREE_SPACE)
    if root == "luks":
        luks.encrypt(kernel, new, scratch / "disk")
        return scratch / "disk"
    return new


def _tools() -> list[Path]:
    """Programs of this machine that are on the disk besides the runtime tree's."""
    where = f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin"
    places = {name: shutil.which(name, path=where) for name in TOOLS}
    for name, place in places.items():
        if place is None:
            raise KjtuiError(f"The program {name} is missing", "", f"Install the package {TOOLS[name]}.")
    return [Path(place) for place in places.values() if place]


def _add_tools(tree: Path) -> None:
    """Copy them and the libraries that are not there yet; what is there is shared with the cache."""
    for tool in _tools():
        copy_file(tool, tree / "usr/sbin" / tool.name, 0o755)
        for name, file in linked_libraries(tool):
            target = tree / "usr/lib" / name
            if not name.startswith("/") and not target.exists():
                copy_file(Path(os.path.realpath(file)), target, 0o755)


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


def make_btrfs(tree: Path, image: Path, label: str, free: int) -> None:
    """The same with btrfs, which needs more room beside its files. Raises KjtuiError."""
    used = sum(path.lstat().st_size + 4096 for path in tree.rglob("*"))
    with image.open("wb") as file:
        file.truncate((int(used * 1.5) + 2 * free) >> 20 << 20)
    run(
        ["mkfs.btrfs", "-q", "-L", label, "--rootdir", tree, image],
        "The rehearsal machine's disk could not be written",
        "Is there enough room in the cache directory?",
    )


def mke2fs() -> str:
    """The path of the program. Raises KjtuiError."""
    path = shutil.which("mke2fs", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if path is None:
        raise KjtuiError("The program mke2fs is missing", "", "Install the package e2fsprogs.")
    return path
