"""What the probes found on a machine. Plain data: a recorded machine is this, as JSON.

None always means "could not be read", never "no".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class BlockDevice:
    """A block device as udev shows it. size in bytes; mounted_at and swap speak of kernel A."""

    name: str
    size: int
    model: str = ""
    removable: bool = False
    mounted_at: tuple[str, ...] = ()
    swap: bool = False


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
    unreadable: Mapping[str, str] = field(default_factory=dict)  # path → why it could not be read
