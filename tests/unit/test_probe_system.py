"""The probes of the system itself, each over a small tree: what it is, what it runs in, what it remembers."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import trees
from kernels import bzimage

from kjtui.backend import previouslog
from kjtui.backend.linux import LinuxMachine
from kjtui.backend.probe import (
    confinement,
    freezing,
    gather,
    identity,
    ima,
    journal,
    kernelfile,
    kernellog,
    processors,
    security,
)
from kjtui.backend.probe.source import MISSING, MOST, Source, clean
from kjtui.errors import KjtuiError
from kjtui.model.facts import JournalEntry, KernelHeader, LogLine

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


class TestSource:
    def test_a_pipe_does_not_hold_us_up(self, root: Root) -> None:
        source = root({})
        os.mkfifo(source.path("/pipe"))
        assert source.data("/pipe") is None
        assert source.unreadable == {"/pipe": "it is no regular file"}

    def test_a_device_is_not_opened(self, root: Root) -> None:
        source = root({})
        source.path("/zero").symlink_to("/dev/zero")
        assert source.text("/zero", optional=True) is None
        assert source.unreadable == {"/zero": "it is no regular file"}

    def test_a_loop_of_links(self, root: Root) -> None:
        source = root({})
        source.path("/loop").symlink_to("loop")
        assert source.number("/loop", optional=True) is None
        assert "circle" in source.unreadable["/loop"]

    def test_no_more_than_the_limit_is_read_of_a_huge_file(self, root: Root) -> None:
        source = root({"/huge": b"7\n"})
        os.truncate(source.path("/huge"), 1 << 40)
        data = source.data("/huge")
        assert data is not None
        assert len(data) == MOST
        assert source.unreadable == {"/huge": "only its first 4 MiB were read"}

    def test_the_end_of_a_file(self, root: Root) -> None:
        source = root({"/f": b"abcdef"})
        assert source.tail("/f", 2) == b"ef"
        assert source.tail("/f", 20) == b"abcdef"
        assert source.tail("/g", 2, optional=True) is None
        assert source.unreadable == {}
        assert source.tail("/g", 2) is None
        assert source.unreadable == {"/g": MISSING}

    def test_odd_bytes_become_escapes(self, root: Root) -> None:
        assert root({"/f": b"a\xff\xed\xa0\x80b\n"}).text("/f") == "a\\xff\\xed\\xa0\\x80b"
        assert clean("a\udcff") == "a\\xff"
        assert clean("a\ud800") == "a\\ud800"

    def test_a_file_with_an_odd_name_is_listed_and_read(self, root: Root) -> None:
        source = root({"/folder/plain": "1"})
        os.mkdir(os.fsencode(source.path("/folder")) + b"/d\xff")
        Path(os.fsdecode(os.fsencode(source.path("/folder")) + b"/d\xff/f")).write_text("2")
        assert source.names("/folder") == ("d\\xff", "plain")
        assert source.text("/folder/d\\xff/f") == "2"
        assert source.text("/folder/d\\xff/g") is None
        assert source.unreadable == {"/folder/d\\xff/g": MISSING}

    @pytest.mark.parametrize("name", ["/a\0b", "/\ud800", "/" + "x" * 300])
    def test_a_name_that_no_file_can_have(self, root: Root, name: str) -> None:
        source = root({})
        assert source.data(name) is None
        assert not source.is_file(name)
        assert source.link(name) == ""
        assert source.names(name) == ()
        assert all(key.encode() and reason for key, reason in source.unreadable.items())
        assert source.unreadable

    @pytest.mark.parametrize(
        "text", ["-1", "1_0", "+5", "\u0663", "18446744073709551616", "9" * 5000, "0x10", "", "1 2"]
    )
    def test_what_is_no_number(self, root: Root, text: str) -> None:
        source = root({"/n": text})
        assert source.number("/n") is None
        assert "/n" in source.unreadable

    def test_the_least_number(self, root: Root) -> None:
        source = root({"/n": "-1\n", "/h": "0x1F\n"})
        assert source.number("/n", least=-1) == -1
        assert source.number("/h", base=16) == 31

    def test_links(self, root: Root) -> None:
        source = root({"/a/b": ""})
        source.path("/l").symlink_to("a/b")
        assert source.link("/l") == "a/b"
        assert source.resolved("/l") == "/a/b"
        assert source.link("/a/b") == ""


class TestIdentity:
    def test_distribution(self, root: Root) -> None:
        text = 'NAME="X"\n# a comment\nID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian 12 (x)"\nID_LIKE="open'
        source = root({"/etc/os-release": text})
        assert identity.distribution(source) == {
            "ID": "debian",
            "VERSION_ID": "12",
            "PRETTY_NAME": "Debian 12 (x)",
        }

    def test_the_second_file_serves_too(self, root: Root) -> None:
        source = root({"/etc/os-release": "\xff", "/usr/lib/os-release": "ID='arch'\n"})
        assert identity.distribution(source) == {"ID": "arch"}
        assert "names no distribution" in source.unreadable["/etc/os-release"]

    def test_no_distribution(self, root: Root) -> None:
        source = root({})
        assert identity.distribution(source) is None
        assert source.unreadable == {"/etc/os-release": MISSING}

    @pytest.mark.parametrize(
        ("text", "seconds"), [("3600.25 7000.1\n", 3600.25), ("5 5", 5.0), ("nan 1", None), ("1e9", None)]
    )
    def test_uptime(self, root: Root, text: str, seconds: float | None) -> None:
        source = root({identity.UPTIME: text})
        assert identity.uptime(source) == seconds
        assert (identity.UPTIME in source.unreadable) == (seconds is None)

    def test_boot_id(self, root: Root) -> None:
        text = "6b3c0a3e-5a7c-4b8e-9f0d-2f1f0a7d9c11"
        assert identity.boot_id(root({identity.BOOT_ID: f"{text}\n"})) == text
        source = root({identity.BOOT_ID: text[:-1]})
        assert identity.boot_id(source) == ""
        assert identity.BOOT_ID in source.unreadable

    def test_service_manager_and_clock(self, root: Root) -> None:
        source = root({identity.FIRST_PROCESS: "systemd\n"})
        assert identity.service_manager(source) == "systemd"
        assert identity.wall_clock(source) is None
        assert identity.wall_clock(Source()) is not None


FIRST_MAP = {
    confinement.UID_MAP: "         0          0 4294967295\n",
    confinement.CGROUP: "0::/init.scope\n",
}


class TestContainer:
    @pytest.mark.parametrize(
        ("files", "kind"),
        [
            ({}, ""),
            ({"/run/systemd/container": "systemd-nspawn\n"}, "systemd-nspawn"),
            ({"/proc/1/environ": b"A=b\0container=lxc\0"}, "lxc"),
            ({"/.dockerenv": ""}, "docker"),
            ({"/run/.containerenv": ""}, "podman"),
            ({confinement.CGROUP: "0::/system.slice/docker/1f\n"}, "docker"),
            ({confinement.CGROUP: "0::/kubepods.slice/x\n"}, "kubernetes"),
            ({"/proc/sys/kernel/osrelease": "5.15.1-microsoft-standard-WSL2\n"}, "wsl"),
            ({confinement.UID_MAP: "0 100000 65536\n"}, "user namespace"),
            ({confinement.UID_MAP: "0 0 0 0\n"}, None),
            ({"/run/systemd/container": b"\xff\0"}, None),
        ],
    )
    def test_signs(self, root: Root, files: dict[str, str | bytes], kind: str | None) -> None:
        source = root({**FIRST_MAP, **files})
        assert confinement.container(source) == kind
        assert bool(source.unreadable) == (kind is None)

    @pytest.mark.parametrize(
        ("namespace", "kind"), [("pid:[4026531836]", ""), ("pid:[4026532457]", "docker"), ("?", "docker")]
    )
    def test_a_file_left_over_from_a_container_makes_none(
        self, root: Root, namespace: str, kind: str
    ) -> None:
        source = root({**FIRST_MAP, "/.dockerenv": ""})
        place = source.path(confinement.PID_NAMESPACE)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(namespace)
        assert confinement.container(source) == kind

    def test_nothing_can_be_read(self, root: Root) -> None:
        source = root({})
        assert confinement.container(source) is None
        assert {confinement.CGROUP, confinement.UID_MAP} <= set(source.unreadable)

    def test_a_kernel_without_user_namespaces(self, root: Root) -> None:
        assert confinement.container(root({confinement.CGROUP: "0::/\n"})) == ""


def _cpu(flags: str) -> dict[str, str | bytes]:
    return {confinement.CPUINFO: f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: sev\n\n"}


class TestHypervisor:
    @pytest.mark.parametrize(
        ("files", "kind"),
        [
            (_cpu("fpu lm"), ""),
            (_cpu("fpu hypervisor"), "unknown"),
            ({**_cpu("fpu hypervisor"), f"{confinement.DMI}/sys_vendor": "QEMU\n"}, "qemu"),
            ({**_cpu("fpu hypervisor"), f"{confinement.DMI}/product_name": "VMware7,1\n"}, "vmware"),
            ({**_cpu("fpu hypervisor"), f"{confinement.DMI}/product_name": "VirtualBox\n"}, "oracle"),
            ({**_cpu("fpu"), f"{confinement.DMI}/sys_vendor": "QEMU\n"}, ""),
            ({confinement.CLOCKS: "kvm-clock tsc acpi_pm\n"}, "kvm"),
            ({confinement.CLOCKS: "hyperv_clocksource_tsc_page acpi_pm\n"}, "microsoft"),
            ({confinement.XEN_TYPE: "xen\n"}, "xen"),
            ({f"{confinement.DMI}/sys_vendor": "innotek GmbH\n"}, "oracle"),
            ({}, None),
        ],
    )
    def test_signs(self, root: Root, files: dict[str, str | bytes], kind: str | None) -> None:
        assert confinement.hypervisor(root(files)) == kind

    @pytest.mark.parametrize(
        ("files", "kind"),
        [
            ({}, ""),
            ({confinement.XEN_TYPE: "kvm\n"}, ""),
            ({confinement.XEN_TYPE: "xen\n", confinement.XEN_GUEST: "PVH\n"}, "PVH"),
            ({confinement.XEN_TYPE: "xen\n", confinement.XEN_CAPABILITIES: "control_d\n"}, "dom0"),
            ({confinement.XEN_TYPE: "xen\n", confinement.XEN_FEATURES: "00000805\n"}, "dom0"),
            ({confinement.XEN_TYPE: "xen\n", confinement.XEN_GUEST: "odd\n"}, None),
            ({confinement.XEN_TYPE: "xen\n"}, None),
        ],
    )
    def test_xen(self, root: Root, files: dict[str, str | bytes], kind: str | None) -> None:
        source = root(files)
        assert confinement.xen(source) == kind
        assert (confinement.XEN_GUEST in source.unreadable) == (kind is None)


class TestMemoryEncryption:
    @pytest.mark.parametrize(
        ("flags", "command_line", "kind"),
        [
            ("fpu", "", ""),
            ("fpu sme sev sev_es sev_snp", "quiet", ""),  # a host that merely could
            ("fpu sme sev", "mem_encrypt=on", "SME"),
            ("fpu", "mem_encrypt=on", ""),
            ("hypervisor sev sev_es", "", "SEV-ES"),
            ("hypervisor sev sev_es sev_snp", "", "SEV-SNP"),
            ("hypervisor tdx_guest", "", "TDX"),
        ],
    )
    def test_flags(self, root: Root, flags: str, command_line: str, kind: str) -> None:
        assert confinement.memory_encryption(root(_cpu(flags)), command_line, ()) == kind

    @pytest.mark.parametrize(
        ("words", "kind"),
        [
            ("AMD SEV SEV-ES SEV-SNP", "SEV-SNP"),
            ("AMD SEV", "SEV"),
            ("AMD SME", "SME"),
            ("Intel TDX", "TDX"),
        ],
    )
    def test_the_kernel_says_it(self, root: Root, words: str, kind: str) -> None:
        log = ("x", f"Memory Encryption Features active: {words}")
        assert confinement.memory_encryption(root({}), "", log) == kind

    def test_devices_of_guests(self, root: Root) -> None:
        assert confinement.memory_encryption(root({"/sys/class/misc/tdx_guest/dev": ""}), "", ()) == "TDX"
        source = root({"/sys/devices/system/cpu/sev/vmpl": "0"})
        assert confinement.memory_encryption(source, "", ()) == "SEV-SNP"

    def test_cannot_be_told(self, root: Root) -> None:
        source = root({})
        assert confinement.memory_encryption(source, "", ()) is None
        assert confinement.CPUINFO in source.unreadable


class TestSeccomp:
    @pytest.mark.parametrize(
        ("text", "mode"),
        [
            ("CapEff:\t0\nSeccomp:\t2\n", 2),
            ("CapEff:\t0\n", 0),
            ("CapEff:\t0\nSeccomp:\t9\n", None),
            ("", None),
        ],
    )
    def test_modes(self, root: Root, text: str, mode: int | None) -> None:
        source = root({confinement.STATUS: text})
        assert confinement.seccomp(source) == mode
        assert (confinement.STATUS in source.unreadable) == (mode is None)


APPRAISING = {"CONFIG_IMA": "y", "CONFIG_IMA_APPRAISE": "y"}
RULE = "appraise func=KEXEC_KERNEL_CHECK appraise_type=imasig"


class TestIma:
    @pytest.mark.parametrize(
        ("config", "command_line", "secure_boot", "words"),
        [
            ({}, "ima_policy=secure_boot", True, ()),
            (APPRAISING, "quiet", False, ()),
            (APPRAISING, "ima_policy=tcb|secure_boot", False, ("ima_policy=secure_boot",)),
            (APPRAISING, "ima_policy=secure_boot ima_appraise=log", False, ()),
            (APPRAISING, "ima_policy=secure_boot ima_appraise=log", True, ("ima_policy=secure_boot",)),
            (
                {**APPRAISING, "CONFIG_IMA_ARCH_POLICY": "y"},
                "",
                True,
                ("CONFIG_IMA_ARCH_POLICY=y with Secure Boot",),
            ),
            ({**APPRAISING, "CONFIG_IMA_ARCH_POLICY": "y"}, "", False, ()),
            (
                {**APPRAISING, "CONFIG_IMA_APPRAISE_REQUIRE_KEXEC_SIGS": "y"},
                "",
                False,
                ("CONFIG_IMA_APPRAISE_REQUIRE_KEXEC_SIGS=y",),
            ),
        ],
    )
    def test_words(
        self,
        root: Root,
        config: dict[str, str],
        command_line: str,
        secure_boot: bool,
        words: tuple[str, ...],
    ) -> None:
        assert ima.read(root({}), config, command_line, secure_boot) == words

    @pytest.mark.parametrize("name", [ima.POLICY, ima.OWN_POLICY])
    def test_rules(self, root: Root, name: str) -> None:
        source = root(
            {name: f"# {RULE}\nmeasure func=KEXEC_KERNEL_CHECK\n {RULE}\nappraise func=MMAP_CHECK\n"}
        )
        assert ima.read(source, APPRAISING, "", False) == (RULE,)
        assert ima.read(source, APPRAISING, "ima_appraise=fix", False) == ()

    def test_without_the_configuration(self, root: Root) -> None:
        assert ima.read(root({}), None, "", False) is None
        assert ima.read(root({"/sys/kernel/security/lsm": "capability"}), None, "", True) == ()
        source = root({f"{ima.FOLDER}/violations": "0"})
        assert ima.read(source, None, "", False) == ()
        assert ima.read(source, None, "", True) is None
        assert ima.FOLDER in source.unreadable


class TestKernelLog:
    def test_a_record(self) -> None:
        record = (
            b"6,339,5140900,-;a driver says \\x5c \\xc3\\xa9\\x0aand more\n SUBSYSTEM=pci\n DEVICE=+pci\n"
        )
        assert kernellog.parse_record(record) == (
            LogLine(5.1409, "a driver says \\ \u00e9"),
            LogLine(5.1409, "and more"),
        )

    @pytest.mark.parametrize("record", [b"", b"12,1,5,-;by a program", b"x,y,z;", b"6,1,-5,-;t", b"6,1"])
    def test_no_record_of_the_kernel(self, record: bytes) -> None:
        assert kernellog.parse_record(record) == ()

    def test_a_line_of_the_system_call(self) -> None:
        assert kernellog.parse_shown(b"<6>[    5.140900] a driver says \\ \xc3\xa9\xff") == (
            LogLine(5.1409, "a driver says \\ \u00e9\\xff"),
        )
        assert kernellog.parse_shown(b"<3>[12345.000001][   T17] [drm] b") == (
            LogLine(12345.000001, "[drm] b"),
        )

    @pytest.mark.parametrize(
        "line", [b"", b"<12>[    5.000000] by a program", b"<6>no time", b"[    1.000000] a"]
    )
    def test_no_line_of_the_kernel(self, line: bytes) -> None:
        assert kernellog.parse_shown(line) == ()

    def test_the_system_call_gives_the_same_as_the_device(self, monkeypatch: pytest.MonkeyPatch) -> None:
        shown = (
            b"<5>[    0.000000] Linux version 6.12\n<6>[    1.500000] a \\ tab\there\n"
            b"<6>[    1.500000] and more\n<12>[    2.000000] by a program\n<4>[    3.250000] XFS (sda): a\n"
        )
        records = [
            b"5,0,0,-;Linux version 6.12\n",
            b"6,1,1500000,-;a \\x5c tab\\x09here\\x0aand more\n SUBSYSTEM=pci\n",
            b"12,2,2000000,-;by a program\n",
            b"4,3,3250000,-;XFS (sda): a\n",
        ]
        monkeypatch.setattr(kernellog.syscalls, "kernel_log", lambda: shown)
        monkeypatch.setattr(kernellog, "_records", lambda: pytest.fail("the device was read"))
        told = [kernellog.look(Source(), words) for words in ((), ("XFS (", "more", "XFS"))]
        monkeypatch.setattr(kernellog.syscalls, "kernel_log", lambda: b"")
        monkeypatch.setattr(kernellog, "_records", lambda: records)
        assert (
            kernellog.look(Source())
            == told[0]
            == (
                LogLine(0.0, "Linux version 6.12"),
                LogLine(1.5, "a \\ tab\there"),
                LogLine(1.5, "and more"),
                LogLine(3.25, "XFS (sda): a"),
            )
        )
        assert told[1] == (LogLine(1.5, "and more"), LogLine(3.25, "XFS (sda): a"))

    @pytest.mark.parametrize("shown", [b"", b"<6>no times here\n", b"<6>[    7.000000] not the beginning\n"])
    def test_what_is_not_the_whole_log_is_not_taken_for_it(
        self, shown: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(kernellog.syscalls, "kernel_log", lambda: shown)
        monkeypatch.setattr(kernellog, "_records", lambda: [b"6,1,1000000,-;from the device\n"])
        assert kernellog.look(Source()) == (LogLine(1.0, "from the device"),)

    def test_printed_lines(self) -> None:
        lines = ("[    0.000000] a", "<4>[   12.500000] b: c", "[    1.0][  T99] d", "no time", "[x] e")
        assert kernellog.parse_printed(lines) == (
            LogLine(0.0, "a"),
            LogLine(12.5, "b: c"),
            LogLine(1.0, "d"),
        )

    def test_only_what_tells_something_is_kept(self) -> None:
        known = "watchdog: watchdog0: watchdog did not stop!"
        lines = [LogLine(float(at), known if at % 2 else "hello") for at in range(1000)]
        told = kernellog.telling(lines)
        assert {line.text for line in told} == {known}
        assert [line.seconds for line in told] == [float(at) for at in range(601, 1000, 2)]

    def test_another_root(self, root: Root, tmp_path: Path) -> None:
        root({kernellog.SAVED: "[    1.000000] a\n"})
        assert LinuxMachine(tmp_path).kernel_log() == (LogLine(1.0, "a"),)

    def test_not_to_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(KjtuiError, match="kernel log") as raised:
            LinuxMachine(tmp_path).kernel_log()
        assert MISSING in raised.value.detail
        assert "root" in raised.value.hint

    def test_not_permitted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden() -> list[bytes]:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(kernellog.syscalls, "kernel_log", forbidden)
        monkeypatch.setattr(kernellog, "_records", forbidden)
        source = Source()
        with pytest.raises(KjtuiError) as raised:
            kernellog.read(source)
        assert "not permitted" in raised.value.detail

    def test_records_of_a_log_that_is_overwritten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter([b"6,1,1000000,-;a\n", BrokenPipeError(), b"6,9,2000000,-;b\n", BlockingIOError()])

        def read(_file: int, _size: int) -> bytes:
            answer = next(answers)
            if isinstance(answer, OSError):
                raise answer
            return answer

        with monkeypatch.context() as patched:
            patched.setattr(kernellog, "KMSG", "/dev/null")
            patched.setattr(os, "read", read)
            records = kernellog._records()
        assert records == [b"6,1,1000000,-;a\n", b"6,9,2000000,-;b\n"]


class TestPreviousLog:
    def test_parts_are_put_in_order(self, root: Root, tmp_path: Path) -> None:
        root(
            {
                "/sys/fs/pstore/dmesg-efi_pstore-1": "Panic#2 Part1\n<0>[   12.000000] Kernel panic\n",
                "/sys/fs/pstore/dmesg-efi_pstore-2": "Panic#2 Part2\n<6>[   11.000000] before\n",
                "/sys/fs/pstore/dmesg-efi_pstore-3": "Oops#1 Part1\n<6>[   10.000000] first\n",
                "/sys/fs/pstore/dmesg-efi_pstore-4.enc.z": b"\x78\x9c\xff",
                "/sys/fs/pstore/console-ramoops-0": "[    1.0] no\n",
            }
        )
        lines = LinuxMachine(tmp_path).previous_log()
        assert [line.text for line in lines] == ["first", "before", "Kernel panic"]

    def test_nothing_is_left(self, tmp_path: Path) -> None:
        assert LinuxMachine(tmp_path).previous_log() == ()

    def test_what_may_not_be_read_is_not_called_empty(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forbidden(path: str) -> list[str]:
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr(os, "listdir", forbidden)
        with pytest.raises(KjtuiError, match="cannot be read") as caught:
            LinuxMachine(tmp_path).previous_log()
        assert "not permitted" in caught.value.detail

    def test_lines_of_journald(self) -> None:
        text = "[    1.500000] host kernel: a: b\n[    2.000000] host systemd[1]: c\n-- No entries --\n"
        assert previouslog.parse_journal(text)[0] == LogLine(1.5, "a: b")

    @pytest.mark.parametrize("trouble", [FileNotFoundError(), subprocess.TimeoutExpired("journalctl", 1)])
    def test_no_journald(self, monkeypatch: pytest.MonkeyPatch, trouble: Exception) -> None:
        def run(*_args: object, **_options: object) -> None:
            raise trouble

        monkeypatch.setattr(subprocess, "run", run)
        assert previouslog._journal() == ""


def _line(at: object, state: str = "done", **more: object) -> str:
    told = {"version": 1, "at": at, "boot_id": "b", "operation": "jump", "state": state, "about": "", **more}
    return json.dumps(told) + "\n"


class TestJournal:
    def test_no_journal(self, root: Root) -> None:
        source = root({})
        assert journal.read(source) == ()
        assert source.unreadable == {}

    def test_entries(self, root: Root) -> None:
        source = root({journal.PATH: _line(1) + _line(2.5, "failed", about="why")})
        assert journal.read(source) == (
            JournalEntry(1.0, "b", "jump", "done"),
            JournalEntry(2.5, "b", "jump", "failed", "why"),
        )
        assert source.unreadable == {}

    def test_only_the_newest(self, root: Root) -> None:
        source = root({journal.PATH: "".join(_line(at, about="x" * 500) for at in range(1000))})
        entries = journal.read(source)
        assert entries is not None
        assert [entry.at for entry in entries] == [float(at) for at in range(950, 1000)]
        assert source.unreadable == {}

    @pytest.mark.parametrize(
        "line",
        [
            _line(1)[:-9],
            "[]",
            "7",
            "[" * 100_000,
            _line("1"),
            _line(True),
            _line(float("inf")),
            _line(1, "odd"),
            _line(1, version=2),
            _line(1, about=7),
            "\0",
        ],
    )
    def test_a_broken_line_costs_only_itself(self, root: Root, line: str) -> None:
        source = root({journal.PATH: f"{_line(1)}{line[:40_000]}\n{_line(2)}"})
        entries = journal.read(source)
        assert [entry.at for entry in entries or ()] == [1.0, 2.0]
        assert source.unreadable == {journal.PATH: "1 of its newest 3 lines are not understood"}

    def test_odd_text(self, root: Root) -> None:
        source = root({journal.PATH: _line(1, about="\ud800")})
        (entry,) = journal.read(source) or ()
        assert entry.about.encode()

    def test_not_permitted(self, root: Root, monkeypatch: pytest.MonkeyPatch) -> None:
        def forbidden(_path: str) -> None:
            raise PermissionError(13, "Permission denied")

        source = root({})
        with monkeypatch.context() as patched:
            patched.setattr(os, "stat", forbidden)
            assert journal.read(source) is None
        assert "not permitted" in source.unreadable[journal.PATH]


class TestOthers:
    def test_setup_mode(self, root: Root) -> None:
        source = root({security.SETUP_MODE: b"\6\0\0\0\1", security.SECURE_BOOT: b"\6\0\0\0\0"})
        assert security.setup_mode(source, efi=True) is True
        assert security.secure_boot(source, efi=True) is False
        assert security.setup_mode(source, efi=False) is False

    @pytest.mark.parametrize("value", [b"\6\0\0\0\7", b"\6\0\0\0\1\1", b"\6"])
    def test_setup_mode_that_is_not_understood(self, root: Root, value: bytes) -> None:
        source = root({security.SETUP_MODE: value})
        assert security.setup_mode(source, efi=True) is None
        assert security.SETUP_MODE in source.unreadable

    def test_lockdown_that_the_kernel_has_but_does_not_show(self, root: Root) -> None:
        source = root({security.SECURITYFS_MARK: "capability,lockdown,yama"})
        assert security.lockdown(source, {}) is None
        assert security.LOCKDOWN in source.unreadable

    def test_kernel_header(self, root: Root) -> None:
        source = root({"/boot/vmlinuz": bzimage(), "/boot/other": b"MZ" * 600})
        told = KernelHeader(protocol=0x20F, relocatable=True, entry_64=True, init_size=16 << 20)
        assert kernelfile.header(source, "/boot/vmlinuz") == told
        assert kernelfile.header(source, None) is None
        assert source.unreadable == {}
        assert kernelfile.header(source, "/boot/other") is None
        assert "bzImage" in source.unreadable["/boot/other"]

    @pytest.mark.parametrize("text", ["0-3\n", "5-3\n", "0-99999999999\n", "a\n", "\u0661\n"])
    def test_processors(self, root: Root, text: str) -> None:
        source = root({processors.PRESENT: text})
        assert processors.present(source) == (4 if text == "0-3\n" else None)
        assert (processors.PRESENT in source.unreadable) == (text != "0-3\n")

    def test_freeze_timeout(self, root: Root) -> None:
        assert freezing.timeout(root({})) is None
        assert freezing.timeout(root({freezing.TIMEOUT: "20000\n"})) == 20000


def test_a_whole_machine(tmp_path: Path) -> None:
    trees.grow(tmp_path)
    facts = gather(tmp_path)
    assert facts.unreadable == {}
    assert facts.distribution == {
        "ID": "ubuntu",
        "ID_LIKE": "debian",
        "VERSION_ID": "24.04",
        "PRETTY_NAME": "Ubuntu 24.04",
    }
    assert (facts.service_manager, facts.container, facts.hypervisor, facts.xen) == ("systemd", "", "", "")
    assert (facts.memory_encryption, facts.ima, facts.seccomp, facts.setup_mode) == ("", (), 0, False)
    assert (facts.cpus_present, facts.cpus_online, facts.freeze_timeout) == (4, 4, 20000)
    assert facts.kernel_header is not None
    assert [entry.state for entry in facts.journal or ()] == ["begun", "done"]
    assert [line.seconds for line in facts.kernel_log or ()] == [0.25, 12.345678]
    assert facts.restores_gdt is True
