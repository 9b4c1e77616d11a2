"""System calls, by ctypes: the only module that makes them.

Numbers are those of x86-64 (arch/x86/entry/syscalls/syscall_64.tbl).
"""

import ctypes
import errno
import mmap
import os
from collections.abc import Sequence

from kjtui.errors import KjtuiError
from kjtui.knowledge.errnos import ERRNOS
from kjtui.model.image import Segment

_SYS_KEXEC_LOAD = 246
_SYS_REBOOT = 169
_SYS_FINIT_MODULE = 313
KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT = 1, 2  # include/uapi/linux/kexec.h
KEXEC_ARCH_X86_64 = 62 << 16
_REBOOT_MAGIC1, _REBOOT_MAGIC2 = 0xFEE1DEAD, 0x28121969  # include/uapi/linux/reboot.h
_REBOOT_KEXEC = 0x45584543
_REBOOT_POWER_OFF, _REBOOT_RESTART = 0x4321FEDC, 0x1234567

_libc = ctypes.CDLL(None, use_errno=True)


class _KexecSegment(ctypes.Structure):
    """struct kexec_segment of kexec_load(2)."""

    _fields_ = (
        ("buf", ctypes.c_void_p),
        ("bufsz", ctypes.c_size_t),
        ("mem", ctypes.c_void_p),
        ("memsz", ctypes.c_size_t),
    )


_kexec_load = _libc.syscall
_reboot = ctypes.CDLL(None, use_errno=True).syscall
_kexec_load.restype = _reboot.restype = ctypes.c_long
_kexec_load.argtypes = (
    ctypes.c_long,
    ctypes.c_ulong,
    ctypes.c_ulong,
    ctypes.POINTER(_KexecSegment),
    ctypes.c_ulong,
)
_reboot.argtypes = (ctypes.c_long, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p)
_finit_module = ctypes.CDLL(None, use_errno=True).syscall
_finit_module.argtypes = (ctypes.c_long, ctypes.c_int, ctypes.c_char_p, ctypes.c_int)
_finit_module.restype = ctypes.c_long
_mlock = _libc.mlock
_mlock.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
_mlock.restype = ctypes.c_int
_mount, _umount = _libc.mount, _libc.umount2
_mount.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_char_p)
_umount.argtypes = (ctypes.c_char_p, ctypes.c_int)
_mount.restype = _umount.restype = ctypes.c_int
_swapon, _swapoff = _libc.swapon, _libc.swapoff
_swapon.argtypes, _swapoff.argtypes = (ctypes.c_char_p, ctypes.c_int), (ctypes.c_char_p,)
_swapon.restype = _swapoff.restype = ctypes.c_int
_SWAP_PREFER = 0x8000  # SWAP_FLAG_PREFER (include/linux/swap.h)
_syncfs = _libc.syncfs
_syncfs.argtypes = (ctypes.c_int,)
_syncfs.restype = ctypes.c_int
_malloc_trim = getattr(_libc, "malloc_trim", None)  # musl has none
_klogctl = _libc.klogctl
_klogctl.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
_klogctl.restype = ctypes.c_int
_LOG_READ_ALL, _LOG_SIZE = 3, 10  # SYSLOG_ACTION_… (include/linux/syslog.h)
_LONGEST_LOG = 1 << 30
_MOUNT_FLAGS = 2 | 4 | 8  # MS_NOSUID, MS_NODEV, MS_NOEXEC (include/uapi/linux/mount.h)


def kexec_load(entry: int, segments: Sequence[Segment]) -> None:
    """Load an image that keeps this kernel's context (kexec_load(2) with KEXEC_PRESERVE_CONTEXT).

    entry: physical address. No segments: the loaded image is dropped. Raises KjtuiError.
    """
    _load(entry, segments, KEXEC_PRESERVE_CONTEXT if segments else 0)


def kexec_load_crash(entry: int, segments: Sequence[Segment]) -> None:
    """Load what is entered when this kernel panics (kexec_load(2) with KEXEC_ON_CRASH). Raises KjtuiError."""
    _load(entry, segments, KEXEC_ON_CRASH)


def _load(entry: int, segments: Sequence[Segment], kind: int) -> None:
    table = (_KexecSegment * len(segments))()
    for slot, segment in zip(table, segments, strict=True):
        # A pointer into the bytes object itself: nothing is copied, `segments` keeps it alive.
        slot.buf = ctypes.cast(ctypes.c_char_p(segment.data), ctypes.c_void_p) if segment.data else None
        slot.bufsz = len(segment.data)
        slot.mem = segment.span.start
        slot.memsz = segment.span.size
    if _kexec_load(_SYS_KEXEC_LOAD, entry, len(segments), table, KEXEC_ARCH_X86_64 | kind) != 0:
        raise explain_load(ctypes.get_errno())


def reboot_kexec() -> None:
    """Jump into the loaded image (reboot(2) with LINUX_REBOOT_CMD_KEXEC).

    Returns when the other kernel has come back. Raises KjtuiError if the jump did not take place.
    """
    if _reboot(_SYS_REBOOT, _REBOOT_MAGIC1, _REBOOT_MAGIC2, _REBOOT_KEXEC, None) != 0:
        raise explain_jump(ctypes.get_errno())


def kexec_load_for_good(entry: int, segments: Sequence[Segment]) -> None:
    """Load an image that this kernel does not come back from (kexec_load(2)). Raises KjtuiError."""
    _load(entry, segments, 0)


def power_off() -> None:
    """Switch the machine off at once; returns if that does not happen."""
    _reboot(_SYS_REBOOT, _REBOOT_MAGIC1, _REBOOT_MAGIC2, _REBOOT_POWER_OFF, None)


def restart() -> None:
    """Restart the machine at once; returns if that does not happen."""
    _reboot(_SYS_REBOOT, _REBOOT_MAGIC1, _REBOOT_MAGIC2, _REBOOT_RESTART, None)


def finit_module(file: int) -> None:
    """Load a kernel module from an open file (finit_module(2)); one that is loaded already is no error.

    Raises OSError.
    """
    if _finit_module(_SYS_FINIT_MODULE, file, b"", 0) != 0:
        number = ctypes.get_errno()
        if number != errno.EEXIST:
            raise OSError(number, os.strerror(number))


def address_of(buffer: mmap.mmap) -> int:
    """Virtual address at which a mapping begins."""
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


def lock_in_memory(virtual: int, size: int) -> None:
    """Keep a piece of this process's memory in RAM (mlock(2)). Raises KjtuiError."""
    if _mlock(virtual, size) != 0:
        number = ctypes.get_errno()
        raise KjtuiError(
            "A page could not be kept in memory",
            f"mlock: {os.strerror(number)}.",
            "Raise the limit on locked memory (ulimit -l), or run kjtui as root.",
        )


def mount(source: str, target: str, kind: str, options: str = "") -> None:
    """Mount a file system, such as securityfs (mount(2)), without what it may run. Raises KjtuiError."""
    if _mount(source.encode(), os.fsencode(target), kind.encode(), _MOUNT_FLAGS, options.encode()) != 0:
        raise _not_mounted(f"{kind} cannot be mounted", target)


def unmount(target: str) -> None:
    """Unmount a file system (umount2(2)). Raises KjtuiError."""
    if _umount(os.fsencode(target), 0) != 0:
        raise _not_mounted("A file system cannot be unmounted", target)


def give_back() -> None:
    """Give memory that this program has freed, but still holds, back to the kernel (malloc_trim(3))."""
    if _malloc_trim is not None:
        _malloc_trim(0)


def swap_off(path: str) -> None:
    """End swapping to a device (swapoff(2)). Raises OSError."""
    if _swapoff(os.fsencode(path)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def swap_on(path: str, priority: int) -> None:
    """Swap to a device (swapon(2)). priority: negative for the kernel's choice. Raises OSError."""
    flags = _SWAP_PREFER | priority if priority >= 0 else 0
    if _swapon(os.fsencode(path), flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def sync_file_system(descriptor: int) -> None:
    """Write out the file system that an open file lies on (syncfs(2)), as far as that can be done."""
    _syncfs(descriptor)


def kernel_log() -> bytes:
    """The kernel log, "<6>[   12.345678] text" a line, the newest that fits (syslog(2)).

    Nothing is taken out of it. Raises OSError.
    """
    # Times and levels are added to what the kernel keeps. Pages that are not written to cost nothing.
    size = min(4 * _logged(_LOG_SIZE), _LONGEST_LOG)
    with mmap.mmap(-1, max(size, 1)) as buffer:
        return buffer[: _logged(_LOG_READ_ALL, address_of(buffer), size)]


def _logged(action: int, address: int | None = None, size: int = 0) -> int:
    result = int(_klogctl(action, address, size))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def _not_mounted(title: str, target: str) -> KjtuiError:
    reason = os.strerror(ctypes.get_errno())
    return KjtuiError(title, f"{target}: {reason}.", "Run kjtui as root, on the machine itself.")


def explain_load(number: int) -> KjtuiError:
    """What an errno of kexec_load means: cause and cure."""
    return _explain("Kernel B was not loaded", "kexec_load", number)


def explain_jump(number: int) -> KjtuiError:
    """What an errno of reboot(LINUX_REBOOT_CMD_KEXEC) means: cause and cure."""
    return _explain("The jump did not take place", "reboot", number)


def _explain(title: str, call: str, number: int) -> KjtuiError:
    code = f"{call}: {errno.errorcode.get(number, str(number))}"
    known = ERRNOS[call].get(number)
    if known:
        return KjtuiError(title, f"{known.cause} ({code})", known.cure, code)
    hint = "Look at the end of the kernel log (dmesg) for more, and report this."
    return KjtuiError(title, f"{os.strerror(number)}. ({code})", hint, code)
