"""The disks that this system uses, described so that another kernel recognises them."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kjtui.backend import wholedisks
from kjtui.model.facts import BlockDevice
from kjtui.model.visit import Disk

_WHOLE = ("disk", "")  # kinds of what is attached to a bus and can hold a file system
_PLAIN = (*_WHOLE, "part")


def in_use(root: Path, devices: Sequence[BlockDevice]) -> tuple[Disk, ...]:
    """The disks that something of this system lives on, each with what that is."""
    used = {one.name: why for one in devices if one.kind in _WHOLE and (why := _why(one, devices))}
    return tuple(replace(wholedisks.describe(name, str(root)), why=why) for name, why in sorted(used.items()))


def from_facts(devices: Sequence[BlockDevice]) -> tuple[Disk, ...]:
    """The same from facts alone, without what sysfs tells besides."""
    return tuple(
        Disk(one.name, one.size, model=one.model, why=why)
        for one in sorted(devices, key=lambda one: one.name)
        if one.kind in _WHOLE and (why := _why(one, devices))
    )


def whole(devices: Sequence[BlockDevice]) -> tuple[Disk, ...]:
    """All disks from facts alone."""
    return tuple(
        Disk(one.name, one.size, model=one.model)
        for one in sorted(devices, key=lambda one: one.name)
        if one.kind in _WHOLE
    )


def _why(disk: BlockDevice, devices: Sequence[BlockDevice]) -> str:
    """What this system uses a disk for, in words; "" for nothing."""
    members = sorted({one.member_of for one in _on(disk, devices) if one.member_of})
    stacks = sorted(
        {
            _STACKS.get(one.kind, "a device made of it")
            for one in _on(disk, devices)
            if one.kind not in _PLAIN and not one.mounted_at
        }
    )
    parts = [*disk.mounted_at[:3], *(("more",) if len(disk.mounted_at) > 3 else ())]
    parts += ["swap"] if disk.swap else []
    return ", ".join(parts or [*members, *stacks])


_STACKS = {"crypt": "an open LUKS device", "lvm": "LVM"} | {
    f"raid{n}": "a RAID array" for n in (0, 1, 4, 5, 6, 10)
}


def _on(disk: BlockDevice, devices: Sequence[BlockDevice]) -> list[BlockDevice]:
    """The disk and all that stands on it."""
    names = {disk.name}
    grown = True
    while grown:
        more = {one.name for one in devices if names & set(one.stands_on)} | names
        grown = more != names
        names = more
    return [one for one in devices if one.name in names]
