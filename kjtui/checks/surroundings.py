"""The checks of what surrounds the kernel: disks, devices, programs, what happened before."""

from kjtui.checks import (
    disks,
    drivers,
    graphics,
    history,
    keyboard,
    mounts,
    network,
    networkroot,
    power,
    removable,
    resumed,
    sleeping,
    stacks,
    stuck,
    terminal,
    watchdog,
)
from kjtui.checks.check import Check
from kjtui.model.checks import Area, Verdict

_READY, _ATTENTION, _BLOCKED, _UNKNOWN = Verdict.READY, Verdict.ATTENTION, Verdict.BLOCKED, Verdict.UNKNOWN
_ASKS = frozenset({_READY, _ATTENTION, _UNKNOWN})
_STOPS = frozenset({_READY, _ATTENTION, _BLOCKED, _UNKNOWN})
_TELLS = frozenset({_READY, _UNKNOWN})

_DISKS: tuple[Check, ...] = (
    Check(
        "mounts",
        Area.DISKS,
        "Do all mounted file systems survive the jump?",
        ("/proc/self/mountinfo",),
        (
            "All devices are put to sleep before the jump. The drivers of 9p and virtiofs, with which a "
            "virtual machine mounts folders of its host, cannot do that: 9p is dead afterwards, and virtiofs "
            "refuses the jump. File systems of the network (NFS, CIFS, sshfs and others) sleep and wake, but "
            "their server sees a client that answers nothing and may give it up after some minutes. Unmount "
            "what you do not need before a longer visit."
        ),
        _STOPS,
        mounts.mounts,
    ),
    Check(
        "network-root",
        Area.DISKS,
        "Does this system itself come over the network?",
        ("/proc/self/mountinfo", "/sys/class/block"),
        (
            "If /, /usr or /var lie on another machine, the very programs that wake first are read over the "
            "network. NFS and CIFS connect again by themselves and wait meanwhile. A disk over iSCSI, NBD or "
            "Ceph needs its session back, and the other side may have ended it. A root on 9p or virtiofs, a "
            "share of the virtual machine's host, does not get over the sleep of its device at all."
        ),
        _STOPS,
        networkroot.network_root,
    ),
    Check(
        "disks",
        Area.DISKS,
        "What of this system lives on which disk?",
        ("/sys/class/block", "/proc/self/mountinfo", "/proc/swaps"),
        (
            "Whatever this system has mounted must not be changed while it sleeps: its memory would no "
            "longer fit its disks, and they would be damaged. Kernel B mounts no disk and writes to none, so "
            "this is for information. If you work by hand in kernel B, leave the disks named here alone."
        ),
        _TELLS,
        disks.disks,
    ),
    Check(
        "stacks",
        Area.DISKS,
        "What lies between the file systems and the disks?",
        ("/sys/class/block/*/dm", "/sys/class/block/*/md", "/sys/class/block/*/slaves"),
        (
            "LVM, LUKS encryption, MD arrays, btrfs and ZFS keep their state in this kernel's memory, and "
            "that sleeps during the visit: nothing has to be unlocked or assembled again afterwards. Kernel "
            "B does not open them and does not know their keys. An array that is rebuilding stands still "
            "meanwhile, and one that lacks a disk has no reserve, so kjtui asks before it stops and starts "
            "its disks."
        ),
        _ASKS,
        stacks.stacks,
    ),
    Check(
        "removable",
        Area.DISKS,
        "Is something mounted from a disk that may be pulled out?",
        ("/sys/class/block/*/removable", "udev ID_BUS"),
        (
            "A USB disk or a memory card that is mounted here has part of its content in this system's "
            "memory. If it is pulled out during the visit, what was not yet written is lost; if another "
            "machine changes it, this system damages it later. Leave it in place until you are back, or "
            "unmount it before. The list follows while it is on the screen when a disk is plugged in or "
            "taken out."
        ),
        _ASKS,
        removable.removable,
    ),
    Check(
        "hibernation-image",
        Area.DISKS,
        "Does a hibernated system wait on a swap area?",
        ("/sys/class/block", "first page of each swap area"),
        (
            "The kernel's own hibernation writes memory to a swap area and marks its first page; a tool that "
            "was interrupted leaves the same mark. Such a system expects its disks as it left them. If this "
            "system has the same file systems mounted, waking the other one later damages them. Wake it "
            "first, or remove the image (mkswap) if it is an old one."
        ),
        _ASKS,
        sleeping.hibernation_image,
    ),
    Check(
        "saved-system",
        Area.DISKS,
        "Was a saved system found at this start and not gone back to?",
        ("/run/kjtui/resume.json",),
        (
            "What kjtui has saved is looked for in the initramfs, before any file system is mounted. "
            "It is gone back to only if the machine, its disks and every byte of the image are as they were. "
            "Where something is in doubt, the start goes on in the ordinary way and the image is kept; the "
            "reason is told here."
        ),
        _ASKS,
        resumed.saved_system,
    ),
)

_DEVICES: tuple[Check, ...] = (
    Check(
        "watchdog",
        Area.DEVICES,
        "Would a watchdog restart the machine?",
        ("/sys/class/watchdog",),
        (
            "A watchdog is a clock that restarts the machine unless a program resets it in time. Its "
            "hardware runs on while this system sleeps, kernel B does not reset it, and after its timeout "
            "everything in memory is lost. systemd (RuntimeWatchdogSec=) and the package watchdog arm it; "
            "stop them before the jump. The software watchdog (softdog) sleeps with this kernel and does no "
            "harm."
        ),
        _STOPS,
        watchdog.watchdog,
    ),
    Check(
        "graphics",
        Area.DEVICES,
        "Will the screen come back?",
        ("/sys/class/drm", "/proc/driver/nvidia"),
        (
            "The graphics driver puts its device to sleep before the jump and sets it up again afterwards, "
            "as with hibernation. Most drivers of the kernel can do that. NVIDIA's own driver wants to be "
            "prepared by a service, VMware's refuses while 3D is in use, and virtio-gpu of QEMU is not set "
            "up again. If the screen stays dark, the system is still there: log in over ssh or a serial "
            "line."
        ),
        _ASKS,
        graphics.graphics,
    ),
    Check(
        "drivers",
        Area.DEVICES,
        "Do the other drivers go to sleep and wake?",
        ("/proc/modules", "/sys/class/net"),
        (
            "One driver that refuses to put its device to sleep is enough for the kernel to refuse the jump; "
            "nothing is lost then. A few drivers always refuse, and they are named here. Modules that are "
            "not part of the kernel (from DKMS, proprietary, unsigned) are listed for information: they are "
            "the first to suspect if a jump is refused or a device does not wake."
        ),
        _STOPS,
        drivers.drivers,
    ),
    Check(
        "usb-input",
        Area.DEVICES,
        "Will kernel B hear the keyboard?",
        ("/sys/class/input", "/proc/config.gz", "/boot/config-*"),
        (
            "Kernel B is the same kernel, but without modules: it has only the drivers that are built in. A "
            "USB keyboard takes USB_HID, HID_GENERIC and a USB controller's driver built in; a Bluetooth "
            "keyboard never works there. Without one, Look around cannot be left by a key. Quick test comes "
            "back by itself, and a serial line needs no keyboard. kjtui asks only at the machine's own "
            "screen: in a window or over ssh the check of the terminal asks already."
        ),
        _ASKS,
        keyboard.usb_input,
    ),
    Check(
        "network",
        Area.DEVICES,
        "What becomes of the network?",
        ("/sys/class/net",),
        (
            "Network cards sleep with this system and are set up again when it is back, with the same "
            "addresses. Meanwhile the machine answers nobody, as if its cable had been pulled out. Open "
            "connections go on afterwards unless the other side has given up."
        ),
        _TELLS,
        network.network,
    ),
    Check(
        "terminal",
        Area.DEVICES,
        "Will you see kernel B from where you sit?",
        ("/sys/class/tty/console/active", "ttyname of standard input"),
        (
            "Kernel B writes to the machine's own consoles: its screen, or a serial line named by console=. "
            "A window of the desktop and an ssh session belong to this system and stand still while it "
            "sleeps. From there use Quick test, which comes back by itself, or start kjtui on a text console "
            "(Ctrl-Alt-F3). Of serial lines kernel B uses those that are consoles of this kernel, too."
        ),
        _ASKS,
        terminal.terminal,
    ),
    Check(
        "power",
        Area.DEVICES,
        "Does the power last for the visit?",
        ("/sys/class/power_supply",),
        (
            "During the visit this system exists in memory only, and memory needs power. Nothing watches the "
            "battery meanwhile: no warning comes, and nothing is saved when it runs out. Plug a laptop in, "
            "or see that its battery is well charged. On its last 5 % kjtui does not jump."
        ),
        _STOPS,
        power.power,
    ),
)

_PROGRAMS: tuple[Check, ...] = (
    Check(
        "stuck-tasks",
        Area.PROGRAMS,
        "Can all programs be stopped?",
        ("/proc/*/stat", "/proc/*/wchan", "/sys/power/pm_freeze_timeout"),
        (
            "Before the jump the kernel stops (freezes) every program. A program in an uninterruptible wait "
            "(state D in ps) stops only when that wait ends; on a server that is gone or a frozen file "
            "system it never does. After 20 seconds the kernel gives up, lets everything go on and refuses "
            "the jump. Short waits for a disk are normal and end by themselves."
        ),
        _ASKS,
        stuck.stuck_tasks,
    ),
    Check(
        "connections",
        Area.PROGRAMS,
        "Which connections would time out?",
        ("/proc/net/tcp", "/proc/net/tcp6"),
        (
            "This system says nothing to its peers while it sleeps. TCP itself bears many minutes of "
            "silence, but programs have limits of their own: ssh, databases and chats often one to five "
            "minutes. Clusters are strict: their members shut out, or even restart, a machine that is silent "
            "for some seconds, so take it out of the cluster before."
        ),
        _ASKS,
        network.connections,
    ),
)

_HISTORY: tuple[Check, ...] = (
    Check(
        "last-jump",
        Area.HISTORY,
        "When did this machine jump last, and how did it go?",
        ("/var/lib/kjtui/journal.jsonl",),
        (
            "kjtui keeps a journal of its loads and jumps. A machine that has come back before comes back "
            "again as long as its kernel, its firmware and its hardware stay the same. This is for "
            "information."
        ),
        _TELLS,
        history.last_jump,
    ),
    Check(
        "journal",
        Area.HISTORY,
        "Did every jump come back?",
        ("/var/lib/kjtui/journal.jsonl", "/proc/sys/kernel/random/boot_id"),
        (
            "A jump is written down before it begins and again when it has ended. If the end is missing and "
            "the machine has restarted since, that jump did not come back: a crash, a watchdog or a power "
            "cut. Troubleshooting looks for traces of the cause. Taking note of it closes the entry; nothing "
            "is removed from the journal."
        ),
        _ASKS,
        history.journal,
    ),
)

SURROUNDINGS: tuple[Check, ...] = (*_DISKS, *_DEVICES, *_PROGRAMS, *_HISTORY)
