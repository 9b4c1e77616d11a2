"""Having `systemctl hibernate` save this system by kjtui: systemd-sleep(8), systemd.unit(5) on drop-ins."""

import shlex

from kjtui.backend.machine import Reader
from kjtui.errors import KjtuiError
from kjtui.model.boot import BootFile
from kjtui.plan.bootops import EditFile, MakeFolder, RunTool
from kjtui.plan.boottexts import Kind
from kjtui.plan.operations import Operation

TITLE = "Have systemctl hibernate use kjtui"
_SYSTEMCTL = "/usr/bin/systemctl"
_RELOAD = (_SYSTEMCTL, "daemon-reload")
_ABOUT = "Have systemd read its units anew"
_VALUE = "kjtui"
_UNITS = "/etc/systemd/system"
_HIBERNATE = """\
# Made by kjtui enable-sleep: systemctl hibernate saves this system by kjtui. kjtui undo takes it away.
[Service]
ExecStart=
ExecStart={command}
"""
# systemd refuses to hibernate where swap is too small for the kernel's own hibernation, which this is not
# (docs/ENVIRONMENT.md in systemd's source).
_LOGIND = """\
# Made by kjtui enable-sleep: kjtui needs no swap for hibernating. kjtui undo takes it away.
[Service]
Environment=SYSTEMD_BYPASS_HIBERNATION_MEMORY_CHECK=1
"""


def command(program: str, to: str, passphrase_file: str) -> str:
    """What is run, as the line ExecStart= has it. program: words for a shell, see resumehook.own_program.

    What is special there (systemd.service(5), systemd.syntax(7)) is doubled; the shell's own quoting is kept.
    """
    words = f"exec env {program} hibernate --to {shlex.quote(to)} --yes"
    if passphrase_file:
        words += f" --passphrase-file {shlex.quote(passphrase_file)}"
    quoted = words.replace("\\", "\\\\").replace('"', '\\"').replace("$", "$$").replace("%", "%%")
    return f'/bin/sh -c "{quoted}"'


def enabling(reader: Reader, line: str) -> tuple[Operation, ...]:
    """What is to be done. line: see command(). Raises KjtuiError."""
    if reader.read_file(_SYSTEMCTL) is None:
        raise KjtuiError(
            "This system is not run by systemd",
            f"{_SYSTEMCTL} is not there.",
            "Have whatever puts this machine to sleep run: kjtui hibernate --to PLACE --yes",
        )
    files = {
        f"{_UNITS}/systemd-hibernate.service.d": _HIBERNATE.format(command=line),
        f"{_UNITS}/systemd-logind.service.d": _LOGIND,
    }
    edits: list[Operation] = []
    for folder, text in files.items():
        path = f"{folder}/kjtui.conf"
        file = BootFile(path, reader.read_file(path), 0o644)
        edits += [MakeFolder(folder), EditFile(file, text, Kind.OURS, _VALUE, f"Write {path}")]
    # The first is there for being undone: that comes last then, when the files are gone.
    return (RunTool(_RELOAD, _ABOUT, _RELOAD, _ABOUT), *edits, RunTool(_RELOAD, _ABOUT))
