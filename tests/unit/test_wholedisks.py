"""Disks as both kernels recognise them, what this system uses them for, and what is kept from kernel B."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import trees
from hypothesis import given
from hypothesis import strategies as st

from kjtui.agent import protect
from kjtui.agent.protect import same_disk
from kjtui.backend import wholedisks
from kjtui.backend.linux import LinuxMachine
from kjtui.backend.probe import ownuse
from kjtui.backend.probe.gather import block_devices
from kjtui.model.facts import BlockDevice
from kjtui.model.visit import Disk
from kjtui.model.word import KeptDisk

SECTOR = 512


def put(root: Path, name: str, **files: str | bytes) -> Path:
    """A whole disk in sysfs. Files' names with a slash are written with two underscores."""
    folder = root / "sys/class/block" / name
    for file, content in {"size": "2048\n", **files}.items():
        path = folder / file.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def part(root: Path, disk: str, name: str, number: int, start: int, size: int) -> None:
    """A partition: below its disk, and in the class's folder as well."""
    for place in (f"{disk}/{name}", name):
        put(root, place, partition=f"{number}\n", start=f"{start}\n", size=f"{size}\n")


def device(
    root: Path, name: str, number: str, disk: str = "", below: tuple[str, ...] = (), **files: str
) -> None:
    """A device where sysfs has it: on a bus, or below virtual if it stands on others."""
    bus = "virtual" if below else "pci0/ata1/host0"
    real = root / "sys/devices" / bus / "block" / disk / name
    content = {"dev": f"{number}\n", "size": "2048\n", "start": "0\n", **files}
    if disk:
        content["partition"] = name[-1] + "\n"
    for file, text in content.items():
        path = real / file.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for slave in below:
        (real / "slaves" / slave).mkdir(parents=True)
    link = root / "sys/class/block" / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(os.path.relpath(real, link.parent))


class TestDescribing:
    def test_a_scsi_disk(self, tmp_path: Path) -> None:
        put(
            tmp_path, "sda", size="409600\n", queue__logical_block_size="4096\n",
            device__vpd_pg80=b"\0\x80\0\x28" + b"  S3Z1NB0K".ljust(40), device__wwid="naa.5002538e40a1b2c3\n",
            device__model="Samsung SSD 860 \n",
        )  # fmt: skip
        part(tmp_path, "sda", "sda2", 2, 4096, 100)
        part(tmp_path, "sda", "sda1", 1, 2048, 2048)
        part(tmp_path, "sda", "sda10", 10, 9000, 50)
        assert wholedisks.disks(str(tmp_path)) == (
            Disk(
                name="sda",
                size=409600 * SECTOR,
                block=4096,
                serial="S3Z1NB0K",  # the page's length, 0x28, would be a parenthesis
                wwid="naa.5002538e40a1b2c3",
                model="Samsung SSD 860",
                partitions=(
                    (2048 * SECTOR, 2048 * SECTOR),
                    (4096 * SECTOR, 100 * SECTOR),
                    (9000 * SECTOR, 50 * SECTOR),
                ),
            ),
        )

    def test_an_nvme_disk(self, tmp_path: Path) -> None:
        put(
            tmp_path, "nvme0n1", wwid="eui.0025385b01234567\n", device__serial="S4EWNX0R \n",
            device__model="A model\n",
        )  # fmt: skip
        part(tmp_path, "nvme0n1", "nvme0n1p1", 1, 2048, 512)
        found = wholedisks.disks(str(tmp_path))
        assert [(one.name, one.serial, one.wwid, one.block) for one in found] == [
            ("nvme0n1", "S4EWNX0R", "eui.0025385b01234567", SECTOR)
        ]
        assert found[0].partitions == ((2048 * SECTOR, 512 * SECTOR),)

    def test_a_virtio_disk_tells_its_serial_itself(self, tmp_path: Path) -> None:
        put(tmp_path, "vda", serial="root-disk")
        assert wholedisks.disks(str(tmp_path))[0].serial == "root-disk"

    def test_what_is_no_disk_is_left_out(self, tmp_path: Path) -> None:
        for name in ("loop0", "ram3", "zram0", "dm-1", "md127", "nbd0", "sr0", "fd0"):
            put(tmp_path, name)
        put(tmp_path, "sdb", size="0\n")  # a card reader without a card
        put(tmp_path, "nvme0c0n1", hidden="1\n")  # one of several ways to a disk
        put(tmp_path, "sdc", hidden="0\n")
        part(tmp_path, "sdc", "sdc1", 1, 1, 1)
        put(tmp_path, "mmcblk0")
        assert [one.name for one in wholedisks.disks(str(tmp_path))] == ["mmcblk0", "sdc"]

    @pytest.mark.parametrize("content", ["", "\n", "-5\n", "zz\n", "1.5\n", b"\xff\xfe", b"\0"])
    def test_what_makes_no_sense_counts_as_not_there(self, tmp_path: Path, content: str | bytes) -> None:
        folder = put(
            tmp_path, "sda", queue__logical_block_size=content, sda1__partition="1\n", sda1__start=content
        )
        (folder / "sda2").mkdir()
        assert wholedisks.describe("sda", str(tmp_path)) == Disk("sda", 2048 * SECTOR, partitions=((0, 0),))
        put(tmp_path, "sda", size=content)
        assert wholedisks.disks(str(tmp_path)) == ()

    def test_a_disk_that_has_gone_is_empty(self, tmp_path: Path) -> None:
        assert wholedisks.describe("sdz", str(tmp_path)) == Disk("sdz", 0)

    def test_this_machine_s_disks_are_whole(self) -> None:
        if not Path("/sys/class/block").is_dir():
            pytest.skip("this system shows no block devices")
        found = wholedisks.disks()
        assert all(one.size > 0 and one.block >= SECTOR for one in found)
        assert not [one for one in found if Path("/sys/class/block", one.name, "partition").exists()]


def use(*devices: BlockDevice) -> dict[str, str]:
    return {disk.name: disk.why for disk in ownuse.from_facts(devices)}


def disk(name: str = "sda", **more: object) -> BlockDevice:
    return BlockDevice(name, 1 << 30, kind="disk", **more)  # type: ignore[arg-type]


class TestInUse:
    def test_a_mount(self) -> None:
        assert use(disk(mounted_at=("/", "/home")), disk("sdb")) == {"sda": "/, /home"}

    def test_many_mounts_are_not_all_named(self) -> None:
        assert use(disk(mounted_at=("/", "/a", "/b", "/c"))) == {"sda": "/, /a, /b, more"}

    def test_swap(self) -> None:
        assert use(disk(swap=True)) == {"sda": "swap"}
        assert use(disk(swap=True, mounted_at=("/",))) == {"sda": "/, swap"}

    @pytest.mark.parametrize(
        ("kind", "why"),
        [
            ("lvm", "LVM"),
            ("crypt", "an open LUKS device"),
            ("raid1", "a RAID array"),
            ("linear", "a device made of it"),
            ("dm", "a device made of it"),
        ],
    )
    def test_what_is_built_on_it_though_nothing_is_mounted(self, kind: str, why: str) -> None:
        stack = (
            BlockDevice("sda1", 1 << 20, kind="part", stands_on=("sda",)),
            BlockDevice("dm-0", 1 << 20, kind=kind, stands_on=("sda1",)),
        )
        assert use(disk(), disk("sdb"), *stack) == {"sda": why}

    def test_each_disk_of_an_array(self) -> None:
        array = BlockDevice("md0", 1 << 20, kind="raid1", stands_on=("sda", "sdb"))
        assert use(disk(), disk("sdb"), disk("sdc"), array) == {"sda": "a RAID array", "sdb": "a RAID array"}

    def test_a_member_of_a_stack_that_sysfs_does_not_show(self) -> None:
        inside = BlockDevice("sdb2", 1, kind="part", stands_on=("sdb",), member_of="zfs pool tank")
        assert use(disk(member_of="btrfs 1f2e"), disk("sdb"), inside) == {
            "sda": "btrfs 1f2e",
            "sdb": "zfs pool tank",
        }

    def test_a_partition_alone_is_no_use(self) -> None:
        assert use(disk(), BlockDevice("sda1", 1, kind="part", stands_on=("sda",))) == {}

    @pytest.mark.parametrize("kind", ["rom", "loop", "zram", "part", "lvm"])
    def test_only_disks_are_named(self, kind: str) -> None:
        assert use(BlockDevice("x", 1, kind=kind, mounted_at=("/",))) == {}

    def test_a_circle_has_an_end(self) -> None:
        assert use(
            disk(mounted_at=("/",), stands_on=("md0",)), BlockDevice("md0", 1, stands_on=("sda",))
        ) == {"sda": "/"}

    def test_a_whole_machine(self, tmp_path: Path) -> None:
        """LVM on LUKS on a partition, a btrfs on two disks, an idle array, swap, and a disk that is free."""
        trees.grow(tmp_path)
        shutil.rmtree(tmp_path / "sys/class/block")
        shutil.rmtree(tmp_path / "sys/fs/btrfs")
        for letter in "abcdef":
            device(tmp_path, f"sd{letter}", f"8:{16 * ord(letter) - 16 * 97}")
            put(tmp_path, f"sd{letter}", device__vpd_pg80=b"\0\x80\0\2#" + letter.encode())
        device(tmp_path, "sda1", "8:1", disk="sda")
        device(tmp_path, "sda2", "8:2", disk="sda")
        device(tmp_path, "dm-0", "253:0", below=("sda2",), dm__uuid="CRYPT-LUKS2-1\n")
        device(tmp_path, "dm-1", "253:1", below=("dm-0",), dm__uuid="LVM-abc\n")
        device(tmp_path, "md0", "9:0", below=("sdd",), md__level="raid1\n", md__array_state="clean\n")
        for member in ("sdb", "sdc"):
            (tmp_path / f"sys/fs/btrfs/1f2e/devices/{member}").mkdir(parents=True)
        (tmp_path / "proc/self/mountinfo").write_text(
            "22 1 253:1 / / rw - ext4 /dev/mapper/root rw\n24 22 8:1 / /boot rw - vfat /dev/sda1 rw\n"
            "25 22 0:40 / /data rw - btrfs /dev/sdb rw\n"
        )
        (tmp_path / "proc/swaps").write_text("Filename\tType\n/dev/sde partition 1 0 -2\n")
        found = ownuse.in_use(tmp_path, block_devices(tmp_path))
        assert {one.name: one.why for one in found} == {
            "sda": "/, /boot",
            "sdb": "/data",
            "sdc": "/data",
            "sdd": "a RAID array",
            "sde": "swap",
        }
        assert [one.serial for one in found] == ["#a", "#b", "#c", "#d", "#e"]
        assert [len(one.partitions) for one in found] == [2, 0, 0, 0, 0]
        assert LinuxMachine(tmp_path).protected_disks() == found


KNOWN = Disk("sda", 1 << 30, 512, "SERIAL", "naa.5", "A model", ((1 << 20, 1 << 21),), "/")


class TestSameDisk:
    @pytest.mark.parametrize(
        ("known", "seen", "same"),
        [
            ({}, {}, True),
            ({}, {"name": "vdb", "model": "other", "why": ""}, True),
            ({}, {"size": 1 << 31}, False),  # another size is another disk, whatever else it says
            ({}, {"wwid": "naa.6"}, False),
            ({}, {"wwid": "naa.6", "serial": ""}, False),
            ({}, {"serial": "OTHER"}, True),  # the World Wide ID decides
            ({}, {"wwid": "", "serial": "OTHER"}, False),
            ({}, {"wwid": ""}, True),
            ({"wwid": ""}, {}, True),
            ({"wwid": "", "serial": ""}, {}, True),  # by geometry
            ({"wwid": "", "serial": ""}, {"partitions": ()}, True),  # not read yet, or unreadable
            ({"wwid": "", "serial": "", "partitions": ()}, {}, True),
            ({"wwid": "", "serial": ""}, {"partitions": ((0, 1),)}, False),
            ({"wwid": "", "serial": ""}, {"block": 4096}, False),
            (
                {"wwid": "", "serial": "", "partitions": ()},
                {"wwid": "", "serial": "", "partitions": ()},
                True,
            ),
            ({"wwid": ""}, {"serial": "", "partitions": ((0, 1),)}, False),
        ],
    )
    def test_cases(self, known: dict[str, object], seen: dict[str, object], same: bool) -> None:
        one, other = replace(KNOWN, **known), replace(KNOWN, **seen)  # type: ignore[arg-type]
        assert same_disk(one, other) is same
        assert same_disk(other, one) is same

    @given(st.text(), st.text(), st.text(), st.integers(1, 1 << 50))
    def test_a_disk_is_itself_under_any_name(self, name: str, serial: str, wwid: str, size: int) -> None:
        known = Disk("sda", size, serial=serial, wwid=wwid)
        assert same_disk(known, replace(known, name=name, model="", why=""))


class TestGuard:
    """What it says; that the kernel keeps to it is proved in emulated machines."""

    @pytest.fixture
    def flags(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, bool]:
        """Devices by name, and whether they are read-only. One that is missing here cannot be set."""
        flags = {"vda": False, "vda1": False, "vdb": False}
        put(tmp_path, "vda", serial="A")
        put(tmp_path, "vdb", size="4096\n", serial="B")
        part(tmp_path, "vda", "vda1", 1, 8, 8)
        put(tmp_path, "ram0")
        put(tmp_path, "nvme0c0n1", hidden="1\n")
        folder = tmp_path / "sys/class/block"
        monkeypatch.setattr(protect, "_FOLDER", str(folder))
        real = wholedisks.disks
        monkeypatch.setattr(wholedisks, "disks", lambda: real(str(tmp_path)))
        monkeypatch.setattr(protect, "_whole", lambda name: name[:3])

        def set_flag(name: str, locked: bool) -> bool:
            if name not in flags:
                return False
            flags[name] = locked
            return True

        monkeypatch.setattr(protect, "set_read_only", set_flag)
        monkeypatch.setattr(protect, "is_read_only", lambda name: flags.get(name, False))
        return flags

    A = Disk("sda", 2048 * SECTOR, serial="A", why="/")

    def test_everything_is_locked_once(self, flags: dict[str, bool]) -> None:
        guard = protect.Guard([self.A])
        assert guard.lock()
        assert flags == {"vda": True, "vda1": True, "vdb": True}
        assert not guard.lock()
        assert guard.failure() == ""
        assert guard.report() == (KeptDisk("sda", "vda", True, "/"),)
        assert guard.others() == ("vdb",)

    def test_what_appears_is_locked(self, flags: dict[str, bool], tmp_path: Path) -> None:
        guard = protect.Guard([self.A])
        guard.lock()
        put(tmp_path, "vdc")
        flags["vdc"] = False
        assert guard.lock()
        assert flags["vdc"]

    def test_a_disk_of_a_s_that_cannot_be_locked_is_named(self, flags: dict[str, bool]) -> None:
        del flags["vda"]
        guard = protect.Guard([self.A])
        guard.lock()
        assert guard.failure() == "vda"
        assert not guard.report()[0].read_only

    def test_a_disk_without_a_driver_is_out_of_reach(self, flags: dict[str, bool]) -> None:
        guard = protect.Guard([Disk("sdq", 77 * SECTOR, serial="Q")])
        guard.lock()
        assert guard.report() == (KeptDisk("sdq", "", True),)
        assert guard.failure() == ""

    def test_only_what_a_does_not_use_is_opened_and_stays_open(self, flags: dict[str, bool]) -> None:
        guard = protect.Guard([self.A])
        guard.lock()
        assert not guard.open("vda")
        assert not guard.open("vdz")
        assert flags["vda"]
        assert guard.open("vdb")
        assert not flags["vdb"]
        guard.lock()
        assert not flags["vdb"]
