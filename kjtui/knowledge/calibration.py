"""How little memory kernel B got by with where it was measured (helpers/calibrate.py)."""

import functools
import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import dataclass

from kjtui.model.choices import Purpose
from kjtui.model.memory import MIB

FILE = "calibration.json"


@dataclass(frozen=True)
class Calibration:
    """One measuring. Sizes in bytes.

    kernel, qemu: the versions; date: as YYYY-MM-DD. init_size: of that kernel, from its header. packed,
    unpacked: its initramfs as it is loaded, and the file system that comes of it. disk, link: what each disk
    and each network device costs, with its place on the PCI bus. disks: how many the measured machine had.
    way_home: what kernel B kept there for the way home from a panic. smallest: the least region in which a
    visit worked.
    """

    kernel: str
    qemu: str
    date: str
    init_size: int
    packed: int
    unpacked: int
    disk: int
    link: int
    disks: int
    way_home: int
    smallest: Mapping[Purpose, int]

    def least(self, purpose: Purpose) -> int:
        """The least region for a purpose, in bytes; one that was not measured is given the most of all."""
        return self.smallest.get(purpose, max(self.smallest.values()))


@functools.cache
def calibration() -> Calibration:
    """The figures that come with this program."""
    text = importlib.resources.files(__package__).joinpath(FILE).read_text(encoding="ascii")
    told = json.loads(text)
    known = {str(purpose): purpose for purpose in Purpose}
    return Calibration(
        kernel=told["kernel"],
        qemu=told["qemu"],
        date=told["date"],
        init_size=told["init_size"],
        packed=told["initramfs"]["packed"],
        unpacked=told["initramfs"]["unpacked"],
        disk=told["devices"]["disk"],
        link=told["devices"]["link"],
        disks=told["disks"],
        way_home=told["way_home"],
        smallest={known[name]: mib * MIB for name, mib in told["smallest"].items() if name in known},
    )
