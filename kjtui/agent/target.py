"""Finding the medium of an image in this kernel, which may have other names for the disks."""

import os
import time
from collections.abc import Callable

from kjtui.agent.protect import same_disk
from kjtui.backend import wholedisks
from kjtui.errors import KjtuiError
from kjtui.model.saved import Target

_FOLDER = "/sys/class/block"
_PATIENCE = 15.0  # seconds in which a slow disk, as one on USB, may appear


def find(target: Target, tick: Callable[[], None] = lambda: None) -> tuple[str, str]:
    """The names here of the disk that a target is on, and of its partition (or the disk again).

    Waits for it a while; tick: called meanwhile. Raises KjtuiError, and what tick raises.
    """
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            return _find(target)
        except KjtuiError:
            if time.monotonic() > end:
                raise
        time.sleep(0.2)
        tick()


def _find(target: Target) -> tuple[str, str]:
    disk = target.disk
    here = [one.name for one in wholedisks.disks() if disk is not None and same_disk(disk, one)]
    if len(here) != 1:
        raise KjtuiError(
            "The disk for the image is not here" if not here else "The disk for the image is not alone here",
            f"{target.name}: this kernel sees {len(here)} disks like it.",
            "Go back; take another place, or a kernel B with the driver for it.",
        )
    if not target.partition:
        return here[0], here[0]
    for name in os.listdir(f"{_FOLDER}/{here[0]}"):
        try:
            with open(f"{_FOLDER}/{here[0]}/{name}/partition", encoding="ascii") as file:
                if int(file.read()) == target.partition:
                    return here[0], name
        except (OSError, ValueError):
            continue
    raise KjtuiError(
        "The partition for the image is not here",
        f"{target.name}: {here[0]} has no partition {target.partition} in this kernel.",
        "Go back and take another place.",
    )
