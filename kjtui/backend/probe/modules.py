"""Loaded modules."""

import re

from kjtui.backend.probe.source import MISSING, Source, not_understood

MODULES = "/proc/modules"
_LINE = re.compile(r"^(\w+) \d+ .*?(?:\((\w*)[+-]?\))?$", re.MULTILINE)


def read(source: Source) -> dict[str, str] | None:
    """Loaded modules with their taint letters (kernel/module/procfs.c), e.g. {"nvidia": "POE", "loop": ""}.

    A kernel that is built without modules has no such file.
    """
    text = source.text(MODULES, optional=True)
    if text is not None:
        found, lines = dict(_LINE.findall(text)), [line for line in text.split("\n") if line]
        if len(found) < len(lines):
            source.note(MODULES, not_understood(len(lines) - len(found), len(lines)))
        return found if found or not lines else None
    if MODULES in source.unreadable:
        return None
    if source.is_file("/proc/version"):
        return {}
    source.note(MODULES, MISSING)
    return None
