"""After coming back a disk is dead."""

from kjtui.checks.words import clip
from kjtui.knowledge.messages import Topic
from kjtui.model.checks import Evidence
from kjtui.wizard.trouble.clues import Clues, Told, quotes
from kjtui.wizard.trouble.common import last_jump, not_restored, said_by_person, whose
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_DISKS = ("nvme", "ahci", "sd ", "sr ", "ata", "virtio_blk", "megaraid", "mpt", "scsi", "usb", "mmc", "xhci")
_FREEZES_BADLY = ("9p", "virtiofs")
_SHARES = ("nfs", "nfs4", "cifs", "smb3", "ceph", "fuse.sshfs", *_FREEZES_BADLY)

_KIND = "disk-kind"
_CHOICES_KIND = (
    Choice("inside", "A disk inside the machine"),
    Choice("usb", "A USB disk or a card"),
    Choice("share", "A share of another machine, or of a virtual machine's host"),
)


def _disk_error(clues: Clues) -> Suspicion | None:
    lines = clues.said("filesystem-error")
    if not lines:
        return None
    return suspect(
        Strength.PROVEN,
        "filesystem-error",
        f"A file system found an error: {whose(lines)}",
        (*last_jump(clues), *quotes(lines), *quotes(clues.said("disk-io-error"), most=2)),
        "Either its disk failed, or another kernel wrote to it while this one slept. Kernel B as kjtui "
        "starts it mounts nothing.",
        "Write nothing more to it. Save what you need, restart into a rescue system and check it (fsck, "
        "xfs_repair, btrfs check).",
    )


def _disk_asleep(clues: Clues) -> Suspicion | None:
    lines = clues.said("nvme-dead", "ata-failed", "device-offlined", "disk-io-error")
    lines += not_restored(clues, _DISKS)
    if not lines:
        return None
    return suspect(
        Strength.LIKELY if _usb_lines(clues) else Strength.PROVEN,
        "disk-asleep",
        f"A disk did not wake: {whose(lines)}",
        (*last_jump(clues), *quotes(lines)),
        "It did not answer as its driver expected. The driver resets it and tries again, for up to a minute.",
        "Wait a minute. Then, as root: echo running > /sys/block/NAME/device/state. For NVMe start with "
        "nvme_core.default_ps_max_latency_us=0. If / is on it: restart.",
    )


def _usb_lines(clues: Clues) -> tuple[Told, ...]:
    return clues.said("usb-gone")


def _disk_usb(clues: Clues) -> Suspicion | None:
    lines = _usb_lines(clues)
    if not lines and clues.answer(_KIND) != "usb":
        return None
    removable = [one for one in clues.facts.block_devices if one.removable or one.bus == "usb"]
    return suspect(
        Strength.PROVEN if lines else Strength.LIKELY,
        "usb-disk",
        "A USB disk went away and came back under another name",
        (
            *last_jump(clues),
            *quotes(lines),
            *(Evidence("udev", f"{clip(one.name, 20)}: {clip(one.model, 40)}") for one in removable[:3]),
            *((said_by_person(clues, _KIND, _CHOICES_KIND),) if clues.answer(_KIND) else ()),
        ),
        "USB devices lose their power or are reset during the visit. The kernel then takes them for new "
        "ones, and what was mounted from the old name answers with errors.",
        "umount -l the old place, plug it in again, mount it anew. Unmount such disks before a jump.",
    )


def _disk_share(clues: Clues) -> Suspicion | None:
    shares = [one for one in clues.facts.mounts if one.fstype in _SHARES]
    given = clues.answer(_KIND)
    if given != "share" and not (given == "unsure" and shares):
        return None
    lost = [one for one in shares if one.fstype in _FREEZES_BADLY]
    one = next(iter((*lost, *shares)), None)
    where = clip(one.target, 24) if one else "the share"
    return suspect(
        Strength.LIKELY if given == "share" else Strength.POSSIBLE,
        "share",
        f"The connection to a share is gone: {where}",
        (
            *last_jump(clues),
            *(
                Evidence("/proc/self/mountinfo", f"{clip(one.target, 40)} is {one.fstype}")
                for one in shares[:3]
            ),
            said_by_person(clues, _KIND, _CHOICES_KIND),
        ),
        "9p and virtiofs do not survive that their device stops; other shares wait until the network is "
        "back and the server answers.",
        f"See that the network works first. Then: umount -l {where if one else 'PLACE'}, and mount it anew. "
        "Unmount 9p and virtiofs before a jump.",
    )


def _disk_locked(clues: Clues) -> Suspicion | None:
    if clues.answer(_KIND) not in ("inside", "unsure"):
        return None
    hung = clues.said("hung-task", "task-stuck")
    return suspect(
        Strength.LIKELY if clues.answer(_KIND) == "inside" else Strength.POSSIBLE,
        "disk-slow",
        "The disk is slow to wake, or a program still waits for it",
        (*last_jump(clues), *clues.looked_at[:1], *quotes(hung), *_stands_on(clues)),
        "The kernel's log holds no error of a disk since the jump. Spinning disks take half a minute to "
        "start, an array may check itself first.",
        "Wait a minute, then look: dmesg | tail, lsblk, cat /proc/mdstat. "
        + (
            "Start kjtui with sudo to have the log read."
            if clues.log_hidden
            else "If it stays: kjtui report."
        ),
    )


def _stands_on(clues: Clues) -> tuple[Evidence, ...]:
    found = clues.finding("stacks") or clues.finding("disks")
    return found.evidence[:2] if found else ()


def _ask_kind(clues: Clues) -> bool:
    topics = {one.means.topic for one in clues.told}
    return not topics.intersection((Topic.DISK, Topic.USB)) and not not_restored(clues, _DISKS)


DISK = Symptom(
    "disk",
    "After coming back a disk is dead",
    "Files cannot be read or written, or programs hang that use them.",
    (
        Cause("filesystem-error", _disk_error),
        Cause("usb-disk", _disk_usb),
        Cause("disk-asleep", _disk_asleep),
        Cause("share", _disk_share),
        Cause("disk-slow", _disk_locked),
    ),
    (Question(_KIND, "What kind of disk is it?", _CHOICES_KIND, _ask_kind),),
)
