"""What a person in kernel B may do with disks: write to one that A does not use, mount to read."""

import os

from kjtui.agent.visit import Visit

_BUSYBOX = "/kjtui/bin/busybox"
_MOUNTS = "/mnt"
# Mounted so that not even a journal is replayed.
_KINDS = (
    ("ext4", "ro,noload"),
    ("xfs", "ro,norecovery"),
    ("btrfs", "ro,rescue=nologreplay"),
    ("vfat", "ro"),
    ("ntfs3", "ro"),
    ("iso9660", "ro"),
)


def allow_writing(visit: Visit) -> None:
    """Let the person open a disk that A does not use; a yes of its own for each."""
    others = visit.guard.others()
    consoles = visit.consoles
    if not others:
        consoles.write("\r\n  All disks here are used by your system: none can be written to.\r\n")
        return
    consoles.show(["  Disks that your system does not use:", ""])
    for number, name in enumerate(others[:9], 1):
        consoles.write(f"  [{number}] {name}  {_size(name)}\r\n")
    consoles.write("\r\n  Which may be written to? Any other key: none. ")
    pressed = visit.key()
    chosen = others[int(pressed[0]) - 1 :][:1] if pressed and pressed[0] in "123456789"[: len(others)] else ()
    if not chosen:
        return
    consoles.write(f"\r\n  Allow writing to {chosen[0]} until this kernel ends? [y/N] ")
    pressed = visit.key()
    if pressed and pressed[0] in "yY":
        done = visit.guard.open(chosen[0])
        consoles.write("\r\n  It can be written to now.\r\n" if done else "\r\n  That was not possible.\r\n")
        visit.key(2.0)


def mount_read_only(visit: Visit) -> None:
    """Mount what can be mounted below /mnt, to read."""
    mounted = []
    for name in _candidates():
        target = f"{_MOUNTS}/{name}"
        os.makedirs(target, exist_ok=True)
        for kind, options in _KINDS:
            if _mount(kind, options, f"/dev/{name}", target, visit) == 0:
                mounted.append(f"  {target}  {kind}, read-only")
                break
        else:
            os.rmdir(target)
    said = mounted or ["  There is nothing here that could be mounted."]
    visit.consoles.show([*said[:18], "", "  Any key goes on; [S] there is a shell to look at them."])
    visit.key()


def _candidates() -> list[str]:
    """Disks and partitions that nothing is mounted from."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        used = {line.split()[0] for line in file}
    names = sorted(os.listdir("/sys/class/block"))
    return [
        name for name in names if f"/dev/{name}" not in used and not name.startswith(("ram", "zram", "loop"))
    ]


def _mount(kind: str, options: str, device: str, target: str, visit: Visit) -> int:
    quiet = [(os.POSIX_SPAWN_OPEN, number, "/dev/null", os.O_RDWR, 0) for number in (0, 1, 2)]
    words = ["busybox", "mount", "-t", kind, "-o", options, device, target]
    return visit.wait(os.posix_spawn(_BUSYBOX, words, dict(os.environ), file_actions=quiet))


def _size(name: str) -> str:
    with open(f"/sys/class/block/{name}/size", encoding="ascii") as file:
        return f"{int(file.read()) / 2097152:.1f} GiB"
