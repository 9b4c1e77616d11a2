"""Errors that nobody foresaw, made fit for people."""

import os
import traceback
from pathlib import Path

from kjtui.errors import KjtuiError


def unexpected(error: BaseException) -> KjtuiError:
    """Write the traceback to the log and say in plain words where it is."""
    log = log_file()
    text = "".join(traceback.format_exception(error))
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        where = f"The details are in {log}; please send that file along."
    except OSError as failure:
        where = f"The details could not be written to {log} ({failure.strerror})."
    return KjtuiError(
        "Something went wrong that this program did not expect",
        f"{type(error).__name__}: {error}",
        f"This is a mistake in kjtui: please report it. {where}",
    )


def log_file() -> Path:
    """Where tracebacks go: trouble.log in the state directory (XDG_STATE_HOME, else ~/.local/state)."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path(os.path.expanduser("~")) / ".local" / "state"
    return base / "kjtui" / "trouble.log"
