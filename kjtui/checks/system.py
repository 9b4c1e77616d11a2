"""The checks of the kernel, its permissions, what is loaded and the memory, in the order to be read."""

from kjtui.checks import (
    capability,
    confinement,
    cpus,
    crash,
    ima,
    image,
    kernel,
    kernelfile,
    lockdown,
    memory,
    memorymap,
    options,
    platform,
    secureboot,
    swap,
    switches,
    visitor,
    wayback,
)
from kjtui.checks.check import Check

_OPTIONS = options.checks()

SYSTEM: tuple[Check, ...] = (
    kernel.ARCHITECTURE,
    # First among what can be wrong: in a container most of the others fail too, for that reason alone.
    confinement.CONTAINER,
    _OPTIONS["kexec"],
    _OPTIONS["kexec-jump"],
    _OPTIONS["hibernation"],
    wayback.WAY_BACK,
    kernelfile.KERNEL_FILE,
    kernel.BOOT_PROTOCOL,
    _OPTIONS["relocatable"],
    visitor.KERNEL_B,
    _OPTIONS["devmem"],
    _OPTIONS["crash-dump"],
    _OPTIONS["proc-vmcore"],
    platform.XEN,
    platform.MEMORY_ENCRYPTION,
    cpus.PROCESSORS,
    capability.CAPABILITY,
    confinement.SECCOMP,
    lockdown.LOCKDOWN,
    secureboot.SECURE_BOOT,
    ima.IMA,
    switches.LOAD_DISABLED,
    switches.LOAD_LIMIT,
    image.IMAGE_LOADED,
    crash.CRASH_KERNEL,
    memorymap.MEMORY_MAP,
    memory.MEMORY,
    memory.LARGEST_REGION,
    memory.HALF_LIMIT,
    swap.SWAP,
)
