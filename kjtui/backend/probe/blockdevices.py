"""Block devices, and what of this system lives on them, seen through partitions and stacks."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kjtui.backend.probe import stacks, udev
from kjtui.backend.probe.mounts import MountLine
from kjtui.backend.probe.source import Source
from kjtui.model.facts import BlockDevice

SECTOR = 512  # the unit of /sys/class/block/*/size, whatever the device's own sectors are
_FOLDER = stacks.FOLDER


@dataclass
class _Seen:
    """A device while the picture is being put together."""

    device: BlockDevice
    udev: udev.Found
    below: tuple[str, ...] = ()
    mounted: set[str] = field(default_factory=set)
    swap: bool = False


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
    for name, one in list(seen.items()):
        for lower in stacks.spread(lambda name: seen[name].below if name in seen else (), name):
            if lower in seen and lower != name:
                seen[lower].mounted |= one.mounted
                seen[lower].swap |= one.swap
    return tuple(
        replace(one.device, mounted_at=tuple(sorted(one.mounted)), swap=one.swap, stands_on=one.below)
        for one in seen.values()
    )


def _sectors(source: Source, name: str) -> int:
    size = source.number(f"{_FOLDER}/{name}/size", optional=True) or 0
    return max(size, 0)


def _look(source: Source, found: udev.Found, sectors: int, names: set[str]) -> _Seen:
    """What the device says of itself."""
    name = found.name
    # The link's path tells where the device sits: …/usb1/…/block/sdb/sdb1.
    path = source.link(f"{_FOLDER}/{name}")
    disk = os.path.basename(os.path.dirname(path))
    part = disk != name and disk in names
    kind = "part" if part else stacks.kind(source, name)
    device = BlockDevice(
        name=name,
        size=sectors * SECTOR,
        model=_model(source, found, path),
        removable=source.text(f"{_FOLDER}/{name}/removable", optional=True) == "1" if not part else False,
        kind=kind,
        bus=stacks.bus(path),
        content=found.properties.get("ID_FS_TYPE") or "",
        state=stacks.array_state(source, name) if name.startswith("md") and not part else "",
    )
    return _Seen(device, found, (disk,) if part else source.names(f"{_FOLDER}/{name}/slaves"))


def _model(source: Source, found: udev.Found, path: str) -> str:
    """The maker's name for it. udev writes blanks as underscores."""
    if told := found.properties.get("ID_MODEL"):
        return told.replace("_", " ").strip()
    if "/virtual/block/" in path:
        return ""
    return source.text(f"{_FOLDER}/{found.name}/device/model", optional=True) or ""


class _Users:
    """Finds who uses which device, and notes it in what was seen."""

    def __init__(self, source: Source, seen: dict[str, _Seen], lines: Sequence[MountLine]) -> None:
        self._source = source
        self._seen = seen
        self._lines = lines
        numbers = {source.text(f"{_FOLDER}/{name}/dev", optional=True): name for name in seen}
        self._by_number = {number: name for number, name in numbers.items() if number}

    def mounts(self) -> None:
        """Give each mounted device its mount points."""
        for line in self._lines:
            if one := self._seen.get(self._mounted_device(line)):
                one.mounted.add(line.mount.target)
                self._content(one, line.mount.fstype)

    def swaps(self, paths: Sequence[str]) -> None:
        """Mark swap devices, and the devices that swap files lie on."""
        for path in paths:
            if one := self._seen.get(self._device_name(path)):
                one.swap = True
                self._content(one, "swap")
            else:
                for name in self._below_file(path):
                    self._seen[name].swap = True

    def loops(self) -> None:
        """A loop device stands on the device that its file is, or lies on."""
        for name, one in self._seen.items():
            if one.device.kind == "loop" and (path := stacks.backing_file(self._source, name)):
                own = self._device_name(path)
                one.below = (own,) if own in self._seen else self._below_file(path)

    def btrfs(self) -> None:
        """A btrfs on several devices is mounted by the name of one of them, and uses all."""
        for uuid, members in stacks.btrfs_members(self._source).items():
            here = [self._seen[name] for name in members if name in self._seen]
            targets = {target for one in here for target in one.mounted}
            for one in here:
                one.mounted |= targets
                self._content(one, "btrfs")
                if len(members) > 1:
                    one.device = replace(one.device, member_of=f"btrfs {uuid}")

    def zfs(self) -> None:
        """The members of an imported pool are used by the pool's mounts, and by the volumes in it."""
        pools = stacks.zfs_pools(self._source, self._lines)
        members: dict[str, list[str]] = {}
        for name, one in self._seen.items():
            if one.device.content == "zfs_member":
                pool = stacks.zfs_pool_of(one.udev.properties, pools)
                members.setdefault(pool, []).append(name)
                one.device = replace(one.device, member_of=f"zfs pool {pool}".strip())
                # Of which pool it is may be unknown; then it may be any of them.
                one.mounted.update(
                    pools.get(pool, ()) if pool else (at for all_ in pools.values() for at in all_)
                )
        for name, one in self._seen.items():
            if name.startswith("zd") and not one.below and one.device.kind == "disk":
                one.below = tuple(members.get(stacks.zvol_pool(one.udev.properties, pools), ()))

    def _content(self, one: _Seen, content: str) -> None:
        if not one.device.content:
            one.device = replace(one.device, content=content)

    def _mounted_device(self, line: MountLine) -> str:
        # btrfs and others mount with a number of their own (0:…): there the source's name tells.
        return self._by_number.get(line.number) or self._device_name(line.mount.source)

    def _device_name(self, path: str) -> str:
        """The kernel's name of a device file, links followed: /dev/mapper/root is dm-0."""
        return os.path.basename(self._source.resolved(path)) if path.startswith("/dev/") else ""

    def _below_file(self, path: str) -> tuple[str, ...]:
        """The device that holds a file."""
        line = stacks.holder_of(path, self._lines)
        name = self._mounted_device(line) if line else ""
        return (name,) if name in self._seen else ()
