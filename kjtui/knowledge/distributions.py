"""Which distributions' kernels can jump, and how to get one that can.

Seen in the configuration files of their kernel packages (x86-64).
"""

from collections.abc import Mapping
from dataclasses import dataclass

BUILD = "python3 helpers/build_kernel.py --like-running"


@dataclass(frozen=True)
class Distribution:
    """A distribution. id: as in os-release(5); seen: the kernels that were looked at.

    get: what to do where the running kernel cannot jump: a command, or a sentence.
    """

    id: str
    name: str
    can_jump: bool
    seen: str
    get: str


DISTRIBUTIONS = (
    Distribution("ubuntu", "Ubuntu", True, "generic kernels", "sudo apt install linux-generic"),
    Distribution("fedora", "Fedora", True, "its kernels", "sudo dnf install kernel"),
    Distribution("rhel", "the RHEL family", True, "its kernels", "sudo dnf install kernel"),
    Distribution("arch", "Arch", True, "linux", "sudo pacman -S linux"),
    Distribution(
        "nixos",
        "NixOS",
        True,
        "its default kernel",
        "boot.kernelPackages = pkgs.linuxPackages; in the configuration",
    ),
    Distribution("debian", "Debian", False, "6.1 and 6.12", BUILD),
    Distribution(
        "opensuse",
        "openSUSE",
        False,
        "its default kernel",
        "build kernel-source with CONFIG_KEXEC_JUMP=y: make oldconfig, make binrpm-pkg",
    ),
    Distribution(
        "alpine", "Alpine", False, "lts", "build its linux-lts with CONFIG_KEXEC_JUMP=y added: abuild -r"
    ),
    Distribution(
        "void",
        "Void",
        False,
        "older ones",
        "build its linux with CONFIG_KEXEC_JUMP=y added: ./xbps-src pkg linux",
    ),
)
_OTHER_NAMES = {
    "suse": "opensuse", "sles": "opensuse", "opensuse-leap": "opensuse", "opensuse-tumbleweed": "opensuse",
    "centos": "rhel", "rocky": "rhel", "almalinux": "rhel", "ol": "rhel",
}  # fmt: skip


def found(release: Mapping[str, str] | None) -> Distribution | None:
    """The distribution of an os-release file: by ID, else the first known of ID_LIKE. None if unknown."""
    if release is None:
        return None
    by_id = {one.id: one for one in DISTRIBUTIONS}
    for word in (release.get("ID", ""), *release.get("ID_LIKE", "").split()):
        if one := by_id.get(_OTHER_NAMES.get(word, word)):
            return one
    return None


def names(can_jump: bool) -> str:
    """The distributions of one kind in a row: "Debian, openSUSE, Alpine and Void"."""
    every = [one.name for one in DISTRIBUTIONS if one.can_jump is can_jump]
    return f"{', '.join(every[:-1])} and {every[-1]}"
