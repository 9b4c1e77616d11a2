"""Loading the modules that travel along, in the order that stands beside them."""

import os

from kjtui.backend import syscalls

FOLDER = "/kjtui/modules"
ORDER = "order"  # names of files, one a line, what is needed before what needs it


def load() -> list[str]:
    """Load them all; a sentence for each that this kernel does not take."""
    try:
        with open(f"{FOLDER}/{ORDER}", encoding="ascii") as file:
            names = file.read().split()
    except OSError:
        return []
    notes = []
    for name in names:
        try:
            file_number = os.open(f"{FOLDER}/{name}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            notes.append(f"module {name}: {error.strerror}")
            continue
        try:
            syscalls.finit_module(file_number)
        except OSError as error:
            notes.append(f"module {name}: {error.strerror}")
        finally:
            os.close(file_number)
    return notes
