"""Devices that come and go while somebody looks."""

import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from kjtui.backend.probe import udev

SUBSYSTEMS = ("block", "usb", "power_supply", "input", "drm", "net", "watchdog")
SETTLE = 0.4  # seconds of silence that end a burst: one disk comes with a dozen events
_MOST = 3
_PLUGGED = {"add": "was plugged in", "bind": "was plugged in", "remove": "was taken out"}
_VIRTUAL = {"add": "appeared", "bind": "appeared", "remove": "is gone"}
_CHANGED = "has changed"


class Bursts:
    """Collects events, and tells of them in a few words once it is quiet. Thread-safe.

    An event is (subsystem, device name, action, whether the device is a virtual one).
    """

    def __init__(self, changed: Callable[[str], None], settle: float = SETTLE) -> None:
        self._changed = changed
        self._settle = settle
        self._lock = threading.Lock()
        self._events: list[tuple[str, str, str, bool]] = []
        self._timer: threading.Timer | None = None
        self._ended = False

    def add(self, subsystem: str, name: str, action: str, virtual: bool) -> None:
        """Note an event and wait for silence anew."""
        with self._lock:
            if self._ended:
                return
            self._events.append((subsystem, name, action, virtual))
            if self._timer:
                self._timer.cancel()
            self._timer = threading.Timer(self._settle, self._tell)
            self._timer.daemon = True
            self._timer.start()

    def end(self) -> None:
        """Tell of nothing more, and wait for one who is telling."""
        with self._lock:
            self._ended = True
            timer = self._timer
        if timer:
            timer.cancel()
            if timer is not threading.current_thread():
                timer.join()

    def _tell(self) -> None:
        with self._lock:
            events, self._events = self._events, []
            ended = self._ended
        if events and not ended:
            self._changed(describe(events))


def describe(events: Iterable[tuple[str, str, str, bool]]) -> str:
    """A burst in a few words: "sdb was plugged in". Whether a device came or went last counts.

    Of a device's many names the best known is told: sdb, not its partitions nor the USB port it is on.
    """
    last: dict[tuple[str, str], tuple[str, bool]] = {}
    for subsystem, name, action, virtual in events:
        # A driver that takes a new device (bind) and udev's afterthoughts (change) are no news of their own.
        if action in _PLUGGED or (subsystem, name) not in last:
            last[subsystem, name] = action, virtual
    blocks = [name for subsystem, name in last if subsystem == "block"]
    phrases = []
    for (subsystem, name), (action, virtual) in last.items():
        part = subsystem == "block" and any(name != one and name.startswith(one) for one in blocks)
        beside = subsystem == "usb" and any(kind != "usb" for kind, _ in last)
        if not part and not beside:
            words = (_VIRTUAL if virtual else _PLUGGED).get(action, _CHANGED)
            phrases.append(f"{_label(subsystem, name)} {words}")
    more = f" and {len(phrases) - _MOST} more" if len(phrases) > _MOST else ""
    return ", ".join(phrases[:_MOST]) + more


def _label(subsystem: str, name: str) -> str:
    return {"usb": f"USB device {name}", "input": f"input device {name}"}.get(subsystem, name)


def watch(changed: Callable[[str], None], settle: float = SETTLE) -> Callable[[], None]:
    """Call changed with a few words for each burst of events. Returns the function that ends this.

    changed runs in a thread of its own. Where devices cannot be watched, nothing is ever called.
    """
    bursts = Bursts(changed, settle)

    def event(device: Any) -> None:
        if _counts(device):
            virtual = "/devices/virtual/" in device.device_path
            bursts.add(device.subsystem, device.sys_name, device.action or "change", virtual)

    try:
        import pyudev

        # Without a daemon nobody sends what udev would: there the kernel's own messages are heard.
        heard = "udev" if os.path.exists(udev.CONTROL) else "kernel"
        monitor = pyudev.Monitor.from_netlink(udev.context(), heard)
        for subsystem in SUBSYSTEMS:
            monitor.filter_by(subsystem)
        monitor.start()  # now: the observer's thread would do it some time later
        observer = pyudev.MonitorObserver(monitor, callback=event, name="devices")
        observer.start()
    except (ImportError, OSError, ValueError):
        return bursts.end

    def stop() -> None:
        observer.stop()
        bursts.end()

    return stop


def _counts(device: Any) -> bool:
    """Whether a person would call this a device: not the interfaces of one on the USB."""
    return bool(device.subsystem != "usb" or device.device_type == "usb_device")
