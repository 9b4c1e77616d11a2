"""Which kernel modules this machine's devices need in kernel B, as sysfs shows them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from kjtui.backend.probe import keyboards
from kjtui.backend.probe import modules as loaded_modules
from kjtui.backend.probe.source import Source
from kjtui.model.choices import Purpose
from kjtui.pack.kmod import Modules, plain

# Where the drivers of a kind lie in the kernel's source, and so below /lib/modules/RELEASE/kernel.
_KEYBOARD = ("drivers/usb/host/", "drivers/hid/", "drivers/input/serio/", "drivers/input/keyboard/")
_DISK = (
    *(
        "drivers/ata/",
        "drivers/scsi/",
        "drivers/nvme/host/",
        "drivers/block/",
        "drivers/mmc/",
        "drivers/ufs/",
    ),
    *("drivers/usb/storage/", "drivers/message/fusion/", "drivers/memstick/"),
)
_NET = ("drivers/net/",)
_BETWEEN = (  # what keyboards, disks and cards hang on
    *("drivers/usb/", "drivers/i2c/busses/", "drivers/mfd/", "drivers/virtio/", "drivers/hv/"),
    "drivers/pci/controller/",
)
_WITHOUT_CABLE = ("drivers/net/wireless/", "drivers/net/wwan/")
_WATCHDOG = "drivers/watchdog/"
_SOFTWARE_WATCHDOG = "softdog"  # stands still as long as kernel A does
_IPMI_WATCHDOG = "ipmi_watchdog"
_PS2 = ("i8042", "atkbd")
_USB_INPUT = ("usbhid", "hid_generic")
_NFS = ("nfs", "nfsv4", "nfsv3")
_USB_DISK = ("usb_storage", "uas")
# What serves a kind of device is needed with every controller that rests on the first, by modules.dep.
_SERVED_BY = (
    ("scsi_mod", "sd_mod"),
    ("libata", "sd_mod"),
    ("mmc_core", "mmc_block"),
    ("virtio", "virtio_pci"),
)
_FILE_SYSTEMS = {
    "ext4": "CONFIG_EXT4_FS",
    "xfs": "CONFIG_XFS_FS",
    "btrfs": "CONFIG_BTRFS_FS",
    "vfat": "CONFIG_VFAT_FS",
}
_NAMES = ("nls_cp437", "nls_iso8859_1", "nls_ascii", "nls_utf8")  # file names of vfat
# What puts volumes together, from disks here or elsewhere: kernel B must be unable to do it with kernel A's.
_FORBIDDEN_FOLDERS = ("drivers/md/", "drivers/block/drbd/")
_FORBIDDEN = frozenset(
    (
        *("zfs", "spl", "znvpair", "zavl", "icp", "zcommon", "zlua", "zunicode", "zzstd"),
        *("drbd", "rbd", "nbd", "bcache", "iscsi_tcp"),
        *("nvme_fabrics", "nvme_tcp", "nvme_rdma", "nvme_fc"),
    )
)
_USB_CONTROLLER = re.compile(r"pci:.*bc0Csc03")
_BLACKLIST = re.compile(r"^\s*blacklist\s+(\S+)", re.MULTILINE)
_MODPROBE = ("/usr/lib/modprobe.d", "/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d")


@dataclass
class Needs:
    """What is wanted. names: of modules, without what they depend on. missing: sentences for people."""

    names: set[str] = field(default_factory=set)
    missing: list[str] = field(default_factory=list)


def needs(
    source: Source,
    modules: Modules,
    release: str,
    config: Mapping[str, str] | None,
    purpose: Purpose,
    network: bool,
    watchdogs: bool,
) -> Needs:
    """The modules that kernel B (of this release and configuration) should have for its purpose."""
    found = Needs()
    if purpose is Purpose.CUSTOM:
        return found
    look = _Look(source, modules, release, found)
    kinds = [*_KEYBOARD]
    for folder in keyboards.folders(source):
        label = source.text(f"{folder}/name", optional=True) or folder.rpartition("/")[2]
        look.chain(folder, f"The keyboard {label}")
    found.names |= look.have(_PS2)
    usb = look.has_usb()
    if usb:
        found.names |= look.have(_USB_INPUT)
    if watchdogs:
        look.watchdogs()
    if purpose in (Purpose.RESCUE, Purpose.PROGRAM, Purpose.SAVE):
        kinds += _DISK
        look.disks()
        if usb:
            found.names |= look.have((*_USB_DISK, "sd_mod"))
        found.names |= look.have((*_FILE_SYSTEMS, *_NAMES, *_default_names(config)))
        found.missing += _lacking_file_systems(modules, config, release)
        if network:
            kinds += _NET
            look.cards()
            found.names |= look.have(_NFS if purpose is Purpose.SAVE else ())
    look.buses(tuple(kinds))
    for below, above in _SERVED_BY:
        if any(below in modules.needed(name) for name in found.names):
            found.names |= look.have((above,))
    return found


def forbidden(modules: Modules, name: str) -> bool:
    """Whether a module is never packed: device mapper, MD, LVM and LUKS (dm), ZFS, disks over the network."""
    return name in _FORBIDDEN or _place(modules, name).startswith(_FORBIDDEN_FOLDERS)


def _place(modules: Modules, name: str) -> str:
    """Where a module lies in the kernel's source: "drivers/ata/ahci.ko"; "" for one from elsewhere."""
    path = modules.files.get(name, "")
    return path.removeprefix("kernel/") if path.startswith("kernel/") else ""


class _Look:
    """One look at a machine's devices."""

    def __init__(self, source: Source, modules: Modules, release: str, found: Needs) -> None:
        self._source = source
        self._modules = modules
        self._release = release
        self._found = found
        self._own = source.text("/proc/sys/kernel/osrelease", optional=True) == release
        self._unwanted = _blacklist(source)
        self._loaded = {plain(name) for name in loaded_modules.read(source) or ()}

    def have(self, names: Iterable[str]) -> set[str]:
        """Those of these that are modules of this kernel."""
        return {name for name in names if name in self._modules.files}

    def chain(self, folder: str, what: str) -> None:
        """The drivers of a device and of all that it hangs on: controllers, hubs, bridges."""
        for place in self._upwards(folder):
            bound = self._bound(place)
            # What is built in has a name in sysfs, too, but not always one in modules.builtin.
            if bound in self._loaded and not self._modules.knows(bound):
                self._found.missing.append(
                    f"{what}: its driver here is {bound}, which kernel {self._release} lacks."
                )
            self._take(self._driving(place, (*_KEYBOARD, *_DISK, *_NET, *_BETWEEN)))

    def disks(self) -> None:
        """The drivers of all disks; what is made of other disks has none."""
        for name in self._source.names("/sys/class/block"):
            folder = f"/sys/class/block/{name}"
            if not self._source.is_file(f"{folder}/partition"):
                self.chain(folder, f"The disk {name}")

    def cards(self) -> None:
        """The drivers of the network cards that have a cable."""
        for name in self._source.names("/sys/class/net"):
            folder = f"/sys/class/net/{name}"
            if self._is_radio(folder):
                self._found.missing.append(
                    f"The wireless card {name} gets no driver: kernel B cannot log in to a wireless network."
                )
            elif self._source.is_folder(f"{folder}/device"):
                self.chain(f"{folder}/device", f"The network card {name}")

    def watchdogs(self) -> None:
        """The watchdog drivers that are loaded, with what makes their devices appear."""
        for name in self._source.names("/sys/class/watchdog"):
            if self._source.is_folder(f"/sys/class/watchdog/{name}/device"):
                self.chain(f"/sys/class/watchdog/{name}/device", f"The watchdog {name}")
        for name in sorted(self._loaded):
            if name == _IPMI_WATCHDOG:
                self._take(self.have((name, "ipmi_si")))
            elif _place(self._modules, name).startswith(_WATCHDOG) and name != _SOFTWARE_WATCHDOG:
                self._take((name,))

    def buses(self, kinds: tuple[str, ...]) -> None:
        """The drivers of these kinds for all devices on all buses, also for those without a driver so far."""
        for bus in self._source.names("/sys/bus"):
            for device in self._source.names(f"/sys/bus/{bus}/devices"):
                driving = self._driving(f"/sys/bus/{bus}/devices/{device}", kinds)
                self._take(name for name in driving if _place(self._modules, name).startswith(kinds))

    def has_usb(self) -> bool:
        """Whether there is a USB controller, with or without a driver."""
        if self._source.names("/sys/bus/usb/devices"):
            return True
        folder = "/sys/bus/pci/devices"
        aliases = (
            self._source.text(f"{folder}/{name}/modalias", optional=True)
            for name in self._source.names(folder)
        )
        return any(_USB_CONTROLLER.match(alias or "") for alias in aliases)

    def _take(self, names: Iterable[str]) -> None:
        for name in names:
            bad = [one for one in self._modules.needed(name) if forbidden(self._modules, one)]
            if not bad:
                self._found.names.add(name)
            elif name not in bad:
                self._found.missing.append(
                    f"The driver {name} is left out: it needs {bad[0]}, which never goes along."
                )

    def _upwards(self, folder: str) -> Iterator[str]:
        """The folders of a device and of its parents in /sys/devices."""
        place = self._source.resolved(folder)
        while place.startswith("/sys/") and place.count("/") > 2:
            yield place
            place = place.rpartition("/")[0]

    def _bound(self, folder: str) -> str:
        """The module whose driver the device has; "" for a driver that is built in, and for none."""
        return plain(self._source.link(f"{folder}/driver/module").rpartition("/")[2])

    def _driving(self, folder: str, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """The modules for one device: the one that drives it now, else those of these kinds that can."""
        bound = self._bound(folder)
        if bound and self._modules.knows(bound):
            return tuple(one for one in self._modules.resolve(bound) if not self._is_for_radio(one))
        if not bound and self._own and self._source.link(f"{folder}/driver"):
            return ()  # built in, here and there
        alias = self._source.text(f"{folder}/modalias", optional=True)
        return tuple(
            name
            for name in self._modules.matching([alias] if alias else ())
            if name not in self._unwanted
            and _place(self._modules, name).startswith(kinds)
            and not self._is_for_radio(name)
        )

    def _is_for_radio(self, name: str) -> bool:
        return _place(self._modules, name).startswith(_WITHOUT_CABLE)

    def _is_radio(self, folder: str) -> bool:
        return self._source.is_folder(f"{folder}/wireless") or self._source.is_folder(f"{folder}/phy80211")


def _blacklist(source: Source) -> frozenset[str]:
    """Modules that are not to be loaded for a device by themselves (modprobe.d(5))."""
    found: set[str] = set()
    for folder in _MODPROBE:
        for name in source.names(folder):
            if name.endswith(".conf"):
                text = source.text(f"{folder}/{name}", optional=True) or ""
                found |= set(map(plain, _BLACKLIST.findall(text)))
    return frozenset(found)


def _default_names(config: Mapping[str, str] | None) -> tuple[str, ...]:
    """The tables of characters without which vfat does not mount (fs/fat/Kconfig)."""
    if config is None:
        return ()
    page = config.get("CONFIG_FAT_DEFAULT_CODEPAGE", "")
    charset = config.get("CONFIG_FAT_DEFAULT_IOCHARSET", "").strip('"')
    return (f"nls_cp{page}", plain(f"nls_{charset}"))


def _lacking_file_systems(
    modules: Modules, config: Mapping[str, str] | None, release: str
) -> tuple[str, ...]:
    return tuple(
        f"Kernel {release} cannot read {name} file systems: it has no driver for them."
        for name, option in _FILE_SYSTEMS.items()
        if not modules.knows(name) and (config is None or config.get(option) != "y")
    )
