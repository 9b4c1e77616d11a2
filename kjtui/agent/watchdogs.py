"""Feeding the watchdogs that kernel A has armed, so that none of them resets the machine during the visit."""

import os
from collections.abc import Sequence

from kjtui.model.visit import ArmedWatchdog

_FOLDER = "/sys/class/watchdog"
_SHORTEST = 1.0  # seconds between two feedings
_USUAL = 10.0


class Feeder:
    """Keeps armed watchdogs quiet. A watchdog that was closed without its magic letter stays armed for A."""

    def __init__(self, armed: Sequence[ArmedWatchdog]) -> None:
        self._armed = armed
        self._files: dict[str, int] = {}
        known = [watchdog.timeout for watchdog in armed if watchdog.timeout]
        self.every = max(_SHORTEST, min([timeout / 4 for timeout in known] or [_USUAL]))

    def take_over(self) -> tuple[str, ...]:
        """Open each of them, which also starts it. Names of those that are not there."""
        if not self._armed:
            return ()
        here = {_identity(name): name for name in _names()}
        for watchdog in self._armed:
            name = here.get(watchdog.identity)
            if name and watchdog.identity not in self._files:
                try:
                    self._files[watchdog.identity] = os.open(f"/dev/{name}", os.O_WRONLY | os.O_CLOEXEC)
                except OSError:
                    continue
                _panic_before(name)
        self.feed()
        return tuple(one.identity for one in self._armed if one.identity not in self._files)

    def feed(self) -> None:
        """Tell each of them that all is well."""
        for file in self._files.values():
            try:
                os.write(file, b"\0")
            except OSError:
                continue


def _panic_before(name: str) -> None:
    """Let the warning that some give before they reset become a panic, which leads home."""
    try:
        with open(f"{_FOLDER}/{name}/pretimeout_governor", "w", encoding="ascii") as file:
            file.write("panic")
    except OSError:
        return  # it gives none, or this kernel has no such governor


def _names() -> list[str]:
    try:
        return sorted(os.listdir(_FOLDER))
    except OSError:
        return []


def _identity(name: str) -> str:
    try:
        with open(f"{_FOLDER}/{name}/identity", encoding="ascii", errors="replace") as file:
            return file.read().strip()
    except OSError:
        return ""
