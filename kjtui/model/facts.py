"""What the probes found on a machine. Plain data: a recorded machine is this, as JSON.

None always means "could not be read", never "no".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BlockDevice:
    """A block device as udev shows it. size in bytes; mounted_at and swap speak of kernel A.

    A disk carries in mounted_at and swap what the partitions and stacks above it carry.
    """

    name: str
    size: int
    model: str = ""
    removable: bool = False
    mounted_at: tuple[str, ...] = ()
    swap: bool = False
    kind: str = ""  # "disk", "part", "crypt", "lvm", "raid1" …, "loop", "rom", "zram"; "" unknown
    bus: str = (
        ""  # "usb", "nvme", "nvme-fabrics", "ata", "virtio", "scsi", "mmc", "iscsi", "nbd", "rbd"; "" unknown
    )
    content: str = (
        ""  # what lies on it (udev's ID_FS_TYPE): "ext4", "crypto_LUKS", "LVM2_member", "swsuspend"
    )
    stands_on: tuple[str, ...] = ()  # names of the devices directly below
    member_of: str = ""  # a stack that sysfs does not show: "zfs pool tank", "btrfs 1f2e…"
    state: str = ""  # of an md array: "clean", "resync", "recover", "degraded" …; "" for others


@dataclass(frozen=True)
class Watchdog:
    """A hardware or software watchdog: active means armed now; timeout in seconds."""

    name: str
    identity: str
    active: bool
    timeout: int | None = None


@dataclass(frozen=True)
class Mount:
    """A mounted file system (one line of /proc/self/mountinfo)."""

    source: str
    target: str
    fstype: str


@dataclass(frozen=True)
class KernelHeader:
    """What the running kernel's file says of itself (Documentation/arch/x86/boot.rst)."""

    protocol: int  # version of the boot protocol, e.g. 0x20f
    relocatable: bool
    entry_64: bool  # XLF_KERNEL_64: has the 64-bit entry at 0x200
    init_size: int  # bytes that the kernel needs while it starts


@dataclass(frozen=True)
class Display:
    """A graphics device: name as in /sys/class/drm ("card0"), or its PCI address where no driver has it.

    memory_used: bytes in use of the card's own memory, 0 where it has none or its driver does not tell.
    """

    name: str
    driver: str  # "i915", "amdgpu", "nvidia", …; "" if none
    model: str = ""
    memory_used: int = 0


@dataclass(frozen=True)
class InputDevice:
    """A keyboard. bus: "usb", "ps2", "bluetooth", "virtual", "virtio", "i2c"; "" unknown."""

    name: str
    bus: str


@dataclass(frozen=True)
class PowerSupply:
    """One entry of /sys/class/power_supply. kind: "Battery", "Mains", "USB", "UPS"."""

    name: str
    kind: str
    online: bool | None = None  # of mains
    charge: int | None = None  # of a battery, percent
    status: str = ""  # of a battery: "Charging", "Discharging", "Full" …


@dataclass(frozen=True)
class Task:
    """A process. state: the letter of proc(5), e.g. "D" for an uninterruptible wait."""

    pid: int
    name: str
    state: str
    waits_in: str = ""  # the kernel function it waits in (/proc/PID/wchan), "" unknown


@dataclass(frozen=True)
class Connection:
    """An established TCP connection to another machine."""

    program: str  # "" unknown
    local_port: int
    remote: str  # address
    remote_port: int


@dataclass(frozen=True)
class NetLink:
    """A network interface other than loopback. driver "" for virtual ones."""

    name: str
    driver: str = ""
    up: bool | None = None


@dataclass(frozen=True)
class JournalEntry:
    """One line of kjtui's own journal. at: seconds since 1970."""

    at: float
    boot_id: str
    operation: str  # "load", "unload", "jump", "return" (the way home, when there was one), …
    state: str  # "begun", then "done" or "failed"; "settled" when a person has taken note of an open one
    about: str = ""  # for people: what was done, or why it failed
    code: str = ""  # the system call and its errno, "reboot: EBUSY", where one was refused


@dataclass(frozen=True)
class LogLine:
    """A line of the kernel log. seconds since the start of the kernel."""

    seconds: float
    text: str


@dataclass(frozen=True)
class InstalledKernel:
    """A kernel file on this machine. can_jump: by its own configuration, None where that was not found.

    can_come_back and can_be_b: likewise, whether it can jump back from a visit, and whether it starts as
    kernel B at all; why: what speaks against that, lacks: what is only taken away, each in a sentence without
    a full stop (kjtui.knowledge.visitor). modules: whether its modules are on this machine. size in bytes.
    """

    path: str
    release: str
    can_jump: bool | None
    config_source: str = ""
    size: int = 0  # 0 where it could not be read
    modules: bool | None = None
    source: str = ""  # "/boot", "beside its modules", 'boot entry "Fedora Linux 42"', "unified kernel image"
    can_come_back: bool | None = None
    can_be_b: bool | None = None
    why: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotResumed:
    """Why a saved system was not gone back to at this start, in words for people."""

    title: str
    detail: str
    hint: str = ""


@dataclass(frozen=True)
class Facts:
    """One look at a machine."""

    architecture: str  # uname -m
    kernel_release: str  # uname -r
    command_line: str  # /proc/cmdline
    config: Mapping[str, str] | None  # {"CONFIG_KEXEC": "y", …}; absent options are not in it
    config_source: str  # the file config was read from, "" if none
    kernel_file: str | None  # the bzImage of the running kernel, e.g. /boot/vmlinuz-6.12
    lockdown: str | None  # "none", "integrity", "confidentiality"; "absent" if the kernel has no lockdown
    efi: bool
    secure_boot: bool | None
    acpi_rsdp: int | None  # physical address, told by EFI
    kexec_load_disabled: int | None  # kernel.kexec_load_disabled
    kexec_load_limit_reboot: int | None  # kernel.kexec_load_limit_reboot, -1 = unlimited
    capabilities: int | None  # CapEff bits
    iomem: tuple[str, ...]  # lines of /proc/iomem
    kexec_loaded: bool | None
    kexec_crash_loaded: bool | None
    kexec_crash_size: int | None  # bytes
    memory_total: int  # bytes
    memory_available: int  # bytes
    cpus_online: int
    consoles: tuple[str, ...]  # /sys/class/tty/console/active, e.g. ("tty0", "ttyS0")
    terminal: str | None  # this program's terminal, e.g. /dev/ttyS0 or /dev/pts/3
    # Does the kernel load its own GDT after coming back (fixed in January 2025)? Read from its code.
    restores_gdt: bool | None
    gdt_address: int | None  # virtual address of the boot CPU's GDT, for kernels that do not
    vmcoreinfo: tuple[int, int] | None  # physical address and size of the note
    screen_info: bytes = b""  # struct screen_info of /sys/kernel/boot_params/data
    block_devices: tuple[BlockDevice, ...] = ()
    watchdogs: tuple[Watchdog, ...] = ()
    mounts: tuple[Mount, ...] = ()
    swaps: tuple[str, ...] = ()
    empty_swaps: tuple[str, ...] = ()  # those of them in which nothing is
    unreadable: Mapping[str, str] = field(default_factory=dict)  # path → why it could not be read
    boot_id: str = ""  # /proc/sys/kernel/random/boot_id
    wall_clock: float | None = None  # seconds since 1970 when this was read
    uptime: float | None = None  # seconds, with the time asleep
    distribution: Mapping[str, str] | None = None  # /etc/os-release: ID, ID_LIKE, VERSION_ID, PRETTY_NAME
    service_manager: str = ""  # the first process, e.g. "systemd"
    kernel_header: KernelHeader | None = None
    setup_mode: bool | None = None  # EFI variable SetupMode; False without EFI
    seccomp: int | None = None  # Seccomp of /proc/self/status: 0 none, 1 strict, 2 filter
    container: str | None = (
        None  # "" none, "docker", "podman", "lxc", "systemd-nspawn", "wsl", "user namespace"
    )
    hypervisor: str | None = None  # "" none, "kvm", "qemu", "xen", "vmware", "microsoft", "oracle", "unknown"
    xen: str | None = None  # "" not under Xen, "dom0", "PV", "PVH", "HVM"
    memory_encryption: str | None = None  # "" none, "SME", "SEV", "SEV-ES", "SEV-SNP", "TDX"
    ima: tuple[str, ...] | None = None  # rules and words by which IMA appraises loaded kernels; () none
    cpus_present: int | None = None  # /sys/devices/system/cpu/present
    displays: tuple[Display, ...] | None = None
    keyboards: tuple[InputDevice, ...] | None = None
    power: tuple[PowerSupply, ...] | None = None
    processes: int | None = None  # how many there are
    stuck: tuple[Task, ...] | None = None  # in an uninterruptible wait
    connections: tuple[Connection, ...] | None = None
    links: tuple[NetLink, ...] | None = None
    modules: Mapping[str, str] | None = None  # loaded module → taint letters ("" none, "POE" …)
    sleeping: tuple[str, ...] | None = None  # block devices that hold a hibernation image
    freeze_timeout: int | None = None  # milliseconds, /sys/power/pm_freeze_timeout
    journal: tuple[JournalEntry, ...] | None = None  # the newest entries of kjtui's journal, oldest first
    kernel_log: tuple[LogLine, ...] | None = (
        None  # the telling lines (kjtui.knowledge.messages), oldest first
    )
    looks_for_saved: str = ""  # what shows that a start looks for a saved system: a file; "" nothing
    looks_on_server: str = ""  # the NFS export that it looks on, too, "SERVER:/FOLDER"; "" none
    not_resumed: NotResumed | None = None
