"""The jump was refused: reboot(2) came back with an error, and everything runs on."""

import errno

from kjtui.checks.words import named
from kjtui.model.checks import Evidence
from kjtui.wizard.trouble.clues import Clues, quotes
from kjtui.wizard.trouble.common import (
    GRAPHICS_DRIVERS,
    as_said,
    checked,
    from_log,
    journal_says,
    said_by_person,
    whose,
)
from kjtui.wizard.trouble.model import Cause, Choice, Question, Strength, Suspicion, Symptom, suspect

_WAIT = "how-long"
_FREEZE_SECONDS = 20  # kernel/power/process.c
_SHORT, _LONG = "short", "long"
_ASK = (
    Choice(_LONG, f"It took {_FREEZE_SECONDS} seconds or so before the answer came"),
    Choice(_SHORT, "The answer came within a few seconds"),
)
_DEVICE_LINES = ("device-freeze-failed", "device-callback", "devices-failed", "device-timeout")
_TASK_LINES = ("freeze-tasks-failed", "task-stuck")


def _number(clues: Clues) -> int | None:
    return clues.refused("reboot")


def _read(clues: Clues) -> tuple[Evidence, ...]:
    number, jump = _number(clues), clues.past_jump
    answer = (Evidence("reboot(2)", f"answered {errno.errorcode[number]}"),) if number else ()
    return (*answer, *((journal_says(jump),) if jump and not answer else ()))


def _stuck_program(clues: Clues) -> Suspicion | None:
    lines = clues.said(*_TASK_LINES)
    if clues.said("freeze-tasks-failed"):
        who = whose(clues.said("task-stuck"), "")
        title = f"A program would not be frozen: {who}" if who else "A program would not be frozen"
        strength, evidence = Strength.PROVEN, (*_read(clues), *quotes(lines))
    elif clues.facts.stuck and _may_be_task(clues):
        names = named((f"{one.name} ({one.pid})" for one in clues.facts.stuck), 1, 28)
        title, strength = f"A program would not be frozen: {names}", Strength.LIKELY
        found = clues.finding("stuck-tasks")
        evidence = (*_read(clues), *(found.evidence if found else ()))
    elif clues.log_hidden and clues.answer(_WAIT) == _LONG:
        title, strength = "A program would not be frozen", Strength.LIKELY
        evidence = (*_read(clues), said_by_person(clues, _WAIT, _ASK))
    else:
        return None
    return suspect(
        strength,
        "stuck-program",
        title,
        evidence,
        "Before a jump every program has to stand still. One that waits for a disk, a network share or a "
        "driver (state D) cannot. Nothing is lost: all run again.",
        "Stop that program, or wait until it is done. For a share that does not answer: umount -l. Then jump "
        "again. Who waits: ps axo stat,pid,comm | grep ^D",
    )


def _may_be_task(clues: Clues) -> bool:
    return clues.answer(_WAIT) != _SHORT and (clues.log_hidden or not clues.told)


def _device(clues: Clues) -> Suspicion | None:
    lines = clues.said(*_DEVICE_LINES)
    if any(one.means.who.startswith(GRAPHICS_DRIVERS) for one in lines):
        return None
    evidence: tuple[Evidence, ...] = (*_read(clues), *quotes(lines))
    strength, who = Strength.PROVEN, whose(lines, "")
    if not lines:
        short = clues.log_hidden and clues.answer(_WAIT) == _SHORT
        if not short and _number(clues) not in (errno.EIO, errno.ETIMEDOUT, errno.EAGAIN, errno.ENODEV):
            return None
        strength = Strength.LIKELY
        if short:
            evidence = (*evidence, said_by_person(clues, _WAIT, _ASK))
    return suspect(
        strength,
        "device-refused",
        f"A device would not stop: {who}" if who else "A device would not stop",
        evidence,
        "Each driver puts its device to sleep before a jump. This one answered with an error, so the kernel "
        "woke all the others again. Nothing is lost.",
        "Unload that driver (modprobe -r NAME) or unplug the device, then jump again. The first word of the "
        "line is the driver's name.",
    )


def _graphics(clues: Clues) -> Suspicion | None:
    lines = [one for one in clues.said(*_DEVICE_LINES) if one.means.who.startswith(GRAPHICS_DRIVERS)]
    lines += clues.said("nvidia-suspend")
    if not lines:
        return None
    return suspect(
        Strength.PROVEN,
        "graphics-refused",
        f"The graphics card would not stop: {whose(lines, 'nvidia')}",
        (*_read(clues), *quotes(lines)),
        "Its driver could not put the card to sleep while programs use it. Nothing is lost.",
        "Leave the desktop first (systemctl isolate multi-user.target) and jump from a text console; if that "
        "does not help, unload the driver: modprobe -r NAME.",
    )


def _another_load(clues: Clues) -> Suspicion | None:
    """EBUSY without a word in the log: kexec_lock was held (kernel_kexec, kernel/kexec_core.c)."""
    if _number(clues) != errno.EBUSY or clues.log_hidden or clues.told:
        return None
    return suspect(
        Strength.LIKELY,
        "another-loader",
        "Another program was loading a kernel at that moment",
        (*_read(clues), *clues.looked_at),
        "The kernel was busy with another load or jump, and says nothing about it in its log.",
        "Wait a minute and jump again. If it stays so: systemctl status kdump-tools kdump kexec-load",
    )


def _nothing_loaded(clues: Clues) -> Suspicion | None:
    gone = clues.facts.kexec_loaded is False and _number(clues) in (errno.EINVAL, None)
    if _number(clues) != errno.EINVAL and not (gone and _was_refused(clues)):
        return None
    loaded = {True: "1", False: "0", None: "could not be read"}[clues.facts.kexec_loaded]
    return suspect(
        Strength.PROVEN if gone and _number(clues) else Strength.LIKELY,
        "nothing-loaded",
        "No kernel B was loaded any more",
        (*_read(clues), Evidence("/sys/kernel/kexec_loaded", loaded)),
        "Another program has unloaded it, or loaded something that cannot be jumped into.",
        "Load kernel B anew (step 4), then jump. If it vanishes again, see who unloads it: "
        "systemctl status kexec-load kdump-tools",
    )


def _was_refused(clues: Clues) -> bool:
    return bool(clues.past_jump and clues.past_jump.state == "refused" and clues.past_jump.here)


def _no_memory(clues: Clues) -> Suspicion | None:
    if _number(clues) != errno.ENOMEM:
        return None
    return suspect(
        Strength.PROVEN,
        "no-memory-for-devices",
        "There was no memory to save the devices' state",
        (*_read(clues), *quotes(clues.said("kexec-memory", "out-of-memory"))),
        "Drivers keep what their devices held, graphics cards up to all of their memory.",
        "Close programs, above all those that draw in three dimensions. Then jump again.",
    )


def _someone(clues: Clues) -> Suspicion | None:
    """EBUSY, and the log cannot be read."""
    if not clues.log_hidden or _number(clues) != errno.EBUSY or clues.answer(_WAIT) in (_SHORT, _LONG):
        return None
    return suspect(
        Strength.LIKELY,
        "log-hidden",
        "A program or a device would not stop; the log names it",
        (*_read(clues), *clues.unseen),
        "The kernel wrote into its log who it was, and kjtui may not read that log here.",
        "Start kjtui with sudo and come back to this page, or read it yourself: sudo dmesg | tail -40",
    )


def _ask_how_long(clues: Clues) -> bool:
    known = _number(clues) in (errno.EINVAL, errno.EPERM, errno.ENOMEM, errno.ENOSYS)
    return clues.log_hidden and not known


def _right(check: str) -> Cause:
    return checked(check, "reboot", _number)


REFUSED = Symptom(
    "refused",
    "The jump was refused",
    "The machine went on at once, or after some seconds, without having been away.",
    (
        Cause("stuck-program", _stuck_program),
        from_log(
            "kernel-thread",
            ("freeze-threads-failed",),
            "A thread of the kernel would not be frozen",
            "A file system or a driver keeps the kernel's own threads busy. Nothing is lost.",
            "Wait until copying and checking is done (also RAID, btrfs balance or scrub), then jump again.",
        ),
        Cause("graphics-refused", _graphics),
        Cause("device-refused", _device),
        from_log(
            "bound-processor",
            ("processor-down-failed",),
            "A processor could not be taken offline: {who}",
            "Only one processor may run during the jump. Something keeps this one: a virtual machine, a "
            "real-time program, or its interrupts found no other place.",
            "Stop virtual machines and real-time programs, then jump again. To see it beforehand, as root: "
            "echo 0 > /sys/devices/system/cpu/cpu1/online",
        ),
        from_log(
            "wake-up",
            ("freeze-aborted",),
            "A wake-up event broke it off",
            "A key, the lid or a network card asked the machine to stay awake at just that moment.",
            "Jump again, and leave keyboard, mouse and lid alone meanwhile. Who may wake it: "
            "/proc/acpi/wakeup and power/wakeup of the devices in /sys.",
        ),
        Cause("nothing-loaded", _nothing_loaded),
        Cause("no-memory-for-devices", _no_memory),
        *(_right(one) for one in ("container", "kexec", "kexec-jump", "capability", "seccomp")),
        Cause("another-loader", _another_load),
        Cause("log-hidden", _someone),
        *(_right(one) for one in ("graphics", "drivers")),
        Cause("as-said", as_said),
    ),
    (Question(_WAIT, "How long did it take until the jump was refused?", _ASK, _ask_how_long),),
)
