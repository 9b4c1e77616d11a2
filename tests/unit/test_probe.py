"""The probes, each over a small fake root, and all of them over the real one."""

import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from kjtui.backend.probe import (
    blockdevices,
    config,
    firmware,
    gather,
    kernelfile,
    kexecstate,
    memory,
    mounts,
    ownuse,
    processors,
    security,
    terminals,
    watchdogs,
)
from kjtui.backend.probe.source import Source
from kjtui.model.facts import Mount, Watchdog

Root = Callable[[dict[str, str | bytes]], Source]


@pytest.fixture
def root(tmp_path: Path) -> Root:
    """Writes files below a fake root and returns a Source for it."""

    def build(files: dict[str, str | bytes]) -> Source:
        for name, content in files.items():
            path = tmp_path / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return Source(tmp_path)

    return build


MEMINFO = """\
MemTotal:        1016020 kB
MemFree:          700000 kB
MemAvailable:     898236 kB
Buffers:            1000 kB
Cached:           100000 kB
SwapCached:            0 kB
Active:            10000 kB
Inactive:          10000 kB
Shmem:               100 kB
Slab:               5000 kB
SReclaimable:       3000 kB
"""
CONFIG = '# comment\nCONFIG_KEXEC=y\n# CONFIG_KEXEC_JUMP is not set\nCONFIG_NAME="a b"\nCONFIG_HZ=250\n'
OPTIONS = {"CONFIG_KEXEC": "y", "CONFIG_NAME": "a b", "CONFIG_HZ": "250"}


class TestSource:
    def test_reads_below_its_root(self, root: Root) -> None:
        source = root({"/proc/cmdline": "quiet\n"})
        assert source.text("/proc/cmdline") == "quiet"
        assert source.unreadable == {}

    def test_missing_file_is_noted_unless_optional(self, root: Root) -> None:
        source = root({})
        assert source.text("/a", optional=True) is None
        assert source.unreadable == {}
        assert source.text("/b") is None
        assert source.unreadable == {"/b": "there is no such file"}

    def test_other_failures_are_always_noted(self, root: Root) -> None:
        source = root({"/folder/file": ""})
        assert source.text("/folder", optional=True) is None
        assert "/folder" in source.unreadable

    def test_forbidden_file_is_noted_in_plain_words(
        self, root: Root, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forbidden(*_args: object, **_kwargs: object) -> None:
            raise PermissionError(13, "Permission denied")

        source = root({})
        with monkeypatch.context() as patched:
            patched.setattr(os, "stat", forbidden)
            assert source.data("/proc/kcore") is None
        assert "not permitted" in source.unreadable["/proc/kcore"]

    def test_number_that_is_none(self, root: Root) -> None:
        source = root({"/n": "many"})
        assert source.number("/n") is None
        assert "many" in source.unreadable["/n"]

    def test_first_takes_what_is_there(self, root: Root) -> None:
        source = root({"/old": "7"})
        assert source.number("/new", "/old") == 7
        assert source.unreadable == {}

    def test_limit(self, root: Root) -> None:
        assert root({"/f": b"abcdef"}).data("/f", limit=2) == b"ab"

    def test_names_of_no_folder(self, root: Root) -> None:
        assert root({}).names("/sys/class/watchdog") == ()


class TestConfig:
    def test_from_the_kernel_itself(self, root: Root) -> None:
        source = root({"/proc/config.gz": gzip.compress(CONFIG.encode()), "/boot/config-6.1": "CONFIG_X=y\n"})
        assert config.read(source, "6.1") == (OPTIONS, "/proc/config.gz")

    @pytest.mark.parametrize("name", ["/boot/config-6.1", "/lib/modules/6.1/config"])
    def test_from_a_file(self, root: Root, name: str) -> None:
        assert config.read(root({name: CONFIG}), "6.1") == (OPTIONS, name)

    def test_one_by_one_and_as_a_whole(self) -> None:
        text = 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C="x=1"\nCONFIG_A=m\nCONFIG_END=9'
        options = config.Options(text)
        assert [options.get(f"CONFIG_{name}") for name in ("A", "B", "C", "END", "EN", "")] == [
            *("m", None, "x=1", "9", None, None)
        ]
        assert "# CONFIG_B is not set" not in options
        assert options == config.parse(text) == {"CONFIG_A": "m", "CONFIG_C": "x=1", "CONFIG_END": "9"}
        assert (len(options), list(options)) == (3, ["CONFIG_A", "CONFIG_C", "CONFIG_END"])
        assert not config.Options("# nothing\n")

    def test_of_another_kernel_is_not_taken(self, root: Root) -> None:
        source = root({"/boot/config-6.2": CONFIG})
        assert config.read(source, "6.1") == (None, "")
        assert set(source.unreadable) == set(config.candidates("6.1"))

    @pytest.mark.parametrize("damaged", [b"no gzip", gzip.compress(CONFIG.encode())[:-12], b""])
    def test_damaged_is_noted_and_passed_over(self, root: Root, damaged: bytes) -> None:
        source = root({"/proc/config.gz": damaged, "/boot/config-6.1": CONFIG})
        assert config.read(source, "6.1") == (OPTIONS, "/boot/config-6.1")
        assert "/proc/config.gz" in source.unreadable


class TestSecurity:
    @pytest.mark.parametrize(
        ("text", "level"),
        [
            ("[none] integrity confidentiality\n", "none"),
            ("none [integrity] confidentiality\n", "integrity"),
            ("none integrity [confidentiality]\n", "confidentiality"),
            ("nonsense\n", None),
        ],
    )
    def test_lockdown(self, root: Root, text: str, level: str | None) -> None:
        source = root({security.LOCKDOWN: text})
        assert security.lockdown(source, {}) == level
        assert (security.LOCKDOWN in source.unreadable) == (level is None)

    def test_lockdown_absent_by_config(self, root: Root) -> None:
        assert security.lockdown(root({}), {"CONFIG_KEXEC": "y"}) == "absent"

    def test_lockdown_absent_from_securityfs(self, root: Root) -> None:
        assert security.lockdown(root({security.SECURITYFS_MARK: "capability"}), None) == "absent"

    def test_lockdown_without_securityfs_cannot_be_told(self, root: Root) -> None:
        source = root({})
        assert security.lockdown(source, {"CONFIG_SECURITY_LOCKDOWN_LSM": "y"}) is None
        assert "securityfs" in source.unreadable[security.LOCKDOWN]

    @pytest.mark.parametrize(("value", "on"), [(b"\x06\0\0\0\1", True), (b"\x06\0\0\0\0", False)])
    def test_secure_boot(self, root: Root, value: bytes, on: bool) -> None:
        assert security.secure_boot(root({security.SECURE_BOOT: value}), efi=True) is on

    def test_secure_boot_needs_efi(self, root: Root) -> None:
        assert security.secure_boot(root({}), efi=False) is False

    def test_secure_boot_without_the_variable(self, root: Root) -> None:
        assert (
            security.secure_boot(root({"/sys/firmware/efi/efivars/Boot0000-x": b"12345"}), efi=True) is False
        )

    @pytest.mark.parametrize("files", [{}, {security.SECURE_BOOT: b"\x06\0\0\0"}])
    def test_secure_boot_cannot_be_told(self, root: Root, files: dict[str, str | bytes]) -> None:
        source = root(files)
        assert security.secure_boot(source, efi=True) is None
        assert security.SECURE_BOOT in source.unreadable

    def test_switches(self, root: Root) -> None:
        source = root({security.LOAD_DISABLED: "1\n", security.LOAD_LIMIT: "3\n"})
        assert security.load_disabled(source) == 1
        assert security.load_limit(source) == 3

    def test_kernels_before_6_3_have_no_limit(self, root: Root) -> None:
        source = root({security.LOAD_DISABLED: "0\n"})
        assert security.load_limit(source) == -1
        assert source.unreadable == {}

    def test_no_switches_at_all(self, root: Root) -> None:
        source = root({})
        assert security.load_limit(source) is None
        assert security.LOAD_LIMIT in source.unreadable

    def test_capabilities(self, root: Root) -> None:
        status = "Name:\tx\nCapPrm:\t0000000000000001\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n"
        assert security.capabilities(root({security.STATUS: status})) == 0x1FFFFFFFFFF

    def test_capabilities_cannot_be_told(self, root: Root) -> None:
        source = root({security.STATUS: "Name:\tx\n"})
        assert security.capabilities(source) is None
        assert security.STATUS in source.unreadable


class TestMemory:
    def test_iomem_keeps_its_lines(self, root: Root) -> None:
        text = "00001000-0009fbff : System RAM\n  00002000-00002fff : Kernel code\n"
        lines = ("00001000-0009fbff : System RAM", "  00002000-00002fff : Kernel code")
        assert memory.iomem(root({memory.IOMEM: text})) == lines

    def test_totals(self, root: Root) -> None:
        assert memory.totals(root({memory.MEMINFO: MEMINFO})) == (1016020 << 10, 898236 << 10)

    @pytest.mark.parametrize("files", [{}, {memory.MEMINFO: "nonsense\n"}])
    def test_unknown_totals_are_noted(self, root: Root, files: dict[str, str | bytes]) -> None:
        source = root(files)
        assert memory.totals(source) == (0, 0)
        assert memory.MEMINFO in source.unreadable

    def test_psutil_keeps_its_folder(self, root: Root) -> None:
        import psutil

        memory.totals(root({}))
        assert psutil.PROCFS_PATH == "/proc"


class TestKexecState:
    @pytest.mark.parametrize(
        ("loaded", "crash", "size"),
        [
            ("/sys/kernel/kexec_loaded", "/sys/kernel/kexec_crash_loaded", "/sys/kernel/kexec_crash_size"),
            ("/sys/kernel/kexec/loaded", "/sys/kernel/kexec/crash_loaded", "/sys/kernel/kexec/crash_size"),
        ],
    )
    def test_old_and_new_places(self, root: Root, loaded: str, crash: str, size: str) -> None:
        source = root({loaded: "1\n", crash: "0\n", size: "268435456\n"})
        assert kexecstate.loaded(source) is True
        assert kexecstate.crash_loaded(source) is False
        assert kexecstate.crash_size(source) == 256 << 20
        assert source.unreadable == {}

    def test_nothing_there(self, root: Root) -> None:
        source = root({})
        assert kexecstate.loaded(source) is None
        assert kexecstate.crash_size(source) is None
        assert "/sys/kernel/kexec_loaded" in source.unreadable

    def test_vmcoreinfo_is_hex(self, root: Root) -> None:
        assert kexecstate.vmcoreinfo(root({kexecstate.VMCOREINFO: "0x0000000000284000 1024\n"})) == (
            0x284000,
            0x1024,
        )

    def test_vmcoreinfo_of_another_form(self, root: Root) -> None:
        source = root({kexecstate.VMCOREINFO: "0x1\n"})
        assert kexecstate.vmcoreinfo(source) is None
        assert kexecstate.VMCOREINFO in source.unreadable


MOUNTINFO = r"""
22 1 254:1 / / rw,relatime shared:1 master:2 - ext4 /dev/vda1 rw
23 22 0:5 / /dev rw - devtmpfs devtmpfs rw
24 22 0:40 /home /mnt/a\040b\134c rw - btrfs /dev/mapper/pool rw
25 22 8:16 / /media rw unbindable - vfat /dev/sdb rw
broken line
"""


class TestMounts:
    def test_parse(self) -> None:
        assert mounts.parse(MOUNTINFO) == (
            mounts.MountLine("254:1", Mount("/dev/vda1", "/", "ext4")),
            mounts.MountLine("0:5", Mount("devtmpfs", "/dev", "devtmpfs")),
            mounts.MountLine("0:40", Mount("/dev/mapper/pool", "/mnt/a b\\c", "btrfs")),
            mounts.MountLine("8:16", Mount("/dev/sdb", "/media", "vfat")),
        )

    def test_none(self, root: Root) -> None:
        source = root({})
        assert mounts.read(source) == ()
        assert mounts.MOUNTINFO in source.unreadable

    def test_swaps(self, root: Root) -> None:
        text = (
            "Filename\tType\tSize\tUsed\tPriority\n/dev/dm-1 partition 1 0 -2\n/swap\\040file file 1 0 -3\n"
        )
        assert mounts.swaps(root({mounts.SWAPS: text})) == ("/dev/dm-1", "/swap file")
        assert mounts.swaps(Source(Path("/nowhere"))) == ()


def _disk(
    root: Path, name: str, number: str, sectors: int, inside: str = "", slaves: tuple[str, ...] = ()
) -> None:
    """A device below sys/devices, and its link in sys/class/block, as the kernel has them."""
    real = root / "sys/devices/virtual" / (f"{inside}/{name}" if inside else name)
    real.mkdir(parents=True)
    (real / "dev").write_text(f"{number}\n")
    (real / "size").write_text(f"{sectors}\n")
    if inside:
        (real / "partition").write_text("1\n")
    else:
        (real / "removable").write_text("0\n")
    (real / "slaves").mkdir()
    for slave in slaves:
        (real / "slaves" / slave).mkdir()
    links = root / "sys/class/block"
    links.mkdir(parents=True, exist_ok=True)
    (links / name).symlink_to(os.path.relpath(real, links))


class TestBlockDevices:
    @pytest.fixture
    def machine(self, tmp_path: Path) -> Source:
        _disk(tmp_path, "sda", "8:0", 2048)
        _disk(tmp_path, "sda1", "8:1", 1024, inside="sda")
        _disk(tmp_path, "sda2", "8:2", 1000, inside="sda")
        _disk(tmp_path, "dm-0", "253:0", 900, slaves=("sda2",))
        _disk(tmp_path, "dm-1", "253:1", 90, slaves=("dm-0",))
        _disk(tmp_path, "loop0", "7:0", 0)
        _disk(tmp_path, "sdb", "8:16", 4096)
        (tmp_path / "sys/class/block/sda/device").mkdir()
        (tmp_path / "sys/class/block/sda/device/model").write_text("QEMU HARDDISK   \n")
        (tmp_path / "sys/class/block/sdb/removable").write_text("1\n")
        (tmp_path / "dev/mapper").mkdir(parents=True)
        (tmp_path / "dev/dm-1").touch()
        (tmp_path / "dev/mapper/swap").symlink_to("../dm-1")
        (tmp_path / "dev/dm-0").touch()
        (tmp_path / "dev/mapper/pool").symlink_to("../dm-0")
        return Source(tmp_path)

    def test_stacks_are_seen_through(self, machine: Source) -> None:
        lines = mounts.parse(
            "1 0 8:1 / /boot rw - ext4 /dev/sda1 rw\n1 0 0:40 / / rw - btrfs /dev/mapper/pool rw\n"
        )
        found = {
            one.name: one for one in blockdevices.read(machine, lines, ("/dev/mapper/swap", "/swapfile"))
        }
        assert list(found) == ["dm-0", "dm-1", "sda", "sda1", "sda2", "sdb"]
        assert found["sda"].mounted_at == ("/", "/boot")
        assert found["sda1"].mounted_at == ("/boot",)
        assert found["sda2"].mounted_at == ("/",)
        assert [found[name].swap for name in found] == [True, True, True, False, True, False]
        assert found["sdb"].mounted_at == ()
        assert found["sda"].size == 1 << 20
        assert found["sda"].model == "QEMU HARDDISK"
        assert found["sdb"].removable
        assert not found["sda"].removable

    @pytest.mark.parametrize(
        ("line", "mounted", "member"),
        [
            ("1 0 0:14 / / rw - btrfs /dev/root rw\n", ("/",), ""),
            ("", (), "btrfs 0b08"),  # mounted where this program does not see it
        ],
    )
    def test_a_btrfs_by_a_name_that_no_device_has(
        self, machine: Source, tmp_path: Path, line: str, mounted: tuple[str, ...], member: str
    ) -> None:
        (tmp_path / "sys/fs/btrfs/0b08/devices").mkdir(parents=True)
        (tmp_path / "sys/fs/btrfs/0b08/devices/sdb").touch()
        devices = blockdevices.read(machine, mounts.parse(line), ())
        found = {one.name: one for one in devices}
        assert (found["sdb"].mounted_at, found["sdb"].member_of) == (mounted, member)
        assert found["sda"].mounted_at == ()
        assert "sdb" in [disk.name for disk in ownuse.from_facts(devices)]

    def test_udev_says_the_model(self, machine: Source, monkeypatch: pytest.MonkeyPatch) -> None:
        from kjtui.backend.probe import udev

        told = (udev.Found("sda", {"ID_MODEL": "A_fine__disk"}),)
        monkeypatch.setattr(udev, "devices", lambda _source, _kind: told)
        (only,) = blockdevices.read(machine, (), ())
        assert only.model == "A fine  disk"

    def test_none(self, root: Root) -> None:
        assert blockdevices.read(root({}), (), ()) == ()


class TestWatchdogs:
    def test_states(self, root: Root) -> None:
        folder = watchdogs.FOLDER
        source = root(
            {
                f"{folder}/watchdog0/state": "active\n",
                f"{folder}/watchdog0/identity": "iTCO_wdt\n",
                f"{folder}/watchdog0/timeout": "30\n",
                f"{folder}/watchdog1/state": "inactive\n",
                f"{folder}/watchdog2/dev": "1:2\n",
            }
        )
        assert watchdogs.read(source) == (
            Watchdog("watchdog0", "iTCO_wdt", active=True, timeout=30),
            Watchdog("watchdog1", "", active=False, timeout=None),
        )
        assert list(source.unreadable) == [f"{folder}/watchdog2/state"]


class TestFirmware:
    def test_bios(self, root: Root) -> None:
        source = root({})
        assert not firmware.efi(source)
        assert firmware.acpi_rsdp(source, efi=False) is None
        assert source.unreadable == {}

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("ACPI20=0x7ffe014\nACPI=0x7ffe000\nSMBIOS=0x1\n", 0x7FFE014),
            ("ACPI=0x7ffe000\n", 0x7FFE000),
            ("SMBIOS=0x1\n", None),
            ("ACPI20=what\n", None),
        ],
    )
    def test_root_pointer(self, root: Root, text: str, address: int | None) -> None:
        source = root({firmware.SYSTAB: text})
        assert firmware.efi(source)
        assert firmware.acpi_rsdp(source, efi=True) == address
        assert (firmware.SYSTAB in source.unreadable) == (address is None)

    def test_root_pointer_not_readable(self, root: Root) -> None:
        source = root({"/sys/firmware/efi/fw_vendor": ""})
        assert firmware.acpi_rsdp(source, efi=True) is None
        assert firmware.SYSTAB in source.unreadable

    def test_screen_info(self, root: Root) -> None:
        assert firmware.screen_info(root({firmware.BOOT_PARAMS: bytes(range(256))})) == bytes(range(64))

    @pytest.mark.parametrize("files", [{}, {firmware.BOOT_PARAMS: b"short"}])
    def test_no_screen_info(self, root: Root, files: dict[str, str | bytes]) -> None:
        source = root(files)
        assert firmware.screen_info(source) == b""
        assert firmware.BOOT_PARAMS in source.unreadable


class TestTerminals:
    def test_consoles(self, root: Root) -> None:
        assert terminals.consoles(root({terminals.ACTIVE: "tty0 ttyS0\n"})) == ("tty0", "ttyS0")
        assert terminals.consoles(root({terminals.ACTIVE: "\n"})) == ()

    def test_own(self) -> None:
        assert terminals.own(("tty0",), lambda _file: "/dev/pts/3") == "/dev/pts/3"

    def test_standard_output_serves_too(self) -> None:
        def name(file: int) -> str:
            if file == 0:
                raise OSError(25, "Inappropriate ioctl for device")
            return "/dev/ttyS0"

        assert terminals.own((), name) == "/dev/ttyS0"

    def test_console_is_another_name(self) -> None:
        assert terminals.own(("tty0", "ttyS0"), lambda _file: "/dev/console") == "/dev/ttyS0"
        assert terminals.own((), lambda _file: "/dev/console") == "/dev/console"

    def test_no_terminal(self) -> None:
        reading, writing = os.pipe()
        try:
            assert terminals.own(("tty0",), files=(reading, writing)) is None
        finally:
            os.close(reading)
            os.close(writing)


class TestKernelFile:
    @pytest.mark.parametrize(
        ("command_line", "name"),
        [
            ("quiet", "/boot/vmlinuz-6.1"),
            ("quiet", "/lib/modules/6.1/vmlinuz"),
            ("BOOT_IMAGE=/boot/vmlinuz-linux rw", "/boot/vmlinuz-linux"),
            ("BOOT_IMAGE=(hd0,gpt2)/vmlinuz-own ro", "/boot/vmlinuz-own"),
            ("a BOOT_IMAGE=vmlinuz", "/boot/vmlinuz"),
            ("", "/run/booted-system/kernel"),
        ],
    )
    def test_found(self, root: Root, command_line: str, name: str) -> None:
        source = root({name: b"MZ"})
        assert kernelfile.find(source, "6.1", command_line) == name
        assert source.unreadable == {}

    def test_missing(self, root: Root) -> None:
        source = root({"/boot/vmlinuz-6.2": b"MZ"})
        assert kernelfile.find(source, "6.1", "NOBOOT_IMAGE=/boot/vmlinuz-6.2") is None
        assert source.unreadable == {"/boot/vmlinuz-6.1": "there is no such file"}

    def test_forbidden(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(_path: str) -> None:
            raise PermissionError(13, "Permission denied")

        source = root({})
        with monkeypatch.context() as patched:
            patched.setattr(os, "stat", forbidden)
            assert kernelfile.find(source, "6.1", "") is None
        assert "not permitted" in source.unreadable["/boot/vmlinuz-6.1"]


class TestProcessors:
    @pytest.mark.parametrize(("text", "count"), [("0\n", 1), ("0-3\n", 4), ("0-1,4,6-7\n", 5)])
    def test_online(self, root: Root, text: str, count: int) -> None:
        assert processors.online(root({processors.ONLINE: text})) == count

    @pytest.mark.parametrize("files", [{}, {processors.ONLINE: "all"}])
    def test_at_least_one_runs_us(self, root: Root, files: dict[str, str | bytes]) -> None:
        source = root(files)
        assert processors.online(source) == 1
        assert processors.ONLINE in source.unreadable


class TestGather:
    def test_empty_root_raises_nothing(self, tmp_path: Path) -> None:
        facts = gather(tmp_path)
        assert facts.config is None
        assert facts.kexec_loaded is None
        assert facts.restores_gdt is None
        assert facts.architecture == ""
        assert {"/proc/iomem", "/proc/kcore", "/proc/meminfo"} <= set(facts.unreadable)

    def test_fake_root(self, root: Root, tmp_path: Path) -> None:
        root(
            {
                "/proc/sys/kernel/osrelease": "6.1\n",
                "/proc/sys/kernel/arch": "x86_64\n",
                "/proc/cmdline": "quiet\n",
                "/proc/meminfo": MEMINFO,
                "/boot/config-6.1": CONFIG,
                "/boot/vmlinuz-6.1": b"MZ",
                "/proc/self/mountinfo": MOUNTINFO,
            }
        )
        facts = gather(tmp_path)
        assert (facts.architecture, facts.kernel_release, facts.command_line) == ("x86_64", "6.1", "quiet")
        assert (facts.config_source, facts.kernel_file) == ("/boot/config-6.1", "/boot/vmlinuz-6.1")
        assert facts.mounts[0] == Mount("/dev/vda1", "/", "ext4")
        assert facts.lockdown == "absent"

    def test_this_machine(self) -> None:
        """What holds on any Linux machine, with and without rights."""
        facts = gather()
        uname = os.uname()
        assert (facts.architecture, facts.kernel_release) == (uname.machine, uname.release)
        assert facts.memory_total > facts.memory_available > 0
        assert facts.cpus_online >= 1
        assert any(mount.target == "/" for mount in facts.mounts)
        assert facts.capabilities is not None
        assert facts.config is None or facts.config_source
        assert all(reason and "\n" not in reason for reason in facts.unreadable.values())
