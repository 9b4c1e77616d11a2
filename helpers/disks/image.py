"""The disk that a machine starts from: partitions, Debian's tree, our kernel, a boot loader really installed.

All that takes long is in here and kept in the cache; kjtui itself is on a second disk, see project.py.
"""

import os
import shutil
import stat
import subprocess
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

import qemu
from bootable import Kernel
from build_kernel import jump_kernel
from common import KjtuiError, ProgressLine, cache_dir, digest, file_digest, locked, run
from guest_image import GUEST, add_kernel, mke2fs
from guest_runtime import guest_site_packages, runtime_tree
from setup_env import ensure_packages

from disks.kinds import Kind
from disks.project import project_disk
from disks.tree import debian_tree

LAYOUT = "1"  # raise it when this file changes what is put on the disk
PROGRAMS = {
    "qemu-system-x86_64": "qemu-system-x86", "qemu-img": "qemu-utils", "busybox": "busybox-static",
    "sfdisk": "fdisk", "mke2fs": "e2fsprogs", "/usr/share/OVMF": "ovmf",
}  # fmt: skip
SCRIPTS = (
    "disk-init",
    "disk-mounts",
    "disk-reboot",
    "disk-prepare",
    "disk-fedora",
    "rehearsal.service",
    "grubby",
)  # shape the disk
MACHINE_ID = "6b6a747569000000000000000000000a"
# Of busybox only what init and a person at the console need, where Debian's tree has nothing of that name.
APPLETS = (
    *("ip", "usleep", "xxd", "vi", "less", "ps", "top", "free", "pgrep", "pkill", "killall", "ping"),
    *("clear", "reset", "sysctl", "taskset"),
)
PATIENCE = 600.0  # seconds for installing the boot loader in an emulated machine
MIB = 1 << 20


@dataclass(frozen=True)
class Base:
    """A prepared disk, only to be read. disk: a raw image; variables: of the firmware, None for BIOS."""

    kind: Kind
    kernel: Kernel
    disk: Path
    variables: Path | None


def base_image(kind: Kind, accel: str = "auto") -> Base:
    """The disk, made now or taken from the cache. Raises KjtuiError."""
    ensure_packages(PROGRAMS)
    kernel = jump_kernel()
    tree, runtime = debian_tree(kind), runtime_tree()
    parts = [LAYOUT, repr(kind), tree.name, runtime.name, file_digest(kernel.image)]
    parts += [file_digest(GUEST / name) for name in SCRIPTS]
    home = cache_dir("disks")
    done = home / f"{kind.name}-{digest(parts)}"
    with locked(home / f"{kind.name}.lock", f"Waiting for another run that makes the disk {kind.name} …"):
        if not done.is_dir():
            progress = ProgressLine(f"Making the disk {kind.name} (once)")
            with tempfile.TemporaryDirectory(dir=home, prefix=f"new-{kind.name}-") as scratch:
                result = Path(scratch, "result")
                result.mkdir()
                _write(kind, kernel, tree, runtime, Path(scratch), result / "disk.raw")
                _install_loader(kind, kernel, result, qemu.choose_accel(accel, kernel))
                for old in home.glob(f"{kind.name}-*"):
                    if old.is_dir():
                        shutil.rmtree(old)
                result.rename(done)
            progress.done()
    variables = done / "vars.fd"
    return Base(kind, kernel, done / "disk.raw", variables if variables.exists() else None)


def _write(kind: Kind, kernel: Kernel, archive: Path, runtime: Path, scratch: Path, disk: Path) -> None:
    """A raw image with partitions, of which only the root file system's has anything in it."""
    tree = scratch / "tree"
    tree.mkdir()
    run(
        ["tar", "-xf", archive, "-C", tree, "--exclude=./dev/*"],
        "Debian's file tree cannot be unpacked",
    )
    _overlay(tree, runtime)
    root_id = str(uuid.uuid4())
    _settings(tree, kind, root_id)
    add_kernel(tree, kernel)
    with disk.open("wb") as file:
        file.truncate(kind.mib * MIB)
    table = [f"label: {kind.table}"]
    for number, partition in enumerate(kind.partitions, 1):
        table.append(f"start={kind.start(number)}MiB, size={partition.mib}MiB, type={partition.type}")
    run(["sfdisk", "-q", disk], "The disk cannot be partitioned", input="\n".join(table) + "\n")
    offset = kind.start(len(kind.partitions)) * MIB
    words: list[str | Path] = [mke2fs(), "-q", "-F", "-t", "ext4", "-L", "root", "-U", root_id]
    words += ["-E", f"offset={offset},root_owner=0:0", "-d", tree, disk, f"{kind.partitions[-1].mib}M"]
    run(words, "The root file system cannot be written")


def _overlay(tree: Path, runtime: Path) -> None:
    """Add Python and its packages; nothing of Debian's is replaced."""
    for source in sorted((runtime / "usr").rglob("*")):
        name = source.relative_to(runtime)
        target = tree / name
        mode = source.lstat().st_mode
        if stat.S_ISDIR(mode) or os.path.lexists(target):
            continue
        if ".so" in source.name and (tree / "usr/lib/x86_64-linux-gnu" / source.name).exists():
            continue
        if source.is_symlink() and os.readlink(source) == "busybox":
            there = (tree / folder / source.name for folder in ("usr/sbin", "usr/bin"))
            if source.name not in APPLETS or any(os.path.lexists(path) for path in there):
                continue
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(source, target, follow_symlinks=False)


def _settings(tree: Path, kind: Kind, root_id: str) -> None:
    (tree / "etc/fstab").write_text(f"UUID={root_id} / ext4 errors=remount-ro 0 1\n")
    (tree / "etc/machine-id").write_text(f"{MACHINE_ID}\n")
    (tree / "etc/hostname").write_text("rehearsal\n")
    (tree / "etc/rehearsal").write_text("kjtui.aside=1\n")
    for name in ("opt/rehearsal", "usr/lib/rehearsal", f"{guest_site_packages().lstrip('/')}/kjtui"):
        (tree / name).mkdir(parents=True, exist_ok=True)
    programs = {"init": "disk-init", "reboot": "disk-reboot", "poweroff": "disk-reboot"}
    if kind.name == "systemd":
        programs = {"rehearsal-init": "disk-init"}
        _service(tree)
    if kind.name == "bls":
        programs["grubby"] = "grubby"
    for name, source in programs.items():
        target = tree / "usr/sbin" / name
        shutil.copyfile(GUEST / source, target)
        target.chmod(0o755)


def _service(tree: Path) -> None:
    """What systemd starts: as init does elsewhere, and nothing else on the serial line."""
    units = tree / "etc/systemd/system"
    shutil.copyfile(GUEST / "rehearsal.service", units / "rehearsal.service")
    (units / "multi-user.target.wants").mkdir(exist_ok=True)
    (units / "multi-user.target.wants/rehearsal.service").symlink_to("../rehearsal.service")
    for name in ("serial-getty@.service", "getty@.service", "systemd-firstboot.service"):
        (units / name).symlink_to("/dev/null")


def _install_loader(kind: Kind, kernel: Kernel, home: Path, accel: str) -> None:
    """Start the disk once with a kernel that is given, and have the boot loader installed in the guest."""
    variables = qemu.fresh_variables(home / "vars.fd") if kind.firmware == "uefi" else None
    spec = qemu.MachineSpec(
        kernel,
        home / "disk.raw",
        machine=kind.machine,
        firmware=kind.firmware,
        accel=accel,
        append="quiet kjtui.job=1",
        root=kind.root,
        writable=True,
        further=(project_disk(),),
        variables=variables,
    )
    log = qemu.console_log(f"prepare-{kind.name}")
    said: list[str] = []
    with qemu.started(spec, log, qemu.Line.LOG) as guest:
        port = guest.ports["kjtui.job"]
        port.send({"run": f"ldconfig; sh -e /usr/lib/rehearsal/disk-prepare {kind.name}"})
        status = ""
        while not status:
            message = port.receive(PATIENCE)
            if message is None:
                said.append(f"the machine was silent; its console log: {log}")
                break
            said.append(str(message.get("out", "")))
            status = str(message.get("exit", ""))
        if status == "0":
            port.send({"run": "poweroff"})
            try:
                guest.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                status = "the machine did not switch itself off"
    if status != "0":
        raise KjtuiError(
            f"The boot loader of {kind.name} cannot be installed", "".join(said)[-3000:] + status
        )
