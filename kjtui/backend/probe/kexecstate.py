"""What the kernel says about kexec itself (kernel/ksysfs.c; newer kernels also have /sys/kernel/kexec)."""

from kjtui.backend.probe.source import Source, whole

VMCOREINFO = "/sys/kernel/vmcoreinfo"


def loaded(source: Source) -> bool | None:
    """Whether an image is loaded for the next reboot or jump."""
    return _flag(source, "/sys/kernel/kexec/loaded", "/sys/kernel/kexec_loaded")


def crash_loaded(source: Source) -> bool | None:
    """Whether a crash kernel is loaded in the reserved memory."""
    return _flag(source, "/sys/kernel/kexec/crash_loaded", "/sys/kernel/kexec_crash_loaded")


def crash_size(source: Source) -> int | None:
    """Bytes reserved by crashkernel=."""
    return source.number("/sys/kernel/kexec/crash_size", "/sys/kernel/kexec_crash_size")


def vmcoreinfo(source: Source) -> tuple[int, int] | None:
    """Physical address and size in bytes of the vmcoreinfo note; the file holds both in hex."""
    text = source.text(VMCOREINFO)
    if text is None:
        return None
    numbers = [whole(word, 16) for word in text.split(maxsplit=2)]
    if len(numbers) == 2 and numbers[0] and numbers[1]:
        return numbers[0], numbers[1]
    source.note(VMCOREINFO, f"its content is not understood: {text[:40]!r}")
    return None


def _flag(source: Source, *names: str) -> bool | None:
    number = source.number(*names)
    if number not in (0, 1, None):
        source.note(names[-1], f"it holds neither 0 nor 1: {number}")
        return None
    return None if number is None else number == 1
