import gzip
import lzma
from pathlib import Path

import pytest
from kofiles import RELEASE, ko, link, write

from kjtui.backend.modulefiles import ORDER, ModulePack, module_pack
from kjtui.model.choices import Purpose
from kjtui.pack import compressed, cpio

CONFIG = {
    "CONFIG_MODULES": "y",
    "CONFIG_FAT_DEFAULT_CODEPAGE": "850",
    "CONFIG_FAT_DEFAULT_IOCHARSET": "iso8859-15",
}
KEYS = "402000000 3803078f800d001 feffffdfffefffff fffffffe\n"
# name → path below kernel/, what it depends on, words of its .modinfo
MODULES: dict[str, tuple[str, tuple[str, ...], tuple[str, ...]]] = {
    "usbcore": ("drivers/usb/core", (), ()),
    "xhci_hcd": ("drivers/usb/host", ("usbcore",), ()),
    "xhci_pci": ("drivers/usb/host", ("xhci_hcd",), ()),
    "hid": ("drivers/hid", (), ()),
    "usbhid": ("drivers/hid/usbhid", ("hid", "usbcore"), ()),
    "hid_generic": ("drivers/hid", ("hid",), ()),
    "scsi_mod": ("drivers/scsi", (), ()),
    "sd_mod": ("drivers/scsi", ("scsi_mod",), ()),
    "libata": ("drivers/ata", ("scsi_mod",), ()),
    "ahci": ("drivers/ata", ("libata",), ()),
    "usb_storage": ("drivers/usb/storage", ("scsi_mod", "usbcore"), ()),
    "uas": ("drivers/usb/storage", ("usb_storage",), ()),
    "nvme": ("drivers/nvme/host", (), ()),
    "ext4": ("fs/ext4", ("jbd2",), ()),
    "jbd2": ("fs/jbd2", (), ()),
    "xfs": ("fs/xfs", (), ()),
    "vfat": ("fs/fat", (), ()),
    "nls_cp850": ("fs/nls", (), ()),
    "nls_iso8859_15": ("fs/nls", (), ()),
    "r8169": (
        "drivers/net/ethernet/realtek",
        ("libphy",),
        tuple(f"firmware=rtl_nic/{n}.fw" for n in "abcdef"),
    ),
    "libphy": ("drivers/net/phy", (), ()),
    "realtek": ("drivers/net/phy", ("libphy",), ()),
    "iwlwifi": ("drivers/net/wireless/intel/iwlwifi", (), ("firmware=iwl.ucode",)),
    "igb": ("drivers/net/ethernet/intel/igb", (), ()),
    "iTCO_wdt": ("drivers/watchdog", (), ()),
    "softdog": ("drivers/watchdog", (), ()),
    "i2c_i801": ("drivers/i2c/busses", (), ()),
    "dm_mod": ("drivers/md", (), ()),
    "dm_hba": ("drivers/scsi", ("dm_mod",), ()),
    "virtio_balloon": ("drivers/virtio", (), ()),
}
ALIASES = {
    "nvme": "pci:v*d*sv*sd*bc01sc08i02*",
    "igb": "pci:v00008086d00001533sv*sd*bc*sc*i*",
    "dm_hba": "pci:v00009999d*sv*sd*bc*sc*i*",
    "iwlwifi": "pci:v00008086d000024F3sv*sd*bc*sc*i*",
    "virtio_balloon": "virtio:d00000005v*",
}
SYS = "sys/devices/pci0000:00"
ENDINGS = {"": lambda data: data, ".xz": lzma.compress, ".zst": compressed.squeeze, ".gz": gzip.compress}


def grow_modules(root: Path, ending: str = "") -> Path:
    """/lib/modules of a distribution, as depmod leaves it."""
    tree = root / "lib/modules" / RELEASE

    def path(name: str) -> str:
        file = "hid-generic" if name == "hid_generic" else name
        return f"kernel/{MODULES[name][0]}/{file}.ko{ending}"

    for name, (_, depends, words) in MODULES.items():
        data = ko(*words, f"depends={','.join(depends)}", name=name)
        write(tree, path(name), ENDINGS[ending](data))
    dep = [f"{path(name)}: {' '.join(map(path, MODULES[name][1]))}\n" for name in MODULES]
    write(tree, "modules.dep", "".join(dep))
    write(tree, "modules.alias", "".join(f"alias {alias} {name}\n" for name, alias in ALIASES.items()))
    write(tree, "modules.softdep", "softdep r8169 pre: realtek\n")
    write(tree, "modules.builtin", "kernel/fs/btrfs/btrfs.ko\nkernel/drivers/input/serio/i8042.ko\n")
    return tree


def bound(root: Path, place: str, module: str = "", alias: str = "") -> None:
    """A device in sysfs, bound to a module's driver; "-" for one that is built in."""
    write(root / SYS / place, "uevent", "")
    if alias:
        write(root / SYS / place, "modalias", f"{alias}\n")
    if module:
        driver = root / f"sys/bus/any/drivers/{module}_driver"
        driver.mkdir(parents=True, exist_ok=True)
        if module != "-" and not (driver / "module").is_symlink():
            link(driver, "module", f"../../../../module/{module}")
        link(root / SYS / place, "driver", str(driver))


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A PC: a USB keyboard, an AHCI disk, a cabled and a wireless card, a watchdog on the SMBus."""
    root = tmp_path
    write(root, "proc/sys/kernel/osrelease", f"{RELEASE}\n")
    write(
        root, "proc/modules", "iTCO_wdt 16384 1 - Live 0x0\nsoftdog 16384 0 - Live 0x0\nahci 1 0 - Live 0x0\n"
    )
    bound(root, "0000:00:14.0", "xhci_pci", "pci:v00008086d0000A12Fsv0sd0bc0Csc03i30")
    bound(root, "0000:00:14.0/usb1/1-2/1-2:1.0", "usbhid")
    bound(root, "0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001", "hid_generic")
    keyboard = f"{SYS}/0000:00:14.0/usb1/1-2/1-2:1.0/0003:046D:C31C.0001/input/input5"
    write(root, f"{keyboard}/capabilities/key", KEYS)
    write(root, f"{keyboard}/name", "Logitech K120\n")
    link(root, "sys/class/input/input5", f"../../../{keyboard}")
    bound(root, "0000:00:17.0", "ahci")
    bound(root, "0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0", "sd_mod")
    write(root, f"{SYS}/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda/size", "100\n")
    link(root, "sys/class/block/sda", f"../../../{SYS}/0000:00:17.0/ata1/host0/target0:0:0/0:0:0:0/block/sda")
    bound(root, "0000:02:00.0", "r8169")
    bound(root, "0000:03:00.0", "iwlwifi", "pci:v00008086d000024F3sv0sd0bc02sc80i00")
    for name, address in (("eth0", "0000:02:00.0"), ("wlan0", "0000:03:00.0")):
        write(root, f"{SYS}/{address}/net/{name}/operstate", "up\n")
        link(root, f"{SYS}/{address}/net/{name}/device", "../..")
        link(root, f"sys/class/net/{name}", f"../../../{SYS}/{address}/net/{name}")
    (root / f"{SYS}/0000:03:00.0/net/wlan0/wireless").mkdir()
    bound(root, "0000:00:1f.4", "i2c_i801")
    bound(root, "0000:00:1f.4/iTCO_wdt", "iTCO_wdt")
    write(root, f"{SYS}/0000:00:1f.4/iTCO_wdt/watchdog/watchdog0/state", "active\n")
    link(root, f"{SYS}/0000:00:1f.4/iTCO_wdt/watchdog/watchdog0/device", "../..")
    link(root, "sys/class/watchdog/watchdog0", f"../../../{SYS}/0000:00:1f.4/iTCO_wdt/watchdog/watchdog0")
    for address in ("0000:00:14.0", "0000:00:17.0", "0000:02:00.0", "0000:03:00.0", "0000:00:1f.4"):
        link(root, f"sys/bus/pci/devices/{address}", f"../../../devices/pci0000:00/{address}")
    for name in "abcd":
        write(root, f"lib/firmware/rtl_nic/{name}.fw", f"firmware {name}")
    write(root, "lib/firmware/rtl_nic/e.fw.xz", lzma.compress(b"firmware e"))
    write(root, "lib/firmware/iwl.ucode", b"wireless")
    grow_modules(root)
    return root


def pack(
    root: Path,
    purpose: Purpose,
    network: bool = False,
    watchdogs: bool = False,
    config: dict[str, str] | None = CONFIG,
) -> ModulePack:
    return module_pack(root, RELEASE, config, purpose, network, watchdogs)


def names(packed: ModulePack) -> set[str]:
    return {name.removesuffix(".ko") for name in packed.order}


USB = {"usbcore", "xhci_hcd", "xhci_pci", "hid", "usbhid", "hid_generic"}
DISKS = {"scsi_mod", "sd_mod", "libata", "ahci", "usb_storage", "uas"}
FILE_SYSTEMS = {"jbd2", "ext4", "xfs", "vfat", "nls_cp850", "nls_iso8859_15"}


@pytest.mark.parametrize("purpose", [Purpose.QUICK, Purpose.LOOK])
def test_a_look_gets_the_keyboards_and_the_watchdogs_alone(machine, purpose):
    assert names(pack(machine, purpose)) == USB
    assert names(pack(machine, purpose, watchdogs=True)) == USB | {"iTCO_wdt", "i2c_i801"}
    assert pack(machine, purpose, network=True).missing == ()


@pytest.mark.parametrize("purpose", [Purpose.RESCUE, Purpose.PROGRAM])
def test_disks_and_file_systems_for_who_works_with_them(machine, purpose):
    packed = pack(machine, purpose)
    assert names(packed) == USB | DISKS | FILE_SYSTEMS
    assert packed.missing == ()
    for place, name in enumerate(packed.order):
        needed = MODULES[name.removesuffix(".ko")][1]
        assert {f"{one}.ko" for one in needed} <= set(packed.order[:place])


def test_the_network_brings_cards_with_a_cable_and_their_firmware(machine):
    packed = pack(machine, Purpose.RESCUE, network=True)
    assert names(packed) == USB | DISKS | FILE_SYSTEMS | {"r8169", "libphy", "realtek"}
    firmware = {entry.path: entry.data for entry in packed.entries if entry.path.startswith("lib/firmware/")}
    assert firmware == {f"lib/firmware/rtl_nic/{name}.fw": f"firmware {name}".encode() for name in "abcde"}
    assert packed.missing == (
        "The wireless card wlan0 gets no driver: kernel B cannot log in to a wireless network.",
        "Some of the firmware that the driver r8169 may ask for is not installed: rtl_nic/f.fw.",
    )


def test_an_initramfs_of_the_persons_own_gets_nothing(machine):
    assert pack(machine, Purpose.CUSTOM, network=True, watchdogs=True) == ModulePack()


@pytest.mark.parametrize("ending", [".xz", ".zst", ".gz"])
def test_the_pack_is_the_same_however_the_modules_are_kept(machine, tmp_path_factory, ending):
    plain = pack(machine, Purpose.RESCUE, network=True, watchdogs=True)
    (machine / "lib/modules" / RELEASE).rename(machine / "lib/old")
    grow_modules(machine, ending)
    assert pack(machine, Purpose.RESCUE, network=True, watchdogs=True) == plain


def test_files_lie_where_the_agent_looks_uncompressed_and_sorted(machine):
    packed = pack(machine, Purpose.LOOK)
    files = {entry.path: entry.data for entry in packed.entries}
    assert list(files) == sorted(files)
    assert files[ORDER].decode() == "".join(f"{name}\n" for name in packed.order)
    assert files["kjtui/modules/hid_generic.ko"] == ko("depends=hid", name="hid_generic")
    assert packed.size == sum(map(len, files.values()))
    assert cpio.archive(packed.entries) == cpio.archive(pack(machine, Purpose.LOOK).entries)


def test_a_device_without_a_driver_gets_the_one_that_says_it_can(machine):
    bound(machine, "0000:05:00.0", "", "pci:v0000144Dd0000A808sv0sd0bc01sc08i02")
    bound(machine, "0000:06:00.0", "", "pci:v00008086d00001533sv0sd0bc02sc00i00")
    for address in ("0000:05:00.0", "0000:06:00.0"):
        link(machine, f"sys/bus/pci/devices/{address}", f"../../../devices/pci0000:00/{address}")
    assert "nvme" in names(pack(machine, Purpose.RESCUE))
    assert "igb" not in names(pack(machine, Purpose.RESCUE))
    assert "igb" in names(pack(machine, Purpose.RESCUE, network=True))
    write(machine, "etc/modprobe.d/x.conf", "# why\nblacklist nvme\n")
    assert "nvme" not in names(pack(machine, Purpose.RESCUE))


def test_a_driver_that_is_built_in_here_may_be_a_module_there(machine):
    bound(machine, "0000:05:00.0", "-", "pci:v0000144Dd0000A808sv0sd0bc01sc08i02")
    link(machine, "sys/bus/pci/devices/0000:05:00.0", "../../../devices/pci0000:00/0000:05:00.0")
    assert "nvme" not in names(pack(machine, Purpose.RESCUE))
    write(machine, "proc/sys/kernel/osrelease", "6.1.0-other\n")
    assert "nvme" in names(pack(machine, Purpose.RESCUE))


def test_what_puts_volumes_together_never_goes_along(machine):
    bound(machine, "0000:05:00.0", "dm_hba")
    bound(machine, "0000:06:00.0", "dm_mod")
    for address in ("0000:05:00.0", "0000:06:00.0"):
        write(machine, f"{SYS}/{address}/block/sd{address[6]}/size", "1\n")
        link(machine, f"sys/class/block/sd{address[6]}", f"../../../{SYS}/{address}/block/sd{address[6]}")
    packed = pack(machine, Purpose.RESCUE)
    assert not names(packed) & {"dm_mod", "dm_hba"}
    assert "The driver dm_hba is left out: it needs dm_mod, which never goes along." in packed.missing


def test_a_balloon_stays_at_home(machine):
    bound(machine, "virtio0", "", "virtio:d00000005v00001AF4")
    link(machine, "sys/bus/virtio/devices/virtio0", "../../../devices/pci0000:00/virtio0")
    assert "virtio_balloon" not in names(pack(machine, Purpose.RESCUE, network=True))


def test_modules_that_cannot_be_had_are_named(machine):
    tree = machine / "lib/modules" / RELEASE / "kernel/drivers"
    (tree / "ata/libata.ko").unlink()
    (tree / "hid/hid-generic.ko").write_bytes(lzma.compress(ko())[:-9])
    (tree / "usb/storage/uas.ko").write_bytes(ko(release="6.1.0-other"))
    (tree / "scsi/sd_mod.ko").write_bytes(b"nothing")
    bound(machine, "0000:05:00.0", "vendor_raid")
    bound(machine, "0000:05:00.0/port", "acpi")  # built in, though in no list
    write(machine, "proc/modules", "vendor_raid 16384 1 - Live 0x0 (OE)\n")
    write(machine, f"{SYS}/0000:05:00.0/port/block/sdx/size", "1\n")
    link(machine, "sys/class/block/sdx", f"../../../{SYS}/0000:05:00.0/port/block/sdx")
    packed = pack(machine, Purpose.RESCUE)
    assert not names(packed) & {"libata", "ahci", "hid_generic", "uas", "sd_mod"}
    told = "\n".join(packed.missing)
    assert "The driver ahci is left out: it needs libata, which is not to be had." in told
    assert "hid-generic.ko is cut off" in told
    assert "uas.ko is made for kernel 6.1.0-other" in told
    assert "sd_mod.ko is damaged, or no kernel module" in told
    assert f"The disk sdx: its driver here is vendor_raid, which kernel {RELEASE} lacks." in told
    assert "acpi" not in told


def test_a_file_system_that_the_kernel_lacks_is_named_once_it_is_known(machine):
    tree = machine / "lib/modules" / RELEASE
    dep = (tree / "modules.dep").read_text()
    write(tree, "modules.dep", "".join(line for line in dep.splitlines(True) if "xfs" not in line))
    assert (
        f"Kernel {RELEASE} cannot read xfs file systems: it has no driver for them."
        in pack(machine, Purpose.RESCUE).missing
    )
    assert pack(machine, Purpose.RESCUE, config={**CONFIG, "CONFIG_XFS_FS": "y"}).missing == ()


def test_a_kernel_without_modules_is_no_lack_unless_it_should_have_some(tmp_path):
    assert pack(tmp_path, Purpose.RESCUE, config=None) == ModulePack()
    assert pack(tmp_path, Purpose.RESCUE, config={"CONFIG_KEXEC": "y"}) == ModulePack()
    (told,) = pack(tmp_path, Purpose.RESCUE).missing
    assert f"/lib/modules/{RELEASE}" in told
    (tmp_path / "lib/modules" / RELEASE).mkdir(parents=True)
    (told,) = pack(tmp_path, Purpose.RESCUE).missing
    assert f"depmod -a {RELEASE}" in told
    for release in ("", "..", "../../etc"):
        assert module_pack(tmp_path, release, None, Purpose.RESCUE, True, True) == ModulePack()


def test_firmware_that_leads_out_or_is_a_pattern_is_not_looked_for(machine):
    tree = machine / "lib/modules" / RELEASE
    words = ("firmware=../../etc/shadow", "firmware=/etc/shadow", "firmware=brcm/*.txt", "firmware=new.bin")
    write(tree, "kernel/drivers/ata/ahci.ko", ko(*words, name="ahci"))
    write(machine, "lib/etc/shadow", "secret")
    write(machine, f"lib/firmware/updates/{RELEASE}/new.bin.zst", compressed.squeeze(b"newer"))
    write(machine, "lib/firmware/new.bin", b"old")
    packed = pack(machine, Purpose.RESCUE)
    firmware = {entry.path: entry.data for entry in packed.entries if "firmware" in entry.path}
    assert firmware == {"lib/firmware/new.bin": b"newer"}
    assert packed.missing == ()
