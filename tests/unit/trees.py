"""A whole machine as a folder of files: everything that the probes read, as a real machine has it."""

import gzip
import os
import struct
from pathlib import Path

from kernels import bzimage, iomem

RELEASE = "6.12.9-test"
CONFIG = "".join(
    f"CONFIG_{name}=y\n"
    for name in (
        *("KEXEC", "KEXEC_CORE", "KEXEC_JUMP", "HIBERNATION", "CRASH_DUMP", "PROC_VMCORE", "DEVMEM"),
        *("RELOCATABLE", "SECURITY_LOCKDOWN_LSM", "IMA", "IMA_APPRAISE", "MODULES", "BLK_DEV_INITRD"),
    )
)
TEXT = 0xFFFFFFFF81000000
CODE = TEXT + 0x1000
# relocate_kernel's way back with an lgdt, then popf and pop of six registers (test_probe_kernelcode.py).
WAY_BACK = bytes.fromhex("5355415441554156 4157 9c 0f01900a010000 4889e8 9d 415f 415e 415d 415c 5d 5b c3")
STATUS = "Name:\tpython3\nUmask:\t0022\nState:\tR (running)\nCapEff:\t000001ffffffffff\nSeccomp:\t0\n"
CPUINFO = (
    "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: A processor\nflags\t\t: fpu sme sev ht lm\n\n"
)
MOUNTINFO = (
    "22 1 253:0 / / rw,relatime shared:1 - ext4 /dev/mapper/root rw\n"
    "23 22 0:22 / /proc rw - proc proc rw\n24 22 8:1 / /boot/a\\040b rw - vfat /dev/sda1 rw\n"
)
LOG = (
    "[    0.000000] Linux version 6.12.9-test\n"
    "<6>[    0.250000] Kernel is locked down from command line; see man kernel_lockdown.7\n"
    "[   12.345678] watchdog: watchdog0: watchdog did not stop!\n"
)
TCP = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0A00A8C0:0016 0101A8C0:C001 01 00000000:00000000 02:000A 00000000 0 0 1 4 0 20 4 30 10 -1\n"
)
JOURNAL = "".join(
    f'{{"version": 1, "at": {at}, "boot_id": "b", "operation": "jump", "state": "{state}", "about": ""}}\n'
    for at, state in ((1700000000, "begun"), (1700000060.5, "done"))
)

FILES: dict[str, str | bytes] = {
    "proc/sys/kernel/arch": "x86_64\n",
    "proc/sys/kernel/osrelease": f"{RELEASE}\n",
    "proc/sys/kernel/kexec_load_disabled": "0\n",
    "proc/sys/kernel/kexec_load_limit_reboot": "-1\n",
    "proc/sys/kernel/random/boot_id": "6b3c0a3e-5a7c-4b8e-9f0d-2f1f0a7d9c11\n",
    "proc/cmdline": f"BOOT_IMAGE=/boot/vmlinuz-{RELEASE} root=/dev/mapper/root quiet\n",
    "proc/config.gz": gzip.compress(CONFIG.encode()),
    f"boot/config-{RELEASE}": CONFIG,
    f"boot/vmlinuz-{RELEASE}": bzimage(version=RELEASE),
    "proc/iomem": "\n".join(iomem(2048)) + "\n",
    "proc/meminfo": "MemTotal: 2000000 kB\nMemFree: 100000 kB\nMemAvailable: 1500000 kB\n",
    "proc/uptime": "3600.25 7000.11\n",
    "proc/version": "Linux version 6.12.9-test\n",
    "proc/cpuinfo": CPUINFO,
    "proc/modules": "loop 40960 2 - Live 0x0000000000000000\nnvidia 56000 1 - Live 0x0 (POE)\n",
    "proc/1/comm": "systemd\n",
    "proc/1/environ": b"HOME=/\0TERM=linux\0",
    "proc/1/cgroup": "0::/init.scope\n",
    "proc/1/stat": "1 (systemd) S 0 1 1 0 -1 4194560 1 2 3\n",
    "proc/77/stat": "77 (a (b) c) D 1 77 77 0 -1 4194560 1 2 3\n",
    "proc/77/wchan": "io_schedule",
    "proc/self/status": STATUS,
    "proc/self/uid_map": "         0          0 4294967295\n",
    "proc/self/mountinfo": MOUNTINFO,
    "proc/swaps": "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2 partition 1 0 -2\n",
    "proc/net/tcp": TCP,
    "proc/net/tcp6": TCP.splitlines()[0] + "\n",
    "proc/net/dev": "Inter-|\n",
    "proc/kallsyms": f"0000000000b000 A gdt_page\n{CODE:016x} T relocate_kernel\nffffffffc0000000 t a\t[m]\n",
    "sys/kernel/kexec_loaded": "0\n",
    "sys/kernel/kexec_crash_loaded": "0\n",
    "sys/kernel/kexec_crash_size": "0\n",
    "sys/kernel/vmcoreinfo": "1f3a000 1024\n",
    "sys/kernel/boot_params/data": bytes(range(256)) * 16,
    "sys/kernel/security/lsm": "lockdown,capability,ima",
    "sys/kernel/security/lockdown": "[none] integrity confidentiality\n",
    "sys/kernel/security/ima/policy": "measure func=KEXEC_KERNEL_CHECK\n",
    "etc/ima/ima-policy": "measure func=BPRM_CHECK\n",
    "etc/os-release": 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\nPRETTY_NAME="Ubuntu 24.04"\n',
    "var/log/dmesg": LOG,
    "var/lib/kjtui/journal.jsonl": JOURNAL,
    "sys/firmware/efi/systab": "ACPI20=0x7ffe014\nSMBIOS=0x1\n",
    "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\6\0\0\0\0",
    "sys/firmware/efi/efivars/SetupMode-8be4df61-93ca-11d2-aa0d-00e098032b8c": b"\6\0\0\0\0",
    "sys/devices/system/cpu/online": "0-3\n",
    "sys/devices/system/cpu/present": "0-3\n",
    "sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc hpet acpi_pm\n",
    "sys/class/dmi/id/sys_vendor": "LENOVO\n",
    "sys/class/dmi/id/product_name": "20KH\n",
    "sys/class/tty/console/active": "tty0\n",
    "sys/power/pm_freeze_timeout": "20000\n",
    "sys/power/resume": "8:2\n",
    "sys/class/watchdog/watchdog0/state": "inactive\n",
    "sys/class/watchdog/watchdog0/identity": "iTCO_wdt\n",
    "sys/class/watchdog/watchdog0/timeout": "30\n",
    "sys/class/power_supply/AC/type": "Mains\n",
    "sys/class/power_supply/AC/online": "1\n",
    "sys/class/power_supply/BAT0/type": "Battery\n",
    "sys/class/power_supply/BAT0/capacity": "80\n",
    "sys/class/power_supply/BAT0/status": "Charging\n",
    "sys/class/input/input3/name": "AT Translated Set 2 keyboard\n",
    "sys/class/input/input3/capabilities/key": "402000000 3803078f800d001 feffffdfffefffff fffffffe\n",
    "sys/class/input/input3/id/bustype": "0011\n",
    "sys/class/net/eth0/operstate": "up\n",
    "sys/class/net/eth0/flags": "0x1003\n",
    "sys/class/net/eth0/carrier": "1\n",
    "sys/bus/pci/devices/0000:01:00.0/class": "0x030000\n",
    "sys/bus/pci/devices/0000:01:00.0/vendor": "0x10de\n",
    "sys/bus/pci/devices/0000:01:00.0/device": "0x1f08\n",
    "proc/driver/nvidia/version": "NVRM version\n",
    "run/udev/data/b8:2": "E:ID_FS_TYPE=swap\n",
    "run/udev/data/b8:0": "E:ID_MODEL=A_disk\n",
    "run/udev/data/b8:3": "E:ID_FS_TYPE=crypto_LUKS\n",
    "dev/dm-0": "",
}
DISKS = (  # name, number, sectors, the disk it is part of, what it stands on
    ("sda", "8:0", 2048000, "", ()),
    ("sda1", "8:1", 204800, "sda", ()),
    ("sda2", "8:2", 204800, "sda", ()),
    ("sda3", "8:3", 1024000, "sda", ()),
    ("dm-0", "253:0", 1024000, "", ("sda3",)),
    ("md0", "9:0", 1024000, "", ("sdb",)),
    ("sdb", "8:16", 1024000, "", ()),
    ("loop0", "7:0", 1000, "", ()),
)


def grow(root: Path) -> None:
    """Write the machine below root."""
    for name, content in FILES.items():
        _write(root / name, content)
    _write(root / "proc/kcore", kcore({TEXT: bytes(CODE - TEXT) + WAY_BACK + bytes(4096)}))
    for name, number, sectors, disk, below in DISKS:
        _disk(root, name, number, sectors, disk, below)
    for name, content in (("level", "raid1\n"), ("array_state", "clean\n"), ("degraded", "0\n")):
        _write(root / f"sys/class/block/md0/md/{name}", content)
    _write(root / "sys/class/block/loop0/loop/backing_file", "/var/disk.img\n")
    _write(root / "sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-1\n")
    _write(root / "sys/class/block/sda/device/model", "QEMU HARDDISK\n")
    _write(root / "sys/fs/btrfs/1f2e/devices/sdb", "")
    _write(root / "proc/spl/kstat/zfs/tank/state", "ONLINE\n")
    for name, target in (
        ("dev/mapper/root", "../dm-0"),
        ("sys/class/drm/card0/device", "../../../bus/pci/devices/0000:01:00.0"),
        ("sys/bus/pci/devices/0000:01:00.0/driver", "../../drivers/nvidia"),
        ("sys/class/net/eth0/device/driver", "../../../../bus/pci/drivers/e1000e"),
        ("sys/dev/block/8:2", "../../class/block/sda2"),
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).symlink_to(target)


def kcore(pieces: dict[int, bytes]) -> bytes:
    """An ELF64 core file with one PT_LOAD per piece of memory (elf(5)), by virtual address."""
    offset = 64 + 56 * len(pieces)
    headers = data = b""
    for address, content in pieces.items():
        size = len(content)
        headers += struct.pack("<IIQQQQQQ", 1, 7, offset + len(data), address, 0, size, size, 4096)
        data += content
    elf = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    elf += struct.pack("<HHIQQQIHHHHHH", 4, 62, 1, 0, 64, 0, 0, 64, 56, len(pieces), 0, 0, 0)
    return elf + headers + data


def _disk(root: Path, name: str, number: str, sectors: int, disk: str, below: tuple[str, ...]) -> None:
    real = root / "sys/devices/pci0/ata1/host0/block" / disk / name
    _write(real / "dev", f"{number}\n")
    _write(real / "size", f"{sectors}\n")
    _write(real / ("partition" if disk else "removable"), "0\n")
    (real / "slaves").mkdir()
    for slave in below:
        (real / "slaves" / slave).mkdir()
    links = root / "sys/class/block"
    links.mkdir(parents=True, exist_ok=True)
    (links / name).symlink_to(os.path.relpath(real, links))


def _write(path: Path, content: str | bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
