"""The rehearsal machine: boots kernel A in QEMU and starts the wizard in it, on a serial console.

python3 helpers/rehearse.py            walk through it yourself, on this terminal
python3 helpers/rehearse.py --auto     the keys are pressed for you; one line of JSON tells the outcome
"""

import argparse

from common import guarded
from setup_env import ensure

PACKAGES = {
    "qemu-system-x86_64": "qemu-system-x86",
    "busybox": "busybox-static",
    "mke2fs": "e2fsprogs",
    "strace": "strace",
    "sfdisk": "fdisk",
    "qemu-img": "qemu-utils",
    "/usr/share/OVMF": "ovmf",
    "ganesha.nfsd": "nfs-ganesha",
    "/usr/lib/x86_64-linux-gnu/ganesha/libfsalvfs.so": "nfs-ganesha-vfs",
}


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    """The command line, or these words in its place."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    machine = parser.add_argument_group("the machine")
    machine.add_argument("--memory", type=int, default=1024, metavar="MIB", help="memory (default 1024)")
    machine.add_argument("--cpus", type=int, default=2, metavar="N", help="processors (default 2)")
    machine.add_argument("--machine", choices=("pc", "q35"), default="pc", help="chipset (default pc)")
    machine.add_argument(
        "--cpu", default="", metavar="MODEL", help="processor model as QEMU calls it, e.g. max"
    )
    machine.add_argument("--firmware", choices=("bios", "uefi"), default="bios")
    machine.add_argument(
        "--accel", choices=("auto", "tcg", "kvm"), default="auto", help="how to emulate (default auto)"
    )
    machine.add_argument(
        "--root",
        choices=("ext4", "luks", "btrfs"),
        default="ext4",
        help="kernel A's root file system; luks: ext4 and swap on LVM on LUKS (default ext4)",
    )
    machine.add_argument(
        "--disk", choices=("virtio", "ahci", "nvme"), default="virtio", help="what it is on (default virtio)"
    )
    machine.add_argument(
        "--spare-disk", action="store_true", help="a second disk with a partition that kernel A does not use"
    )
    kernel = parser.add_argument_group("kernel A")
    kernel.add_argument(
        "--kernel",
        default="",
        metavar="BZIMAGE",
        help="a kernel file of your own; or a version like 6.1, built from linux-source-6.1; "
        "or stock, the distribution's ready-made kernel; or nfs, the usual one with NFS in modules",
    )
    kernel.add_argument("--append", default="", metavar="WORDS", help="added to the kernel command line")
    kernel.add_argument(
        "--region", choices=("borrowed", "reserved"), default="borrowed", help="memory for kernel B"
    )
    kernel.add_argument(
        "--user", default="", choices=("nobody",), help="run the wizard without root's rights"
    )
    script = parser.add_argument_group("without a person")
    script.add_argument("--auto", nargs="?", const="round-trip", metavar="SCENARIO", help="play a scenario")
    script.add_argument("--list", action="store_true", help="name the scenarios")
    script.add_argument(
        "--jumps", type=int, default=1, metavar="N", help="round trips in one boot (default 1)"
    )
    script.add_argument(
        "--purpose", choices=("quick", "look"), default="look", help="what kernel B does (default look)"
    )
    script.add_argument(
        "--cuts", type=int, default=0, metavar="N", help="power cuts in each part of a change (default all)"
    )
    script.add_argument(
        "--seed", type=int, default=0, metavar="N", help="for power cuts at random moments (default: another)"
    )
    script.add_argument(
        "--fsck",
        action="store_true",
        help="round-trip and visits: keep the disks, switch kernel A off in the end, check its root",
    )
    script.add_argument(
        "--at",
        default="",
        metavar="WHERE",
        help='power cuts whose place has this in its name, like "fsync /boot"',
    )
    script.add_argument(
        "--run", metavar="COMMAND", help="run a shell command in kernel A in place of the wizard"
    )
    return parser.parse_args(words)


def main() -> int:
    """Do what the command line asks; the status for the shell."""
    options = arguments()
    ensure(packages=PACKAGES)
    import rehearsal  # needs the environment that ensure() has made

    if options.list:
        return rehearsal.list_scenarios()
    if options.auto is not None:
        return rehearsal.auto(options)
    if options.run is not None:
        return rehearsal.run_command(options)
    return rehearsal.interactive(options)


if __name__ == "__main__":
    guarded(main)
