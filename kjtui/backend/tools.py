"""Running this system's own programs, so that a person sees them work and can end them."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from kjtui.backend.machine import Progress
from kjtui.backend.probe.source import clean, decoded
from kjtui.errors import KjtuiError

FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_TICK = 0.25  # seconds between two words of progress
_GRACE = 5.0  # seconds that a program has to end by itself
_KEPT = 1 << 20  # bytes of what it says
_LAST = 12  # lines of it that an error tells
_HALF = 0.5  # how far it is cannot be known
_LOCALES = ("/usr/lib/locale/C.utf8", "/usr/lib/locale/C.UTF-8")


def find(name: str, root: Path = Path("/")) -> str:
    """Where a program is, as the machine sees it; "" if it is in none of FOLDERS."""
    for folder in FOLDERS:
        place = root / folder.lstrip("/") / name
        if place.is_file() and os.access(place, os.X_OK):
            return f"{folder}/{name}"
    return ""


def run(argv: Sequence[str], progress: Progress, what: str, patience: float = 600.0) -> str:
    """Run a program and return what it said, on both streams, in the order it said it.

    argv: the program, by its path or a name in FOLDERS, and its arguments; no shell takes part. progress is
    called four times a second with what and the last line that the program said. If it raises, or after
    patience seconds, the program and all that it has started are ended: SIGTERM, five seconds later SIGKILL.
    Raises KjtuiError when the program is missing, takes too long or fails, and what progress raises.
    """
    name = os.path.basename(argv[0])
    program = argv[0] if "/" in argv[0] else find(argv[0])
    try:
        process = subprocess.Popen(
            [program or argv[0], *argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            cwd="/",
            start_new_session=True,  # a process group of its own, and no terminal to ask on
        )
    except (OSError, ValueError) as error:
        raise _missing(argv, error) from None
    assert process.stdout is not None  # it was asked for
    try:
        with process.stdout:
            said = _follow(process, process.stdout, progress, what, patience)
    except BaseException:
        _end(process)
        raise
    if said is None:
        _end(process)
        raise KjtuiError(
            f"{name} took too long",
            f"{_command(argv)} was ended, with all that it had started, after {patience:.0f} seconds.",
            "Run it by hand to see what it waits for.",
        )
    if process.returncode != 0:
        raise _failed(argv, process.returncode, said)
    return said


def _follow(
    process: subprocess.Popen[bytes], stream: IO[bytes], progress: Progress, what: str, patience: float
) -> str | None:
    """Collect what the program says until it ends; None if that took longer than patience."""
    said = b""
    end = time.monotonic() + patience
    told = 0.0  # when progress was called last
    os.set_blocking(stream.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            # It may leave something running that keeps the stream open: what counts is its own end.
            ended = process.poll() is not None
            if selector.get_map():
                if selector.select(0 if ended else _TICK):
                    piece = _piece(stream)
                    if piece == b"":
                        selector.unregister(stream)
                    said = (said + (piece or b""))[-_KEPT:]
                    if piece and ended:
                        continue
            elif not ended:
                time.sleep(_TICK / 4)
            now = time.monotonic()
            if now - told >= _TICK or ended:
                told = now
                progress(f"{what}: {last}" if (last := _last_line(said)) else what, _HALF)
            if ended:
                return decoded(said)
            if now > end:
                return None


def _piece(stream: IO[bytes]) -> bytes | None:
    """What there is to read; empty at the stream's end, None if there is nothing yet."""
    try:
        return os.read(stream.fileno(), 1 << 16)
    except BlockingIOError:
        return None


def _last_line(said: bytes) -> str:
    """The last line with something in it, fit for a screen."""
    lines = [line.strip() for line in decoded(said[-4096:]).replace("\r", "\n").split("\n")]
    last = next((line for line in reversed(lines) if line), "")
    return "".join(sign if sign.isprintable() else " " for sign in last)[:200]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the program's process group, gently first. The group may outlive the program."""
    _signal(process.pid, signal.SIGTERM)
    end = time.monotonic() + _GRACE
    while time.monotonic() < end:
        process.poll()  # takes its status, without which its group would stay
        if not _signal(process.pid, 0):
            return
        time.sleep(0.02)
    _signal(process.pid, signal.SIGKILL)
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        pass  # it waits for a device within the kernel, and ends as soon as that answers


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; False if there is nobody in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # some of them have become another user's; the others have got it
    return True


def _environment() -> dict[str, str]:
    """Ours, with English words, and with the folders in which the programs look for further programs."""
    kept = {name: value for name, value in os.environ.items() if name not in ("LANGUAGE", "LANG")}
    english = "C.UTF-8" if any(os.path.isdir(place) for place in _LOCALES) else "C"
    return {**kept, "LC_ALL": english, "PATH": ":".join(FOLDERS)}


def _command(argv: Sequence[str]) -> str:
    return clean(" ".join(argv))


def _missing(argv: Sequence[str], error: OSError | ValueError) -> KjtuiError:
    name = os.path.basename(argv[0])
    if isinstance(error, FileNotFoundError):
        return KjtuiError(
            f"{name} was not found",
            f"{argv[0]} is not there; looked in {', '.join(FOLDERS)}.",
            f"Install the package that brings {name}.",
        )
    reason = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return KjtuiError(f"{name} could not be started", f"{_command(argv)}: {reason}.", "Run kjtui as root.")


def _failed(argv: Sequence[str], status: int, said: str) -> KjtuiError:
    name = os.path.basename(argv[0])
    how = f"ended with status {status}" if status > 0 else f"was ended by {_signal_name(-status)}"
    lines = [line for line in said.splitlines() if line.strip()][-_LAST:]
    last = ":\n" + "\n".join(lines) if lines else " and said nothing."
    return KjtuiError(
        f"{name} failed",
        f"{_command(argv)} {how}{last}",
        "What it said tells what to do. Run it by hand to try it again.",
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
