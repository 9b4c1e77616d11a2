"""grubenv, the file in which GRUB is told what to start next: is it there, and can GRUB write to it?

GRUB must take next_entry out again before it starts the entry. Where it cannot, the entry would be started
again and again, and a trial would be none.
"""

from kjtui.backend.probe import stacks
from kjtui.backend.probe.boot_look import Draft, Machine
from kjtui.bootcfg import grubenv
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile

_WRITES = ("ext2", "ext3", "ext4", "vfat", "xfs")
# GRUB reads stacks of devices and does not write to them (grub-core/disk/diskfilter.c), so that Debian's
# 00_header leaves such writing out, too.
_PLAIN = ("disk", "part")
_WORDS = {"lvm": "LVM", "crypt": "an encrypted device", "loop": "a file as a device", "dmraid": "RAID"}


def take(draft: Draft, folder: str) -> BootFile | None:
    """Read grubenv, and note in the draft what speaks against a trial."""
    path = f"{folder}/grubenv"
    env = draft.take("env", path)
    if env is None:
        known = draft.machine.source.unreadable.get(draft.machine.source.resolved(path))
        draft.no_trial.append(f"{path} {'cannot be read' if known else 'is missing'}")
        return None
    try:
        if grubenv.get(env.data or "", "env_block") is not None:
            draft.no_trial.append(f"GRUB keeps its variables outside of {path}")
    except KjtuiError as error:
        draft.no_trial.append(error.detail.rstrip("."))
    if reason := unwritable(draft.machine, env.path):
        draft.no_trial.append(reason)
    return env


def variables(env: BootFile | None) -> dict[str, str]:
    """The variables that entries make use of (Fedora 30 and RHEL 8: $kernelopts)."""
    found = {}
    for name in ("kernelopts", "tuned_params"):
        try:
            found[name] = grubenv.get(env.data, name) if env and env.data else None
        except KjtuiError:
            continue
    return {name: value for name, value in found.items() if value is not None}


def unwritable(machine: Machine, path: str) -> str:
    """Why GRUB cannot be relied on to write to a file, "" if it can."""
    holder = stacks.holder_of(path, machine.mounts)
    if holder is None:
        return f"it cannot be told which file system holds {path}"
    mount = holder.mount
    if mount.fstype not in _WRITES:
        return f"{path} lies on {mount.fstype}, to which GRUB cannot write"
    by_name = {one.name: one for one in machine.devices}
    here = [one.name for one in machine.devices if mount.target in one.mounted_at]
    if not here:
        return f"it cannot be told which device holds {path}"
    # A device carries what those above it carry: the whole stack is among them.
    kinds = {by_name[name].kind for name in here} - set(_PLAIN)
    members = [by_name[name].member_of for name in here if by_name[name].member_of]
    if kinds:
        words = sorted(
            {_WORDS.get(kind, "RAID" if _raid(kind) else f"a device of the kind {kind}") for kind in kinds}
        )
        return f"{path} lies on {' and '.join(words)}, to which GRUB cannot write"
    return f"{path} lies on {members[0]}, to which GRUB cannot write" if members else ""


def _raid(kind: str) -> bool:
    return kind.startswith(("raid", "md", "linear", "multipath"))
