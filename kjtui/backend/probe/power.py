"""Mains power and batteries."""

from kjtui.backend.probe.source import MISSING, Source
from kjtui.model.facts import PowerSupply

FOLDER = "/sys/class/power_supply"
# What the kernel knows (drivers/power/supply/power_supply_sysfs.c), but for the many kinds of USB.
_KINDS = ("Battery", "UPS", "Mains", "USB", "Wireless", "Unknown", "BMS")
_ONLINE = {"0": False, "1": True, "2": True}  # 2: programmable, of a USB charger


def read(source: Source) -> tuple[PowerSupply, ...] | None:
    """The machine's own power supplies (Documentation/ABI/testing/sysfs-class-power).

    The battery in a mouse or a headset (scope "Device") is not the machine's. None if sysfs is not there.
    """
    names = source.names(FOLDER)
    if not names and not source.names("/sys/class"):
        source.note(FOLDER, MISSING)
        return None
    own = [
        name
        for name in names
        if source.text(f"{FOLDER}/{name}/scope", optional=True) not in ("Device", "device")
    ]
    return tuple(_supply(source, name) for name in own)


def _supply(source: Source, name: str) -> PowerSupply:
    folder = f"{FOLDER}/{name}"
    kind = source.text(f"{folder}/type") or ""
    if kind not in _KINDS:
        source.unreadable.setdefault(f"{folder}/type", f"its content is not understood: {kind[:40]!r}")
    if kind != "Battery":
        online = _ONLINE.get(source.text(f"{folder}/online", optional=True) or "")
        return PowerSupply(name, kind, online)
    charge = source.number(f"{folder}/capacity", optional=True)
    if charge is not None and not 0 <= charge <= 100:
        charge = None
    return PowerSupply(name, kind, None, charge, source.text(f"{folder}/status", optional=True) or "")
