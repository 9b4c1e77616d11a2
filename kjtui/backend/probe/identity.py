"""Which system this is, and when it was looked at."""

import re
import shlex
import time

from kjtui.backend.probe.source import MISSING, Source

OS_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
BOOT_ID = "/proc/sys/kernel/random/boot_id"
UPTIME = "/proc/uptime"
FIRST_PROCESS = "/proc/1/comm"
KEPT = ("ID", "ID_LIKE", "VERSION_ID", "PRETTY_NAME")  # the rest is addresses and colours
_MOST = 200  # characters of one value
_SMALL = 64 << 10
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_SECONDS = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")


def distribution(source: Source) -> dict[str, str] | None:
    """What os-release(5) says of the distribution: KEPT alone. None if there is no such file."""
    for name in OS_RELEASE:
        text = source.text(name, limit=_SMALL, optional=True)
        if text is None:
            continue
        if told := parse_os_release(text):
            return told
        source.note(name, "it names no distribution")
    source.unreadable.setdefault(OS_RELEASE[0], MISSING)
    return None


def parse_os_release(text: str) -> dict[str, str]:
    """The KEPT assignments, with the shell's quotes taken off; a line that is none is passed over."""
    told = {}
    for line in text.splitlines():
        name, _, value = line.strip().partition("=")
        if name in KEPT:
            try:
                words = shlex.split(value)
            except ValueError:  # a quote without its partner
                continue
            told[name] = words[0][:_MOST] if words else ""
    return {name: value for name, value in told.items() if value}


def service_manager(source: Source) -> str:
    """Name of the first process, e.g. "systemd"."""
    return (source.text(FIRST_PROCESS, limit=_SMALL) or "")[:_MOST]


def boot_id(source: Source) -> str:
    """The kernel's name for this boot (random(4)), "" if it cannot be read."""
    text = source.text(BOOT_ID, limit=_SMALL)
    if text is None or _UUID.fullmatch(text):
        return text or ""
    source.note(BOOT_ID, f"its content is not understood: {text[:40]!r}")
    return ""


def wall_clock(source: Source) -> float | None:
    """Seconds since 1970. The files of another machine do not tell."""
    return time.time() if source.real else None


def uptime(source: Source) -> float | None:
    """Seconds since the kernel started, with the time asleep (proc(5))."""
    text = source.text(UPTIME, limit=_SMALL)
    if text is None:
        return None
    first = text.split(maxsplit=1)[0] if text else ""
    if _SECONDS.fullmatch(first):
        return float(first)
    source.note(UPTIME, f"its content is not understood: {text[:40]!r}")
    return None
