"""What is known of a system whose memory was saved: its manifest."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from kjtui.model.memory import Region, Span
from kjtui.model.visit import Disk
from kjtui.model.word import Mailbox


@dataclass(frozen=True)
class Sealing:
    """How the key is made of the passphrase: scrypt with N = 2**log_n, r, p and this salt (RFC 7914)."""

    salt: bytes
    log_n: int = 17
    r: int = 8
    p: int = 1


@dataclass(frozen=True)
class Piece:
    """Some of A's memory, compressed. at: offset on the medium; stored: bytes there; size: bytes it becomes.

    runs: where these belong, in their order. checksum: CRC-32 of what is stored.
    """

    at: int
    stored: int
    size: int
    checksum: int
    runs: tuple[Span, ...]


@dataclass(frozen=True)
class Footprint:
    """Bytes of a disk that change whenever its file system is used: they must be the same at the restore.

    disk: index in Manifest.disks. offset and size in bytes. what: for people, "/ (ext4)". changed: seconds
    since 1970 at which the file system says it was written last, 0 where it says nothing.
    """

    disk: int
    offset: int
    size: int
    digest: str
    what: str
    changed: int = 0


@dataclass(frozen=True)
class DiskHead:
    """Where what tells that a device is used lies on a disk: the byte; disk is "" where that is unknown.

    It is the beginning of a stacked device (LVM, LUKS), or a file system's table of files. what: for people,
    "/ (ext4)". content: as in BlockDevice, "" for a table. room: bytes that lie there in one piece.
    """

    disk: str
    offset: int
    what: str
    content: str
    room: int


@dataclass(frozen=True)
class Machine:
    """What must be the same for a system to go on: processor, board, memory map.

    memory: the lines of /proc/iomem that are not indented, (first byte, end, name).
    """

    processor: str
    features: tuple[str, ...]
    processors: int
    board: str
    memory: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True)
class Identity:
    """Whose memory is saved. build: the running kernel's build ID in hex, "" where it has none."""

    host: str
    build: str
    machine: Machine


@dataclass(frozen=True)
class Manifest:
    """All that an image says of the system in it, without the pieces themselves.

    id: the header's, in hex. entry: the physical address at which A waits. gdt: see Orders. low: the memory
    below 640 KiB that changes places with kernel B's. host, release, boot_id: A's name, kernel and boot.
    note: physical address and bytes of its note VMCOREINFO, None where it has none. build: see Identity.
    """

    id: str
    created: int
    host: str
    release: str
    boot_id: str
    region: Region
    low: Span
    entry: int
    machine: Machine
    gdt: int | None = None
    note: tuple[int, int] | None = None
    mailbox: Mailbox | None = None
    disks: tuple[Disk, ...] = ()
    footprints: tuple[Footprint, ...] = ()
    pieces: tuple[Piece, ...] = field(default=(), repr=False)
    build: str = ""


class Medium(StrEnum):
    """What an image lies on."""

    PARTITION = "partition"
    SWAP = "swap"
    DISK = "disk"  # whole, without partitions
    FILE = "file"
    NFS = "nfs"


@dataclass(frozen=True)
class Target:
    """A place for an image. name: as the person knows it, "/dev/vda2". size: bytes that it has for an image.

    disk: what it is on, None for NFS; partition: the number of its partition there, 0 for the disk itself.
    For a file: file_system is the kernel's name of what it lies on, path the file's below that. server and
    export: for NFS, an address and the folder that is exported; address: this system's own on the way there,
    "10.0.2.15/24", and gateway the router's, where no address is given by DHCP.
    """

    medium: Medium
    name: str
    size: int
    disk: Disk | None = None
    partition: int = 0
    file_system: str = ""
    path: str = ""
    server: str = ""
    export: str = ""
    address: str = ""
    gateway: str = ""


@dataclass(frozen=True)
class FileSpace:
    """What is on a partition or disk that is not mounted. device: the kernel's name, "sda3".

    kind: "ext4", "swap", "xfs" …, "" where it cannot be read. free: bytes, of ext4. why_not: why it is not to
    be touched, "" where nothing speaks against it.
    """

    device: str
    kind: str
    free: int
    why_not: str = ""


class SavedTo(NamedTuple):
    """Where an image of this system is to go. path: of the device; image: its id.

    swap: whether this system swaps to it, and has to begin that again after its return.
    """

    path: str
    image: str
    swap: bool = False


class Task(StrEnum):
    """What kernel B is to do with the image."""

    HIBERNATE = "hibernate"  # save, then power off
    SNAPSHOT = "snapshot"  # save, then come back
    RESTORE = "restore"


@dataclass(frozen=True)
class Errand:
    """What kernel B is told for saving and for restoring.

    manifest: the system's, without pieces and entry when it is to be saved. note: physical address and bytes
    of A's note VMCOREINFO, None where its free memory is not to be left out. key: 32 bytes, b"" for none.
    """

    task: Task
    target: Target
    manifest: Manifest
    note: tuple[int, int] | None = None
    key: bytes = b""
    sealing: Sealing | None = None
