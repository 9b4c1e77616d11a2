"""What the person chose on the way."""

from dataclasses import dataclass, field
from enum import StrEnum

from kjtui.model.memory import RegionKind


class Purpose(StrEnum):
    """What kernel B is to do."""

    QUICK = "quick"  # counts down and comes back by itself
    LOOK = "look"  # stays until a key is pressed
    RESCUE = "rescue"  # the same, with drivers for disks and network and tools to look at disks
    PROGRAM = "program"  # runs a program of the person's own and brings back what it made
    CUSTOM = "custom"  # starts an initramfs of the person's own
    SAVE = "save"  # saves this system's memory to a medium
    RESTORE = "restore"  # puts a saved system's memory back and enters it


# What a person can choose for kernel B; saving and restoring have their own ways in.
VISITS = (Purpose.QUICK, Purpose.LOOK, Purpose.RESCUE, Purpose.PROGRAM, Purpose.CUSTOM)


@dataclass(frozen=True)
class Choices:
    """The answers of the wizard.

    region_size in bytes, countdown in seconds. plain: kernel B speaks line by line too, without drawing.
    kernel: the file that kernel B is started from, "" for the running kernel's. initramfs: for CUSTOM, the
    file of the person's own. words: added to kernel B's command line. program: for PROGRAM, the file to run
    in kernel B. bring_back: names of files that the program leaves in its folder and that are wanted home.
    network: whether kernel B asks for an address by DHCP. timer: seconds without a key press after which
    kernel B goes back by itself, 0 for never. limit: for PROGRAM, the same in place of timer, which gives a
    program an hour at least; 0 for as timer says. image_on: for SAVE, the name of the place for the image;
    snapshot: whether kernel B comes back when it is saved, in place of switching the machine off;
    passphrase: what the image is sealed with, "" for nothing; keep_caches: whether the kernel's copies of
    files in memory are saved too, in place of being given back first.
    """

    region: RegionKind = RegionKind.BORROWED
    region_size: int = 192 << 20
    purpose: Purpose = Purpose.QUICK
    countdown: int = 5
    plain: bool = False
    kernel: str = ""
    initramfs: str = ""
    words: str = ""
    program: str = ""
    bring_back: tuple[str, ...] = ()
    network: bool = False
    timer: int = 300
    limit: int = 0
    image_on: str = ""
    snapshot: bool = False
    passphrase: str = field(default="", repr=False)
    keep_caches: bool = False
