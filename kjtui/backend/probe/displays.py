"""Graphics devices and their drivers."""

import os
import re

from kjtui.backend.probe.source import MISSING, Source
from kjtui.model.facts import Display

DRM = "/sys/class/drm"
PCI = "/sys/bus/pci/devices"
NVIDIA = "/proc/driver/nvidia/version"
_CARD = re.compile(r"card\d+")
_DISPLAY_CLASS = "0x03"  # the PCI base class of display controllers (include/linux/pci_ids.h)
_NVIDIA_VENDOR = "0x10de"


def read(source: Source) -> tuple[Display, ...] | None:
    """Cards with a driver of the kernel's graphics system, then PCI ones without. None if sysfs is not there.

    nvidia's own driver makes no card unless it sets the screen's mode.
    """
    found, seen = [], set()
    for name in source.names(DRM):
        if _CARD.fullmatch(name):
            folder = f"{DRM}/{name}/device"
            seen.add(os.path.basename(source.resolved(folder)))
            # Only amdgpu tells (Documentation/gpu/amdgpu/driver-misc.rst).
            used = source.number(f"{folder}/mem_info_vram_used", optional=True) or 0
            found.append(Display(name, driver(source, folder), _model(source, folder), used))
    for address in source.names(PCI):
        if address in seen:
            continue
        kind = source.text(f"{PCI}/{address}/class", optional=True) or ""
        if kind.startswith(_DISPLAY_CLASS):
            found.append(_without_card(source, address))
    if not found and not source.names("/sys/class"):
        source.note(DRM, MISSING)
        return None
    return tuple(found)


def _without_card(source: Source, address: str) -> Display:
    folder = f"{PCI}/{address}"
    name = driver(source, folder)
    if not name and source.text(f"{folder}/vendor", optional=True) == _NVIDIA_VENDOR:
        name = "nvidia" if source.is_file(NVIDIA) else ""
    return Display(address, name, _model(source, folder))


def driver(source: Source, folder: str) -> str:
    """The driver of the device in a sysfs folder; "" if it has none."""
    path = f"{folder}/driver"
    link = source.link(path)
    if not link and (source.is_file(path) or source.is_folder(path)):
        source.note(path, "it is no link to a driver")
    return os.path.basename(link)


def _model(source: Source, folder: str) -> str:
    """Maker and model as PCI numbers, "8086:5917"."""
    vendor = source.text(f"{folder}/vendor", optional=True) or ""
    device = source.text(f"{folder}/device", optional=True) if vendor else ""
    return f"{vendor}:{device}".replace("0x", "") if vendor and device else ""
