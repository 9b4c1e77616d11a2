"""What kernel B is told beforehand: its orders."""

from dataclasses import dataclass

from kjtui.model.choices import Purpose
from kjtui.model.word import Mailbox

ORDERS_VERSION = 1


@dataclass(frozen=True)
class Disk:
    """A whole disk as both kernels can recognise it; names such as "sda" may differ between them.

    serial: "" where it has none; wwid: the World Wide ID or NVMe's, "" likewise. size in bytes; block: bytes
    of a logical block. partitions: (first byte, bytes) of each, by number. why: what kernel A uses it for,
    for people: "/ and /home", "swap", "" for nothing.
    """

    name: str
    size: int
    block: int = 512
    serial: str = ""
    wwid: str = ""
    model: str = ""
    partitions: tuple[tuple[int, int], ...] = ()
    why: str = ""


@dataclass(frozen=True)
class ArmedWatchdog:
    """A watchdog that kernel A has armed and kernel B must feed. timeout in seconds, None unknown."""

    name: str
    identity: str
    timeout: int | None


@dataclass(frozen=True)
class Orders:
    """What kernel B's agent is told; it travels in kernel B's initramfs, as JSON.

    countdown and timer in seconds, see Choices. gdt: virtual address of A's GDT, for kernels that do not
    restore theirs. parkable: whether this B may be entered again. plain: lines only, for terminals on which
    nothing can be drawn. disks: those that kernel A uses. watchdogs: those that are armed. bring_back: names
    of files; program: whether one travels along. own_address: kernel A's address with its prefix, and its
    router's, for where none is given by DHCP; () for nothing.
    """

    purpose: Purpose = Purpose.LOOK
    countdown: int = 5
    timer: int = 300
    plain: bool = False
    gdt: int | None = None
    parkable: bool = False
    mailbox: Mailbox | None = None
    disks: tuple[Disk, ...] = ()
    watchdogs: tuple[ArmedWatchdog, ...] = ()
    program: bool = False
    bring_back: tuple[str, ...] = ()
    network: bool = False
    own_address: tuple[str, ...] = ()
    version: int = ORDERS_VERSION
