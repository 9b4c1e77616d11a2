"""What a block device is, and which devices a stack stands on: device mapper, md, loop, btrfs, ZFS."""

import re
from collections.abc import Callable, Mapping, Sequence

from kjtui.backend.probe.mounts import MountLine
from kjtui.backend.probe.source import Source

FOLDER = "/sys/class/block"
BTRFS = "/sys/fs/btrfs"
ZFS = "/proc/spl/kstat/zfs"  # one folder for each imported pool
# How the names of device mapper's devices begin that a program made for a purpose (dm/uuid).
_MAPPED = (
    ("LVM-", "lvm"),
    ("CRYPT-", "crypt"),
    ("mpath-", "mpath"),
    ("DMRAID-", "dmraid"),
    ("part", "part"),
)
_NAMED = (
    (re.compile(r"sr\d"), "rom"),
    (re.compile(r"loop\d"), "loop"),
    (re.compile(r"zram\d"), "zram"),
    (re.compile(r"ram\d"), "ram"),
)
# What in a device's path tells how it is attached; what comes first counts.
_BUSES = (
    ("/usb", "usb"),
    ("/session", "iscsi"),
    ("/nvme-fabrics/", "nvme-fabrics"),
    ("/nvme", "nvme"),
    ("/virtio", "virtio"),
    ("/mmc_host/", "mmc"),
    ("/ata", "ata"),
    ("/host", "scsi"),
    ("/nbd", "nbd"),
    ("/rbd", "rbd"),
)


def bus(path: str) -> str:
    """How the device is attached, by its path in /sys/devices; "" for stacks and others."""
    return next((name for part, name in _BUSES if part in path), "")


def kind(source: Source, name: str) -> str:
    """What a device that is no partition is, see BlockDevice."""
    if name.startswith("dm-"):
        uuid = source.text(f"{FOLDER}/{name}/dm/uuid", optional=True) or ""
        return next((word for start, word in _MAPPED if uuid.startswith(start)), "dm")
    if name.startswith("md"):
        return source.text(f"{FOLDER}/{name}/md/level", optional=True) or "md"
    return next((word for pattern, word in _NAMED if pattern.match(name)), "disk")


def array_state(source: Source, name: str) -> str:
    """An md array's state (Documentation/admin-guide/md.rst): what it is busy with, else what it lacks.

    "recover" (a missing member is being rebuilt), "resync", "check" …, else "degraded", else array_state.
    """
    folder = f"{FOLDER}/{name}/md"
    action = source.text(f"{folder}/sync_action", optional=True) or "idle"
    if action not in ("idle", "frozen"):
        return action
    missing = source.text(f"{folder}/degraded", optional=True) or "0"
    return "degraded" if missing != "0" else source.text(f"{folder}/array_state", optional=True) or ""


def backing_file(source: Source, name: str) -> str:
    """The file that a loop device shows."""
    return source.text(f"{FOLDER}/{name}/loop/backing_file", optional=True) or ""


def holder_of(path: str, mounts: Sequence[MountLine]) -> MountLine | None:
    """The mount that a file lies on: the longest path; of several the last, which hides the others."""
    found = None
    for line in mounts:
        target = line.mount.target
        above = target == "/" or path == target or path.startswith(f"{target}/")
        if above and (found is None or len(target) >= len(found.mount.target)):
            found = line
    return found


def btrfs_members(source: Source) -> dict[str, tuple[str, ...]]:
    """The devices of each mounted btrfs, by its UUID."""
    found = {uuid: source.names(f"{BTRFS}/{uuid}/devices") for uuid in source.names(BTRFS)}
    return {uuid: names for uuid, names in found.items() if names}


def zfs_pools(source: Source, mounts: Sequence[MountLine]) -> dict[str, tuple[str, ...]]:
    """The mount points of each imported pool, by its name."""
    pools: dict[str, list[str]] = {}
    for name in source.names(ZFS):
        if source.is_folder(f"{ZFS}/{name}"):
            pools[name] = []
    for line in mounts:
        if line.mount.fstype == "zfs":
            pools.setdefault(line.mount.source.partition("/")[0], []).append(line.mount.target)
    return {name: tuple(targets) for name, targets in pools.items()}


def zfs_pool_of(properties: Mapping[str, str], pools: Mapping[str, tuple[str, ...]]) -> str:
    """The pool that a member belongs to: by its label, else the only one there is; "" unknown."""
    if told := properties.get("ID_FS_LABEL"):
        return told
    return next(iter(pools)) if len(pools) == 1 else ""


def zvol_pool(properties: Mapping[str, str], pools: Mapping[str, tuple[str, ...]]) -> str:
    """The pool that a volume (zd0) is made of: by its links in /dev/zvol, else the only one there is."""
    for link in (properties.get("DEVLINKS") or "").split():
        if link.startswith("/dev/zvol/"):
            return link.split("/")[3]
    return next(iter(pools)) if len(pools) == 1 else ""


def spread(below: Callable[[str], Sequence[str]], name: str) -> set[str]:
    """All devices under this one, at any depth."""
    found: set[str] = set()
    todo = list(below(name))
    while todo:
        lower = todo.pop()
        if lower not in found:
            found.add(lower)
            todo.extend(below(lower))
    return found
