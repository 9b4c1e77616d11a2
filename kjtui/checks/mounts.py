"""Do all mounted file systems survive that the devices are put to sleep?"""

from kjtui.checks.check import listed, read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, Mount

_ID = "mounts"
_FILE = "/proc/self/mountinfo"
_BREAKS = frozenset({"9p", "virtiofs"})
_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "ceph", "afs", "glusterfs", "ocfs2", "gfs2"})
# These FUSE file systems are served by this machine itself and idle unless used: freezing them is no trouble.
_LOCAL_FUSE = frozenset(
    {"fuseblk", "fusectl", "fuse.portal", "fuse.gvfsd-fuse", "fuse.lxcfs", "fuse.snapfuse", "fuse.squashfuse"}
)


def mounts(facts: Facts) -> Finding:
    """9p and virtiofs lose their connection; network file systems meet a server that has given up."""
    why = "Before the jump all devices are put to sleep, and this system answers nobody until it is back."
    if not facts.mounts:
        evidence = (read(facts, _FILE, "it lists nothing"),)
        title, cure = "What is mounted cannot be told", "Go on if no 9p or virtiofs file system is mounted."
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    if broken := tuple(one for one in facts.mounts if one.fstype in _BREAKS):
        title = f"Mounted, but would not wake again: {broken[0].target}"[:60]
        why = f"{why} Shares of the virtual machine's host ({_kinds(broken)}) do not survive that."
        cure = (
            "Unmount them (umount). If / itself is one of them, use a machine whose root is on a disk or in "
            "an initramfs."
        )
        return Finding(_ID, title, Verdict.BLOCKED, _evidence(broken), why, cure)
    if remote := tuple(one for one in facts.mounts if _remote(one)):
        title = f"Mounted over the network: {listed(tuple(one.target for one in remote), most=1)}"[:60]
        cure = (
            "Go on for a short visit: most servers wait for minutes. Before a long one, unmount them. If the "
            "jump is refused because something would not freeze, unmount them too."
        )
        return Finding(_ID, title, Verdict.ATTENTION, _evidence(remote), why, cure)
    evidence = (Evidence(_FILE, f"{len(facts.mounts)} mounts, none of a kind that breaks"),)
    return Finding(_ID, "All mounted file systems survive the jump", Verdict.READY, evidence, why)


def _remote(one: Mount) -> bool:
    return one.fstype in _NETWORK or (one.fstype.startswith("fuse.") and one.fstype not in _LOCAL_FUSE)


def _evidence(found: tuple[Mount, ...]) -> tuple[Evidence, ...]:
    return tuple(Evidence(_FILE, f"{one.fstype} {one.source} on {one.target}") for one in found[:4])


def _kinds(found: tuple[Mount, ...]) -> str:
    return ", ".join(sorted({one.fstype for one in found}))
