"""The checks of the surroundings in every verdict that they can give.

Each case: the check, what differs from a ready machine, the verdict, words that the finding must hold.
"""

from dataclasses import replace
from pathlib import Path

from kjtui.backend.recording import read_recording
from kjtui.model.checks import Verdict
from kjtui.model.facts import (
    BlockDevice,
    Connection,
    Display,
    InputDevice,
    JournalEntry,
    Mount,
    NetLink,
    NotResumed,
    PowerSupply,
    Task,
    Watchdog,
)

READY, ATTENTION, BLOCKED, UNKNOWN = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN
BASE = read_recording(Path(__file__).parent.parent / "machines" / "ready.json").facts
NOW = BASE.wall_clock or 0.0
FORBIDDEN = "not permitted; it takes more rights"
GIB = 1 << 30

ROOT = Mount("/dev/sda1", "/", "ext4")
SHARE = Mount("share", "/mnt/host", "9p")
ARMED = Watchdog("watchdog0", "iTCO_wdt", active=True, timeout=30)
HASTY = Watchdog("watchdog0", "iTCO_wdt", active=True, timeout=10)
SOFT = Watchdog("watchdog1", "Software Watchdog", active=True, timeout=60)
IDLE = Watchdog("watchdog0", "iTCO_wdt", active=False)
WATCHDOG_STATE = "/sys/class/watchdog/watchdog0/state"
NO_BLOCK: dict[str, object] = {"block_devices": (), "unreadable": {"/sys/class/block": FORBIDDEN}}
PART_OF_BLOCK: dict[str, object] = {"unreadable": {"/sys/class/block/sdc/size": FORBIDDEN}}
NO_MOUNTS_READ: dict[str, object] = {"unreadable": {"/proc/self/mountinfo": FORBIDDEN}}

LVM_ON_LUKS = (
    BlockDevice("sda", 2 * GIB, "FINE DISK", mounted_at=("/",), swap=True, kind="disk", bus="ata"),
    BlockDevice("sda3", GIB, mounted_at=("/",), swap=True, kind="part", stands_on=("sda",)),
    BlockDevice("dm-0", GIB, mounted_at=("/",), swap=True, kind="crypt", stands_on=("sda3",)),
    BlockDevice("dm-1", GIB, mounted_at=("/",), kind="lvm", stands_on=("dm-0",)),
    BlockDevice("dm-2", GIB, swap=True, kind="lvm", stands_on=("dm-0",)),
)
MIRROR = BlockDevice("md0", GIB, mounted_at=("/",), kind="raid1", stands_on=("sda1", "sdb1"), state="clean")
HALVES = (
    BlockDevice("sda", GIB, mounted_at=("/",), kind="disk"),
    BlockDevice("sda1", GIB, mounted_at=("/",), kind="part", stands_on=("sda",)),
    BlockDevice("sdb", GIB, mounted_at=("/",), kind="disk"),
    BlockDevice("sdb1", GIB, mounted_at=("/",), kind="part", stands_on=("sdb",)),
)
STICK = BlockDevice("sdb", GIB, "Cruzer Blade", removable=True, kind="disk", bus="usb")
STICK_IN_USE = BlockDevice(
    "sdb", GIB, "Cruzer Blade", removable=True, mounted_at=("/media/stick",), kind="disk", bus="usb"
)
DISC = BlockDevice("sr0", GIB, "DVD-RAM", removable=True, mounted_at=("/media/cd",), kind="rom", bus="ata")


def _md(state: str) -> tuple[BlockDevice, ...]:
    return (BlockDevice("md0", GIB, mounted_at=("/",), kind="raid1", state=state),)


def _config(**options: str) -> dict[str, str]:
    return {**(BASE.config or {}), **{f"CONFIG_{name}": value for name, value in options.items()}}


def _jump(state: str, ago: float, *, boot: str = "an earlier one", about: str = "") -> JournalEntry:
    return JournalEntry(NOW - ago, boot, "jump", state, about)


USB = (InputDevice("Logitech K120", "usb"),)
BUILT_IN_USB = _config(USB_HID="y", HID_GENERIC="y", USB_XHCI_PCI="y")
AC_OFF = PowerSupply("AC", "Mains", online=False)


def _battery(charge: int | None, status: str = "Discharging") -> PowerSupply:
    return PowerSupply("BAT0", "Battery", charge=charge, status=status)


CASES: list[tuple[str, dict[str, object], Verdict, str]] = [
    ("mounts", {}, READY, "none of a kind"),
    ("mounts", {"mounts": (ROOT, SHARE)}, BLOCKED, "/mnt/host"),
    ("mounts", {"mounts": (ROOT, Mount("x", "/x", "virtiofs"))}, BLOCKED, "modprobe -r virtiofs"),
    ("mounts", {"mounts": (ROOT, Mount("nas:/home", "/home", "nfs4"))}, ATTENTION, "nfs4"),
    ("mounts", {"mounts": (ROOT, Mount("me@nas:", "/mnt/nas", "fuse.sshfs"))}, ATTENTION, "/mnt/nas"),
    ("mounts", {"mounts": (ROOT, Mount("far:/data", "/data", "fuse.own"))}, ATTENTION, "fuse.own"),
    ("mounts", {"mounts": (ROOT, Mount("portal", "/run/user/1000/doc", "fuse.portal"))}, READY, "2 mounts"),
    ("mounts", {"mounts": (Mount("nas:/", "/", "nfs4"),)}, READY, "1 mount,"),
    ("mounts", {"mounts": ()}, UNKNOWN, "9p"),
    ("mounts", {"mounts": (), "unreadable": {"/proc/self/mountinfo": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("network-root", {}, READY, "own disks"),
    ("network-root", {"mounts": (Mount("root", "/", "virtiofs"),)}, BLOCKED, "virtiofs"),
    ("network-root", {"mounts": (ROOT, Mount("usr", "/usr", "9p"))}, BLOCKED, "/usr is a share"),
    ("network-root", {"mounts": (Mount("10.0.0.1:/root", "/", "nfs4"),)}, ATTENTION, "nfs4"),
    ("network-root", {"mounts": (ROOT, Mount("//nas/var", "/var", "cifs"))}, ATTENTION, "/var comes over"),
    (
        "network-root",
        {"block_devices": (BlockDevice("sda", GIB, "LIO-ORG root", mounted_at=("/",), bus="iscsi"),)},
        ATTENTION,
        "iscsid",
    ),
    (
        "network-root",
        {"block_devices": (BlockDevice("nbd0", GIB, mounted_at=("/",), bus="nbd"),)},
        ATTENTION,
        "-persist",
    ),
    (
        "network-root",
        {"block_devices": (BlockDevice("rbd0", GIB, mounted_at=("/",), bus="rbd"),)},
        ATTENTION,
        "Ceph",
    ),
    (
        "network-root",
        {"block_devices": (BlockDevice("nvme1n1", GIB, mounted_at=("/",), bus="nvme-fabrics"),)},
        ATTENTION,
        "ctrl_loss_tmo",
    ),
    (
        "network-root",
        {"block_devices": (BlockDevice("nbd0", GIB, mounted_at=("/mnt",), bus="nbd"),)},
        READY,
        "own disks",
    ),
    ("network-root", {"mounts": (Mount("rootfs", "/proc", "proc"),)}, READY, "initramfs"),
    ("network-root", {"mounts": ()}, UNKNOWN, "it lists nothing"),
    (
        "graphics",
        {"displays": (Display("0000:00:02.0", ""),)},
        READY,
        "/sys/bus/pci/devices/0000:00:02.0 no driver",
    ),
    ("disks", {}, READY, "SAMSUNG"),
    ("disks", {"block_devices": ()}, READY, "No disk is in use"),
    ("disks", {"block_devices": LVM_ON_LUKS}, READY, "1 disk is in use; kernel B leaves it alone"),
    ("disks", {"block_devices": (*HALVES, MIRROR)}, READY, "2 disks are in use"),
    ("disks", NO_BLOCK, UNKNOWN, FORBIDDEN),
    ("disks", PART_OF_BLOCK, UNKNOWN, FORBIDDEN),
    ("disks", NO_MOUNTS_READ, UNKNOWN, FORBIDDEN),
    ("stacks", {}, READY, "/ on ext4, nvme0n1p2"),
    ("stacks", {}, READY, "swap on nvme0n1p3"),
    (
        "stacks",
        {"block_devices": LVM_ON_LUKS, "mounts": (Mount("/dev/mapper/vg-root", "/", "ext4"),)},
        READY,
        "/ on ext4, LVM volume vg-root, LUKS, sda3",
    ),
    ("stacks", {"block_devices": LVM_ON_LUKS}, READY, "Below the file systems: LVM, LUKS"),
    ("stacks", {"block_devices": (*HALVES, MIRROR)}, READY, "/ on ext4, MD RAID 1 md0, sda1, sdb1"),
    ("stacks", {"block_devices": (*HALVES, MIRROR)}, READY, "raid1: clean"),
    (
        "stacks",
        {
            "block_devices": (
                BlockDevice("sda1", GIB, mounted_at=("/",), kind="part", member_of="zfs pool tank"),
                BlockDevice("sdb1", GIB, mounted_at=("/",), kind="part", member_of="zfs pool tank"),
            ),
            "mounts": (Mount("tank/root", "/", "zfs"),),
        },
        READY,
        "/ on zfs, zfs pool tank, 2 devices: sda1, sdb1",
    ),
    ("stacks", {"block_devices": ()}, READY, "nothing mounted"),
    ("stacks", {"block_devices": _md("clean, check")}, READY, "check"),
    ("stacks", {"block_devices": _md("active, resync")}, ATTENTION, "put in order: md0"),
    ("stacks", {"block_devices": _md("degraded, recover")}, ATTENTION, "missing in an array: md0"),
    ("stacks", {"block_devices": _md("degraded")}, ATTENTION, "/proc/mdstat"),
    ("stacks", NO_BLOCK, UNKNOWN, FORBIDDEN),
    ("stacks", PART_OF_BLOCK, UNKNOWN, FORBIDDEN),
    ("stacks", {**PART_OF_BLOCK, "block_devices": _md("degraded")}, ATTENTION, "/proc/mdstat"),
    ("removable", {}, READY, "Nothing is mounted"),
    ("removable", {"block_devices": (STICK,)}, READY, "1 removable disk, none in use: Cruzer Blade (sdb)"),
    ("removable", {"block_devices": (STICK_IN_USE,)}, ATTENTION, "Cruzer Blade (sdb)"),
    ("removable", {"block_devices": (DISC,)}, READY, "nothing on USB"),
    (
        "removable",
        {"block_devices": (BlockDevice("sdc", GIB, swap=True, kind="disk", bus="usb"),)},
        ATTENTION,
        "1.0 GiB: swap",
    ),
    ("removable", NO_BLOCK, UNKNOWN, FORBIDDEN),
    ("removable", PART_OF_BLOCK, UNKNOWN, FORBIDDEN),
    ("removable", {**PART_OF_BLOCK, "block_devices": (STICK_IN_USE,)}, ATTENTION, "Cruzer Blade (sdb)"),
    ("removable", {**NO_MOUNTS_READ, "block_devices": (STICK,)}, UNKNOWN, "mountinfo"),
    ("saved-system", {}, READY, "no such file"),
    ("saved-system", {"not_resumed": NotResumed("A disk has been used since", "sda.")}, ATTENTION, "sda"),
    ("saved-system", {"unreadable": {"/run/kjtui/resume.json": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("hibernation-image", {}, READY, "no swap area"),
    ("hibernation-image", {"sleeping": ("nvme0n1p3",)}, ATTENTION, "/dev/nvme0n1p3"),
    ("hibernation-image", {"sleeping": None}, UNKNOWN, "could not be read"),
    ("hibernation-image", PART_OF_BLOCK, UNKNOWN, FORBIDDEN),
    (
        "hibernation-image",
        {"sleeping": None, "unreadable": {"/dev/nvme0n1p3": FORBIDDEN}},
        UNKNOWN,
        FORBIDDEN,
    ),
    ("watchdog", {}, READY, "iTCO_wdt: not armed"),
    ("watchdog", {"watchdogs": ()}, READY, "no watchdog"),
    ("watchdog", {"watchdogs": (ARMED, SOFT)}, ATTENTION, "restarts after 30 s"),
    ("watchdog", {"watchdogs": (HASTY,)}, BLOCKED, "RuntimeWatchdogSec=off"),
    ("watchdog", {"watchdogs": (HASTY,), "service_manager": "init"}, BLOCKED, "service watchdog stop"),
    ("watchdog", {"watchdogs": (Watchdog("watchdog3", "", active=True),)}, BLOCKED, "watchdog3"),
    ("watchdog", {"watchdogs": (IDLE, SOFT)}, ATTENTION, "softdog"),
    ("watchdog", {"watchdogs": (), "unreadable": {WATCHDOG_STATE: "no such"}}, UNKNOWN, "wdctl"),
    ("watchdog", {"watchdogs": (HASTY,), "unreadable": {WATCHDOG_STATE: "no such"}}, BLOCKED, "iTCO"),
    ("graphics", {}, READY, "i915"),
    ("graphics", {"displays": ()}, READY, "No graphics device"),
    ("graphics", {"displays": (Display("0000:00:02.0", "", "Matrox"),)}, READY, "no driver"),
    ("graphics", {"displays": (Display("card0", "nvidia", "RTX 3060"),)}, ATTENTION, "nvidia-hibernate"),
    ("graphics", {"displays": (Display("card0", "vmwgfx"),)}, ATTENTION, "three dimensions"),
    ("graphics", {"displays": (Display("card0", "virtio_gpu"),)}, ATTENTION, "stays dark"),
    (
        "graphics",
        {"displays": (Display("card0", "i915"), Display("card1", "nvidia"))},
        ATTENTION,
        "NVIDIA's own driver",
    ),
    ("graphics", {"displays": None, "unreadable": {"/sys/class/drm": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("drivers", {}, READY, "5 modules"),
    ("drivers", {"modules": {"nvidia": "POE", "ext4": ""}}, READY, "proprietary, not part of the kernel"),
    ("drivers", {"modules": {"hpsa": ""}}, BLOCKED, "ENOSYS"),
    ("drivers", {"modules": {}, "links": (NetLink("eth0", "qede", up=True),)}, BLOCKED, "EOPNOTSUPP"),
    ("drivers", {"modules": {}}, READY, "no module is loaded"),
    ("drivers", {"modules": {"virtiofs": ""}}, BLOCKED, "modprobe -r virtiofs"),
    ("drivers", {"modules": {"vfio-pci": ""}}, ATTENTION, "virtual machine"),
    ("drivers", {"modules": {"vfio_pci": "", "hpsa": ""}}, BLOCKED, "hpsa is loaded"),
    ("drivers", {"modules": None, "unreadable": {"/proc/modules": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("usb-input", {}, READY, "PS/2"),
    ("usb-input", {"keyboards": ()}, READY, "no keyboard"),
    ("usb-input", {"keyboards": USB, "config": BUILT_IN_USB}, READY, "built in"),
    ("usb-input", {"keyboards": USB}, READY, "travel along"),
    ("usb-input", {"keyboards": (InputDevice("Keyboard K380", "bluetooth"),)}, ATTENTION, "Bluetooth"),
    ("usb-input", {"config": _config(SERIO_I8042="m")}, READY, "travel along"),
    ("usb-input", {"config": _config(SERIO_I8042="n")}, ATTENTION, "CONFIG_SERIO_I8042=n"),
    ("usb-input", {"keyboards": USB, "terminal": "/dev/ttyS0", "consoles": ("ttyS0",)}, READY, "serial line"),
    ("usb-input", {"config": None, "config_source": ""}, UNKNOWN, "Quick test"),
    ("usb-input", {"keyboards": USB, "terminal": None}, READY, "travel along"),
    ("usb-input", {"keyboards": USB, "terminal": "/dev/pts/0"}, READY, "travel along"),
    ("usb-input", {"keyboards": None, "terminal": "/dev/pts/0"}, READY, "not seen from here"),
    ("usb-input", {"terminal": "/dev/pts/0"}, READY, "will hear your keyboard"),
    ("usb-input", {"keyboards": None, "unreadable": {"/sys/class/input": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("network", {}, READY, "driver r8169, up"),
    ("network", {"links": ()}, READY, "0 links, none with a card"),
    ("network", {"links": (NetLink("eth0", "e1000e", up=False),)}, READY, "No network card is in use"),
    ("network", {"unreadable": {"/sys/class/net/eth1/device/driver": "no link"}}, UNKNOWN, "no link"),
    ("network", {"links": None, "unreadable": {"/sys/class/net": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("terminal", {}, READY, "/dev/tty3"),
    ("terminal", {"terminal": "/dev/ttyS0", "consoles": ("tty0", "ttyS0")}, READY, "/dev/ttyS0"),
    ("terminal", {"terminal": "/dev/ttyS1", "command_line": "console=ttyS1,115200"}, READY, "/dev/ttyS1"),
    ("terminal", {"terminal": "/dev/ttyS1"}, ATTENTION, "does not show itself here (ttyS1)"),
    ("terminal", {"consoles": ("ttyS0",)}, ATTENTION, "does not show itself here (tty3)"),
    (
        "terminal",
        {"consoles": (), "unreadable": {"/sys/class/tty/console/active": FORBIDDEN}},
        UNKNOWN,
        FORBIDDEN,
    ),
    ("terminal", {"terminal": "/dev/pts/3"}, ATTENTION, "Quick test"),
    ("terminal", {"terminal": None}, UNKNOWN, "not a terminal"),
    ("power", {}, READY, "plugged in"),
    ("power", {"power": ()}, READY, "no battery"),
    ("power", {"power": (_battery(80, "Charging"),)}, READY, "80 %, Charging"),
    ("power", {"power": (AC_OFF, _battery(63))}, READY, "On battery, 63 % left"),
    ("power", {"power": (AC_OFF, _battery(19))}, ATTENTION, "The battery is low: 19 %"),
    ("power", {"power": (AC_OFF, _battery(4))}, BLOCKED, "nearly empty: 4 %"),
    ("power", {"power": (AC_OFF, _battery(5))}, ATTENTION, "The battery is low: 5 %"),
    ("power", {"power": (AC_OFF, _battery(4), _battery(60))}, READY, "60 %"),
    ("power", {"power": (AC_OFF, _battery(-7))}, ATTENTION, "charge is unknown"),
    ("power", {"power": (PowerSupply("ups", "UPS", charge=9, status="Discharging"),)}, ATTENTION, "9 %"),
    ("power", {"power": (_battery(None, ""),)}, UNKNOWN, "charge unknown"),
    ("power", {"power": None, "unreadable": {"/sys/class/power_supply": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("stuck-tasks", {}, READY, "212 processes"),
    (
        "stuck-tasks",
        {"stuck": (Task(812, "dd", "D", "percpu_rwsem_wait"),)},
        ATTENTION,
        "Cannot be stopped now: dd (process 812)",
    ),
    ("stuck-tasks", {"stuck": (Task(812, "dd", "D"),)}, ATTENTION, "after 20 s"),
    (
        "stuck-tasks",
        {"stuck": (Task(1, "a", "D"), Task(2, "b", "D")), "freeze_timeout": 2500},
        ATTENTION,
        "after 2.5 s",
    ),
    ("stuck-tasks", {"stuck": (Task(9, "cp", "D", "folio_wait_bit_common"),)}, READY, "wait for a disk"),
    ("stuck-tasks", {"stuck": None}, UNKNOWN, "could not be read"),
    ("connections", {}, READY, "no connection"),
    (
        "connections",
        {"connections": (Connection("firefox", 40112, "192.0.2.7", 443),)},
        READY,
        "1 connection pauses: firefox",
    ),
    (
        "connections",
        {"connections": tuple(Connection("", 22, "192.0.2.7", 50000 + at) for at in range(3))},
        READY,
        "port 22, 3 times",
    ),
    (
        "connections",
        {"connections": (Connection("etcd", 2380, "192.0.2.7", 40112),)},
        ATTENTION,
        "Other machines watch this one: etcd",
    ),
    ("connections", {"connections": (Connection("", 40112, "192.0.2.7", 4567),)}, ATTENTION, "Galera"),
    ("connections", {"connections": None, "unreadable": {"/proc/net/tcp": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("last-jump", {}, READY, "No jump has been made"),
    ("last-jump", {"journal": (_jump("begun", 9000), _jump("done", 8990))}, READY, "2 hours ago: it came"),
    (
        "last-jump",
        {
            "journal": (
                _jump("done", 90),
                replace(_jump("done", 89, about="panic: failed"), operation="return"),
            )
        },
        READY,
        "panic: failed",
    ),
    ("last-jump", {"journal": (_jump("failed", 90, about="EBUSY"),)}, READY, "1 minute ago: it was refused"),
    ("last-jump", {"journal": (_jump("done", -90),)}, READY, "at an unknown time"),
    ("last-jump", {"journal": None}, UNKNOWN, "as root"),
    ("journal", {}, READY, "it is empty"),
    ("journal", {"journal": (_jump("begun", 9), _jump("done", 1))}, READY, "2 entries"),
    ("journal", {"journal": (_jump("begun", 9), _jump("settled", 1))}, READY, "2 entries"),
    ("journal", {"journal": (_jump("begun", 864000),)}, ATTENTION, "did not come back (10 days ago)"),
    ("journal", {"journal": (_jump("begun", 9, boot=BASE.boot_id),)}, ATTENTION, "still runs"),
    (
        "journal",
        {"journal": (_jump("begun", 9, boot=BASE.boot_id),), "cpus_online": 1},
        ATTENTION,
        "Bring the processors back",
    ),
    (
        "journal",
        {"journal": None, "unreadable": {"/var/lib/kjtui/journal.jsonl": FORBIDDEN}},
        UNKNOWN,
        FORBIDDEN,
    ),
]
