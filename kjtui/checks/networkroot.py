"""Does this system itself come over the network: /, /usr or /var?"""

from dataclasses import dataclass

from kjtui.checks.check import read
from kjtui.checks.mounts import BREAKS, FILE, SYSTEM, evidence_of, over_network
from kjtui.checks.words import clip
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "network-root"


@dataclass(frozen=True)
class _Far:
    """A disk of another machine. why: what a jump means for it."""

    called: str
    why: str


_ISCSI = _Far(
    "iSCSI",
    "iscsid then has to log in again, and the disk waits for that (replacement_timeout, usually 120 s).",
)
_NBD = _Far(
    "NBD",
    "Without -persist nbd-client does not connect again then, and all reading and writing fails.",
)
_RBD = _Far("Ceph (RBD)", "Ceph takes a client that says nothing for long for dead, and may shut it out.")
_FABRICS = _Far(
    "NVMe over a network",
    "The kernel connects again afterwards by itself, and the disk waits for that (ctrl_loss_tmo, 600 s).",
)
_BY_BUS = {"iscsi": _ISCSI, "nbd": _NBD, "rbd": _RBD, "nvme-fabrics": _FABRICS}
_FILE_SERVER = (
    "Programs that this system needs come from a server. The kernel itself connects again after the jump and "
    "waits for the server meanwhile (NFS with the option hard); what was being written waits, too."
)


def network_root(facts: Facts) -> Finding:
    """A root on 9p or virtiofs is lost with the jump; one on a server depends on its patience."""
    why = "While kernel B runs, this system answers nobody: a server may take it for gone."
    if not facts.mounts:
        evidence = (read(facts, FILE, "it lists nothing"),)
        title = "Whether / comes over the network cannot be told"
        return Finding(
            _ID, title, Verdict.UNKNOWN, evidence, why, "Go on if you know that / is on a disk here."
        )
    system = tuple(one for one in facts.mounts if one.target in SYSTEM)
    if broken := tuple(one for one in system if one.fstype in BREAKS):
        title = f"{broken[0].target} is a share of the host: it would not wake again"
        why = (
            f"The driver of {broken[0].fstype} does not survive that the devices sleep: nothing can be read."
        )
        cure = "Use a machine whose root is on a disk of its own (a virtual disk is one), or in an initramfs."
        return Finding(_ID, title, Verdict.BLOCKED, evidence_of(broken), why, cure)
    cure = (
        "Go on with Quick test: seconds are rarely too long. Before a longer visit ask whoever runs the "
        "server how long it waits; save your work before."
    )
    if remote := tuple(one for one in system if over_network(one)):
        title = f"{remote[0].target} comes over the network ({clip(remote[0].fstype, 16)})"
        return Finding(_ID, title, Verdict.ATTENTION, evidence_of(remote), _FILE_SERVER, cure)
    for device in facts.block_devices:
        target = next((one for one in device.mounted_at if one in SYSTEM), "")
        far = _BY_BUS.get(device.bus)
        if target and far:
            title = f"{target} is on a disk of another machine ({far.called})"
            text = f"{clip(device.model or far.called, 40)}: {', '.join(device.mounted_at[:3])}"
            disk = (Evidence(f"/sys/class/block/{clip(device.name, 20)}", clip(text, 100)),)
            return Finding(_ID, title, Verdict.ATTENTION, disk, f"{why} {far.why}", cure)
    here = evidence_of(system[:2]) or (Evidence(FILE, "/ is the initramfs"),)
    return Finding(_ID, "This system lies on its own disks", Verdict.READY, here, why)
