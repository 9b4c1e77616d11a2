"""What kernel B is told for saving kernel A's memory."""

import os
import time
from collections.abc import Sequence
from dataclasses import replace

from kjtui.errors import KjtuiError
from kjtui.imagefile import errand as errands
from kjtui.imagefile.seal import key_of
from kjtui.kexec import iomem
from kjtui.model.facts import BlockDevice, Facts
from kjtui.model.memory import Region
from kjtui.model.saved import DiskHead, Errand, Footprint, Identity, Manifest, Sealing, Target, Task
from kjtui.model.visit import Disk, Orders
from kjtui.pack import cpio

# Bytes: the heads of ext4, XFS, btrfs, LUKS, LVM, RAID (not where it is at the end) and of a ZFS member are
# in it. They change as soon as another system mounts or assembles it.
FOOTPRINT = 256 << 10
_TOLD_BY_HEAD = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "crypto_LUKS", "LVM2_member", "linux_raid_member", "zfs_member"}
    | {"vfat", "msdos", "ntfs"}  # by their tables, see kjtui.backend.probe.filetables
    | {"iso9660", "squashfs", "erofs"}  # these never change
)
# Bytes: of what does not tell in its head that it is used. A swap area that is swapped to anew gets its first
# pages in here, wherever the kernel begins (SWAP_ADDRESS_SPACE_PAGES in mm/swap.h, SWAP_CLUSTER_COLS in
# mm/swapfile.c); exFAT has its tables and first folders here, F2FS its checkpoints.
FURTHER = 64 << 20
# Bytes: the kernel that puts memory back is counted as if its files had so much more than those of the one
# that saves. It takes the drivers of a network along wherever the starts look on a server, and has pieces at
# hand for two processors. Measured: so 112 MiB are the least, and it worked with 96 MiB.
GOING_BACK = 16 << 20
_SPARED = ("init_on_free=1", "page_poison=1", "debug_pagealloc=on", "slub_debug=P")


def errand(
    facts: Facts,
    region: Region,
    told: Orders,
    own: Identity,
    task: Task,
    target: Target,
    heads: Sequence[DiskHead],
) -> Errand:
    """The errand of a kernel B in this region. heads: of what is in use. Raises KjtuiError."""
    low = iomem.low_memory(iomem.parse(facts.iomem))
    if low is None:
        raise KjtuiError("This machine shows no memory below 640 KiB", "/proc/iomem lists none.")
    manifest = Manifest(
        id=os.urandom(16).hex(),
        created=int(time.time()),
        host=own.host,
        release=facts.kernel_release,
        boot_id=facts.boot_id,
        region=region,
        low=low,
        entry=0,  # kernel B fills it in
        machine=own.machine,
        gdt=told.gdt,
        note=facts.vmcoreinfo,
        mailbox=told.mailbox,
        disks=told.disks,
        footprints=(*footprints(facts, told.disks, target), *elsewhere(heads, told.disks)),
        build=own.build,
    )
    note = None if _counts_on_free_pages(facts) else facts.vmcoreinfo
    return Errand(task, target, manifest, note)


def with_errand(initramfs: bytes, told: Errand) -> bytes:
    """An initramfs with the errand in it, see kjtui.plan.visit.with_orders."""
    archive = cpio.archive([cpio.Entry.file(errands.PATH, errands.encode(told), 0o600)])
    return initramfs + bytes(-len(initramfs) % 4) + archive


def footprints(facts: Facts, disks: tuple[Disk, ...], target: Target | None = None) -> tuple[Footprint, ...]:
    """What must not change on A's disks: the head of each partition in use. Kernel B takes the digests.

    target: where the image goes to; a swap area is not in use while it carries one.
    """
    taken = target.name if target else ""
    below = {name for one in facts.block_devices for name in one.stands_on}
    found = []

    def watched(one: BlockDevice) -> int:
        """How many bytes. What others stand on is told by its head, and those are watched besides."""
        return FOOTPRINT if one.name in below else _telling(one.content)

    for index, disk in enumerate(disks):
        on_it = [one for one in facts.block_devices if one.kind == "part" and disk.name in one.stands_on]
        parts = [one for one in on_it if _used(one) and f"/dev/{one.name}" != taken]
        for one in parts:
            rest = one.name.removeprefix(disk.name).removeprefix("p")
            number = int(rest) if rest.isdigit() else 0
            if 0 < number <= len(disk.partitions):
                start, size = disk.partitions[number - 1]
                found.append(Footprint(index, start, min(size, watched(one)), "", _called(one)))
        if not parts:
            whole = next((one for one in facts.block_devices if one.name == disk.name), None)
            bytes_watched = watched(whole) if whole and _used(whole) else FOOTPRINT
            found.append(
                Footprint(index, 0, min(disk.size, bytes_watched), "", _called(whole) if whole else disk.name)
            )
    return tuple(found)


def _telling(content: str) -> int:
    """Bytes from the beginning of which some change whenever this is used."""
    return FOOTPRINT if content in _TOLD_BY_HEAD else FURTHER


def elsewhere(heads: Sequence[DiskHead], disks: tuple[Disk, ...]) -> tuple[Footprint, ...]:
    """The same where no partition says the place. Raises KjtuiError where a change could not be noticed."""
    sizes = {one.name: one.size for one in disks}
    names = list(sizes)
    found = []
    for head in heads:
        size = min(_telling(head.content), head.room, sizes.get(head.disk, 0) - head.offset)
        if size <= 0:
            raise KjtuiError(
                "Whether this system's disks are used meanwhile could not be noticed",
                f"Where {head.what} lies on a disk is not known: it is on a stack that kjtui cannot follow.",
                "Systems on plain partitions, LVM and LUKS can be saved.",
            )
        index = names.index(head.disk)
        found.append(Footprint(index, head.offset, size, "", head.what))
    return tuple(found)


def _used(one: BlockDevice) -> bool:
    return bool(one.mounted_at or one.swap or one.member_of)


def _called(one: BlockDevice) -> str:
    where = ", ".join(one.mounted_at[:2]) or ("swap" if one.swap else one.name)
    return f"{where} ({one.content})" if one.content else where


def _counts_on_free_pages(facts: Facts) -> bool:
    """Whether this kernel expects of free pages that they hold what it has put there."""
    config = facts.config or {}
    words = facts.command_line.split()
    cleared = config.get("CONFIG_INIT_ON_FREE_DEFAULT_ON") == "y" and "init_on_free=0" not in words
    return cleared or any(word in words for word in _SPARED)


def sealed(told: Errand, passphrase: str) -> Errand:
    """The same, its image sealed with a passphrase."""
    sealing = Sealing(os.urandom(16))
    return replace(told, sealing=sealing, key=key_of(passphrase.encode(), sealing))
