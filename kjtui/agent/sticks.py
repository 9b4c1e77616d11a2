"""Disks on USB come late, and nothing says when all of them are there."""

import glob
import os
import time

_DEVICES = "/sys/bus/usb/devices"
_MASS_STORAGE = "08"  # bInterfaceClass (usb.org, Defined Class Codes)
_FIRST = 1.0  # seconds in which a controller finds what is plugged in: ports are given 100 ms to settle
_LONGEST = 10.0  # seconds from there on until a stick that was found shows its disk


def settle() -> None:
    """Wait until the sticks that are plugged in show their disks; at once where there is no USB."""
    if not glob.glob(f"{_DEVICES}/usb*"):
        return
    time.sleep(_FIRST)
    end = time.monotonic() + _LONGEST
    while any(_is_on_its_way(one) for one in glob.glob(f"{_DEVICES}/*:*")) and time.monotonic() < end:
        time.sleep(0.1)


def _is_on_its_way(interface: str) -> bool:
    """Whether it is a stick's, and its disk is not there yet. Without a driver it never will be."""
    try:
        with open(f"{interface}/bInterfaceClass", encoding="ascii") as file:
            is_storage = file.read().strip() == _MASS_STORAGE
    except OSError:
        return False
    has_driver = os.path.exists(f"{interface}/driver")
    return is_storage and has_driver and not glob.glob(f"{interface}/host*/target*/*/block/*")
