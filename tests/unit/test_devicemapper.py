"""Where on a disk a stacked device begins: LVM on LUKS on a partition, and what cannot be followed."""

import struct
from pathlib import Path

import pytest
from test_filetables import ntfs, sector

from kjtui.backend.probe import devicemapper, diskheads
from kjtui.backend.probe.devicemapper import Target
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.model.facts import BlockDevice
from kjtui.model.saved import DiskHead
from kjtui.model.visit import Disk
from kjtui.plan import saving

CRYPT = Target(0, 4_000_000, "crypt", ("aes-xts-plain64", ":64:logon:x:0", "0", "254:1", "32768"))
ROOT = (
    Target(0, 8192, "linear", ("253:0", "2048")),
    Target(8192, 8192, "linear", ("253:0", "500000")),
)
TABLES = {"253:0": (CRYPT,), "253:1": ROOT, "253:2": (Target(0, 99, "striped", ("2", "64", "254:1", "0")),)}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """vda with a partition, LUKS in it (dm-0), and in that two volumes (dm-1, dm-2)."""
    blocks = {"254:0": "vda", "254:1": "vda/vda1", "253:0": "dm-0", "253:1": "dm-1", "253:2": "dm-2"}
    for number, path in blocks.items():
        name = path.rpartition("/")[2]
        folder = tmp_path / "sys/devices/block" / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "dev").write_text(f"{number}\n")
        (folder / "size").write_text("4000000\n")
        if name == "vda1":
            (folder / "start").write_text("2048\n")
        for link in (tmp_path / "sys/class/block" / name, tmp_path / "sys/dev/block" / number):
            link.parent.mkdir(parents=True, exist_ok=True)
            up = "../" * (len(link.relative_to(tmp_path / "sys").parts) - 1)
            link.symlink_to(f"{up}devices/block/{path}")
    return Source(tmp_path)


def test_a_volume_on_luks_is_followed_to_its_disk(source: Source) -> None:
    spot = devicemapper.place(source, "dm-1", tables=TABLES.__getitem__)
    assert spot is not None
    assert (spot.disk, spot.offset) == ("vda", (2048 + 32768 + 2048) * 512)


def test_a_stripe_is_not_one_place(source: Source) -> None:
    assert devicemapper.place(source, "dm-2", tables=TABLES.__getitem__) is None


def test_heads_are_those_of_what_is_used(source: Source) -> None:
    devices = (
        BlockDevice("dm-0", 1 << 30, kind="crypt", mounted_at=("/",), stands_on=("vda1",)),
        BlockDevice("dm-1", 1 << 30, kind="lvm", mounted_at=("/",), content="ext4", stands_on=("dm-0",)),
        BlockDevice("dm-2", 1 << 30, kind="lvm", swap=True, stands_on=("dm-0",)),
        BlockDevice("dm-3", 1 << 30, kind="lvm", stands_on=("dm-0",)),
    )
    found = diskheads.read(source, devices, TABLES.__getitem__)
    # The volume has a second piece elsewhere; the third is striped.
    whole = DiskHead("vda", 36864 * 512, "/ (ext4)", "ext4", 8192 * 512)
    assert found == (whole, DiskHead("", 0, "swap", "", 0))


def test_what_cannot_be_followed_is_not_saved() -> None:
    disks = (Disk("vda", 1 << 30),)
    assert saving.elsewhere((DiskHead("vda", 4096, "/", "ext4", 1 << 29),), disks)[0].offset == 4096
    for unknown in (DiskHead("", 0, "/", "ext4", 0), DiskHead("vda", 4096, "/", "ext4", 0)):
        with pytest.raises(KjtuiError, match="noticed"):
            saving.elsewhere((unknown,), disks)


def test_of_a_volume_that_is_swapped_to_more_is_watched_but_not_its_neighbour() -> None:
    disks = (Disk("vda", 1 << 30),)
    heads = [DiskHead("vda", 4096, "swap", "swap", room) for room in (1 << 29, 8 << 20)]
    assert [one.size for one in saving.elsewhere(heads, disks)] == [saving.FURTHER, 8 << 20]


def test_the_tables_of_fat_and_ntfs_are_found_on_their_disk(source: Source) -> None:
    devices = (
        BlockDevice("vda", 1 << 31, kind="disk", mounted_at=("/boot/efi",)),
        BlockDevice(
            "vda1", 1 << 31, kind="part", mounted_at=("/boot/efi",), content="vfat", stands_on=("vda",)
        ),
    )
    assert diskheads.read(source, devices, TABLES.__getitem__) == ()  # its first sector cannot be read
    (source.root / "dev").mkdir()
    (source.root / "dev/vda1").write_bytes(sector(h11=512, h14=32, b16=2, i36=1024))
    (head,) = diskheads.read(source, devices, TABLES.__getitem__)
    assert head == DiskHead("vda", 2048 * 512, "/boot/efi (vfat)", "", (32 + 1024) * 512)
    (source.root / "dev/vda1").write_bytes(ntfs(sector(h11=512, b13=8, q48=1000)))
    (head,) = diskheads.read(source, devices, TABLES.__getitem__)
    assert (head.disk, head.offset) == ("vda", 2048 * 512 + 1000 * 4096)


def test_an_answer_of_the_kernel_is_read() -> None:
    def spec(target: Target, following: int) -> bytes:
        head = struct.pack("<2QiI16s", target.start, target.length, 0, following, target.kind.encode())
        return (head + " ".join(target.words).encode() + b"\0").ljust(104, b"\0")

    data = bytes(312) + spec(ROOT[0], 104) + spec(ROOT[1], 208)
    assert devicemapper.parse(data, 312, 2) == list(ROOT)
    with pytest.raises(struct.error):
        devicemapper.parse(data, 312, 9)
