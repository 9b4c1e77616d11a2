"""The kernel's messages on network, screens, disks, watchdogs and its own crashes. Data only.

From net/sched/sch_generic.c, drivers/net, drivers/gpu/drm, block/blk-core.c, fs/ext4, fs/xfs, fs/btrfs,
drivers/nvme, drivers/ata, drivers/scsi, drivers/usb/core, drivers/watchdog, kernel/watchdog.c, panic.c.
"""

from kjtui.knowledge.message import Message, Topic

_SEND = "Keep these lines: kjtui report packs them. Try another kernel version."

HARDWARE: tuple[Message, ...] = (
    # --- network
    Message(
        "link-down",
        Topic.NETWORK,
        (
            ("ink is down", r"(?P<who>\w[\w.-]*): (?:NIC )?[Ll]ink is down"),
            (
                "ink is Down",
                r"(?:(?P<who>\w[\w.-]*):? )?(?:\(unregistered.*\): )?(?:NIC |Copper )?[Ll]ink is Down",
            ),
            ("ink down", r"(?P<who>\w[\w.-]*): (?:NIC )?[Ll]ink down"),
            ("becoming not ready", r"\(NETDEV_DOWN\): (?P<who>\S+): link becomes? not ready"),
        ),
        "A network connection went down",
        "Normal while devices stop. If no line says that it is up again, the card or its cable is not back.",
        "As root: ip link set NAME down, ip link set NAME up. Else load the driver anew.",
        "network",
        normal=True,
    ),
    Message(
        "link-up",
        Topic.NETWORK,
        (
            ("ink is up", r"(?P<who>\w[\w.-]*): (?:NIC )?[Ll]ink is up"),
            ("ink is Up", r"(?:(?P<who>\w[\w.-]*):? )?(?:NIC |Copper )?[Ll]ink is Up"),
            ("ink up", r"(?P<who>\w[\w.-]*): (?:NIC )?[Ll]ink up"),
            ("link becomes ready", r"(?P<who>\S+): link becomes ready"),
        ),
        "A network connection is up",
        "The card works and sees its cable or its access point.",
        check="network",
        normal=True,
    ),
    Message(
        "net-timeout",
        Topic.NETWORK,
        (
            ("NETDEV WATCHDOG", r"(?P<who>\S+): NETDEV WATCHDOG: .*timed out"),
            ("NETDEV WATCHDOG", r"NETDEV WATCHDOG: (?:(?P<who>\w+) \(|CPU).*timed out"),
            ("Detected Hardware Unit Hang", r"(?P<who>\w[\w.-]*): Detected Hardware Unit Hang"),
        ),
        "A network card does not send any more",
        "The card does not answer since it was put to sleep or used by another kernel.",
        "Load its driver anew: modprobe -r DRIVER, modprobe DRIVER.",
        "network",
    ),
    # --- screen
    Message(
        "nvidia-suspend",
        Topic.SCREEN,
        (
            ("NVRM", r"NVRM: .*(?:[Ss]uspend|[Rr]esume|[Pp]ower|PreserveVideoMemory|GPU has fallen off)"),
            ("nvidia", r"nvidia.*(?:pci_pm_\w+|nv_pmops\w*).* returns -\d+"),
        ),
        "The NVIDIA driver could not put the card to sleep",
        "It saves the card's memory with the help of programs that are frozen at that time.",
        "Jump from a text console without a graphical desktop, or unload nvidia beforehand.",
        "graphics",
    ),
    Message(
        "gpu-hang",
        Topic.SCREEN,
        (
            ("GPU HANG", r"(?:\[drm\] )?GPU HANG: ecode"),
            ("timeout, ", r"ring \S+ timeout, (?:signaled|but soft recovered)"),
            ("timed out", r"\[(?:CRTC|CONNECTOR|PLANE):\d+:[^]]+\] \S+ (?:wait )?timed out"),
            ("GPU reset", r"(?i)drm.*GPU reset.*failed"),
            ("nouveau", r"nouveau .*(?:timeout|failed|fault)"),
        ),
        "The graphics card does not answer as it should",
        "Its driver found it in a state that it cannot go on from.",
        "Change to a text console and back (Ctrl-Alt-F3, Ctrl-Alt-F2). Else restart the desktop.",
        "graphics",
    ),
    # --- disks
    Message(
        "disk-io-error",
        Topic.DISK,
        (
            ("I/O error, dev", r"I/O error, dev (?P<who>[\w-]+), sector"),
            ("critical ", r"critical (?:medium|target|space allocation|nexus) error, dev (?P<who>[\w-]+)"),
            ("Buffer I/O error", r"Buffer I/O error on dev (?P<who>[\w-]+)"),
        ),
        "A disk did not read or write what it was asked to",
        "Programs that use it see errors, and its file system may go read-only.",
        "Save what you can, look at the cables, then check it: smartctl -a, fsck after unmounting.",
        "disks",
    ),
    Message(
        "filesystem-error",
        Topic.DISK,
        (
            ("EXT4-fs error", r"EXT4-fs error \(device (?P<who>[^)]+)\)"),
            ("): Remounting filesystem", r"EXT4-fs \((?P<who>[^)]+)\): Remounting filesystem read-only"),
            ("XFS (", r"XFS \((?P<who>[^)]+)\): .*(?:[Cc]orruption|I/O error|has been shut down)"),
            ("BTRFS", r"BTRFS(?: error| critical|: error) \(device (?P<who>[^)]+?)(?::? state \w+)?\)"),
        ),
        "A file system found an error",
        "It may have been changed behind this kernel's back, or its disk failed.",
        "Write nothing more to it. Unmount it and check it (fsck, xfs_repair, btrfs check).",
        "disks",
    ),
    Message(
        "nvme-dead",
        Topic.DISK,
        (
            ("controller is down", r"(?:nvme )?(?P<who>nvme\d+): controller is down; will reset"),
            ("nvme", r"nvme (?P<who>nvme\d+): I/O (?:tag )?\d+ .*timeout"),
            ("nvme", r"nvme (?P<who>nvme\d+): (?:Device not ready; aborting|Removing after probe failure)"),
            ("nvme", r"nvme (?P<who>nvme\d+): Disabling device after reset failure"),
        ),
        "An NVMe disk does not answer",
        "The disk did not wake as its driver expected. The driver resets it, which may take a minute.",
        "Wait a minute. Else start the kernel with nvme_core.default_ps_max_latency_us=0.",
        "disks",
    ),
    Message(
        "ata-failed",
        Topic.DISK,
        (
            ("exception Emask", r"(?P<who>ata\d+(?:\.\d+)?): exception Emask"),
            ("failed command", r"(?P<who>ata\d+(?:\.\d+)?): failed command"),
            ("COMRESET failed", r"(?P<who>ata\d+(?:\.\d+)?): COMRESET failed"),
            ("SATA", r"(?P<who>ata\d+(?:\.\d+)?): reset failed, giving up"),
        ),
        "A SATA disk answers with errors",
        "The connection to the disk has to be built up anew. One such line after a return is harmless.",
        "If it goes on: restart, and look at the cables.",
        "disks",
    ),
    Message(
        "device-offlined",
        Topic.DISK,
        (("offline", r"(?P<who>sd \S+): (?:\[\w+\] )?(?:Device offlined|rejecting I/O to offline device)"),),
        "A disk was given up",
        "It did not answer for so long that the kernel stopped asking.",
        "As root: echo running > /sys/block/NAME/device/state. Else restart.",
        "disks",
    ),
    # --- usb
    Message(
        "usb-reset",
        Topic.USB,
        (("usb ", r"usb (?P<who>[\d.-]+): reset .* USB device"),),
        "A USB device was reset",
        "Usual after a return: it had been used by another kernel, or had lost its power.",
        check="removable",
        normal=True,
    ),
    Message(
        "usb-gone",
        Topic.USB,
        (
            ("USB disconnect", r"usb (?P<who>[\d.-]+): USB disconnect"),
            ("device descriptor read", r"usb (?P<who>[\d.-]+): device descriptor read/\S+, error -\d+"),
        ),
        "A USB device went away",
        "It was pulled, or did not wake. What was mounted from it is not reachable any more.",
        "Plug it in again. A file system on it must be unmounted first (umount -l).",
        "removable",
    ),
    # --- watchdogs and crashes
    Message(
        "watchdog-running",
        Topic.WATCHDOG,
        (("did not stop", r"(?P<who>watchdog\d+): watchdog did not stop"),),
        "A watchdog was left running",
        "A program closed it without stopping it: it restarts the machine when its time is up.",
        "Stop it before a jump, see the check of the watchdog.",
        "watchdog",
    ),
    Message(
        "lockup",
        Topic.CRASH,
        (
            ("soft lockup", r"BUG: soft lockup - (?P<who>CPU#\d+) stuck for"),
            ("hard LOCKUP", r"[Ww]atchdog(?:: Watchdog)? detected hard LOCKUP on (?P<who>cpu \d+)"),
            ("stall", r"rcu: INFO: rcu_\w+ .*detected (?:expedited )?stalls?"),
        ),
        "A processor hung",
        "The kernel spent many seconds in one place. On a virtual machine it may only have been held up.",
        _SEND,
    ),
    Message(
        "panic",
        Topic.CRASH,
        (("Kernel panic", r"Kernel panic - not syncing: (?P<who>.*?)(?: \]---)?$"),),
        "The kernel stopped for good (panic)",
        "The kernel found something that it cannot go on from, and stopped or restarted the machine.",
        _SEND,
    ),
    Message(
        "oops",
        Topic.CRASH,
        (
            ("BUG: ", r"BUG: (?!soft lockup)(?P<who>.+)"),
            ("Oops: ", r"\bOops: (?P<who>.+)"),
            ("general protection fault", r"(?P<who>general protection fault)"),
            ("double fault", r"(?P<who>double fault)"),
            ("kernel BUG at", r"kernel BUG at (?P<who>\S+)"),
        ),
        "The kernel made a mistake (oops)",
        "A part of the kernel crashed. The system may go on, but should be restarted soon.",
        _SEND,
    ),
    Message(
        "trace",
        Topic.CRASH,
        (
            ("RIP: ", r"^RIP: [0-9a-f]{4}:(?P<who>\S+)"),
            ("Call Trace:", r"Call Trace:"),
            ("WARNING: ", r"^WARNING: (?:CPU: \d+ PID: \d+ )?at (?P<who>\S+)"),
        ),
        "Where in the kernel it happened",
        "Such lines follow a mistake or a warning; they say where it was.",
    ),
)
