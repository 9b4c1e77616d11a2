"""Kernel B's consoles, on a pseudo terminal that goes by a console's name."""

import os
import select
import subprocess
import sys
from collections.abc import Iterator

import pytest

from kjtui.agent.consoles import Consoles
from kjtui.agent.telling import tell

# The first process of a session hangs up its terminal. At its end the kernel does that by itself, but not for
# a pseudo terminal (disassociate_ctty in drivers/tty/tty_jobctrl.c).
SHELL = """
import ctypes, os, signal, sys
os.setsid()
os.open(sys.argv[1], os.O_RDWR)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
sys.exit(ctypes.CDLL(None).vhangup())
"""


@pytest.fixture
def line() -> Iterator[tuple[int, str]]:
    """The far end of a terminal, and the terminal's name below /dev."""
    far, near = os.openpty()
    name = os.ttyname(near).removeprefix("/dev/")
    os.close(near)
    yield far, name
    os.close(far)


def heard(far: int) -> bytes:
    return os.read(far, 100) if select.select([far], [], [], 5)[0] else b""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may hang a terminal up")
def test_a_console_is_heard_again_after_a_shell_has_ended_on_it(line: tuple[int, str]) -> None:
    far, name = line
    consoles = Consoles([name])
    consoles.write("before")
    assert heard(far) == b"before"
    subprocess.run([sys.executable, "-I", "-S", "-c", SHELL, f"/dev/{name}"], check=True)
    consoles.reopen()
    consoles.write("after")
    assert heard(far) == b"after"
    os.write(far, b"x")
    pressed = consoles.key(5)
    assert pressed is not None
    assert pressed[0] == "x"


def test_what_is_told_keeps_its_words_whole_on_80_columns(line: tuple[int, str]) -> None:
    far, name = line
    reason = "swap (swap) on vdc is not as it was: another system has used it, since 2026-11-27 10:03 UTC."
    tell(Consoles([name]), "A disk has been used since", f"{reason} Going back would destroy what is on it.")
    said = b""
    while more := os.read(far, 1000) if select.select([far], [], [], 0.5)[0] else b"":
        said += more
    lines = said.replace(b"\r", b"").decode().splitlines()
    assert lines[:2] == ["", "  A disk has been used since"]
    assert max(map(len, lines)) < 80
    assert " ".join(" ".join(lines).split()).endswith(f"{reason} Going back would destroy what is on it.")
