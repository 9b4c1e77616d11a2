"""What devices cost kernel B in memory: it is booted by itself with and without them, and asked."""

import contextlib
import os
import re
import subprocess
import tempfile
import time
from pathlib import Path

import qemu
import visitor_initramfs
from bootable import Kernel
from common import KjtuiError
from stage import BOOT

from kjtui.model.choices import Purpose
from kjtui.model.visit import Orders

READY = b"This is a shell"  # started by itself, the agent has nothing to go back to
# What programs that have ended leave behind takes a moment to be free.
QUESTION = b"/bin/busybox sleep 3; /bin/busybox cat /proc/meminfo\n"
LAST_LINE = b"DirectMap2M"
# As many as make a difference that stands out from boot to boot.
DISKS, LINKS = 20, 10
KIB = 1 << 10


def cost_of_devices(kernel: Kernel, accel: str) -> tuple[int, dict[str, int]]:
    """Bytes of the unpacked initramfs, and for each disk and network link, all with their PCI functions."""
    bare = meminfo(kernel, accel, [])
    disks: list[str] = []
    for number in range(DISKS):
        disks += ["-drive", f"if=none,id=disk{number},driver=null-co,read-zeroes=on,size={1 << 30}"]
        disks += ["-device", f"virtio-blk-pci,drive=disk{number}"]
    links = ["-device", "virtio-net-pci"] * LINKS
    costs = {
        name: max(0, bare["MemAvailable"] - meminfo(kernel, accel, words)["MemAvailable"]) // count
        for name, words, count in (("disk", disks, DISKS), ("link", links, LINKS))
    }
    # Nothing else is on the file system in memory yet.
    return bare["Shmem"], costs


def meminfo(kernel: Kernel, accel: str, devices: list[str]) -> dict[str, int]:
    """/proc/meminfo in kernel B, started by itself with these devices: name → bytes. Raises KjtuiError."""
    with tempfile.TemporaryDirectory() as scratch:
        # With nothing to go back to the agent ends at once, and a shell is left.
        initramfs = visitor_initramfs.write(Path(scratch), Orders(purpose=Purpose.QUICK, countdown=0))
        command = [qemu.qemu_program(), "-nodefaults", "-display", "none", "-accel", accel, "-m", "256"]
        command += ["-serial", "stdio", "-no-reboot", "-kernel", str(kernel.image), "-initrd", str(initramfs)]
        words = "console=ttyS0,115200 quiet nr_cpus=1 reset_devices nokaslr rdinit=/init"
        command += ["-append", words, *devices]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        ) as process:
            try:
                return _asked(process)
            finally:
                process.kill()


def _asked(process: "subprocess.Popen[bytes]") -> dict[str, int]:
    assert process.stdin is not None
    assert process.stdout is not None
    seen, asked, end = b"", False, time.monotonic() + BOOT
    while LAST_LINE not in seen:
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece or time.monotonic() > end:
            raise KjtuiError("Kernel B does not boot alone", seen.decode("ascii", "replace")[-500:])
        seen += piece
        if not asked and b"# " in seen.partition(READY)[2]:
            asked = True
            with contextlib.suppress(BrokenPipeError):  # the next read finds that it is gone
                process.stdin.write(QUESTION)
                process.stdin.flush()
    found = re.findall(rb"^(\w+): +(\d+) kB", seen, re.MULTILINE)
    return {name.decode(): int(kib) * KIB for name, kib in found}
