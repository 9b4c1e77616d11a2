"""How disks hang in the emulated machine: their controllers as QEMU's words, their names in the guest."""

import json
from pathlib import Path

BAD_SECTOR = 204800  # 100 MiB from the beginning: in the midst of an image
DISKS = ("virtio", "ahci", "nvme")
_NAMES = {"virtio": "/dev/vda", "ahci": "/dev/sda", "nvme": "/dev/nvme0n1"}


def first_disk(disk: str) -> str:
    """The first disk's device in the guest. disk: one of DISKS."""
    return _NAMES[disk]


def partition(disk: str, number: int) -> str:
    """The device of the first disk's partition, as the kernel names it (block/partitions/core.c)."""
    name = first_disk(disk)
    return f"{name}p{number}" if name[-1].isdigit() else f"{name}{number}"


def spare_disk(disk: str, usb: bool = False) -> str:
    """The spare disk's device in the guest, where the first one is such a disk.

    The spare is on virtio always, or a USB stick: two AHCI or two NVMe disks are found in no fixed order.
    """
    if usb:
        return "/dev/sdb" if disk == "ahci" else "/dev/sda"
    return "/dev/vdb" if disk == "virtio" else "/dev/vda"


def first(image: Path, disk: str, machine: str, writable: bool) -> list[str]:
    """QEMU's words for the first disk. Without writable, what is written is thrown away in the end."""
    words = ["-drive", f"{_file(image)},if=none,id=root,{kept(writable)}"]
    attributes = "drive=root,serial=kjtui-root"
    if disk == "nvme":
        return [*words, "-device", f"nvme,{attributes}"]
    if disk == "ahci" and machine == "q35":
        return [*words, "-device", f"ide-hd,bus=ide.0,{attributes}"]  # its chipset has a controller
    if disk == "ahci":
        return [*words, "-device", "ich9-ahci,id=ahci", "-device", f"ide-hd,bus=ahci.0,{attributes}"]
    return [*words, "-device", f"virtio-blk-pci,{attributes}"]


def further(image: Path, name: str, mode: str, usb: bool = False, fault: str = "") -> list[str]:
    """QEMU's words for one more disk, on virtio or USB. name: "spare" gives the serial "kjtui-spare".

    fault: "read" or "write": what fails at BAD_SECTOR; "" for nothing. Only for work copies.

    mode: readonly=on (the guest cannot write), snapshot=on (it can, and that is thrown away), snapshot=off.
    """
    words = ["-drive", f"{_file(image)},if=none,id={name},{mode}"]
    if fault:
        below = {"driver": "qcow2", "file": {"driver": "file", "filename": str(image)}}
        bad = {"event": "none", "iotype": fault, "errno": 5, "sector": BAD_SECTOR}
        node = {"driver": "blkdebug", "node-name": name, "image": below, "inject-error": [bad]}
        words = ["-blockdev", json.dumps(node)]
    if usb:
        stick = f"usb-storage,id={name},bus=sticks.0,drive={name},serial=kjtui-{name},removable=on"
        return [*words, "-device", "qemu-xhci,id=sticks", "-device", stick]
    return [*words, "-device", f"virtio-blk-pci,drive={name},serial=kjtui-{name}"]


def kept(writable: bool) -> str:
    """QEMU's word for whether what the guest writes stays."""
    return f"snapshot={'off' if writable else 'on'}"


def _file(image: Path) -> str:
    return f"file={image},format={'qcow2' if image.suffix == '.qcow2' else 'raw'}"
