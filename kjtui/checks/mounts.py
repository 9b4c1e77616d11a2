"""Do all mounted file systems survive that the devices are put to sleep?"""

from kjtui.checks.check import read
from kjtui.checks.words import clip, named
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts, Mount

_ID = "mounts"
FILE = "/proc/self/mountinfo"
# Shares of a virtual machine's host. The driver of 9p neither saves nor restores its queue (net/9p/
# trans_virtio.c); that of virtiofs refuses to be frozen (virtio_fs_freeze in fs/fuse/virtio_fs.c).
BREAKS = frozenset({"9p", "virtiofs"})
NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "ceph", "afs", "glusterfs", "ocfs2", "gfs2", "lustre", "beegfs", "vboxsf"}
)
_NETWORK_FUSE = frozenset(
    {
        *("fuse.sshfs", "fuse.rclone", "fuse.s3fs", "fuse.glusterfs", "fuse.ceph", "fuse.davfs", "fuse.mfs"),
        *("fuse.curlftpfs", "fuse.smbnetfs", "fuse.goofys", "fuse.gcsfuse", "fuse.s3ql", "fuse.juicefs"),
        *("fuse.blobfuse", "fuse.blobfuse2", "fuse.weed", "fuse.vmhgfs-fuse"),
    }
)
# What this system itself stands on has a check of its own, see networkroot.py.
SYSTEM = frozenset({"/", "/usr", "/var", "/nix", "/nix/store"})


def mounts(facts: Facts) -> Finding:
    """9p and virtiofs lose their connection; network file systems meet a server that has given up."""
    why = "Before the jump all devices are put to sleep, and this system answers nobody until it is back."
    if not facts.mounts:
        return _unknown(facts, why)
    others = tuple(one for one in facts.mounts if one.target not in SYSTEM)
    if broken := tuple(one for one in others if one.fstype in BREAKS):
        title = f"Mounted, but would not wake again: {clip(broken[0].target, 24)}"
        kinds = ", ".join(sorted({one.fstype for one in broken}))
        why = f"{why} Shares of the virtual machine's host ({kinds}) do not survive that."
        cure = "Unmount them (umount). For virtiofs unload its driver as well: modprobe -r virtiofs"
        return Finding(_ID, title, Verdict.BLOCKED, evidence_of(broken), why, cure)
    if remote := tuple(one for one in others if over_network(one)):
        title = f"Mounted over the network: {named((one.target for one in remote), 1, 33)}"
        cure = (
            "Go on for a short visit: most servers wait for minutes. Before a long one, unmount them. If the "
            "jump is refused because something would not freeze, unmount them too."
        )
        return Finding(_ID, title, Verdict.ATTENTION, evidence_of(remote), why, cure)
    if FILE in facts.unreadable:
        return _unknown(facts, why)
    count = len(facts.mounts)
    evidence = (Evidence(FILE, f"{count} mount{'' if count == 1 else 's'}, none of a kind that breaks"),)
    return Finding(_ID, "All mounted file systems survive the jump", Verdict.READY, evidence, why)


def _unknown(facts: Facts, why: str) -> Finding:
    title, cure = "What is mounted cannot be told", "Go on if no 9p or virtiofs file system is mounted."
    return Finding(_ID, title, Verdict.UNKNOWN, (read(facts, FILE, "it lists nothing"),), why, cure)


def over_network(one: Mount) -> bool:
    """Whether its content comes from another machine. Of FUSE, the source of those looks like host:path."""
    if one.fstype in NETWORK or one.fstype in _NETWORK_FUSE:
        return True
    return one.fstype.startswith("fuse.") and (":" in one.source or one.source.startswith("//"))


def evidence_of(found: tuple[Mount, ...]) -> tuple[Evidence, ...]:
    """At most four of them, as the file has them."""
    return tuple(
        Evidence(FILE, f"{clip(one.fstype, 20)} {clip(one.source, 60)} on {clip(one.target, 60)}")
        for one in found[:4]
    )
