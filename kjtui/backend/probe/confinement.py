"""What stands between this system and the machine: containers, hypervisors, encrypted memory, seccomp."""

import re
from collections.abc import Iterable

from kjtui.backend.probe.source import Source, decoded, whole

STATUS = "/proc/self/status"
UID_MAP = "/proc/self/uid_map"
MANAGER = "/run/systemd/container"
CGROUP = "/proc/1/cgroup"
PID_NAMESPACE = "/proc/self/ns/pid"
CPUINFO = "/proc/cpuinfo"
DMI = "/sys/class/dmi/id"
XEN_TYPE = "/sys/hypervisor/type"
XEN_GUEST = "/sys/hypervisor/guest_type"
XEN_FEATURES = "/sys/hypervisor/properties/features"
XEN_CAPABILITIES = "/proc/xen/capabilities"
CLOCKS = "/sys/devices/system/clocksource/clocksource0/available_clocksource"
_SMALL = 64 << 10
_FIRST_PROCESSOR = 16 << 10  # reading /proc/cpuinfo asks each processor for its speed: the first is enough
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}")
_SECCOMP = re.compile(r"^Seccomp:\s*([0-2])$", re.MULTILINE)
_FLAGS = re.compile(r"^flags\s*: (.*)$", re.MULTILINE)
_WHOLE_MAP = ["0", "0", "4294967295"]  # the first user namespace (user_namespaces(7))
_FIRST_PIDS = "pid:[4026531836]"  # PROC_PID_INIT_INO in include/linux/proc_ns.h
_DOM0 = 1 << 11  # XENFEAT_dom0 in include/xen/interface/features.h
_CGROUPS = {
    "/docker": "docker",
    "/libpod": "podman",
    "/lxc": "lxc",
    "/kubepods": "kubernetes",
    "/machine.slice/systemd-nspawn": "systemd-nspawn",
}
# How hypervisors name themselves in the tables of the firmware (DMI); systemd-detect-virt knows the same.
_MADE_BY = {
    "KVM": "kvm",
    "KubeVirt": "kvm",
    "OpenStack": "kvm",
    "Amazon EC2": "kvm",
    "Google Compute Engine": "kvm",
    "QEMU": "qemu",
    "Bochs": "qemu",
    "VMware": "vmware",
    "VirtualBox": "oracle",
    "innotek GmbH": "oracle",
    "Xen": "xen",
    "Hyper-V": "microsoft",
    "Virtual Machine": "microsoft",
}
ENCRYPTION_WORDS = "Memory Encryption Features active: "  # of the kernel log
_ENCRYPTION_LOG = re.compile(re.escape(ENCRYPTION_WORDS) + "(.*)")
_ENCRYPTIONS = ("SEV-SNP", "SEV-ES", "SEV", "TDX", "SME")  # the strongest first


def seccomp(source: Source) -> int | None:
    """The mode of our own system call filter: 0 none, 1 strict, 2 a filter. 0 on kernels without seccomp."""
    text = source.text(STATUS, limit=_SMALL)
    if text is None:
        return None
    if found := _SECCOMP.search(text):
        return int(found[1])
    if "Seccomp:" in text or "CapEff:" not in text:
        source.note(STATUS, "its Seccomp line is not understood")
        return None
    return 0


def container(source: Source) -> str | None:
    """The kind of container we run in, "" for none; the signs are those of systemd-detect-virt.

    Files may be left over from an image that was made for containers, so the namespace of process numbers
    comes first: in the first one reboot(2) speaks of the machine (reboot_pid_ns in kernel/pid_namespace.c).
    """
    release = source.text("/proc/sys/kernel/osrelease", limit=_SMALL, optional=True) or ""
    if "microsoft" in release.lower() or "WSL" in release:
        return "wsl"
    if source.link(PID_NAMESPACE) == _FIRST_PIDS:
        return _namespace(source, groups_read=True)
    if (told := source.text(MANAGER, limit=_SMALL, optional=True)) is not None:
        return _name(source, MANAGER, told)
    # Only root may read it; the other signs serve everybody.
    environment = source.data("/proc/1/environ", limit=_SMALL, optional=True) or b""
    for entry in environment.split(b"\0"):
        if entry.startswith(b"container=") and len(entry) > 10:
            return _name(source, "/proc/1/environ", decoded(entry[10:]))
    if source.is_file("/.dockerenv"):
        return "docker"
    if source.is_file("/run/.containerenv"):
        return "podman"
    groups = source.text(CGROUP, limit=_SMALL)
    if found := next((kind for sign, kind in _CGROUPS.items() if sign in (groups or "")), ""):
        return found
    return _namespace(source, groups is not None)


def hypervisor(source: Source) -> str | None:
    """The hypervisor below this system, "" for none, "unknown" for one that does not say its name."""
    if source.text(XEN_TYPE, limit=_SMALL, optional=True) == "xen":
        return "xen"
    clocks = (source.text(CLOCKS, limit=_SMALL, optional=True) or "").split()
    if "kvm-clock" in clocks:
        return "kvm"
    if "hyperv_clocksource_tsc_page" in clocks or "hyperv_clocksource_msr" in clocks:
        return "microsoft"
    flags = cpu_flags(source)
    if flags is not None and "hypervisor" not in flags:
        return ""
    tables = [
        source.text(f"{DMI}/{name}", limit=_SMALL, optional=True) or ""
        for name in ("product_name", "sys_vendor", "board_vendor", "bios_vendor")
    ]
    for text in tables:
        for sign, kind in _MADE_BY.items():
            if text.startswith(sign):
                return kind
    return None if flags is None else "unknown"


def xen(source: Source) -> str | None:
    """How this system runs under Xen: "" not at all, "dom0", "PV", "PVH", "HVM"."""
    if source.text(XEN_TYPE, limit=_SMALL, optional=True) != "xen":
        return None if XEN_TYPE in source.unreadable else ""
    capabilities = source.text(XEN_CAPABILITIES, limit=_SMALL, optional=True) or ""
    features = source.number(XEN_FEATURES, base=16, optional=True) or 0
    if "control_d" in capabilities or features & _DOM0:
        return "dom0"
    kind = source.text(XEN_GUEST, limit=_SMALL)
    if kind in ("PV", "PVH", "HVM"):
        return kind
    if kind is not None:
        source.note(XEN_GUEST, f"its content is not understood: {kind[:40]!r}")
    return None


def memory_encryption(source: Source, command_line: str, log: Iterable[str]) -> str | None:
    """How the processor encrypts this system's memory now, "" if not. log: lines of the kernel log.

    What a processor merely could do is no encryption: on a host, the flags sev and sme say only that.
    """
    for line in log:
        if found := _ENCRYPTION_LOG.search(line):
            words = re.split(r"[ /]+", found[1])
            return next((kind for kind in _ENCRYPTIONS if kind in words), "")
    if source.is_folder("/sys/devices/system/cpu/sev") or _misc(source, "sev-guest"):
        return "SEV-SNP"
    if _misc(source, "tdx_guest"):
        return "TDX"
    flags = cpu_flags(source)
    if flags is None:
        return None
    if "tdx_guest" in flags:
        return "TDX"
    if "hypervisor" in flags:
        # KVM shows these to a guest only if they are in force for it.
        signs = {"sev_snp": "SEV-SNP", "sev_es": "SEV-ES", "sev": "SEV"}
        return next((kind for sign, kind in signs.items() if sign in flags), "")
    return "SME" if "sme" in flags and "mem_encrypt=on" in command_line.split() else ""


def cpu_flags(source: Source) -> frozenset[str] | None:
    """What the first processor can do (the flags line of /proc/cpuinfo)."""
    text = source.text(CPUINFO, limit=_FIRST_PROCESSOR)
    if text is None:
        return None
    if found := _FLAGS.search(text):
        return frozenset(found[1].split())
    source.note(CPUINFO, "it has no line of flags")
    return None


def _misc(source: Source, name: str) -> bool:
    return source.is_folder(f"/sys/class/misc/{name}")


def _namespace(source: Source, groups_read: bool) -> str | None:
    """ "user namespace" where root is not the machine's root."""
    users = source.text(UID_MAP, limit=_SMALL, optional=groups_read)
    if users is not None:
        words = users.split()
        if len(words) % 3 == 0 and all(whole(word) is not None for word in words):
            return "" if words == _WHOLE_MAP else "user namespace"
        source.note(UID_MAP, f"its content is not understood: {users[:40]!r}")
        return None
    # A kernel without user namespaces has no such file.
    return "" if groups_read and UID_MAP not in source.unreadable else None


def _name(source: Source, place: str, told: str) -> str | None:
    """A container manager's name for itself, as a plain word."""
    if _NAME.fullmatch(told):
        return told.lower()
    source.note(place, f"its content is not understood: {told[:40]!r}")
    return None
