"""The running kernel's build configuration."""

import re
import zlib

from kjtui.backend.probe.source import MISSING, MOST, Source, decoded

# Not "^" in place of the newline: a search for fixed text is much faster.
_OPTION = re.compile(r"\n(CONFIG_\w+)=(.*)")


def candidates(release: str) -> tuple[str, ...]:
    """Where distributions keep it. The first is the kernel's own (CONFIG_IKCONFIG_PROC)."""
    return ("/proc/config.gz", f"/boot/config-{release}", f"/lib/modules/{release}/config")


def parse(text: str) -> dict[str, str]:
    """Options that are set, quotes of strings taken off: {"CONFIG_KEXEC": "y", …}."""
    return {name: value.strip('"') for name, value in _OPTION.findall(f"\n{text}")}


def read(source: Source, release: str) -> tuple[dict[str, str] | None, str]:
    """The configuration and the file it came from; (None, "") if there is none."""
    for name in candidates(release):
        data = source.data(name, optional=True)
        if data is None:
            continue
        raw = _unpacked(data) if name.endswith(".gz") else data
        if raw is None:
            source.note(name, "it is damaged: it does not unpack")
            continue
        if options := parse(decoded(raw)):
            return options, name
        source.note(name, "it holds no CONFIG_ lines")
    for name in candidates(release):
        source.unreadable.setdefault(name, MISSING)
    return None, ""


def _unpacked(data: bytes) -> bytes | None:
    """What a gzip file holds, at most 4 MiB; None for one that is damaged or cut off."""
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        raw = unpacker.decompress(data, MOST)
    except zlib.error:
        return None
    return raw if unpacker.eof or len(raw) == MOST else None
