"""What the error numbers of the two system calls of a jump mean: kexec_load(2) and reboot(2).

From kernel/kexec.c, kernel/kexec_core.c, security/ and the man pages; what the jump answers is whatever the
freezing of programs, devices or processors ended with (kernel_kexec in kernel/kexec_core.c).
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """Why a call was refused and what to do. checks: ids of the checks that tell which of several it is."""

    cause: str
    cure: str
    checks: tuple[str, ...] = ()


_NO_KEXEC = Cause(
    "This kernel was built without CONFIG_KEXEC.",
    "Boot a kernel that has CONFIG_KEXEC and CONFIG_KEXEC_JUMP.",
    ("kexec",),
)

_LOAD: Mapping[int, Cause] = {
    errno.EPERM: Cause(
        "The kernel forbids it: no CAP_SYS_BOOT capability, kernel lockdown, "
        "kernel.kexec_load_disabled=1, or kernel.kexec_load_limit_reboot used up.",
        "Run kjtui as root. If you are root, the check of this kernel (step 1) names which of these it is.",
        ("capability", "lockdown", "load-disabled", "load-limit", "seccomp", "container"),
    ),
    errno.EACCES: Cause(
        "The integrity policy (IMA) accepts signed kernels only.",
        "Load an IMA policy that allows kexec_load, or ask whoever set the policy.",
        ("ima",),
    ),
    errno.EINVAL: Cause(
        "The kernel does not take this image: it was built without CONFIG_KEXEC_JUMP, or the image overlaps "
        "itself, has more than 16 segments, or is larger than half of the memory.",
        "Check this kernel (step 1); then choose reserved memory (step 2), which makes the image smaller.",
        ("kexec-jump", "half-limit", "architecture"),
    ),
    errno.EADDRNOTAVAIL: Cause(
        "A segment is not aligned to pages or lies outside of this machine's memory.",
        "Probe this machine again, then choose the memory anew.",
        ("memory-map", "largest-region", "crash-kernel"),
    ),
    errno.EBUSY: Cause(
        "Another program is loading a kernel at this moment.",
        "Wait a moment and try again; kdump-tools or kexec-load may be starting.",
        ("image-loaded", "crash-kernel"),
    ),
    errno.ENOMEM: Cause(
        "There are not enough free pages for the copy of kernel B's memory.",
        "Close programs, or use reserved memory (crashkernel=), which needs no copy.",
        ("memory", "largest-region"),
    ),
    errno.ENOSYS: _NO_KEXEC,
    errno.EFAULT: Cause(
        "The kernel could not read the image from this program's memory.",
        "This is a mistake in kjtui: please report it.",
    ),
}

_DEVICE_CURE = "The kernel log (dmesg) names the device. Unload its driver or unplug it, then try again."
_DEVICE = Cause(
    "A device's driver reported an error when it was to stop. Everything runs again, nothing is lost.",
    _DEVICE_CURE,
    ("drivers", "graphics"),
)

_JUMP: Mapping[int, Cause] = {
    errno.EBUSY: Cause(
        "A process or a device could not be frozen. Everything was thawed again, nothing is lost.",
        "The kernel log (dmesg) names it. Stop that process, or unload that driver, then try again.",
        ("stuck-tasks", "drivers", "graphics"),
    ),
    errno.EINVAL: Cause(
        "No kernel is loaded (any more), or the loaded one cannot be jumped into.",
        "Load kernel B anew (step 4).",
        ("image-loaded",),
    ),
    errno.EPERM: Cause(
        "The kernel forbids it: this process lacks the CAP_SYS_BOOT capability.",
        "Run kjtui as root.",
        ("capability", "seccomp", "container"),
    ),
    errno.ENOMEM: Cause(
        "There was not enough free memory to save the state of the devices.",
        "Close programs and try again.",
        ("memory",),
    ),
    errno.ENOSYS: _NO_KEXEC,
    errno.EIO: _DEVICE,
    errno.ETIMEDOUT: _DEVICE,
    errno.EAGAIN: _DEVICE,
    errno.ENODEV: _DEVICE,
}

ERRNOS: Mapping[str, Mapping[int, Cause]] = {"kexec_load": _LOAD, "reboot": _JUMP}
"""System call ("kexec_load" or "reboot", which is the jump) and errno number: the cause."""
