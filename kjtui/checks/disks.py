"""What of this system lives on which disk: kernel B leaves all of it alone."""

from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import BlockDevice, Facts
from kjtui.model.memory import GIB, MIB

_ID = "disks"
_FOLDER = "/sys/class/block"
_MOST = 4


def disks(facts: Facts) -> Finding:
    """For information: kernel B mounts nothing and writes nothing."""
    why = "A file system that this system has mounted must not be touched meanwhile. Kernel B mounts no disk."
    used = [one for one in facts.block_devices if one.mounted_at or one.swap]
    # A disk already tells what its partitions hold.
    whole = [one for one in used if not any(_is_part(one, other) for other in used)]
    evidence = tuple(Evidence(f"{_FOLDER}/{one.name}", _use(one)) for one in whole[:_MOST])
    if len(whole) > _MOST:
        evidence = (*evidence, Evidence(_FOLDER, f"and {len(whole) - _MOST} more in use"))
    if not whole:
        evidence = (Evidence(_FOLDER, f"{len(facts.block_devices)} devices, none in use"),)
        return Finding(_ID, "No disk is in use", Verdict.READY, evidence, why)
    plural = "disks are" if len(whole) > 1 else "disk is"
    title = f"{len(whole)} {plural} in use; kernel B leaves them alone"
    return Finding(_ID, title, Verdict.READY, evidence, why)


def _is_part(one: BlockDevice, other: BlockDevice) -> bool:
    """Whether one is a partition of other, by their names: sda1 of sda, nvme0n1p2 of nvme0n1."""
    rest = one.name.removeprefix(other.name)
    return bool(rest) and rest != one.name and rest.removeprefix("p").isdigit()


def _use(one: BlockDevice) -> str:
    size = f"{one.size / GIB:.1f} GiB" if one.size >= GIB else f"{one.size // MIB} MiB"
    uses = (*one.mounted_at[:3], *(("swap",) if one.swap else ()))
    more = ", …" if len(one.mounted_at) > 3 else ""
    return f"{one.model + ', ' if one.model else ''}{size}: {', '.join(uses)}{more}"
