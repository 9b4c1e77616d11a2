"""The distribution's own ready-made kernel as kernel A, taken out of its package without installing it.

Its disk and serial drivers are modules, so it gets a small initramfs of busybox and those modules.
"""

import re
import shutil
import stat
import tempfile
from pathlib import Path

from bootable import Kernel
from common import KjtuiError, cache_dir, digest, locked, run, say
from guest_runtime import find_busybox
from setup_env import ensure_packages

from kjtui.pack import cpio

META_PACKAGES = ("linux-image-amd64", "linux-image-generic")  # Debian, Ubuntu
MODULES = (
    "virtio_pci",
    "virtio_blk",
    "virtio_console",
    "virtio_rng",
    "ext4",
    "crc32c_generic",
    "crc32c_intel",
)
LAYOUT = "1"
INIT = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in $(/bin/busybox cat /modules/order); do
    /bin/busybox insmod "/modules/$module" 2>/dev/null
done
tries=0
while [ ! -b /dev/vda ] && [ $tries -lt 200 ]; do
    /bin/busybox usleep 50000
    tries=$((tries + 1))
done
/bin/busybox mount -t ext4 /dev/vda /root
/bin/busybox umount /dev
exec /bin/busybox switch_root /root /sbin/init
"""


def stock_kernel() -> Kernel:
    """The kernel of the distribution's meta package, fetched now or from the cache. Raises KjtuiError."""
    ensure_packages({"dpkg-deb": "dpkg", "depmod": "kmod"})
    package, version = _current()
    home = cache_dir("kernels")
    release = package.removeprefix("linux-image-")
    done = home / f"stock-{release}-{digest([package, version, INIT, LAYOUT, *MODULES])}"
    with locked(home / "stock.lock", "Waiting for another run that fetches the distribution's kernel …"):
        if not done.is_dir():
            say(f"Fetching the distribution's kernel: {package} …")
            with tempfile.TemporaryDirectory(dir=home, prefix="stock-new-") as scratch:
                _extract(package, release, Path(scratch), done)
    return Kernel(release, done / "vmlinuz", done / "config", done / "initramfs")


def _current() -> tuple[str, str]:
    """(package, version): what the meta package depends on now."""
    for meta in META_PACKAGES:
        text = run(["apt-cache", "depends", "--no-recommends", meta], "apt-cache does not answer")
        if match := re.search(r"Depends: (linux-image-\d\S+)", text):
            shown = run(["apt-cache", "show", "--no-all-versions", match[1]], "apt-cache does not answer")
            version = re.search(r"^Version: (\S+)", shown, re.MULTILINE)
            return match[1], version[1] if version else ""
    raise KjtuiError(
        "The distribution's kernel package is not known here",
        f"looked for: {', '.join(META_PACKAGES)}",
        "Run apt-get update.",
    )


def _extract(package: str, release: str, scratch: Path, done: Path) -> None:
    tree = scratch / "tree"
    hint = "This needs the network and a Debian or Ubuntu mirror."
    run(["apt-get", "-q", "download", package], "The kernel package cannot be fetched", hint, cwd=scratch)
    modules = package.replace("linux-image-", "linux-modules-")  # Ubuntu keeps them in a package of their own
    if run(["apt-cache", "search", "--names-only", f"^{modules}$"], "apt-cache does not answer").strip():
        run(
            ["apt-get", "-q", "download", modules],
            "The kernel's modules cannot be fetched",
            hint,
            cwd=scratch,
        )
    for package_file in scratch.glob("*.deb"):
        run(["dpkg-deb", "-x", package_file, tree], "The kernel package cannot be unpacked")
    # The package leaves this to its installation script.
    home = next(tree.glob(f"**/modules/{release}"))
    base = home.parents[2] if home.parents[1].name == "lib" else tree
    run(["depmod", "-b", base, release], "The kernel's modules cannot be listed")
    result = scratch / "result"
    result.mkdir()
    shutil.copyfile(tree / "boot" / f"vmlinuz-{release}", result / "vmlinuz")
    config = next(path for path in (*tree.glob(f"boot/config-{release}"), home / "config") if path.exists())
    shutil.copyfile(config, result / "config")
    (result / "initramfs").write_bytes(initramfs(home))
    result.rename(done)


def initramfs(home: Path) -> bytes:
    """An uncompressed cpio archive that finds the disk. home: lib/modules/RELEASE, after depmod."""
    files = module_files(home)
    entries = [
        cpio.Entry.file("bin/busybox", find_busybox().read_bytes(), 0o755),
        cpio.Entry.file("init", INIT.encode(), 0o755),
        cpio.Entry.directory("root"),
        cpio.Entry.directory("dev"),
        # The kernel opens this before /init has mounted anything.
        cpio.Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
        cpio.Entry.file("modules/order", "".join(f"{path.name}\n" for path in files).encode()),
    ]
    entries += [cpio.Entry.file(f"modules/{path.name}", path.read_bytes()) for path in files]
    return cpio.archive(entries)


def module_files(home: Path) -> list[Path]:
    """MODULES and all that they depend on, in the order to load them; built-in ones are left out."""
    depends: dict[str, list[str]] = {}
    for line in (home / "modules.dep").read_text().splitlines():
        path, needs = line.split(":")
        depends[path] = needs.split()
    names = {re.sub(r"\.ko.*", "", Path(path).name).replace("-", "_"): path for path in depends}
    order: list[str] = []
    for name in MODULES:
        if (found := names.get(name)) is not None:
            # modules.dep names the nearest need first.
            order += [part for part in (*reversed(depends[found]), found) if part not in order]
    return [home / path for path in order]
