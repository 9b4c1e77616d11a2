"""The checks of the kernel, its permissions, what is loaded and the memory, in every verdict they can give.

Each case: the check, what differs from a ready machine, the verdict, words that the finding must hold.
"""

from dataclasses import replace
from pathlib import Path

from kjtui.backend.recording import read_recording
from kjtui.model.checks import Verdict
from kjtui.model.facts import JournalEntry, KernelHeader, LogLine
from kjtui.model.memory import MIB

READY, ATTENTION, BLOCKED, UNKNOWN = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN
MACHINES = Path(__file__).parent.parent / "machines"
BASE = read_recording(MACHINES / "ready.json").facts
HIDDEN = read_recording(MACHINES / "not-root.json").facts.iomem
CRASH_REGION = read_recording(MACHINES / "reserved.json").facts.iomem
FORBIDDEN = "not permitted; it takes more rights"
KERNEL = "/boot/vmlinuz-6.14.0-24-generic"
HEADER = BASE.kernel_header or KernelHeader(0, relocatable=False, entry_64=False, init_size=0)
NO_LOW_MEMORY = tuple(line for line in BASE.iomem if not line.startswith(("00001000", "0009f000")))
LITTLE_PIECES = (
    "00001000-0009ffff : System RAM",
    "00100000-08ffffff : System RAM",
    "10000000-17ffffff : System RAM",
    "100000000-27fffffff : System RAM",
)
PIECES_AND_RESERVED = (*LITTLE_PIECES[:3], "  10000000-17ffffff : Crash kernel", LITTLE_PIECES[3])
WITHOUT_SECURITYFS = tuple(one for one in BASE.mounts if one.fstype != "securityfs")
NO_CONFIG: dict[str, object] = {"config": None, "config_source": ""}
DEBIAN = {"ID": "debian"}
OPEN_JUMP = JournalEntry(1.0, BASE.boot_id, "jump", "begun")
LOCKED = "Kernel is locked down from {}; see man kernel_lockdown.7"
RESTRICTED = "Lockdown: mount: debugfs access is restricted; see man kernel_lockdown.7"

Change = dict[str, object]


def _config(**changes: str) -> Change:
    """The ready machine's configuration with some options changed; "n" takes one out."""
    options = {**(BASE.config or {}), **{f"CONFIG_{name}": value for name, value in changes.items()}}
    return {"config": {name: value for name, value in options.items() if value != "n"}}


NO_KEXEC = _config(KEXEC="n", KEXEC_FILE="n", KEXEC_JUMP="n")


def _locked(level: str = "integrity", **changes: object) -> Change:
    return {"lockdown": level, **changes}


def _log(*lines: str) -> Change:
    return {"kernel_log": tuple(LogLine(float(number), line) for number, line in enumerate(lines))}


def _reserved(**changes: object) -> Change:
    return {"iomem": CRASH_REGION, **changes}


KERNEL_CASES: list[tuple[str, Change, Verdict, str]] = [
    ("architecture", {}, READY, "x86-64"),
    ("architecture", {"architecture": "aarch64"}, BLOCKED, "aarch64"),
    ("architecture", {"architecture": ""}, UNKNOWN, "uname"),
    ("kexec", {}, READY, "/boot/config-6.14.0-24-generic CONFIG_KEXEC=y"),
    ("kexec", _config(KEXEC="n"), BLOCKED, "CONFIG_KEXEC is not set"),
    ("kexec", NO_CONFIG, UNKNOWN, "/proc/config.gz"),
    ("kexec-jump", {}, READY, "CONFIG_KEXEC_JUMP=y"),
    ("kexec-jump", _config(KEXEC_JUMP="n"), BLOCKED, "On Ubuntu: sudo apt install linux-generic"),
    ("kexec-jump", {**_config(KEXEC_JUMP="n"), "distribution": DEBIAN}, BLOCKED, "--like-running"),
    ("kexec-jump", {**_config(KEXEC_JUMP="n"), "distribution": None}, BLOCKED, "Or build one"),
    ("kexec-jump", NO_CONFIG, UNKNOWN, "refuses at step 4"),
    (
        "kexec-jump",
        {**NO_CONFIG, "unreadable": {"/proc/config.gz": "it is damaged"}},
        UNKNOWN,
        "it is damaged",
    ),
    ("hibernation", {}, READY, "CONFIG_HIBERNATION=y"),
    ("hibernation", _config(HIBERNATION="n"), BLOCKED, "CONFIG_HIBERNATION is not set"),
    ("hibernation", NO_CONFIG, UNKNOWN, "linux-image"),
    ("hibernation", {**NO_CONFIG, "container": "docker"}, UNKNOWN, "on the host"),
    ("crash-dump", {}, READY, "CONFIG_CRASH_DUMP=y"),
    ("crash-dump", _config(CRASH_DUMP="n"), ATTENTION, "borrow memory"),
    ("crash-dump", {**NO_CONFIG, "distribution": {"ID": "fedora"}}, UNKNOWN, "dnf reinstall"),
    ("proc-vmcore", {}, READY, "/proc/vmcore"),
    ("proc-vmcore", _config(PROC_VMCORE="n"), ATTENTION, "CONFIG_PROC_VMCORE is not set"),
    ("proc-vmcore", NO_CONFIG, UNKNOWN, "only /proc/vmcore"),
    ("devmem", {}, READY, "CONFIG_IO_STRICT_DEVMEM=y"),
    ("devmem", _config(DEVMEM="n"), ATTENTION, "return report"),
    ("devmem", NO_CONFIG, UNKNOWN, "own words"),
    ("relocatable", {}, READY, "CONFIG_RELOCATABLE=y"),
    ("relocatable", _config(RELOCATABLE="m"), BLOCKED, "CONFIG_RELOCATABLE=m"),
    ("relocatable", NO_CONFIG, UNKNOWN, "looks at the kernel's file again"),
    ("way-back", {}, READY, "by itself"),
    ("way-back", {"restores_gdt": False, "gdt_address": 0xFFFF88803EC0B000}, READY, "0xffff88803ec0b000"),
    ("way-back", {"restores_gdt": None, "gdt_address": 0xFFFF88803EC0B000}, READY, "starts kernel B afresh"),
    ("way-back", {"restores_gdt": False}, BLOCKED, "would crash"),
    ("way-back", {"restores_gdt": None}, UNKNOWN, "as root"),
    ("kernel-file", {}, READY, KERNEL),
    ("kernel-file", {"kernel_file": None}, BLOCKED, KERNEL),
    ("kernel-file", {"kernel_file": None, "container": "lxc"}, BLOCKED, "on the host"),
    ("kernel-file", {"kernel_file": None, "distribution": {"ID": "rocky"}}, BLOCKED, "kernel-install"),
    ("kernel-file", {"kernel_file": None, "unreadable": {KERNEL: FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("boot-protocol", {}, READY, "boot protocol 2.15"),
    ("boot-protocol", {"kernel_header": replace(HEADER, protocol=0x20B)}, BLOCKED, "2.11 (needed: 2.12)"),
    ("boot-protocol", {"kernel_header": replace(HEADER, entry_64=False)}, BLOCKED, "XLF_KERNEL_64): no"),
    (
        "boot-protocol",
        {"kernel_header": replace(HEADER, relocatable=False)},
        BLOCKED,
        "relocatable_kernel): no",
    ),
    ("boot-protocol", {"kernel_header": None, "unreadable": {KERNEL: FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("boot-protocol", {"kernel_header": None, "kernel_file": None}, UNKNOWN, KERNEL),
    ("boot-protocol", {"kernel_header": None, "kernel_file": None}, UNKNOWN, "the check kernel-file"),
    (
        "boot-protocol",
        {"kernel_header": None, "unreadable": {KERNEL: FORBIDDEN}},
        UNKNOWN,
        "run kjtui as root",
    ),
    ("kernel-b", {}, READY, "tty0: CONFIG_VT_CONSOLE=y"),
    ("kernel-b", _config(KEXEC_JUMP="n"), READY, "lacks nothing but the jump"),
    ("kernel-b", _config(BINFMT_SCRIPT="m"), BLOCKED, "CONFIG_BINFMT_SCRIPT=m: B needs it to start /init"),
    ("kernel-b", _config(SYSFS="n", DEVTMPFS="n", TTY="n"), BLOCKED, "no SYSFS and 2 more"),
    ("kernel-b", _config(VT_CONSOLE="n"), ATTENTION, "mute on tty0"),
    ("kernel-b", {"consoles": ("ttyS0",), **_config(SERIAL_8250_CONSOLE="m")}, ATTENTION, "=m"),
    ("kernel-b", {"consoles": ("tty0", "hvc0")}, READY, "hvc0: CONFIG_VIRTIO_CONSOLE is not set"),
    ("kernel-b", {"consoles": ("ttyAMA0",)}, READY, "all 9 options"),
    ("kernel-b", NO_CONFIG, UNKNOWN, "Quick test"),
    ("xen", {}, READY, "no Xen"),
    ("xen", {"xen": "PV"}, BLOCKED, "does not own the processor"),
    ("xen", {"xen": "dom0"}, BLOCKED, "(dom0)"),
    ("xen", {"xen": "HVM"}, BLOCKED, "stay dead"),
    ("xen", {"xen": None, "unreadable": {"/sys/hypervisor/type": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("memory-encryption", {}, READY, "not encrypted"),
    ("memory-encryption", {"memory_encryption": "SEV-SNP"}, BLOCKED, "private or shared"),
    ("memory-encryption", {"memory_encryption": "TDX"}, BLOCKED, "(TDX)"),
    ("memory-encryption", {"memory_encryption": "SME"}, BLOCKED, "mem_encrypt=off"),
    ("memory-encryption", {"memory_encryption": None}, UNKNOWN, "/proc/cpuinfo"),
    ("processors", {}, READY, "4 online"),
    ("processors", {"cpus_online": 1}, ATTENTION, "Only 1 of 4"),
    ("processors", {"cpus_online": 1, "journal": (OPEN_JUMP,)}, ATTENTION, "a jump of this boot has no end"),
    ("processors", {"cpus_online": 2, "command_line": "ro nosmt quiet"}, READY, "as was asked for"),
    ("processors", {"cpus_online": 2, "command_line": "mitigations=auto,nosmt"}, READY, "nosmt"),
    ("processors", {"cpus_online": 8}, READY, "8 online"),
    ("processors", {"cpus_present": None}, UNKNOWN, "lscpu"),
]

RIGHTS_CASES: list[tuple[str, Change, Verdict, str]] = [
    ("capability", {}, READY, "CAP_SYS_BOOT"),
    ("capability", {"capabilities": 1 << 22}, READY, "0000000000400000"),
    ("capability", {"capabilities": ~(1 << 22) & 0x1FFFFFFFFFF}, BLOCKED, "sudo"),
    ("capability", {"capabilities": None}, UNKNOWN, "as root"),
    ("container", {}, READY, "no sign"),
    ("container", {"container": "docker"}, BLOCKED, "on the host"),
    ("container", {"container": "wsl"}, BLOCKED, "unlike WSL"),
    ("container", {"container": None, "unreadable": {"/proc/1/cgroup": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("seccomp", {}, READY, "0 (none)"),
    ("seccomp", {"seccomp": 1}, BLOCKED, "strict"),
    ("seccomp", {"seccomp": 2}, UNKNOWN, "its rules are hidden"),
    ("seccomp", {"seccomp": 7}, UNKNOWN, "not known"),
    ("seccomp", {"seccomp": None}, UNKNOWN, "Seccomp line"),
    ("lockdown", {}, READY, "level: none"),
    ("lockdown", {"lockdown": "absent"}, READY, "no lockdown"),
    ("lockdown", _locked(secure_boot=True), BLOCKED, "Secure Boot has locked"),
    ("lockdown", _locked(secure_boot=True, distribution=None), BLOCKED, "the firmware's setup;"),
    (
        "lockdown",
        _locked("confidentiality", command_line="lockdown=confidentiality"),
        BLOCKED,
        "without lockdown=",
    ),
    (
        "lockdown",
        _locked(command_line="ro lockdown=integrity", secure_boot=True),
        BLOCKED,
        "The command line has",
    ),
    (
        "lockdown",
        _locked(
            command_line="lockdown=integrity", secure_boot=True, **_config(LOCK_DOWN_IN_EFI_SECURE_BOOT="y")
        ),
        BLOCKED,
        "Also take lockdown= off",
    ),
    ("lockdown", _locked(**_config(LOCK_DOWN_KERNEL_FORCE_INTEGRITY="y")), BLOCKED, "was built locked down"),
    ("lockdown", _locked(secure_boot=False), BLOCKED, "while running"),
    ("lockdown", _locked(secure_boot=None), BLOCKED, "could not be read"),
    ("lockdown", _locked(secure_boot=False, efi=False), BLOCKED, "integrity"),
    (
        "lockdown",
        _locked(secure_boot=True, **_log(LOCKED.format("command line"))),
        BLOCKED,
        "The command line",
    ),
    (
        "lockdown",
        _locked(secure_boot=None, **_log(LOCKED.format("EFI Secure Boot mode"))),
        BLOCKED,
        "Secure Boot has",
    ),
    ("lockdown", _locked(secure_boot=None, **_log(LOCKED.format("securityfs"))), BLOCKED, "while running"),
    (
        "lockdown",
        {"lockdown": None, **_log(LOCKED.format("Kernel configuration"))},
        BLOCKED,
        "built locked down",
    ),
    (
        "lockdown",
        {"lockdown": None, **_log(LOCKED.format("somebody else"))},
        BLOCKED,
        "The kernel is locked down",
    ),
    ("lockdown", {"lockdown": None, **_log(RESTRICTED)}, BLOCKED, f"kernel log {RESTRICTED}"),
    ("lockdown", {"lockdown": None, "secure_boot": None, **_log(RESTRICTED)}, BLOCKED, "the usual cause"),
    ("lockdown", {"lockdown": "none", **_log("Lockdown is not mentioned")}, READY, "level: none"),
    ("lockdown", {"lockdown": None}, UNKNOWN, "securityfs mounted"),
    ("lockdown", {"lockdown": None, "command_line": "lockdown=integrity"}, UNKNOWN, "lockdown=integrity"),
    ("lockdown", {"lockdown": None, "mounts": WITHOUT_SECURITYFS}, UNKNOWN, "kjtui can mount securityfs"),
    ("secure-boot", {}, READY, "Secure Boot is off"),
    ("secure-boot", {"secure_boot": True}, READY, "Secure Boot is on"),
    ("secure-boot", {"setup_mode": True}, READY, "setup mode"),
    ("secure-boot", {"efi": False}, READY, "no EFI"),
    ("secure-boot", {"secure_boot": None}, READY, "has locked nothing"),
    ("secure-boot", {"secure_boot": None, "lockdown": None}, UNKNOWN, "mokutil"),
    (
        "secure-boot",
        {
            "secure_boot": None,
            "lockdown": "integrity",
            "unreadable": {"/sys/firmware/efi/efivars/X": FORBIDDEN},
        },
        UNKNOWN,
        FORBIDDEN,
    ),
    ("ima", {}, READY, "CONFIG_IMA is not set"),
    ("ima", NO_CONFIG, READY, "no rule"),
    ("ima", {"ima": ("appraise func=KEXEC_KERNEL_CHECK",)}, BLOCKED, "func=KEXEC_KERNEL_CHECK"),
    ("ima", {"ima": ("CONFIG_IMA_ARCH_POLICY=y with Secure Boot",)}, BLOCKED, "Turn Secure Boot off"),
    ("ima", {"ima": None}, UNKNOWN, "as root"),
    ("load-disabled", {}, READY, "not switched off"),
    ("load-disabled", {"kexec_load_disabled": 1}, BLOCKED, "sysctl.d"),
    (
        "load-disabled",
        {"kexec_load_disabled": 1, "distribution": {"ID": "nixos"}},
        BLOCKED,
        "protectKernelImage",
    ),
    ("load-disabled", {"kexec_load_disabled": None, **NO_KEXEC}, READY, "no switch"),
    ("load-disabled", {"kexec_load_disabled": None}, UNKNOWN, "kexec_load_disabled"),
    ("load-limit", {}, READY, "no limit"),
    ("load-limit", {"kexec_load_limit_reboot": 0}, BLOCKED, "Restart"),
    ("load-limit", {"kexec_load_limit_reboot": 1}, ATTENTION, "1 load is left"),
    ("load-limit", {"kexec_load_limit_reboot": 5}, ATTENTION, "5 loads are left"),
    ("load-limit", {"kexec_load_limit_reboot": None, **NO_KEXEC}, READY, "CONFIG_KEXEC is not set"),
    ("load-limit", {"kexec_load_limit_reboot": None}, UNKNOWN, "kexec_load_limit_reboot"),
]

STATE_AND_MEMORY_CASES: list[tuple[str, Change, Verdict, str]] = [
    ("image-loaded", {}, READY, "No other"),
    ("image-loaded", {"kexec_loaded": True}, ATTENTION, "replaced"),
    ("image-loaded", {"kexec_loaded": None, **NO_KEXEC}, READY, "none can be"),
    (
        "image-loaded",
        {"kexec_loaded": None, **NO_KEXEC, "unreadable": {"/sys/kernel/kexec_loaded": FORBIDDEN}},
        UNKNOWN,
        FORBIDDEN,
    ),
    ("image-loaded", {"kexec_loaded": None}, UNKNOWN, "kexec_loaded"),
    ("crash-kernel", {}, READY, "No crash kernel"),
    ("crash-kernel", {"kexec_crash_size": 256 * MIB}, READY, "256 MiB"),
    ("crash-kernel", {"kexec_crash_loaded": True}, ATTENTION, "kdump-config unload"),
    ("crash-kernel", {"kexec_crash_loaded": True, "distribution": {}}, ATTENTION, "kexec -p -u"),
    ("crash-kernel", {"kexec_crash_loaded": None, **_config(CRASH_DUMP="n")}, READY, "none can be"),
    ("crash-kernel", {"kexec_crash_loaded": None}, UNKNOWN, "borrow"),
    ("memory-map", {}, READY, "System RAM"),
    ("memory-map", {"iomem": HIDDEN}, BLOCKED, "as root"),
    ("memory-map", {"iomem": (), "unreadable": {"/proc/iomem": "no such"}}, UNKNOWN, "no such"),
    ("memory-map", {"iomem": ("junk",)}, UNKNOWN, "no System RAM"),
    ("memory-map", {"unreadable": {"/proc/iomem": "7 of its 90 lines"}}, UNKNOWN, "7 of its 90 lines"),
    ("memory-map", {"iomem": NO_LOW_MEMORY}, BLOCKED, "640 KiB"),
    ("memory", {}, READY, "available of"),
    ("memory", {"memory_available": 287 * MIB}, BLOCKED, "287 MiB of 288 MiB"),
    ("memory", {"memory_available": 288 * MIB}, READY, "288 MiB"),
    ("memory", {"memory_total": 1024 * MIB, "memory_available": 60 * MIB}, BLOCKED, "End programs"),
    ("memory", _reserved(memory_available=200 * MIB), ATTENTION, "Choose the reserved region"),
    ("memory", _reserved(memory_available=200 * MIB, kexec_crash_loaded=True), BLOCKED, "Too little memory"),
    ("memory", _reserved(memory_available=50 * MIB), BLOCKED, "file caches"),
    ("memory", {"memory_total": 0, "memory_available": 0}, UNKNOWN, "/proc/meminfo"),
    ("largest-region", {}, READY, "824 MiB"),
    ("largest-region", {"iomem": LITTLE_PIECES}, BLOCKED, "128 MiB of 192 MiB"),
    ("largest-region", {"iomem": PIECES_AND_RESERVED}, ATTENTION, "Choose the reserved region"),
    (
        "largest-region",
        {"iomem": PIECES_AND_RESERVED, "kexec_crash_loaded": True},
        BLOCKED,
        "crashkernel=256M",
    ),
    ("largest-region", {"iomem": HIDDEN}, UNKNOWN, "all addresses are 0"),
    ("largest-region", {"iomem": (), "unreadable": {"/proc/iomem": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("half-limit", {}, READY, "less than half"),
    ("half-limit", {"memory_total": 384 * MIB}, BLOCKED, "at least 386 MiB"),
    ("half-limit", {"memory_total": 386 * MIB}, READY, "193 MiB"),
    ("half-limit", _reserved(memory_total=384 * MIB), ATTENTION, "Choose the reserved region"),
    ("half-limit", _reserved(memory_total=128 * MIB), BLOCKED, "too little memory: 128 MiB"),
    ("half-limit", {"memory_total": 0, "unreadable": {"/proc/meminfo": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
    ("swap", {}, READY, "/dev/nvme0n1p3"),
    ("swap", {"swaps": ()}, READY, "No swap"),
    ("swap", {"swaps": tuple(f"/swap{at}" for at in range(6))}, READY, "and 2 more"),
    ("swap", {"swaps": (), "unreadable": {"/proc/swaps": FORBIDDEN}}, UNKNOWN, FORBIDDEN),
]

CASES = [*KERNEL_CASES, *RIGHTS_CASES, *STATE_AND_MEMORY_CASES]
