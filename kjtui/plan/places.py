"""Where kernel A's memory could be saved to, and why not elsewhere."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.model.facts import BlockDevice, Facts
from kjtui.model.memory import MIB
from kjtui.model.saved import FileSpace, Medium, Target
from kjtui.model.visit import Disk
from kjtui.plan.sizes import amount

_LEAST = 64 * MIB  # smaller partitions are boot loaders' and firmware's
# What disks on these buses usually write, and at most what one processor compresses.
_RATES = {"nvme": 300 * MIB, "usb": 25 * MIB, "mmc": 25 * MIB}
FILE = "kjtui.image"  # the file's name, in the topmost folder of its file system


@dataclass(frozen=True)
class Place:
    """A place on this machine. about: what it is, for people. why_not: "" where it can be used.

    rate: bytes of an image that it takes in a second, as one may expect of its kind.
    """

    target: Target
    about: str
    why_not: str = ""
    rate: float = 100 * MIB


def places(facts: Facts, disks: Sequence[Disk], spaces: Sequence[FileSpace] = ()) -> tuple[Place, ...]:
    """Every partition, and every disk without any, usable ones first.

    disks: all of this machine's. spaces: what is on what is not mounted.
    """
    known = {one.name: one for one in disks}
    rooms = {one.device: one for one in spaces}
    devices = (one for one in facts.block_devices if one.kind in ("part", "disk"))
    found = [_place(one, facts, known, rooms.get(one.name)) for one in devices]
    told = [place for place in found if place is not None]
    return tuple(sorted(told, key=lambda place: (bool(place.why_not), place.target.name)))


def named(here: Sequence[Place], name: str) -> Place:
    """The place of this name. Raises KjtuiError that says why it cannot be used, and which can."""
    usable = ", ".join(one.target.name for one in here if not one.why_not) or "none"
    hint = f"Places that can be used: {usable}."
    found = next((one for one in here if one.target.name == name), None)
    if found is None:
        raise KjtuiError("There is no such place for the image", f"{name} was named.", hint)
    if found.why_not:
        why = f"{found.why_not[:1].upper()}{found.why_not[1:]}."
        raise KjtuiError(f"{name} cannot take the image", why, hint)
    return found


def on_server(name: str, looks: str | None = None) -> Place | None:
    """An export of an NFS server, "SERVER:/FOLDER"; None where the name is none.

    looks: the export on which the next start looks, "" for none, None where that does not matter.
    """
    export = exports.parse(name)
    if export is None:
        return None
    target = Target(Medium.NFS, name, 0, server=export.server, export=export.folder)
    why_not = f"the next start does not look there: run kjtui enable-resume --server {name}"
    return Place(target, f"A file on the server {export.server}", "" if looks in (None, name) else why_not)


def _place(
    one: BlockDevice, facts: Facts, disks: Mapping[str, Disk], space: FileSpace | None
) -> Place | None:
    on = one.stands_on[0] if one.kind == "part" and one.stands_on else one.name
    disk = disks.get(on)
    parted = any(one.name in other.stands_on and other.kind == "part" for other in facts.block_devices)
    if disk is None or one.size < _LEAST or (one.kind == "disk" and parted):
        return None
    number = _number(one.name, on) if one.kind == "part" else 0
    if number is None:
        return None
    parent = next((other for other in facts.block_devices if other.name == on), one)
    what = ", ".join(part for part in (parent.model, "removable" if parent.removable else "") if part)
    target = Target(Medium.PARTITION if number else Medium.DISK, f"/dev/{one.name}", one.size, disk, number)
    about = f"{amount(one.size)}{f' on {what}' if what else ''}"
    rate = _RATES.get(parent.bus, 100 * MIB)
    if why_not := _in_use(one, facts):
        return Place(target, about, why_not, rate)
    if space is not None and space.kind.startswith("ext"):
        target = replace(target, medium=Medium.FILE, size=space.free, file_system=space.kind, path=FILE)
        about = f"A file on {space.kind}, {amount(space.free)} free{f', on {what}' if what else ''}"
        return Place(target, about, space.why_not or _too_small(space), rate)
    content = one.content or (space.kind if space else "")
    if content == "swap":
        kind = "A swap area, empty" if one.swap else "A swap area, not in use"
        return Place(replace(target, medium=Medium.SWAP), f"{kind}, {about}", rate=rate)
    why_not = f"it holds {content}, which would be lost" if content else space.why_not if space else ""
    return Place(target, about, why_not, rate)


def _in_use(one: BlockDevice, facts: Facts) -> str:
    """What this system does with it; "" for nothing. A swap area that is empty can be done without."""
    if one.mounted_at:
        return f"this system has it mounted at {one.mounted_at[0]}"
    if one.swap and not (one.content == "swap" and f"/dev/{one.name}" in facts.empty_swaps):
        return "this system swaps to it, and something is in it"
    if one.member_of or any(one.name in other.stands_on for other in facts.block_devices):
        return f"it is part of {one.member_of or 'a stack of devices'}"
    return ""


def _too_small(space: FileSpace) -> str:
    return f"only {amount(space.free)} are free on it" if space.free < _LEAST else ""


def _number(name: str, disk: str) -> int | None:
    """A partition's number, by its name (bdevname in block/partitions/core.c)."""
    rest = name.removeprefix(disk).removeprefix("p")
    return int(rest) if rest.isascii() and rest.isdigit() else None
