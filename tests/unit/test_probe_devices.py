"""The probes of devices and programs, each over a small fake root."""

import os
import struct
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from kjtui.backend.probe import (
    blockdevices,
    connections,
    displays,
    keyboards,
    links,
    modules,
    monitor,
    mounts,
    power,
    sleeping,
    tasks,
    udev,
)
from kjtui.backend.probe.source import Source
from kjtui.model.facts import BlockDevice, Connection, Display, InputDevice, NetLink, PowerSupply, Task

PCI = "pci0000:00/0000:00:1f.2"


class Tree:
    """A fake root that is filled file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.source = Source(root)

    def file(self, name: str, content: str | bytes = "") -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    def link(self, name: str, target: str) -> None:
        path = self.root / name.lstrip("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(os.path.relpath(self.root / target.lstrip("/"), path.parent))

    def disk(self, name: str, number: str, place: str, **files: str) -> None:
        """A block device at a place below /sys/devices; files: further ones, "__" stands for a slash."""
        folder = f"/sys/devices/{place}/{name}"
        self.file(f"{folder}/size", "2048\n")
        self.file(f"{folder}/dev", f"{number}\n")
        for file, content in files.items():
            self.file(f"{folder}/{file.replace('__', '/')}", content)
        self.link(f"/sys/class/block/{name}", folder)
        self.link(f"/sys/dev/block/{number}", folder)

    def slaves(self, name: str, *slaves: str) -> None:
        for slave in slaves:
            self.link(f"/sys/class/block/{name}/slaves/{slave}", f"/sys/class/block/{slave}")

    def udev(self, number: str, **properties: str) -> None:
        lines = "".join(f"E:{key}={value}\n" for key, value in properties.items())
        self.file(f"/run/udev/data/b{number}", f"S:disk/by-id/x\n{lines}G:systemd\n")

    def devices(self, mountinfo: str = "", swaps: tuple[str, ...] = ()) -> dict[str, BlockDevice]:
        lines = mounts.parse(mountinfo)
        return {one.name: one for one in blockdevices.read(self.source, lines, swaps)}


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


@pytest.fixture
def sata(tree: Tree) -> Tree:
    """Two SATA disks with a partition each."""
    for letter, minor in (("a", 0), ("b", 16)):
        place = f"{PCI}/ata{minor + 1}/host0/target0:0:0/0:0:0:0/block"
        tree.disk(f"sd{letter}", f"8:{minor}", place, device__model="ST1000 \n", removable="0\n")
        tree.disk(f"sd{letter}1", f"8:{minor + 1}", f"{place}/sd{letter}", partition="1\n")
    return tree


class TestBlockDevices:
    def test_lvm_on_luks(self, sata: Tree) -> None:
        for name, uuid in (("dm-0", "CRYPT-LUKS2-1f"), ("dm-1", "LVM-abc"), ("dm-2", "LVM-def")):
            sata.disk(name, f"253:{name[-1]}", "virtual/block", dm__uuid=f"{uuid}\n")
        sata.slaves("dm-0", "sda1")
        sata.slaves("dm-1", "dm-0")
        sata.slaves("dm-2", "dm-0")
        sata.file("/dev/dm-2")
        sata.udev("8:1", ID_FS_TYPE="crypto_LUKS")
        sata.udev("253:0", ID_FS_TYPE="LVM2_member")
        found = sata.devices("1 0 253:1 / / rw - ext4 /dev/mapper/vg-root rw\n", ("/dev/dm-2",))
        assert [found[name].kind for name in ("sda", "sda1", "dm-0", "dm-1")] == [
            "disk",
            "part",
            "crypt",
            "lvm",
        ]
        contents = [found[name].content for name in ("sda", "sda1", "dm-0", "dm-1", "dm-2")]
        assert contents == ["", "crypto_LUKS", "LVM2_member", "ext4", "swap"]
        assert found["dm-1"].stands_on == ("dm-0",)
        assert found["dm-0"].stands_on == ("sda1",)
        assert found["sda1"].stands_on == ("sda",)
        for name in ("sda", "sda1", "dm-0"):
            assert found[name].mounted_at == ("/",)
            assert found[name].swap
        assert (found["dm-1"].swap, found["dm-2"].mounted_at) == (False, ())
        assert (found["sdb"].mounted_at, found["sdb"].swap) == ((), False)
        assert (found["sda"].bus, found["sda"].model, found["dm-0"].bus) == ("ata", "ST1000", "")

    @pytest.mark.parametrize(
        ("files", "state"),
        [
            ({"md__degraded": "1\n", "md__sync_action": "idle\n"}, "degraded"),
            ({"md__degraded": "1\n", "md__sync_action": "recover\n"}, "recover"),
            ({"md__degraded": "0\n", "md__sync_action": "resync\n"}, "resync"),
            ({"md__degraded": "0\n", "md__sync_action": "frozen\n"}, "clean"),
            ({}, "clean"),
        ],
    )
    def test_raid(self, sata: Tree, files: dict[str, str], state: str) -> None:
        common = {"md__level": "raid1\n", "md__array_state": "clean\n"}
        sata.disk("md0", "9:0", "virtual/block", **common, **files)
        sata.disk("md0p1", "259:0", "virtual/block/md0", partition="1\n")
        sata.slaves("md0", "sda1", "sdb1")
        found = sata.devices("1 0 259:0 / /srv rw - xfs /dev/md0p1 rw\n")
        assert (found["md0"].kind, found["md0"].state) == ("raid1", state)
        assert found["md0"].stands_on == ("sda1", "sdb1")
        assert (found["md0p1"].kind, found["md0p1"].stands_on, found["md0p1"].state) == ("part", ("md0",), "")
        assert {name for name, one in found.items() if one.mounted_at} == set(found)

    def test_btrfs_on_two_disks(self, sata: Tree) -> None:
        for name in ("sda1", "sdb"):
            sata.link(f"/sys/fs/btrfs/1f2e/devices/{name}", f"/sys/class/block/{name}")
        sata.file("/sys/fs/btrfs/features/raid56", "0\n")
        sata.file("/dev/sda1")
        found = sata.devices(
            "1 0 0:40 /@ / rw - btrfs /dev/sda1 rw\n2 1 0:41 /@home /home rw - btrfs /dev/sda1 rw\n"
        )
        for name in ("sda", "sda1", "sdb"):
            assert found[name].mounted_at == ("/", "/home"), name
        assert (found["sda1"].member_of, found["sdb"].member_of) == ("btrfs 1f2e", "btrfs 1f2e")
        assert (found["sdb"].content, found["sda"].member_of) == ("btrfs", "")
        assert found["sdb1"].mounted_at == ()

    def test_zfs_pool(self, sata: Tree) -> None:
        sata.udev("8:1", ID_FS_TYPE="zfs_member", ID_FS_LABEL="tank")
        sata.udev("8:17", ID_FS_TYPE="zfs_member", ID_FS_LABEL="other")
        sata.disk("zd0", "230:0", "virtual/block")
        sata.udev("230:0", DEVLINKS="/dev/disk/by-id/x /dev/zvol/tank/swap")
        sata.file("/dev/zd0")
        found = sata.devices(
            "1 0 0:30 / / rw - zfs tank/root rw\n2 1 0:31 / /home rw - zfs tank/home rw\n", ("/dev/zd0",)
        )
        assert found["sda1"].member_of == "zfs pool tank"
        assert found["sda"].mounted_at == ("/", "/home")
        assert found["zd0"].stands_on == ("sda1",)
        assert found["sda"].swap
        assert (found["sdb1"].member_of, found["sdb1"].mounted_at) == ("zfs pool other", ())

    def test_zfs_member_without_a_name_may_be_of_any_pool(self, sata: Tree) -> None:
        sata.udev("8:0", ID_FS_TYPE="zfs_member")
        sata.file("/proc/spl/kstat/zfs/tank/state", "ONLINE\n")
        assert sata.devices()["sda"].member_of == "zfs pool tank"
        sata.file("/proc/spl/kstat/zfs/second/state", "ONLINE\n")
        one = sata.devices("1 0 0:30 / /a rw - zfs second/a rw\n")["sda"]
        assert (one.member_of, one.mounted_at) == ("zfs pool", ("/a",))

    def test_loop_file_and_swap_file(self, sata: Tree) -> None:
        sata.disk("loop0", "7:0", "virtual/block", loop__backing_file="/srv/my image\n")
        sata.disk("loop1", "7:1", "virtual/block", loop__backing_file="/dev/sdb1\n")
        sata.file("/dev/sdb1")
        mountinfo = "1 0 8:1 / / rw - ext4 /dev/root rw\n2 1 7:0 / /mnt rw - squashfs /dev/loop0 ro\n"
        found = sata.devices(mountinfo, ("/var/swapfile",))
        assert (found["loop0"].kind, found["loop0"].stands_on) == ("loop", ("sda1",))
        assert found["loop1"].stands_on == ("sdb1",)
        assert found["sda"].mounted_at == ("/", "/mnt")
        assert found["sda"].swap
        assert not found["sdb"].swap

    @pytest.mark.parametrize(
        ("name", "place", "kind", "bus"),
        [
            ("sdc", f"{PCI}/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0/block", "disk", "usb"),
            ("sdc", "platform/host7/session1/target7:0:0/7:0:0:1/block", "disk", "iscsi"),
            ("sdc", f"{PCI}/host2/target2:0:0/2:0:0:0/block", "disk", "scsi"),
            ("sdc", f"{PCI}/virtio3/host2/target2:0:0/2:0:0:0/block", "disk", "virtio"),
            ("vda", f"{PCI}/virtio1/block", "disk", "virtio"),
            ("nvme0n1", f"{PCI}/nvme/nvme0", "disk", "nvme"),
            ("nvme0n1", "virtual/nvme-subsystem/nvme-subsys0", "disk", "nvme"),
            ("nvme1n1", "virtual/nvme-fabrics/ctl/nvme1", "disk", "nvme-fabrics"),
            ("mmcblk0", f"{PCI}/mmc_host/mmc0/mmc0:aaaa/block", "disk", "mmc"),
            ("sr0", f"{PCI}/ata2/host1/target1:0:0/1:0:0:0/block", "rom", "ata"),
            ("nbd0", "virtual/block", "disk", "nbd"),
            ("zram0", "virtual/block", "zram", ""),
            ("dm-7", "virtual/block", "dm", ""),
        ],
    )
    def test_kinds_and_buses(self, tree: Tree, name: str, place: str, kind: str, bus: str) -> None:
        tree.disk(name, "9:9", place)
        (one,) = tree.devices().values()
        assert (one.kind, one.bus) == (kind, bus)

    def test_multipath(self, sata: Tree) -> None:
        sata.disk("dm-0", "253:0", "virtual/block", dm__uuid="mpath-3600\n")
        sata.disk("dm-1", "253:1", "virtual/block", dm__uuid="part1-mpath-3600\n")
        sata.slaves("dm-0", "sda", "sdb")
        sata.slaves("dm-1", "dm-0")
        found = sata.devices("1 0 253:1 / / rw - ext4 /dev/mapper/a1 rw\n")
        assert (found["dm-0"].kind, found["dm-1"].kind) == ("mpath", "part")
        assert found["sda"].mounted_at == found["sdb"].mounted_at == ("/",)

    def test_a_circle_of_slaves_ends(self, tree: Tree) -> None:
        for number, (name, slave) in enumerate((("dm-0", "dm-1"), ("dm-1", "dm-0"))):
            tree.disk(name, f"253:{number}", "virtual/block")
            tree.file(f"/sys/class/block/{name}/slaves/{slave}")
        assert tree.devices("1 0 253:0 / / rw - ext4 x rw\n")["dm-1"].mounted_at == ("/",)

    def test_udev_is_asked_only_where_it_has_a_database(
        self, tree: Tree, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        tree.disk("sda", "8:0", "x/block")
        monkeypatch.setattr(Source, "real", True)
        told = SimpleNamespace(sys_name="sdx", properties={"ID_FS_TYPE": "ext4"})
        context = SimpleNamespace(list_devices=lambda subsystem: [told] if subsystem == "block" else [])
        monkeypatch.setattr(udev, "context", lambda: context)
        assert udev.devices(tree.source, "block") == (udev.Found("sda", {}),)
        tree.udev("8:0", ID_FS_TYPE="xfs")
        assert udev.devices(tree.source, "block") == (udev.Found("sdx", {"ID_FS_TYPE": "ext4"}),)


class TestSleeping:
    def _read(self, tree: Tree, **fields: object) -> tuple[str, ...] | None:
        return sleeping.read(tree.source, [BlockDevice("sda2", 1 << 20, **fields)])  # type: ignore[arg-type]

    @pytest.mark.parametrize("signature", [b"S1SUSPEND\0", b"S2SUSPEND\0", b"ULSUSPEND\0", b"LINHIB0001"])
    def test_an_image_waits(self, tree: Tree, signature: bytes) -> None:
        tree.file("/dev/sda2", bytes(4086) + signature)
        assert self._read(tree, content="swap") == ("sda2",)

    def test_plain_swap(self, tree: Tree) -> None:
        tree.file("/dev/sda2", bytes(4086) + b"SWAPSPACE2")
        assert self._read(tree, content="swap") == ()
        assert self._read(tree, content="swsuspend") == ()

    def test_what_may_not_be_read_is_as_udev_saw_it(self, tree: Tree) -> None:
        assert self._read(tree, content="swsuspend") == ("sda2",)
        assert self._read(tree, content="swap") == ()

    def test_what_is_used_or_something_else_is_not_opened(self, tree: Tree) -> None:
        tree.file("/dev/sda2", bytes(4086) + b"S1SUSPEND\0")
        assert self._read(tree, content="swap", swap=True) == ()
        assert self._read(tree, content="swap", mounted_at=("/",)) == ()
        assert self._read(tree, content="ext4") == ()
        assert self._read(tree) == ()

    def test_where_neither_the_device_nor_udev_tells_that_is_no_answer(self, tree: Tree) -> None:
        tree.file("/sys/class/block/sda2/dev", "8:2\n")
        tree.file(sleeping.RESUME, "8:2\n")
        assert self._read(tree) is None
        assert "could not be read" in tree.source.unreadable["/dev/sda2"]

    def test_the_device_to_resume_from_is_looked_at(self, tree: Tree) -> None:
        tree.file("/dev/sda2", bytes(4086) + b"S1SUSPEND\0")
        tree.file("/sys/class/block/sda2/dev", "8:2\n")
        tree.file(sleeping.RESUME, "8:2\n")
        assert self._read(tree) == ("sda2",)


class TestDisplays:
    def test_with_and_without_a_card(self, tree: Tree) -> None:
        for address, ids in (("0000:00:02.0", ("0x8086", "0x5917")), ("0000:01:00.0", ("0x10de", "0x1c82"))):
            folder = f"/sys/devices/pci0000:00/{address}"
            tree.file(f"{folder}/vendor", ids[0])
            tree.file(f"{folder}/device", ids[1])
            tree.file(f"{folder}/class", "0x030000\n")
            tree.link(f"/sys/bus/pci/devices/{address}", folder)
        tree.file("/sys/bus/pci/devices/0000:00:1f.0/class", "0x060100\n")
        tree.link("/sys/devices/pci0000:00/0000:00:02.0/driver", "/sys/bus/pci/drivers/i915")
        card = "/sys/devices/pci0000:00/0000:00:02.0/drm/card0"
        tree.link(f"{card}/device", "/sys/devices/pci0000:00/0000:00:02.0")
        tree.link("/sys/class/drm/card0", card)
        tree.file("/sys/class/drm/card0-HDMI-A-1/status", "connected\n")
        without = Display("0000:01:00.0", "", "10de:1c82")
        assert displays.read(tree.source) == (Display("card0", "i915", "8086:5917"), without)
        tree.file(displays.NVIDIA, "NVRM version: NVIDIA UNIX x86_64 Kernel Module\n")
        assert displays.read(tree.source)[1] == Display("0000:01:00.0", "nvidia", "10de:1c82")

    def test_none(self, tree: Tree) -> None:
        assert displays.read(tree.source) is None
        assert displays.DRM in tree.source.unreadable
        tree.file("/sys/class/tty/tty0/dev", "4:0\n")
        assert displays.read(tree.source) == ()


class TestKeyboards:
    KEYS = "402000000 3803078f800d001 feffffdfffefffff fffffffffffffffe\n"

    @pytest.mark.parametrize(
        ("bustype", "place", "bus"),
        [
            ("0003", "pci/usb1/1-1/input", "usb"),
            ("0005", "virtual/misc/uhid/input", "bluetooth"),
            ("0006", "virtual/input", "virtual"),
            ("0006", "pci/virtio2/input", "virtio"),
            ("0011", "platform/i8042/serio0/input", "ps2"),
            ("0018", "pci/i2c-1/input", "i2c"),
            ("0019", "platform/input", ""),
            ("junk", "platform/input", ""),
        ],
    )
    def test_buses(self, tree: Tree, bustype: str, place: str, bus: str) -> None:
        folder = f"/sys/devices/{place}/input3"
        tree.file(f"{folder}/name", "A keyboard\n")
        tree.file(f"{folder}/id/bustype", f"{bustype}\n")
        tree.file(f"{folder}/capabilities/key", self.KEYS)
        tree.link("/sys/class/input/input3", folder)
        tree.file("/sys/class/input/event3/dev", "13:67\n")
        assert keyboards.read(tree.source) == (InputDevice("A keyboard", bus),)

    @pytest.mark.parametrize("keys", ["10000000000000 0\n", "0\n", "fffffffffffffffe 0\n", "x\n", "\n"])
    def test_others_have_no_letters(self, tree: Tree, keys: str) -> None:
        tree.file("/sys/class/input/input0/capabilities/key", keys)
        assert keyboards.read(tree.source) == ()

    def test_none(self, tree: Tree) -> None:
        assert keyboards.read(tree.source) is None
        assert keyboards.FOLDER in tree.source.unreadable


class TestPower:
    def test_a_laptop(self, tree: Tree) -> None:
        for name, files in {
            "AC": {"type": "Mains", "online": "0"},
            "BAT0": {"type": "Battery", "capacity": "42", "status": "Discharging"},
            "BAT1": {"type": "Battery", "capacity": "4711"},
            "hidpp_battery_0": {"type": "Battery", "capacity": "90", "scope": "Device"},
            "ucsi-source-psy-1": {"type": "USB", "online": "2"},
        }.items():
            for file, content in files.items():
                tree.file(f"{power.FOLDER}/{name}/{file}", f"{content}\n")
        assert power.read(tree.source) == (
            PowerSupply("AC", "Mains", online=False),
            PowerSupply("BAT0", "Battery", charge=42, status="Discharging"),
            PowerSupply("BAT1", "Battery"),
            PowerSupply("ucsi-source-psy-1", "USB", online=True),
        )

    def test_none(self, tree: Tree) -> None:
        assert power.read(tree.source) is None
        tree.file("/sys/class/tty/tty0/dev", "4:0\n")
        assert power.read(tree.source) == ()


class TestTasks:
    def test_the_stuck_are_found_and_kernel_threads_are_not(self, tree: Tree) -> None:
        for pid, stat in {
            1: "1 (init) S 0 1",
            2: "2 (kthreadd) D 0 0",
            30: "30 (jbd2/sda1-8) D 2 0",
            400: "400 (rsync) D) D 1 400",
            401: "401 (a) D b) S 1 401",
        }.items():
            tree.file(f"/proc/{pid}/stat", f"{stat} 0 0\n")
        tree.file("/proc/400/wchan", "nfs_wait_bit_killable")
        tree.file("/proc/cmdline", "quiet")
        (tree.root / "proc/77").mkdir()  # gone while it was listed
        number, stuck = tasks.read(tree.source)
        assert number == 6
        assert stuck == (Task(400, "rsync) D", "D", "nfs_wait_bit_killable"),)

    def test_none(self, tree: Tree) -> None:
        assert tasks.read(tree.source) == (None, None)
        assert tasks.PROC in tree.source.unreadable

    def test_this_machine(self) -> None:
        number, stuck = tasks.read(Source())
        assert number is not None
        assert number > 1
        assert stuck is not None
        assert os.getpid() not in {task.pid for task in stuck}

    def test_a_process_that_waits_is_asked_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One that does not wait any more at the second look does not count."""
        own = str(os.getpid())
        monkeypatch.setattr(
            tasks,
            "_all_waiting",
            lambda _source, pids: [Task(int(pid), "x", "D") for pid in pids if pid == own],
        )
        assert tasks.read(Source())[1] == ()
        import psutil

        monkeypatch.setattr(psutil.Process, "status", lambda _self: psutil.STATUS_DISK_SLEEP)
        (task,) = tasks.read(Source())[1] or ()
        assert (task.pid, task.state) == (os.getpid(), "D")


def _hex(address: bytes) -> str:
    return "".join(f"{word:08X}" for word in struct.unpack(f"={len(address) // 4}I", address))


class TestConnections:
    HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"

    def _line(self, far: bytes, state: str = "01") -> str:
        near = _hex(bytes(len(far)))
        return f"   0: {near}:0016 {_hex(far)}:C001 {state} 00000000:00000000 00:0 0\n"

    def test_both_families(self, tree: Tree) -> None:
        mapped = bytes(10) + b"\xff\xff" + bytes([10, 0, 0, 9])
        v6 = bytes.fromhex("20010db8000000000000000000000005")
        tree.file(
            connections.TCP[0],
            self.HEAD
            + self._line(bytes([10, 0, 0, 2]))
            + self._line(bytes([127, 0, 0, 1]))
            + self._line(bytes([10, 0, 0, 3]), "0A")
            + "junk\n1: zz:1 00:2 01\n",
        )
        loop = bytes(15) + b"\1"
        tree.file(connections.TCP[1], self.HEAD + self._line(v6) + self._line(mapped) + self._line(loop))
        assert connections.read(tree.source) == (
            Connection("", 22, "10.0.0.2", 0xC001),
            Connection("", 22, "2001:db8::5", 0xC001),
            Connection("", 22, "10.0.0.9", 0xC001),
        )

    def test_none(self, tree: Tree) -> None:
        assert connections.read(tree.source) is None
        assert set(connections.TCP) <= set(tree.source.unreadable)
        tree.file(connections.TCP[0], self.HEAD)
        assert connections.read(tree.source) == ()

    def test_programs_are_named(self, tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
        import psutil

        tree.file(connections.TCP[0], self.HEAD + self._line(bytes([10, 0, 0, 2])))
        end = SimpleNamespace
        listed = [
            end(pid=os.getpid(), laddr=end(ip="0.0.0.0", port=22), raddr=end(ip="10.0.0.2", port=0xC001))
        ]
        monkeypatch.setattr(
            psutil, "net_connections", lambda _kind: [*listed, end(pid=None, laddr=(), raddr=())]
        )
        monkeypatch.setattr(Source, "real", True)
        (one,) = connections.read(tree.source) or ()
        assert one.program == psutil.Process().name()


class TestLinks:
    def test_states(self, tree: Tree) -> None:
        for name, files in {
            "eth0": {"operstate": "up"},
            "eth1": {"operstate": "lowerlayerdown"},
            "tun0": {"operstate": "unknown", "flags": "0x11d1", "carrier": "1"},
            "tun1": {"operstate": "unknown", "flags": "0x1090"},
            "odd": {"flags": "junk"},
            "lo": {"operstate": "unknown", "flags": "0x9"},
        }.items():
            for file, content in files.items():
                tree.file(f"{links.FOLDER}/{name}/{file}", f"{content}\n")
        tree.file(f"{links.FOLDER}/bonding_masters", "\n")
        tree.link(f"{links.FOLDER}/eth0/device/driver", "/sys/bus/pci/drivers/e1000e")
        assert links.read(tree.source) == (
            NetLink("eth0", "e1000e", up=True),
            NetLink("eth1", "", up=False),
            NetLink("odd", "", up=None),
            NetLink("tun0", "", up=True),
            NetLink("tun1", "", up=False),
        )

    def test_none(self, tree: Tree) -> None:
        assert links.read(tree.source) is None


class TestModules:
    def test_taints(self, tree: Tree) -> None:
        text = (
            "nvidia 62763008 1071 nvidia_modeset, Live 0xffffffffc0a00000 (POE)\n"
            "loop 40960 0 - Live 0x0000000000000000\nold 1 0 - Unloading 0x0 (O-)\n"
            "new 1 0 - Loading 0x0 (+)\n"
        )
        tree.file(modules.MODULES, text)
        assert modules.read(tree.source) == {"nvidia": "POE", "loop": "", "old": "O", "new": ""}

    def test_a_kernel_without_modules(self, tree: Tree) -> None:
        assert modules.read(tree.source) is None
        tree.file("/proc/version", "Linux\n")
        assert modules.read(Source(tree.root)) == {}


class TestMonitor:
    def test_words(self) -> None:
        disk = [("usb", "1-2", "add", False), ("block", "sdb", "add", False), ("block", "sdb1", "add", False)]
        assert monitor.describe(disk) == "sdb was plugged in"
        assert monitor.describe([("block", "sdb", "remove", False)]) == "sdb was taken out"
        assert monitor.describe([("block", "dm-3", "add", True)]) == "dm-3 appeared"
        assert monitor.describe([("power_supply", "BAT0", "change", False)]) == "BAT0 has changed"
        assert monitor.describe(disk[:1]) == "USB device 1-2 was plugged in"
        bound = [*disk[:1], ("usb", "1-2", "bind", False), ("usb", "1-2", "change", False)]
        assert monitor.describe(bound) == "USB device 1-2 was plugged in"
        many = [("net", f"eth{number}", "add", False) for number in range(5)]
        assert monitor.describe(many).endswith("eth2 was plugged in and 2 more")

    def test_one_call_for_a_burst(self) -> None:
        told: list[str] = []
        heard = threading.Event()

        def changed(words: str) -> None:
            told.append(words)
            heard.set()

        bursts = monitor.Bursts(changed, settle=0.05)
        for name in ("sdb", "sdb1", "sdb2"):
            bursts.add("block", name, "add", False)
        assert heard.wait(10)
        assert told == ["sdb was plugged in"]
        heard.clear()
        bursts.add("block", "sdb", "remove", False)
        assert heard.wait(10)
        assert told[1:] == ["sdb was taken out"]
        bursts.add("block", "sdc", "add", False)
        bursts.end()
        bursts.add("block", "sdd", "add", False)
        time.sleep(0.1)
        assert len(told) == 2

    def test_ending_from_within(self) -> None:
        ended = threading.Event()

        def changed(_words: str) -> None:
            bursts.end()
            ended.set()

        bursts = monitor.Bursts(changed, settle=0.01)
        bursts.add("block", "sdb", "add", False)
        assert ended.wait(10)

    @pytest.mark.parametrize("daemon", [True, False])
    def test_a_monitor(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, daemon: bool) -> None:
        """Which source is heard, what of it counts, and that the observer is stopped."""
        import pyudev

        heard: dict[str, object] = {"subsystems": []}
        control = tmp_path / "control"
        if daemon:
            control.touch()
        monkeypatch.setattr(udev, "CONTROL", str(control))
        monkeypatch.setattr(udev, "context", object)

        class Monitor:
            @classmethod
            def from_netlink(cls, _context: object, source: str) -> "Monitor":
                heard["source"] = source
                return cls()

            def start(self) -> None:
                heard["listening"] = True

            def filter_by(self, subsystem: str) -> None:
                heard["subsystems"].append(subsystem)  # type: ignore[attr-defined]

        class Observer:
            def __init__(self, _monitor: object, callback: Callable[[object], None], name: str) -> None:
                heard["event"] = callback

            def start(self) -> None:
                heard["running"] = True

            def stop(self) -> None:
                heard["running"] = False

        monkeypatch.setattr(pyudev, "Monitor", Monitor)
        monkeypatch.setattr(pyudev, "MonitorObserver", Observer)
        told: list[str] = []
        done = threading.Event()
        stop = monitor.watch(lambda words: (told.append(words), done.set()), settle=0.02)
        assert heard["source"] == ("udev" if daemon else "kernel")
        assert heard["subsystems"] == list(monitor.SUBSYSTEMS)
        assert heard["listening"] is True
        event = heard["event"]
        assert callable(event)
        for subsystem, name, kind in (("usb", "1-2:1.0", "usb_interface"), ("block", "sdb", "disk")):
            event(
                SimpleNamespace(
                    subsystem=subsystem,
                    sys_name=name,
                    device_type=kind,
                    action="add",
                    device_path="/devices/pci",
                )
            )
        assert done.wait(10)
        assert told == ["sdb was plugged in"]
        stop()
        assert heard["running"] is False

    @pytest.mark.parametrize("error", [ImportError("no udev"), OSError(97, "no netlink")])
    def test_nothing_to_watch_with(self, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
        def fails() -> None:
            raise error

        monkeypatch.setattr(udev, "context", fails)
        before = threading.active_count()
        stop = monitor.watch(lambda _words: pytest.fail("nothing can be heard"))
        stop()
        assert threading.active_count() == before

    def test_a_real_device(self) -> None:
        """An event of this machine's own kernel, asked for through a loop device's uevent file."""
        switch = Path("/sys/block/loop0/uevent")
        if not os.access(switch, os.W_OK) or os.geteuid():
            pytest.skip("there is no loop device here that may be asked to tell of itself")
        done = threading.Event()
        told: list[str] = []
        before = threading.active_count()
        stop = monitor.watch(lambda words: (told.append(words), done.set()), settle=0.05)
        try:
            try:
                switch.write_text("change")
            except OSError as error:
                pytest.skip(f"the kernel tells nothing: {error}")
            if not done.wait(5):
                pytest.skip("no event came through netlink: this is a container")
        finally:
            stop()
        assert told == ["loop0 has changed"]
        assert threading.active_count() == before
