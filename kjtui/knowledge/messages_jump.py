"""The kernel's messages on freezing, loading, jumping and memory. Data only.

From kernel/power/process.c, drivers/base/power/main.c, kernel/cpu.c, kernel/kexec*.c, kernel/crash_core.c,
arch/x86/kernel/setup.c, arch/x86/mm/mem_encrypt.c, security/lockdown, security/integrity/ima, mm/oom_kill.c.
"""

from kjtui.knowledge.message import Message, Topic

# The device that a driver speaks of stands before its words: "nvme nvme0: …", "virtio_blk virtio1: PM: …".
_DEV = r"^(?P<who>\S.*?): (?:PM: )?"
_PROGRAMS = "Stop the program that is named, or wait until it is done, then jump again."
_DRIVER = "Unload the driver (modprobe -r) or unplug the device, then jump again."

JUMP: tuple[Message, ...] = (
    # --- the course of every jump, and of every suspend
    Message(
        "freezing",
        Topic.JUMP,
        (("Freezing user space processes", r"Freezing user space processes(?! (?:failed|aborted))"),),
        "All programs are being frozen",
        "The first stage of a jump, and of any suspend.",
        normal=True,
    ),
    Message(
        "processors-down",
        Topic.JUMP,
        (("Disabling non-boot CPUs", r"Disabling non-boot CPUs"),),
        "The other processors are taken offline",
        "The last stage before a jump.",
        normal=True,
    ),
    Message(
        "processors-up",
        Topic.JUMP,
        (("Enabling non-boot CPUs", r"Enabling non-boot CPUs"),),
        "The other processors are brought back",
        "This kernel is running again after a jump.",
        normal=True,
    ),
    Message(
        "thawed",
        Topic.JUMP,
        (("Restarting tasks", r"Restarting tasks"),),
        "All programs run again",
        "The last stage of a return, also of a jump that was refused.",
        normal=True,
    ),
    Message(
        "suspended",
        Topic.JUMP,
        (
            ("PM: suspend entry", r"PM: suspend entry"),
            ("hibernation entry", r"PM: hibernation: hibernation entry|PM: hibernation entry"),
        ),
        "This machine was suspended, in the ordinary way",
        "What follows in the log belongs to that, and not to a jump.",
        normal=True,
    ),
    # --- programs that will not freeze
    Message(
        "freeze-tasks-failed",
        Topic.TASK,
        (
            ("Freezing of tasks failed", r"Freezing of tasks failed after [\d.]+ seconds"),
            ("Freezing user space processes failed", r"Freezing user space processes failed after"),
        ),
        "Programs would not be frozen",
        "The kernel waits for every program to stand still and gave up; the lines after this name them. "
        "All programs run again, nothing is lost.",
        _PROGRAMS,
        "stuck-tasks",
    ),
    Message(
        "freeze-threads-failed",
        Topic.TASK,
        (("Freezing remaining freezable tasks failed", r"Freezing remaining freezable tasks failed after"),),
        "Threads of the kernel would not be frozen",
        "A kernel thread, often of a file system or a driver, did not stand still in time.",
        "Unmount the file system or unload the driver that is named, then jump again.",
        "stuck-tasks",
    ),
    Message(
        "freeze-aborted",
        Topic.TASK,
        (
            ("aborted after", r"Freezing (?:of tasks|user space processes|remaining .*) aborted after"),
            ("early wake event", r"Some devices failed to suspend, or early wake event detected"),
            ("Wakeup pending, aborting", r"Wakeup pending, aborting"),
        ),
        "A wake-up event broke the freezing off",
        "A key, a lid or a network card asked the machine to stay awake at that moment.",
        "Jump again, and leave the keyboard, the lid and the mouse alone meanwhile.",
    ),
    Message(
        "task-stuck",
        Topic.TASK,
        (("task:", r"^task:(?P<who>.*?)\s+state:[A-Z]"),),
        "This program stood in the way",
        "The kernel names the programs that would not be frozen. State D: it waits for a disk, a network "
        "share or a driver, and cannot even be killed.",
        _PROGRAMS,
        "stuck-tasks",
    ),
    Message(
        "hung-task",
        Topic.TASK,
        (
            (
                "blocked for more than",
                r"INFO: task (?P<who>.+):\d+ blocked(?: in .*?)? for more than \d+ seconds",
            ),
        ),
        "A program waits for minutes already",
        "What it waits for, mostly a disk or a network share, does not answer.",
        "Find what it waits for: cat /proc/PID/stack. A share that is gone: umount -l.",
        "stuck-tasks",
    ),
    # --- devices
    Message(
        "device-callback",
        Topic.DEVICE,
        (
            (" returns -", _DEV + r"dpm_run_callback\(\): .* returns -\d+"),
            (" returns -", _DEV + r"\w*pci_pm_\w+\(\): .* returns -\d+"),
            (" returns -", _DEV + r"legacy_suspend\(\): .* returns -\d+"),
        ),
        "A driver reported an error while its device was to stop",
        "The function that is named belongs to the driver that refused.",
        _DRIVER,
        "drivers",
    ),
    Message(
        "device-freeze-failed",
        Topic.DEVICE,
        (
            ("failed to freeze", _DEV + r"failed to freeze(?: async| late| noirq)*: error -\d+"),
            ("failed to freeze", r"Device (?P<who>.*) failed to freeze.*: error -\d+"),
            ("failed to suspend", _DEV + r"failed to suspend(?: async| late| noirq)*: error -\d+"),
            ("failed to suspend", r"PM: Device (?P<who>.*) failed to suspend.*: error -\d+"),
            ("not prepared for power transition", _DEV + r"not prepared for power transition: code -\d+"),
        ),
        "A device could not be put to sleep",
        "Before a jump every device stops. The driver of this one refused, so the jump was called off.",
        _DRIVER,
        "drivers",
    ),
    Message(
        "device-restore-failed",
        Topic.DEVICE,
        (
            (
                "error -",
                _DEV + r"failed to (?:restore|resume|recover|thaw)(?: async| early| noirq)*: error -\d+",
            ),
            ("error -", r"PM: Device (?P<who>.*) failed to (?:restore|resume|recover|thaw).*: error -\d+"),
        ),
        "A device did not come back",
        "Kernel B had used it, or its driver cannot wake it from the state it was found in.",
        "Load its driver anew (modprobe -r, modprobe). If that does not help: restart the machine.",
        "drivers",
    ),
    Message(
        "device-timeout",
        Topic.DEVICE,
        (("DPM device timeout", r"^(?P<who>.*?): \*\*\*\* DPM device timeout"),),
        "A device took too long to stop",
        "The kernel watches over devices that stop or wake, and panics when one hangs.",
        _DRIVER,
        "drivers",
    ),
    Message(
        "devices-failed",
        Topic.DEVICE,
        (("Some devices failed", r"Some devices failed to (?:suspend|power down)(?!, or early)"),),
        "Some devices could not be put to sleep",
        "The lines before this one name them.",
        _DRIVER,
        "drivers",
    ),
    # --- processors
    Message(
        "processor-down-failed",
        Topic.CPU,
        (
            ("Error taking CPU", r"Error taking (?P<who>CPU\d+) down: -\d+"),
            ("CPUs are not disabled", r"(?P<who>Non-boot CPUs) are not disabled"),
        ),
        "A processor could not be taken offline",
        "Before a jump only one processor may run. Something is bound to this one.",
        "Jump again. If it stays so: unbind what is bound to it (taskset -p, virtual machines, real-time).",
        "processors",
    ),
    Message(
        "processor-up-failed",
        Topic.CPU,
        (("Error taking CPU", r"Error taking (?P<who>CPU\d+) up: -\d+"),),
        "A processor did not come back",
        "This system goes on, with fewer processors.",
        "As root: echo 1 > /sys/devices/system/cpu/cpuN/online. Else restart when it suits you.",
        "processors",
    ),
    # --- loading
    Message(
        "lockdown-kexec",
        Topic.LOAD,
        (("Lockdown: ", r"Lockdown: (?P<who>.+?): kexec of unsigned images is restricted"),),
        "Lockdown forbade loading a kernel",
        "A locked-down kernel takes no kernel that is not signed, not even from root (kernel_lockdown(7)).",
        "Turn Secure Boot off, or take lockdown= off the kernel command line; then restart.",
        "lockdown",
    ),
    Message(
        "lockdown-on",
        Topic.LOAD,
        (("Kernel is locked down from", r"Kernel is locked down from (?P<who>.+?);"),),
        "The kernel was locked down when it started",
        "The line names who asked for it: Secure Boot, the command line or the kernel's configuration.",
        "Turn Secure Boot off, or take lockdown= off the kernel command line; then restart.",
        "lockdown",
    ),
    Message(
        "lockdown-other",
        Topic.LOAD,
        (("Lockdown: ", r"Lockdown: (?P<who>.+?): .+ is restricted; see man kernel_lockdown"),),
        "Lockdown forbade something",
        "The kernel is locked down; it will not load another kernel either.",
        "Turn Secure Boot off, or take lockdown= off the kernel command line; then restart.",
        "lockdown",
    ),
    Message(
        "ima-refused",
        Topic.LOAD,
        (("impossible to appraise a kernel image", r"impossible to appraise a kernel image"),),
        "The integrity policy (IMA) refused the kernel",
        "The policy wants signatures, which the system call kexec_load(2) cannot hand over.",
        "Boot without that policy (ima_policy= on the command line), or ask whoever set it.",
        "ima",
    ),
    Message(
        "kexec-memory",
        Topic.LOAD,
        (
            ("kexec", r"kexec\w*: Could not allocate (?:control_code_buffer|swap buffer)"),
            ("page allocation failure", r"(?P<who>\S+): page allocation failure"),
        ),
        "There was no memory left for the kernel's own needs",
        "The kernel could not get the pages it needs, for the copy of kernel B's memory or beside it.",
        "Close programs, or use reserved memory (crashkernel=).",
        "memory",
    ),
    Message(
        "kexec-other",
        Topic.LOAD,
        (("kexec", r"^kexec(?:_core|_file|_elf)?: (?!Starting new kernel)"),),
        "The kernel said something about loading",
        "A remark of the kernel's loader.",
    ),
    Message(
        "kexec-started",
        Topic.LOAD,
        (("Starting new kernel", r"kexec(?:_core)?: Starting new kernel"),),
        "Another kernel was started for good (ordinary kexec)",
        "Not a jump: the image was loaded to replace this kernel, so there was no way back.",
        "Let kjtui load kernel B. Tools such as kexec -l load for a restart without return.",
        "image-loaded",
    ),
    # --- reserved memory
    Message(
        "crashkernel-failed",
        Topic.MEMORY,
        (
            ("crashkernel", r"crashkernel (?:low memory )?reservation failed"),
            ("crashkernel", r"(?i)cannot (?:reserve|allocate) .*crashkernel"),
        ),
        "The memory for crashkernel= could not be reserved",
        "There was no free piece of that size where it was asked for. Nothing is reserved now.",
        "Ask for less, or without an address (no @ in crashkernel=), then restart.",
        "crash-kernel",
    ),
    Message(
        "crashkernel-syntax",
        Topic.MEMORY,
        (
            (
                "crashkernel",
                r"crashkernel: (?:(?i:memory value expected)|'-' expected|':' expected|end <= start"
                r"|invalid size|unrecognized char)",
            ),
        ),
        "The kernel could not read crashkernel=",
        "The word on the kernel command line is not written as the kernel expects, so nothing is reserved.",
        "Write a size, for example crashkernel=256M, then restart.",
        "crash-kernel",
    ),
    Message(
        "crashkernel-none",
        Topic.MEMORY,
        (("crashkernel size resulted in zero", r"crashkernel size resulted in zero bytes"),),
        "crashkernel= reserves nothing on this machine",
        "None of the ranges on the kernel command line fits the size of this machine's memory.",
        "Write a plain size, for example crashkernel=256M, then restart.",
        "crash-kernel",
    ),
    Message(
        "crashkernel-reserved",
        Topic.MEMORY,
        (
            ("for crashkernel", r"Reserving \d+MB of (?:low )?memory at \d+MB for crashkernel"),
            ("crashkernel reserved", r"crashkernel (?:low memory )?reserved: 0x"),
            ("Crash kernel", r"Crash kernel .*reserved"),
        ),
        "Memory was reserved at the start of this kernel",
        "crashkernel= worked: kernel B can use this memory.",
        normal=True,
    ),
    Message(
        "memory-encrypted",
        Topic.MEMORY,
        (("Memory Encryption Features active", r"Memory Encryption Features active:(?P<who>.*)"),),
        "This machine's memory is encrypted",
        "Another kernel cannot be entered in memory that is encrypted in this way.",
        "Turn it off (mem_encrypt=off, or an ordinary virtual machine), then restart.",
        "memory-encryption",
    ),
    Message(
        "out-of-memory",
        Topic.MEMORY,
        (
            ("Out of memory", r"Out of memory: Kill(?:ed)? process \d+ \((?P<who>[^)]*)\)"),
            ("invoked oom-killer", r"(?P<who>.+?) invoked oom-killer"),
        ),
        "Memory ran out, and the kernel ended a program",
        "There was not enough memory for everything that ran.",
        "Close programs before the jump, or use reserved memory (crashkernel=).",
        "memory",
    ),
)
