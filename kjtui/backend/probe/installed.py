"""The kernels that are installed on this machine, and whether each can jump."""

import re

from kjtui.backend.probe import config
from kjtui.backend.probe.source import Source
from kjtui.kexec import bzimage
from kjtui.model.facts import InstalledKernel

_HEAD = 64 << 10  # a bzImage's setup part, with the version string in it, is never longer
_MODULES = ("/usr/lib/modules", "/lib/modules")
_ENTRIES = ("/boot/loader/entries", "/efi/loader/entries", "/boot/efi/loader/entries")
_BESIDE_BOOT = ("/boot", "/efi", "/boot/efi")  # where the partition may be mounted that an entry speaks of
_LINUX = re.compile(r"^linux\s+(\S+)", re.MULTILINE)
_MOST = 100  # entries of each folder that are looked at


def find(source: Source) -> tuple[InstalledKernel, ...]:
    """Kernel files in /boot, beside the modules, and named by boot loader entries (BLS); the newest first.

    The same release found twice counts once. can_jump comes from the kernel's own configuration file.
    """
    found: dict[str, InstalledKernel] = {}
    for path in _files(source):
        head = source.data(path, limit=_HEAD, optional=True)
        release = bzimage.release(head) if head else _named(path)
        if release and release not in found:
            found[release] = _kernel(source, path, release)
    return tuple(sorted(found.values(), key=lambda kernel: _age(kernel.release), reverse=True))


def _files(source: Source) -> tuple[str, ...]:
    paths = [
        f"/boot/{name}" for name in source.names("/boot") if name.startswith(("vmlinuz", "bzImage", "kernel"))
    ]
    for folder in _MODULES:
        paths += [f"{folder}/{name}/vmlinuz" for name in source.names(folder)[:_MOST]]
    for folder in _ENTRIES:
        for name in source.names(folder)[:_MOST]:
            text = source.text(f"{folder}/{name}", optional=True) if name.endswith(".conf") else None
            for path in _LINUX.findall(text or ""):
                paths += [f"{start}/{path.lstrip('/')}" for start in _BESIDE_BOOT]
    paths.append("/run/booted-system/kernel")  # NixOS
    return tuple(path for path in dict.fromkeys(paths) if source.is_file(path))


def _named(path: str) -> str:
    """The release by a file's name, where only root may read it: /boot/vmlinuz-RELEASE, RELEASE/vmlinuz."""
    folder, _, name = path.rpartition("/")
    release = name.partition("-")[2] or folder.rpartition("/")[2]
    return release if release[:1].isdigit() else ""


def _kernel(source: Source, path: str, release: str) -> InstalledKernel:
    for name in config.candidates(release)[1:]:  # the first speaks of the running kernel
        text = source.text(name, optional=True)
        options = config.parse(text) if text else {}
        if options:
            return InstalledKernel(path, release, options.get("CONFIG_KEXEC_JUMP") == "y", name)
    return InstalledKernel(path, release, None)


def _age(release: str) -> tuple[tuple[int, str], ...]:
    """Numbers compare as numbers: 6.9 is older than 6.12. int() takes no more than 4300 digits."""
    return tuple(
        (int(part), "") if part.isdecimal() and len(part) < 20 else (-1, part)
        for part in re.split(r"(\d+)", release)
    )
