"""What lies between the mounted file systems and the disks: LVM, LUKS, MD, btrfs, ZFS."""

from kjtui.checks.disks import FOLDER, PLACES
from kjtui.checks.words import clip, named, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import BlockDevice, Facts, Mount

_ID = "stacks"
_MOST = 6
_DEPTH = 8  # a stack that is deeper is cut off; real ones have two or three layers
_LAYERS = {
    "lvm": "LVM volume",
    "crypt": "LUKS",
    "mpath": "multipath",
    "loop": "a file as a disk (loop)",
    "dmraid": "RAID of the firmware",
    "dm": "device mapper",
}
# Words of md/array_state, md/sync_action and md/degraded (Documentation/admin-guide/md.rst).
_BUSY = frozenset({"resync", "recover", "recovery", "reshape", "repair", "resyncing", "recovering"})
_BROKEN = frozenset({"degraded", "inactive", "failed", "broken"})


def stacks(facts: Facts) -> Finding:
    """For information, unless an array is being put in order or lacks a disk."""
    why = (
        "The layers below a file system live in this kernel's memory and sleep with it; kernel B opens none."
    )
    arrays = tuple(one for one in facts.block_devices if one.state)
    if broken := tuple(one for one in arrays if _BROKEN & _words(one)):
        title = f"A disk is missing in an array: {_names(broken)}"
        why = (
            "This array has lost its reserve: the next disk that fails takes everything with it. A jump "
            "stops and starts all disks, and an old disk may not wake."
        )
        cure = "Look at cat /proc/mdstat, save what matters, repair the array; go on if you can do without."
        return Finding(_ID, title, Verdict.ATTENTION, _states(broken), why, cure)
    if busy := tuple(one for one in arrays if _BUSY & _words(one)):
        title = f"An array is being put in order: {_names(busy)}"
        why = (
            "The rebuild stands still while kernel B runs, and the array lacks its reserve until it is done. "
            "With much to write the disks are slow to fall asleep, too."
        )
        cure = "Wait until it is done (cat /proc/mdstat), or go on if the visit is short."
        return Finding(_ID, title, Verdict.ATTENTION, _states(busy), why, cure)
    if partly_hidden(facts, *PLACES):
        cure = "Going on does no harm if no array is being rebuilt: cat /proc/mdstat shows it."
        title = "What lies below the file systems cannot be told"
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, *PLACES), why, cure)
    evidence, layered = _chains(facts)
    evidence = (*evidence, *_states(arrays)[:2])
    title = "The file systems lie directly on their disks"
    if not evidence:
        evidence = (Evidence(FOLDER, f"{len(facts.block_devices)} devices, nothing mounted from them"),)
        title = "Nothing is mounted from a disk"
    if layered:
        title = f"Below the file systems: {named(layered, 3, 35)}"
    return Finding(_ID, title, Verdict.READY, evidence, why)


def _words(one: BlockDevice) -> set[str]:
    return set(one.state.lower().replace(",", " ").split())


def _names(arrays: tuple[BlockDevice, ...]) -> str:
    return named((one.name for one in arrays), 1, 24)


def _states(arrays: tuple[BlockDevice, ...]) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(f"{FOLDER}/{clip(one.name, 20)}/md", f"{clip(one.kind, 12)}: {clip(one.state, 60)}")
        for one in arrays[:4]
    )


def _chains(facts: Facts) -> tuple[tuple[Evidence, ...], tuple[str, ...]]:
    """One line per use of a disk, / first and swap last, and the kinds of layers that were seen."""
    by_name = {one.name: one for one in facts.block_devices}
    standing = _tops(facts.block_devices)
    lines: dict[str, str] = {}
    kinds: list[str] = []
    for mount in sorted(facts.mounts, key=lambda one: one.target != "/"):
        if (tops := standing.get(mount.target)) and mount.target not in lines and tops[0].kind != "loop":
            words = [
                f"{clip(mount.target, 30)} on {clip(mount.fstype, 12)}",
                *_layers(tops, by_name, mount, kinds),
            ]
            lines[mount.target] = ", ".join(words)
    swaps = {path.rpartition("/")[2] for path in facts.swaps}
    for one in facts.block_devices:
        if one.name in swaps and one.swap and not one.name.startswith("zram"):
            lines[f"swap {one.name}"] = f"swap on {', '.join(_layers([one], by_name, None, kinds))}"
    text = list(lines.values())
    evidence = [Evidence(FOLDER, line) for line in text[:_MOST]]
    if len(text) > _MOST:
        evidence.append(Evidence(FOLDER, f"and {len(text) - _MOST} more"))
    return tuple(evidence), tuple(kinds)


def _tops(devices: tuple[BlockDevice, ...]) -> dict[str, list[BlockDevice]]:
    """For each mount point the devices that carry it directly, with none between that carries it, too."""
    covered = {(below, target) for one in devices for target in one.mounted_at for below in one.stands_on}
    tops: dict[str, list[BlockDevice]] = {}
    for one in devices:
        for target in one.mounted_at:
            if (one.name, target) not in covered:
                tops.setdefault(target, []).append(one)
    return tops


def _layers(
    tops: list[BlockDevice], by_name: dict[str, BlockDevice], mount: Mount | None, kinds: list[str]
) -> list[str]:
    """The way down, as words. kinds gathers the layers' kinds."""
    words = []
    first = tops[0]
    if pool := first.member_of:
        kind = pool.split(" ")[0]
        kinds.append({"zfs": "ZFS"}.get(kind, kind))
        # A btrfs is called after its file system, which was told already; a pool has a name.
        words += [clip(pool, 30)] if kind != "btrfs" else []
    if len(tops) > 1:
        names = [clip(one.name, 16) for one in tops]
        return [*words, f"{len(tops)} devices: {', '.join(names[:4])}{', …' if len(names) > 4 else ''}"]
    here, seen = first, {first.name}
    for _ in range(_DEPTH):
        layer = _layer(here, mount if here is first else None)
        if layer:
            kinds.append(_kind(here))
            words.append(layer)
        below = [by_name[name] for name in here.stands_on if name in by_name and name not in seen]
        if here.kind == "part" or not below:
            break
        if len(below) > 1:
            names = [clip(one.name, 16) for one in below]
            return [*words, f"{', '.join(names[:4])}{', …' if len(names) > 4 else ''}"]
        here = below[0]
        seen.add(here.name)
    if not _layer(here, None):
        words.append(clip(here.name, 16))
    return words


def _layer(one: BlockDevice, mount: Mount | None) -> str:
    """A layer in words, "" for a disk or a partition. The mount's source knows the name of an LVM volume."""
    kind = _kind(one)
    if not kind:
        return ""
    if kind.startswith("MD"):
        return f"{kind} {clip(one.name, 16)}"
    source = mount.source.rpartition("/")[2] if mount and mount.source.startswith("/dev/mapper/") else ""
    if one.kind == "lvm":
        return f"LVM volume {clip(source or one.name, 30)}"
    return _LAYERS.get(one.kind, clip(kind, 16))


def _kind(one: BlockDevice) -> str:
    """The kind of a layer for a title, "" for what is none."""
    if one.kind.startswith(("raid", "linear", "md")):
        return f"MD {clip(one.kind.upper().replace('RAID', 'RAID '), 12)}"
    return {"lvm": "LVM", "crypt": "LUKS", "mpath": "multipath", "dmraid": "RAID", "dm": "device mapper"}.get(
        one.kind, ""
    )
