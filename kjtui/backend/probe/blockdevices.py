"""Block devices, and what of this system lives on them, seen through partitions and stacks."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from kjtui.backend.probe import stacks, udev
from kjtui.backend.probe.mounts import MountLine
from kjtui.backend.probe.source import Source
from kjtui.model.facts import BlockDevice

SECTOR = 512  # the unit of /sys/class/block/*/size, whatever the device's own sectors are
_FOLDER = stacks.FOLDER


@dataclass
class _Seen:
    """A device while the picture is being put together."""

    udev: udev.Found
    sectors: int
    path: str  # where the device sits, as its link has it: …/usb1/…/block/sdb/sdb1
    kind: str
    content: str
    below: tuple[str, ...]
    mounted: set[str] = field(default_factory=set)
    swap: bool = False
    member_of: str = ""


def read(source: Source, mounts: Sequence[MountLine], swaps: Sequence[str]) -> tuple[BlockDevice, ...]:
    """All block devices with a size. A disk carries what its partitions and the stacks above them carry."""
    found = udev.devices(source, "block")
    names = {one.name for one in found}
    seen = {
        one.name: _look(source, one, size, names) for one in found if (size := _sectors(source, one.name))
    }
    users = _Users(source, seen, mounts)
    users.mounts()
    users.swaps(swaps)
    users.loops()
    users.btrfs()
    users.zfs()
    _hand_down(seen)
    return tuple(_device(source, one) for one in seen.values())


def _hand_down(seen: dict[str, _Seen]) -> None:
    """Let each device carry what the devices on it carry."""
    for name, one in list(seen.items()):
        if one.below and (one.mounted or one.swap):
            for lower in stacks.spread(lambda name: seen[name].below if name in seen else (), name):
                if lower in seen and lower != name:
                    seen[lower].mounted |= one.mounted
                    seen[lower].swap |= one.swap


def _sectors(source: Source, name: str) -> int:
    return source.number(f"{_FOLDER}/{name}/size") or 0


def _look(source: Source, found: udev.Found, sectors: int, names: set[str]) -> _Seen:
    """What the device is, and what it stands on."""
    name = found.name
    path = source.link(f"{_FOLDER}/{name}")
    disk = path.split("/")[-2] if "/" in path else ""
    if disk != name and disk in names:
        kind = "part"
        below: tuple[str, ...] = (disk,)
    else:
        kind = stacks.kind(source, name)
        # What is attached to a bus stands on nothing.
        below = () if stacks.bus(path) else source.names(f"{_FOLDER}/{name}/slaves")
    return _Seen(found, sectors, path, kind, found.properties.get("ID_FS_TYPE") or "", below)


def _device(source: Source, one: _Seen) -> BlockDevice:
    name, part = one.udev.name, one.kind == "part"
    return BlockDevice(
        name=name,
        size=one.sectors * SECTOR,
        model=_model(source, one),
        removable=not part and source.text(f"{_FOLDER}/{name}/removable", optional=True) == "1",
        mounted_at=tuple(sorted(one.mounted)),
        swap=one.swap,
        kind=one.kind,
        bus=stacks.bus(one.path),
        content=one.content,
        stands_on=one.below,
        member_of=one.member_of,
        state=stacks.array_state(source, name) if name.startswith("md") and not part else "",
    )


def _model(source: Source, one: _Seen) -> str:
    """The maker's name for it. udev writes blanks as underscores."""
    if told := one.udev.properties.get("ID_MODEL"):
        return told.replace("_", " ").strip()
    if one.kind == "part" or "/virtual/block/" in one.path:
        return ""
    return source.text(f"{_FOLDER}/{one.udev.name}/device/model", optional=True) or ""


class _Users:
    """Finds who uses which device, and notes it in what was seen."""

    def __init__(self, source: Source, seen: dict[str, _Seen], lines: Sequence[MountLine]) -> None:
        self._source = source
        self._seen = seen
        self._lines = lines
        self._names: dict[tuple[str, str], str] = {}  # by number and source of a mount
        self._numbers: dict[str | None, str] | None = None

    def mounts(self) -> None:
        """Give each mounted device its mount points."""
        for line in self._lines:
            if one := self._seen.get(self._mounted_device(line)):
                one.mounted.add(line.mount.target)
                one.content = one.content or line.mount.fstype

    def swaps(self, paths: Sequence[str]) -> None:
        """Mark swap devices, and the devices that swap files lie on."""
        for path in paths:
            if one := self._seen.get(self._device_name(path)):
                one.swap = True
                one.content = one.content or "swap"
            else:
                for name in self._below_file(path):
                    self._seen[name].swap = True

    def loops(self) -> None:
        """A loop device stands on the device that its file is, or lies on."""
        for name, one in self._seen.items():
            if one.kind == "loop" and (path := stacks.backing_file(self._source, name)):
                own = self._device_name(path)
                one.below = (own,) if own in self._seen else self._below_file(path)

    def btrfs(self) -> None:
        """A btrfs on several devices is mounted by the name of one of them, and uses all.

        The kernel calls the one that it has mounted itself, without an initramfs, by a name that no device
        has: /dev/root.
        """
        mounted = [line for line in self._lines if line.mount.fstype == "btrfs"]
        strays = {line.mount.target for line in mounted if self._mounted_device(line) not in self._seen}
        for uuid, members in stacks.btrfs_members(self._source).items():
            here = [self._seen[name] for name in members if name in self._seen]
            targets = {target for one in here for target in one.mounted} or strays
            for one in here:
                one.mounted |= targets
                one.content = one.content or "btrfs"
                if len(members) > 1 or not targets:
                    one.member_of = f"btrfs {uuid}"

    def zfs(self) -> None:
        """The members of an imported pool are used by the pool's mounts, and by the volumes in it."""
        pools = stacks.zfs_pools(self._source, self._lines)
        members: dict[str, list[str]] = {}
        for name, one in self._seen.items():
            if one.content == "zfs_member":
                pool = stacks.zfs_pool_of(one.udev.properties, pools)
                members.setdefault(pool, []).append(name)
                one.member_of = f"zfs pool {pool}".strip()
                # Of which pool it is may be unknown; then it may be any of them.
                one.mounted.update(
                    pools.get(pool, ()) if pool else (at for all_ in pools.values() for at in all_)
                )
        for name, one in self._seen.items():
            if name.startswith("zd") and not one.below and one.kind == "disk":
                one.below = tuple(members.get(stacks.zvol_pool(one.udev.properties, pools), ()))

    def _mounted_device(self, line: MountLine) -> str:
        key = (line.number, line.mount.source)
        if key not in self._names:
            self._names[key] = self._by_number(line.number) or self._device_name(line.mount.source)
        return self._names[key]

    def _by_number(self, number: str) -> str:
        # btrfs and others mount with a number of their own (0:…): there the source's name tells.
        if number.startswith("0:"):
            return ""
        if link := self._source.link(f"/sys/dev/block/{number}"):
            return os.path.basename(link)
        if self._numbers is None:
            paths = {name: f"{_FOLDER}/{name}/dev" for name in self._seen}
            self._numbers = {self._source.text(path, optional=True): name for name, path in paths.items()}
        return self._numbers.get(number, "")

    def _device_name(self, path: str) -> str:
        """The kernel's name of a device file, links followed: /dev/mapper/root is dm-0."""
        return os.path.basename(self._source.resolved(path)) if path.startswith("/dev/") else ""

    def _below_file(self, path: str) -> tuple[str, ...]:
        """The device that holds a file."""
        line = stacks.holder_of(path, self._lines)
        name = self._mounted_device(line) if line else ""
        return (name,) if name in self._seen else ()
