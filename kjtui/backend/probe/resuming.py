"""Does the start of this machine look for a saved system, and why was the last one not gone back to?"""

import json

from kjtui.backend.probe.source import Source
from kjtui.model.facts import NotResumed

LOOKED = "/run/kjtui/looked"  # made by kjtui.agent.resume in an initramfs that somebody else has made
PACKED = "/var/lib/kjtui/resume-{}"  # what was put into the initramfs of this release by the hook
SERVER = "/etc/kjtui/server"  # the export that starts look on: see kjtui.imagefile.exports
REASON = "/run/kjtui/resume.json"
HOOKS = (
    "/etc/initramfs-tools/scripts/local-top/kjtui",
    "/usr/lib/dracut/modules.d/89kjtui/module-setup.sh",
)
_SMALL = 64 << 10
_MOST = 300  # characters of one text


def looks(source: Source, release: str) -> str:
    """What shows that a start by this kernel looks for saved systems: a file's name; "" where nothing does.

    A hook alone does not: it may have found a kernel that cannot put anything back.
    """
    packed = PACKED.format(release)
    if any(source.is_file(name) for name in HOOKS) and source.is_file(packed):
        return packed
    return LOOKED if source.is_file(LOOKED) else ""


def server(source: Source, looks: str) -> str:
    """The export, as "SERVER:/FOLDER", that such a start looks on; "" for none. looks: see above."""
    lines = (source.text(looks, limit=_SMALL, optional=True) or "").split("\n") if looks else []
    words = lines[1].split() if len(lines) > 1 else []
    return words[0] if words else ""


def not_resumed(source: Source) -> NotResumed | None:
    """Why a saved system was not gone back to at this start, None where there was none."""
    text = source.text(REASON, limit=_SMALL, optional=True)
    if text is None:
        return None
    try:
        told = json.loads(text)
        parts = [str(told[name])[:_MOST] for name in ("title", "detail", "hint")]
        return NotResumed(*parts)
    except (ValueError, TypeError, KeyError, RecursionError):
        source.note(REASON, "its content is not understood")
        return None
