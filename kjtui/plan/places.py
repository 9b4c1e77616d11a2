"""Where kernel A's memory could be saved to, and why not elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from kjtui.model.facts import BlockDevice, Facts
from kjtui.model.memory import MIB
from kjtui.model.saved import Medium, Target
from kjtui.model.visit import Disk
from kjtui.plan.sizes import amount

_LEAST = 64 * MIB  # smaller partitions are boot loaders' and firmware's


@dataclass(frozen=True)
class Place:
    """A place on this machine. about: what it is, for people. why_not: "" where it can be used."""

    target: Target
    about: str
    why_not: str = ""


def places(facts: Facts, disks: Sequence[Disk]) -> tuple[Place, ...]:
    """Every partition, and every disk without any, usable ones first. disks: all of this machine's."""
    known = {one.name: one for one in disks}
    found = [_place(one, facts, known) for one in facts.block_devices if one.kind in ("part", "disk")]
    told = [place for place in found if place is not None]
    return tuple(sorted(told, key=lambda place: (bool(place.why_not), place.target.name)))


def _place(one: BlockDevice, facts: Facts, disks: dict[str, Disk]) -> Place | None:
    on = one.stands_on[0] if one.kind == "part" and one.stands_on else one.name
    disk = disks.get(on)
    parted = any(one.name in other.stands_on and other.kind == "part" for other in facts.block_devices)
    if disk is None or one.size < _LEAST or (one.kind == "disk" and parted):
        return None
    number = _number(one.name, on) if one.kind == "part" else 0
    if number is None:
        return None
    medium = Medium.PARTITION if number else Medium.DISK
    target = Target(medium, f"/dev/{one.name}", one.size, disk, number)
    parent = next((other for other in facts.block_devices if other.name == on), one)
    what = ", ".join(part for part in (parent.model, "removable" if parent.removable else "") if part)
    about = f"{amount(one.size)}{f' on {what}' if what else ''}"
    return Place(target, about, _why_not(one, facts))


def _why_not(one: BlockDevice, facts: Facts) -> str:
    if one.mounted_at:
        return f"this system has it mounted at {one.mounted_at[0]}"
    if one.swap:
        return "this system swaps to it"
    if one.member_of or any(one.name in other.stands_on for other in facts.block_devices):
        return f"it is part of {one.member_of or 'a stack of devices'}"
    if one.content:
        return f"it holds {one.content}, which would be lost"
    return ""


def _number(name: str, disk: str) -> int | None:
    """A partition's number, by its name (bdevname in block/partitions/core.c)."""
    rest = name.removeprefix(disk).removeprefix("p")
    return int(rest) if rest.isascii() and rest.isdigit() else None
