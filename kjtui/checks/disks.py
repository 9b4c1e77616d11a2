"""What of this system lives on which disk: kernel B leaves all of it alone."""

from kjtui.checks.words import clip, partly_hidden, reasons
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import BlockDevice, Facts
from kjtui.model.memory import GIB, MIB

_ID = "disks"
FOLDER = "/sys/class/block"
# Who uses which disk is put together from all of these.
PLACES = (FOLDER, "/proc/self/mountinfo", "/proc/swaps")
_MOST = 4
_IN_MEMORY = ("zram", "ram")  # no disk that could be touched


def disks(facts: Facts) -> Finding:
    """For information: kernel B mounts nothing and writes nothing."""
    why = "A file system that this system has mounted must not be touched meanwhile. Kernel B mounts no disk."
    if partly_hidden(facts, *PLACES):
        cure = "Going on does no harm: kernel B mounts and writes no disk, whatever lies on it."
        title = "What lies on which disk cannot be told"
        return Finding(_ID, title, Verdict.UNKNOWN, reasons(facts, *PLACES), why, cure)
    whole = whole_disks(facts.block_devices)
    evidence = tuple(Evidence(f"{FOLDER}/{clip(one.name, 20)}", _use(one)) for one in whole[:_MOST])
    if len(whole) > _MOST:
        evidence = (*evidence, Evidence(FOLDER, f"and {len(whole) - _MOST} more in use"))
    if not whole:
        evidence = (Evidence(FOLDER, f"{len(facts.block_devices)} devices, none in use"),)
        return Finding(_ID, "No disk is in use", Verdict.READY, evidence, why)
    title = f"{len(whole)} disks are in use; kernel B leaves them alone"
    if len(whole) == 1:
        title = "1 disk is in use; kernel B leaves it alone"
    return Finding(_ID, title, Verdict.READY, evidence, why)


def whole_disks(devices: tuple[BlockDevice, ...]) -> tuple[BlockDevice, ...]:
    """What is in use and stands on nothing else that is: a disk carries what its partitions carry."""
    used = {
        one.name: one
        for one in devices
        # What a loop device carries, the disk that holds its file carries as well.
        if (one.mounted_at or one.swap) and one.kind != "loop" and not one.name.startswith(_IN_MEMORY)
    }
    return tuple(
        one
        for one in used.values()
        if not any(below in used for below in one.stands_on) and not _is_part(one.name, used)
    )


def _is_part(name: str, used: dict[str, BlockDevice]) -> bool:
    """Whether its name makes it a partition of one of them: sda1 of sda, nvme0n1p2 of nvme0n1."""
    disk = name.rstrip("0123456789")
    return disk != name and (disk in used or (disk.endswith("p") and disk[:-1] in used))


def _use(one: BlockDevice) -> str:
    more = ("…",) if len(one.mounted_at) > 3 else ()
    uses = (*(clip(target, 40) for target in one.mounted_at[:3]), *more, *(("swap",) if one.swap else ()))
    model = f"{clip(one.model, 30)}, " if one.model.strip() else ""
    return f"{model}{size(one.size)}: {', '.join(uses)}"


def size(count: int) -> str:
    """Bytes as people say them."""
    if count >= 1024 * GIB:
        return f"{count / GIB / 1024:.1f} TiB"
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count // MIB} MiB"
