"""The parts behind --root, --disk and --fsck, booting nothing: a check that finds nothing proves nothing."""

import fcntl
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import afterwards
import attached
import common
import guest_image
import luks
import pytest
import qemu
import rehearse
import spare
from bootable import Kernel

sys.path.insert(0, str(Path(guest_image.GUEST)))
import jobs


def needs(*programs: str) -> None:
    for program in programs:
        if shutil.which(program, path="/bin:/sbin:/usr/bin:/usr/sbin") is None:
            pytest.skip(f"{program} is not installed; helpers/test.py installs it")


def test_the_command_line_knows_all_roots_and_disks(monkeypatch: pytest.MonkeyPatch) -> None:
    for root in guest_image.ROOTS:
        for disk in attached.DISKS:
            monkeypatch.setattr(sys, "argv", ["rehearse.py", "--root", root, "--disk", disk])
            options = rehearse.arguments()
            assert (options.root, options.disk, options.spare_disk) == (root, disk, False)


def test_partitions_are_named_as_the_kernel_does() -> None:
    assert [attached.partition(disk, 1) for disk in attached.DISKS] == [
        "/dev/vda1",
        "/dev/sda1",
        "/dev/nvme0n1p1",
    ]


def words(spec: qemu.MachineSpec, place: Path) -> str:
    needs("qemu-system-x86_64")
    return " ".join(qemu.command_line(spec, place, []))


@pytest.mark.parametrize(
    ("disk", "machine", "device"),
    [
        ("virtio", "pc", "virtio-blk-pci,drive=root,serial=kjtui-root"),
        ("ahci", "pc", "ich9-ahci,id=ahci -device ide-hd,bus=ahci.0,drive=root,serial=kjtui-root"),
        ("ahci", "q35", "ide-hd,bus=ide.0,drive=root,serial=kjtui-root"),
        ("nvme", "q35", "nvme,drive=root,serial=kjtui-root"),
    ],
)
def test_disk_hangs_where_it_should(disk: str, machine: str, device: str, tmp_path: Path) -> None:
    kernel = Kernel("6", Path("/k"))
    spec = qemu.MachineSpec(kernel, Path("/d"), machine=machine, disk=disk, root=attached.first_disk(disk))
    line = words(spec, tmp_path)
    assert f"-device {device}" in line
    assert f"root={attached.first_disk(disk)} rw rootfstype=ext4" in line
    assert ("rootwait" in line) is (disk != "virtio")


def test_only_a_kept_disk_is_written(tmp_path: Path) -> None:
    spec = qemu.MachineSpec(None, Path("/d"), spare=Path("/s"), further=(Path("/f"),))
    line = words(spec, tmp_path)
    assert "file=/d,format=raw,if=none,id=root,snapshot=on" in line
    assert "file=/s,format=raw,if=none,id=spare,snapshot=on" in line
    assert "file=/f,format=raw,if=none,id=further0,readonly=on" in line


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return common.cache_dir("images")


def tree(place: Path) -> Path:
    home = place / "tree"
    (home / "etc").mkdir(parents=True)
    (home / "etc/fstab").write_text("LABEL=x / ext4\n")
    return home


@pytest.mark.parametrize("root", ["ext4", "btrfs"])
def test_a_clean_root_is_clean_and_a_damaged_one_is_not(root: str, tmp_path: Path) -> None:
    image = tmp_path / "image"
    if root == "btrfs":
        needs("mkfs.btrfs", "btrfs", "qemu-img")
        guest_image.make_btrfs(tree(tmp_path), image, "x", 128 << 20)
        superblock = 0x10000
    else:
        needs("mke2fs", "e2fsck", "qemu-img")
        guest_image.make_file_system(tree(tmp_path), image, "x", 8 << 20)
        superblock = 1024
    spec = qemu.MachineSpec(None, image)
    verdict = afterwards.checked(spec, root)
    assert verdict.clean, verdict.said
    assert verdict.told()["fsck_clean"] is True
    with image.open("r+b") as file:
        file.seek(superblock + 32)
        file.write(bytes(64))
    assert not afterwards.checked(spec, root).clean


def test_a_journal_that_was_left_is_not_clean(tmp_path: Path) -> None:
    needs("mke2fs", "e2fsck", "debugfs", "qemu-img")
    image = tmp_path / "image"
    guest_image.make_file_system(tree(tmp_path), image, "x", 8 << 20)
    subprocess.run(["/sbin/debugfs", "-w", "-R", "feature needs_recovery", image], check=True)
    verdict = afterwards.checked(qemu.MachineSpec(None, image), "ext4")
    assert not verdict.clean, verdict.said


def test_the_spare_disk_is_compared_byte_for_byte(cache: Path) -> None:
    needs("qemu-img", "qemu-io", "sfdisk", "mke2fs")
    image = spare.spare_image()
    assert spare.spare_image() == image
    assert image.read_bytes()[510:512] == b"\x55\xaa"
    with afterwards.kept(qemu.MachineSpec(None, image, spare=image)) as spec:
        assert spec.writable
        assert spec.spare is not None
        assert afterwards.untouched(spec.spare)
        image.unlink()  # swept from the cache meanwhile
        subprocess.run(["qemu-io", "-f", "qcow2", "-c", "write -P 7 4096 512", str(spec.spare)], check=True)
        assert not afterwards.untouched(spec.spare)
        assert afterwards.untouched(spec.image)
    assert not list(cache.glob("run-*/"))


def test_what_killed_runs_have_left_is_swept_and_nothing_else(cache: Path) -> None:
    needs("qemu-img", "sfdisk", "mke2fs")
    left, used = cache / "run-left", cache / "run-used"
    for place in (left, used):
        place.mkdir()
        (place / afterwards.IN_USE).touch()
    with (used / afterwards.IN_USE).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with afterwards.kept(qemu.MachineSpec(None, spare.spare_image())):
            assert not left.exists()
            assert used.exists()


def test_the_opener_has_its_programs_and_what_they_need(cache: Path) -> None:
    needs(*luks.PROGRAMS, "busybox", "sfdisk", "cpio")
    opener = luks.opener()
    assert luks.opener() == opener
    with opener.open("rb") as file:
        names = subprocess.run(
            ["cpio", "-it", "--quiet"], stdin=file, capture_output=True, text=True, check=True
        ).stdout.split()
    for name in ("init", "bin/busybox", "sbin/cryptsetup", "sbin/lvm", "etc/lvm/lvm.conf"):
        assert name in names
    assert any(name.rpartition("/")[2].startswith("libcryptsetup.so") for name in names)
    assert any("ld-linux" in name for name in names)


def test_the_last_job_ends_the_jobs() -> None:
    class Port(io.BytesIO):
        """What the host has sent; the answers are kept."""

        said = b""

        def write(self, data: object) -> int:
            self.said += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    port = Port(b'{"run": "echo a"}\n{"end": true}\n{"run": "echo b"}\n')
    jobs.serve(port)
    assert [json.loads(line) for line in port.said.splitlines()] == [{"out": "a\n"}, {"exit": 0}]
