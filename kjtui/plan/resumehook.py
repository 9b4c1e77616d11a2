"""Putting what looks for saved systems into the initramfs of this machine's starts."""

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from kjtui.backend.machine import Progress, Reader, Writer
from kjtui.backend.probe.resuming import PACKED, SERVER
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.plan.bootops import JOURNAL, EditFile, MakeFolder, command_line
from kjtui.plan.boottexts import Kind
from kjtui.plan.operations import Operation

TITLE = "Look for saved systems at every start"
_VALUE = "kjtui"
_INITRAMFS_TOOLS = "/usr/sbin/update-initramfs"
_DRACUT = "/usr/bin/dracut"
_HOOK = """\
#!/bin/sh
# Made by kjtui enable-resume: puts what looks for saved systems into the initramfs. kjtui undo takes it away.
PREREQ=""
case "$1" in prereqs) echo "$PREREQ"; exit 0 ;; esac
{pack} pack-resume "$DESTDIR" "$version" ||
    echo "W: kjtui: a start by Linux $version will not look for saved systems" >&2
exit 0
"""
_SCRIPT = """\
#!/bin/sh
# Made by kjtui enable-resume: looks for a saved system before any file system is mounted.
PREREQ=""
case "$1" in prereqs) echo "$PREREQ"; exit 0 ;; esac
[ -x /kjtui/resume ] || exit 0
command -v udevadm >/dev/null && udevadm settle --timeout=10
/kjtui/resume hook </dev/console >/dev/console 2>&1
exit 0
"""
_MODULE = """\
#!/bin/bash
# Made by kjtui enable-resume: puts what looks for saved systems into the initramfs. kjtui undo takes it away.
check() {{ return 0; }}
depends() {{ return 0; }}
install() {{
    {pack} pack-resume "$initdir" "$kernel" ||
        dwarn "kjtui: a start by Linux $kernel will not look for saved systems"
    inst_hook pre-mount 01 "$moddir/resume.sh"
}}
"""
_DRACUT_SCRIPT = """\
#!/bin/sh
# Made by kjtui enable-resume: looks for a saved system before any file system is mounted.
# dracut's own shell reads it in, so it must not exit; it has waited for the root file system's disk only.
if [ -x /kjtui/resume ]; then
    command -v udevadm >/dev/null && udevadm settle --timeout=10
    /kjtui/resume hook </dev/console >/dev/console 2>&1
fi
"""


@dataclass(frozen=True)
class Rebuild:
    """Make the initramfs anew, after what goes into it has been changed: now, or (not now) when the change is
    undone, in which case this stands before what changes it.
    """

    journal: ClassVar[str] = JOURNAL

    argv: tuple[str, ...]
    now: bool

    def describe(self) -> str:
        """What it does."""
        return "Make the initramfs anew" if self.now else "When this is taken back, make the initramfs anew"

    def preview(self) -> tuple[str, ...]:
        """The command."""
        return (command_line(self.argv),)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Run it, or leave that for later. Raises KjtuiError."""
        if self.now:
            writer.run_tool(self.argv, "Make the initramfs anew", progress)

    def inverse(self) -> Operation | None:
        """Making it anew, where that was left for then."""
        return None if self.now else Rebuild(self.argv, True)


@dataclass(frozen=True)
class Packed:
    """See that the initramfs of this kernel has been made with what looks for saved systems."""

    journal: ClassVar[str] = JOURNAL

    release: str

    def describe(self) -> str:
        """What it does."""
        return "Check that it is in the initramfs of this kernel"

    def preview(self) -> tuple[str, ...]:
        """What is looked for."""
        return (f"{PACKED.format(self.release)} must be there",)

    def execute(self, writer: Writer, progress: Progress) -> None:
        """Look. Raises KjtuiError."""
        progress("looking whether it is in the initramfs", 0.0)
        if writer.read_file(PACKED.format(self.release)) is None:
            raise KjtuiError(
                "The initramfs was made, but without what looks for saved systems",
                f"Linux {self.release} cannot put one back: it lacks CONFIG_KEXEC_JUMP, or its file or its "
                "configuration is not in /boot.",
                "Start this machine by a kernel that can jump, then do this again.",
            )

    def inverse(self) -> None:
        """None: it only reads."""


def enabling(reader: Reader, pack: str, release: str, server: str = "") -> tuple[Operation, ...]:
    """What is to be done. pack: the shell's words that start this program; release: of the running kernel.

    server: the line that says on which export to look, see kjtui.imagefile.exports; "" for none.

    Raises KjtuiError.
    """
    if reader.read_file(_INITRAMFS_TOOLS) is not None:
        argv: tuple[str, ...] = (_INITRAMFS_TOOLS, "-u", "-k", "all")
        files = {
            "/etc/initramfs-tools/hooks/kjtui": _HOOK.format(pack=pack),
            "/etc/initramfs-tools/scripts/local-top/kjtui": _SCRIPT,
        }
        folders: tuple[str, ...] = ()
    elif reader.read_file(_DRACUT) is not None:
        argv = (_DRACUT, "--force", "--regenerate-all")
        folder = "/usr/lib/dracut/modules.d/89kjtui"
        files = {
            f"{folder}/module-setup.sh": _MODULE.format(pack=pack),
            f"{folder}/resume.sh": _DRACUT_SCRIPT,
        }
        folders = (folder,)
    else:
        raise KjtuiError(
            "What makes this system's initramfs is not known",
            f"Neither {_INITRAMFS_TOOLS} nor {_DRACUT} is here.",
            "Put `kjtui pack-resume DIR RELEASE` into what makes it, and have it call /kjtui/resume before "
            "any file system is mounted.",
        )
    if server:
        folders = (*folders, os.path.dirname(SERVER))
    edits: list[Operation] = [MakeFolder(folder) for folder in folders]
    if server:
        told = BootFile(SERVER, reader.read_file(SERVER), 0o600)
        edits.append(EditFile(told, f"{server}\n", Kind.OURS, _VALUE, f"Write {SERVER}: {server}"))
    for path, text in files.items():
        now = reader.read_file(path)
        file = BootFile(path, now, 0o755)
        edits.append(EditFile(file, text, Kind.OURS, _VALUE, f"Write {path}"))
    return (Rebuild(argv, False), *edits, Rebuild(argv, True), Packed(release))


def own_program() -> str:
    """This program as the shell's words, from wherever it is started."""
    place = str(Path(__file__).resolve().parents[2])
    return f"PYTHONPATH={shlex.quote(place)} {shlex.quote(sys.executable)} -m kjtui"
