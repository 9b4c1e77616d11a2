"""Prints how this machine is set up to start, as one line of JSON: path → checksum, mode, owner and size.

Every file and folder below /boot (so the EFI system partition too), the settings in /etc, and the variables
of the firmware that a boot loader or a system writes. Of kernels and of GRUB's own programs only the size is
looked at. Left out is what a start changes by itself: systemd-boot's random seed. Standard library only.
"""

import hashlib
import json
import os
import re
import stat

PLACES = (
    "/boot",
    "/etc/default/grub",
    "/etc/default/grub.d",
    "/etc/kernel",
    "/etc/grub.d",
    "/etc/initramfs-tools",
)
VARIABLES = "/sys/firmware/efi/efivars"
# Variables that last; what the loader tells the system about this one start is none of them.
LASTING = re.compile(r"(Boot[0-9A-F]{4}|BootOrder|BootNext|LoaderEntry(OneShot|Default)|LoaderConfig\w+)-")
CHANGES_BY_ITSELF = re.compile(r"/random-seed$")
SIZE_ONLY = re.compile(
    r"/(vmlinuz|initrd|initramfs|System\.map|config)-|/linux$|\.(mod|img|efi|EFI|pf2|mo|lst)$"
)


def told(path: str) -> str:
    """One name: its checksum if it is a file, and what else a change would show in."""
    is_ = os.lstat(path)
    whose = f"{is_.st_mode:o} {is_.st_uid}:{is_.st_gid}"
    if stat.S_ISLNK(is_.st_mode):
        return f"{whose} -> {os.readlink(path)}"
    if not stat.S_ISREG(is_.st_mode):
        return whose
    if SIZE_ONLY.search(path):
        return f"{whose} {is_.st_size}"
    with open(path, "rb") as file:
        return f"{whose} {is_.st_size} {hashlib.sha256(file.read()).hexdigest()}"


def names(place: str) -> list[str]:
    """A path, and all below it."""
    found = [place] if os.path.lexists(place) else []
    for folder, folders, files in os.walk(place):
        found += [os.path.join(folder, name) for name in (*folders, *files)]
    return sorted(name for name in found if not CHANGES_BY_ITSELF.search(name))


def main() -> None:
    """Look and tell."""
    paths = [name for place in PLACES for name in names(place)]
    if os.path.isdir(VARIABLES):
        paths += [f"{VARIABLES}/{name}" for name in sorted(os.listdir(VARIABLES)) if LASTING.match(name)]
    print(json.dumps({path: told(path) for path in paths}))


if __name__ == "__main__":
    main()
