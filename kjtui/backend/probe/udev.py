"""The devices of a kind, with what udev knows about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kjtui.backend.probe.source import Source


@dataclass(frozen=True)
class Found:
    """A device: its name in /sys/class/KIND, and its udev properties (empty where udev was not asked)."""

    name: str
    properties: Mapping[str, str] = field(default_factory=dict)


def devices(source: Source, kind: str) -> tuple[Found, ...]:
    """Devices of a kind ("block", "watchdog"), sorted by name.

    udev speaks of the running machine alone, and a small system may lack its library; sysfs has the same
    names.
    """
    if source.real:
        try:
            # Imported here: only a probe of the real machine needs it, and it loads libudev.
            import pyudev

            listed = pyudev.Context().list_devices(subsystem=kind)
            return tuple(sorted((Found(one.sys_name, dict(one.properties)) for one in listed), key=_by_name))
        except (ImportError, OSError):
            pass
    return tuple(Found(name) for name in source.names(f"/sys/class/{kind}"))


def _by_name(device: Found) -> str:
    return device.name
