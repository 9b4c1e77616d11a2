"""A root on LVM on LUKS: the initramfs that opens it, how such a disk is made, how it is checked.

Encrypting and decrypting a disk is the kernel's, so both are done in an emulated machine of its own, which
has nothing but the initramfs: busybox, cryptsetup, lvm, e2fsck and helpers/guest/luks-init. The disk has one
partition, LUKS2 with a key that lies in the initramfs; in it the volume group `rehearsal` with the logical
volumes `root` (ext4) and `swap`.
"""

import base64
import os
import shutil
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import attached
import qemu
from bootable import Kernel
from common import KjtuiError, cache_dir, digest, run
from guest_runtime import find_busybox
from setup_env import ensure_packages

from kjtui.backend.libraries import closure
from kjtui.pack import cpio

ROOT = "/dev/mapper/rehearsal-root"
SWAP = "/dev/mapper/rehearsal-swap"
PACKAGES = {
    "cryptsetup": "cryptsetup-bin", "lvm": "lvm2", "dmsetup": "dmsetup", "e2fsck": "e2fsprogs",
    "sfdisk": "fdisk",
}  # fmt: skip
PROGRAMS = ("cryptsetup", "lvm", "dmsetup", "e2fsck")
INIT = Path(__file__).resolve().parent / "guest" / "luks-init"
KEY = b"kjtui rehearsal, not a secret"
# There is no udev in the initramfs: lvm makes the devices' names itself, and waits for nobody.
LVM_CONF = """\
devices { obtain_device_list_from_udev = 0 external_device_info_source = "none" use_devicesfile = 0 }
activation { udev_sync = 0 udev_rules = 0 monitoring = 0 }
backup { backup = 0 archive = 0 }
"""
MIB = 1 << 20
MORE = 96 * MIB  # bytes for LUKS's header, LVM's, swap, and the partition table's copy at the end
MEMORY = 512  # MiB
PATIENCE = 900.0  # seconds; writing takes a minute or two in an emulated machine
KEEP_OPENERS = 4


@dataclass(frozen=True)
class Told:
    """How it went in the machine: the status (0: well) and all that was said."""

    status: int
    said: str


def opener() -> Path:
    """The initramfs, made now or taken from the cache. Raises KjtuiError."""
    ensure_packages(PACKAGES)
    data = cpio.archive(_entries())
    home = cache_dir("images")
    done = home / f"{digest([data])}.luks.cpio"
    if not done.exists():
        new = done.with_suffix(f".{os.getpid()}.new")
        new.write_bytes(data)
        new.rename(done)
        by_age = sorted(home.glob("*.luks.cpio"), key=lambda path: path.stat().st_mtime)
        for old in by_age[:-KEEP_OPENERS]:
            old.unlink(missing_ok=True)
    os.utime(done)
    return done


def _entries() -> list[cpio.Entry]:
    where = f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin"
    programs = {name: Path(os.path.realpath(str(shutil.which(name, path=where)))) for name in PROGRAMS}
    entries = [
        cpio.Entry.file("init", INIT.read_bytes(), 0o755),
        cpio.Entry.file("bin/busybox", find_busybox().read_bytes(), 0o755),
        # The kernel opens this before /init has mounted anything.
        cpio.Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
        cpio.Entry.file("etc/rehearsal.key", KEY, 0o600),
        cpio.Entry.file("etc/lvm/lvm.conf", LVM_CONF.encode()),
    ]
    entries += [cpio.Entry.file(f"sbin/{name}", path.read_bytes(), 0o755) for name, path in programs.items()]
    for target, source in sorted(closure(programs.values()).items()):
        entries.append(cpio.Entry.file(target.lstrip("/"), source.read_bytes(), 0o755))
    return entries


def encrypt(kernel: Kernel, plain: Path, target: Path) -> None:
    """Write a raw disk image whose logical volume `root` holds the ext4 image `plain`. Raises KjtuiError."""
    with target.open("wb") as file:
        file.truncate(plain.stat().st_size + MORE)
    run(["sfdisk", "-q", target], "The disk cannot be partitioned", input="label: gpt\nstart=1MiB, type=L\n")
    accel = qemu.choose_accel("auto", kernel)
    spec = qemu.MachineSpec(kernel, target, accel=accel, writable=True, further=(plain,))
    told = _in_machine(spec, "make", "kjtui.luks.from=/dev/vdb", "encrypt")
    if told.status:
        raise KjtuiError("The encrypted disk cannot be made", told.said[-3000:])


def check(spec: qemu.MachineSpec) -> Told:
    """Look at such a disk while its machine is off: LVM's metadata, and e2fsck -fn on the root file system.

    Nothing is written to it. Raises KjtuiError when it cannot be looked at.
    """
    off = replace(spec, disk="virtio", writable=False, spare=None, further=(), extra=())
    return _in_machine(off, "check", "", "check-luks")


def _in_machine(spec: qemu.MachineSpec, what: str, words: str, name: str) -> Told:
    """Start the initramfs for one of its tasks; what it told before it switched itself off."""
    assert spec.kernel is not None
    words = f"quiet kjtui.luks={attached.partition('virtio', 1)} kjtui.luks.do={what} {words}"
    spec = replace(
        spec,
        kernel=replace(spec.kernel, initramfs=opener()),
        memory=MEMORY,
        cpus=1,
        machine="pc",
        firmware="bios",
        root=ROOT,
        file_system="ext4",
        append=words,
    )
    log = qemu.console_log(name)
    with qemu.started(spec, log, qemu.Line.LOG) as guest:
        message = guest.ports["kjtui.events"].receive(PATIENCE)
        if message is not None and "status" in message:
            guest.process.wait(PATIENCE)  # it has yet to write all and to switch itself off
            said = base64.b64decode(str(message["said"])).decode("utf-8", "replace")
            return Told(int(str(message["status"])), said)
    raise KjtuiError(
        "The machine that works on the encrypted disk fell silent", "", f"Its console log: {log}"
    )
