"""Makes real causes for which a jump cannot be made, in the rehearsal machine. As root:

without CAPABILITY COMMAND …   run a command that lacks a capability, e.g. sys_boot
load | unload                  an image that keeps this kernel's context, as somebody else would load it
crash-load | crash-unload      a crash kernel in the memory reserved by crashkernel=
watchdog                       arm /dev/watchdog0 and reset it in time, until SIGTERM
freeze FOLDER                  freeze the file system there and hang on it, until `fsfreeze --unfreeze FOLDER`
"""

import ctypes
import fcntl
import mmap
import os
import re
import signal
import struct
import sys
import time
from pathlib import Path

CAPABILITIES = {"sys_boot": 22, "sys_admin": 21}  # include/uapi/linux/capability.h
PR_CAPBSET_DROP = 24  # include/uapi/linux/prctl.h
SYS_KEXEC_LOAD = 246
KEXEC_ON_CRASH, KEXEC_PRESERVE_CONTEXT = 1, 2  # include/uapi/linux/kexec.h
ARCH_X86_64 = 62 << 16
FIFREEZE = 0xC0045877  # include/uapi/linux/fs.h
PAGE = 4096
LENT = 0x1000000  # 16 MiB: ordinary memory on every machine that is rehearsed
STAND_STILL = b"\xf4\xeb\xfd"  # hlt, and again: nobody ever jumps to it
RESET_EVERY = 2  # seconds; the shortest time-out of a driver here is many times that
NAME = "stubborn"  # of the task that cannot be frozen


class Refused(Exception):
    """What the kernel did not do, and why."""


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def without(capability: str, command: list[str]) -> None:
    """Take a capability out of the bounding set, so that what is executed does not have it."""
    if _libc.prctl(PR_CAPBSET_DROP, CAPABILITIES[capability], 0, 0, 0) != 0:
        raise Refused(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.execvp(command[0], command)


def load(start: int | None, flags: int) -> None:
    """kexec_load(2) with one page of code at a physical address; None: what is loaded is dropped."""
    page = ctypes.create_string_buffer(STAND_STILL, PAGE)
    segment = ctypes.create_string_buffer(struct.pack("=4Q", ctypes.addressof(page), PAGE, start or 0, PAGE))
    number = ctypes.c_long(SYS_KEXEC_LOAD)
    entry, count = ctypes.c_ulong(start or 0), ctypes.c_ulong(0 if start is None else 1)
    if _libc.syscall(number, entry, count, segment, ctypes.c_ulong(ARCH_X86_64 | flags)) != 0:
        raise Refused(f"kexec_load: {os.strerror(ctypes.get_errno())}")


def reserved() -> int:
    """Where the memory reserved for a crash kernel begins (/proc/iomem)."""
    found = re.search(r"^ *([0-9a-f]+)-[0-9a-f]+ : Crash kernel$", Path("/proc/iomem").read_text(), re.M)
    if found is None:
        raise Refused("no memory is reserved: boot with crashkernel=")
    return int(found[1], 16)


def watchdog() -> None:
    """Arm the watchdog; let go of it so that it stops (Documentation/watchdog/watchdog-api.rst)."""
    going = True

    def stop(_number: int, _frame: object) -> None:
        nonlocal going
        going = False

    signal.signal(signal.SIGTERM, stop)
    device = os.open("/dev/watchdog0", os.O_WRONLY)
    while going:
        os.write(device, b"\0")
        time.sleep(RESET_EVERY)
    os.write(device, b"V")
    os.close(device)


def freeze(folder: str) -> None:
    """Hang in an uninterruptible wait.

    A write through a mapping waits for the file system in a page fault, where newer kernels cannot freeze a
    task either; one by write(2) they can since 6.16.
    """
    Path("/proc/self/comm").write_text(NAME)
    path = Path(folder, "touched")
    path.write_bytes(bytes(PAGE))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), PAGE) as view:
        os.sync()
        place = os.open(folder, os.O_RDONLY)
        fcntl.ioctl(place, FIFREEZE, 0)
        view[0] = 1


def main(words: list[str]) -> None:
    """Do what is asked."""
    match words:
        case ["without", capability, *command]:
            without(capability, command)
        case ["load"]:
            load(LENT, KEXEC_PRESERVE_CONTEXT)
        case ["unload"]:
            load(None, 0)
        case ["crash-load"]:
            load(reserved(), KEXEC_ON_CRASH)
        case ["crash-unload"]:
            load(None, KEXEC_ON_CRASH)
        case ["watchdog"]:
            watchdog()
        case ["freeze", folder]:
            freeze(folder)
        case _:
            raise Refused(f"not understood: {' '.join(words)}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Refused, OSError) as error:
        sys.exit(f"hinder: {error}")
