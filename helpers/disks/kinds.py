"""The kinds of disk: which boot loader, which firmware, which partitions."""

from dataclasses import dataclass, field

from common import KjtuiError

LINUX, ESP, BIOS_BOOT = "L", "U", "21686148-6449-6E6F-744E-656564454649"  # as sfdisk(8) calls them
ROOT_MIB = 1024  # a sparse file: only what is used takes room
ALWAYS = ("e2fsprogs", "hostname", "kmod", "mount")  # in each tree, beside Debian's essential packages


@dataclass(frozen=True)
class Partition:
    """A partition: its type as sfdisk calls it, and its size in MiB."""

    type: str
    mib: int


@dataclass(frozen=True)
class Kind:
    """A kind of disk. The last partition is the root file system's.

    packages: besides ALWAYS. suites: of Debian to take them from, the first that has them, where the
    distribution's own are too old; empty: its own. by_hand: no test needs it, only scenarios that a person
    plays.
    """

    name: str
    firmware: str
    machine: str
    table: str
    partitions: tuple[Partition, ...]
    packages: tuple[str, ...]
    suites: tuple[str, ...] = ()
    by_hand: bool = field(default=False, repr=False)  # what a disk is named by has nothing of it

    @property
    def root(self) -> str:
        """The device of the root file system in the guest."""
        return f"/dev/vda{len(self.partitions)}"

    def start(self, number: int) -> int:
        """Where a partition begins, in MiB; they are numbered from 1."""
        return 1 + sum(partition.mib for partition in self.partitions[: number - 1])

    @property
    def mib(self) -> int:
        """The size of the disk; behind the last partition GPT has a copy of itself."""
        return self.start(len(self.partitions) + 1) + 1


_ROOT = Partition(LINUX, ROOT_MIB)
_GRUB_EFI = ("grub-efi-amd64-bin", "grub2-common", "efibootmgr", "dosfstools")


def _grub(name: str, *packages: str, by_hand: bool = False) -> Kind:
    """One partition, started by the BIOS."""
    own = ("grub-pc-bin", "grub2-common", *packages)
    return Kind(name, "bios", "pc", "dos", (_ROOT,), own, by_hand=by_hand)


KINDS = {
    kind.name: kind
    for kind in (
        _grub("grub"),
        # The same with an initramfs by each of the two that make one in Debian, for what has to be in it.
        _grub("initramfs", "initramfs-tools", "udev", "zstd"),
        _grub("dracut", "dracut", "udev", "zstd", by_hand=True),
        # The same with systemd as the first process, which is what puts most machines to sleep.
        _grub("systemd", "initramfs-tools", "udev", "zstd", "systemd", "systemd-sysv", "dbus", by_hand=True),
        Kind(
            "uefi-grub",
            "uefi",
            "q35",
            "gpt",
            (Partition(ESP, 64), _ROOT),
            _GRUB_EFI,
        ),
        # The same with an initramfs.
        Kind(
            "uefi",
            "uefi",
            "q35",
            "gpt",
            (Partition(ESP, 64), _ROOT),
            (*_GRUB_EFI, "initramfs-tools", "udev", "zstd"),
            by_hand=True,
        ),
        Kind(
            "systemd-boot",
            "uefi",
            "q35",
            "gpt",
            (Partition(ESP, 64), _ROOT),
            ("systemd-boot", "systemd", "dosfstools"),
        ),
        # GRUB's command blscfg is in 2.14, or in Fedora's, which cannot be had here.
        Kind(
            "bls",
            "bios",
            "pc",
            "gpt",
            (Partition(BIOS_BOOT, 1), Partition(LINUX, 128), _ROOT),
            ("grub-pc-bin", "grub2-common"),
            ("forky", "sid"),
        ),
    )
}


def kind_called(name: str) -> Kind:
    """The kind of this name. Raises KjtuiError."""
    if name not in KINDS:
        raise KjtuiError(f"There is no kind of disk called {name}", f"there are: {', '.join(KINDS)}")
    return KINDS[name]
