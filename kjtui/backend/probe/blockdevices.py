"""Block devices, and what of this system lives on them, seen through partitions, device mapper and md."""

import os
from collections.abc import Mapping, Sequence

from kjtui.backend.probe import udev
from kjtui.backend.probe.mounts import MountLine
from kjtui.backend.probe.source import Source
from kjtui.model.facts import BlockDevice

SECTOR = 512  # the unit of /sys/class/block/*/size, whatever the device's own sectors are
_FOLDER = "/sys/class/block"


def read(source: Source, mounts: Sequence[MountLine], swaps: Sequence[str]) -> tuple[BlockDevice, ...]:
    """All block devices with a size. A disk carries what its partitions and the stacks above them carry."""
    found = udev.devices(source, "block")
    sizes = {one.name: _sectors(source, one.name) for one in found}
    used = [one for one in found if sizes[one.name]]
    mounted, swapped = _direct_use(source, [one.name for one in used], mounts, swaps)
    below = {one.name: _below(source, one.name) for one in used}
    targets = {one.name: set(mounted.get(one.name, ())) for one in used}
    swap = {one.name: one.name in swapped for one in used}
    for one in used:
        for lower in _all_below(one.name, below):
            if lower in targets:
                targets[lower] |= set(mounted.get(one.name, ()))
                swap[lower] = swap[lower] or one.name in swapped
    return tuple(
        BlockDevice(
            name=one.name,
            size=sizes[one.name] * SECTOR,
            model=_model(source, one),
            removable=source.text(f"{_FOLDER}/{one.name}/removable", optional=True) == "1",
            mounted_at=tuple(sorted(targets[one.name])),
            swap=swap[one.name],
        )
        for one in used
    )


def _sectors(source: Source, name: str) -> int:
    return source.number(f"{_FOLDER}/{name}/size", optional=True) or 0


def _model(source: Source, device: udev.Found) -> str:
    """The maker's name for it. udev writes blanks as underscores."""
    if told := device.properties.get("ID_MODEL"):
        return told.replace("_", " ").strip()
    return source.text(f"{_FOLDER}/{device.name}/device/model", optional=True) or ""


def _direct_use(
    source: Source, names: Sequence[str], mounts: Sequence[MountLine], swaps: Sequence[str]
) -> tuple[dict[str, list[str]], set[str]]:
    """Mount points by device, and the devices that are swap, each seen directly."""
    by_number = {source.text(f"{_FOLDER}/{name}/dev", optional=True): name for name in names}
    mounted: dict[str, list[str]] = {}
    for line in mounts:
        # btrfs and others mount with a number of their own (0:…): there the source's name tells.
        name = by_number.get(line.number) or _device_name(source, line.mount.source)
        if name:
            mounted.setdefault(name, []).append(line.mount.target)
    return mounted, {name for path in swaps if (name := _device_name(source, path))}


def _device_name(source: Source, path: str) -> str:
    """The kernel's name of a device file, links followed: /dev/mapper/root is dm-0."""
    if not path.startswith("/dev/"):
        return ""
    return os.path.basename(os.path.realpath(source.path(path)))


def _below(source: Source, name: str) -> tuple[str, ...]:
    """The devices that this one stands on: the disk of a partition, the parts of a stack."""
    if source.is_file(f"{_FOLDER}/{name}/partition"):
        return (os.path.basename(os.path.dirname(os.path.realpath(source.path(f"{_FOLDER}/{name}")))),)
    return source.names(f"{_FOLDER}/{name}/slaves")


def _all_below(name: str, below: Mapping[str, tuple[str, ...]]) -> set[str]:
    found: set[str] = set()
    todo = list(below.get(name, ()))
    while todo:
        lower = todo.pop()
        if lower not in found:
            found.add(lower)
            todo.extend(below.get(lower, ()))
    return found
