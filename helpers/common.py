"""What every helper shares: places, messages on standard error, commands, locks. Standard library only."""

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
if str(REPO) not in sys.path:
    sys.path.insert(0, str(REPO))

from kjtui.errors import KjtuiError as KjtuiError  # noqa: E402  (found only after the line above)


def cache_dir(*parts: str) -> Path:
    """A directory under ${XDG_CACHE_HOME:-~/.cache}/kjtui, made if it is missing."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    path = Path(base, "kjtui", *parts)
    path.mkdir(parents=True, exist_ok=True)
    return path


def say(text: str) -> None:
    """One line for the person on standard error: standard output is for results."""
    print(text, file=sys.stderr, flush=True)


def digest(parts: Iterable[str | bytes]) -> str:
    """A short name (16 hex digits) for a content."""
    total = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()[:16]


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class ProgressLine:
    """One line that is rewritten on a terminal, or a plain line every `interval` seconds elsewhere."""

    def __init__(self, title: str, interval: float = 15.0) -> None:
        self.title = title
        self._tty = sys.stderr.isatty()
        self._interval = 0.2 if self._tty else interval
        self._start = time.monotonic()
        self._last = self._start if not self._tty else 0.0

    def update(self, fraction: float | None, text: str = "") -> None:
        """Show how far it is (0 to 1, None when that is unknown), with elapsed and remaining time."""
        now = time.monotonic()
        if now - self._last < self._interval:
            return
        self._last = now
        elapsed = now - self._start
        parts = [self.title]
        if fraction is not None:
            parts.append(f"{min(fraction, 0.99):4.0%}")
        if text:
            parts.append(text)
        parts.append(f"{clock(elapsed)} elapsed")
        if fraction and fraction > 0.03:
            parts.append(f"about {clock(elapsed * (1 - min(fraction, 0.99)) / fraction)} left")
        line = " · ".join(parts)
        if self._tty:
            sys.stderr.write(f"\r\x1b[K{line[:110]}")
            sys.stderr.flush()
        else:
            say(line)

    def done(self, text: str = "done") -> None:
        """Close the line."""
        if self._tty:
            sys.stderr.write("\r\x1b[K")
        say(f"{self.title}: {text} ({clock(time.monotonic() - self._start)})")


def clock(seconds: float) -> str:
    """Seconds as m:ss."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def run(command: Sequence[str | Path], what: str, hint: str = "", **options: str | Path | None) -> str:
    """Run a command to its end and return its standard output as text.

    what says in plain words what could not be done if it fails; options: cwd, input. Raises KjtuiError
    with the end of what the command printed.
    """
    words = [str(word) for word in command]
    try:
        result = subprocess.run(
            words,
            cwd=options.get("cwd"),
            input=str(options["input"]) if "input" in options else None,
            stdin=None if "input" in options else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise KjtuiError(what, f"the program {words[0]} is not installed", hint) from error
    if result.returncode:
        tail = "\n".join((result.stdout + result.stderr).strip().splitlines()[-15:])
        raise KjtuiError(
            what, f"`{' '.join(words[:6])}` ended with status {result.returncode}:\n{tail}", hint
        )
    return result.stdout


@contextlib.contextmanager
def locked(path: Path, waiting: str) -> Iterator[None]:
    """Hold a lock file, so that two runs do not do the same work; says `waiting` if another run has it."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def signals_as_exceptions() -> Iterator[None]:
    """SIGTERM and SIGHUP end the block like Ctrl-C does, so that everything is cleaned up."""

    def interrupt(number: int, _frame: object) -> None:
        raise KeyboardInterrupt(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def guarded(main: Callable[[], int]) -> None:
    """Run a helper's main and exit with its status; a KjtuiError becomes readable words and status 1."""
    try:
        status = main()
    except KjtuiError as error:
        say(f"\n{error.title}.")
        for part in (error.detail, error.hint):
            if part:
                say(part)
        status = 1
    except KeyboardInterrupt:
        say("\nInterrupted.")
        status = 130
    sys.exit(status)
