"""Saving kernel A's memory, and what is shown meanwhile."""

import os
import threading
from collections.abc import Callable
from dataclasses import replace

from kjtui.agent.memory import Memory
from kjtui.agent.place import Place, open_place
from kjtui.agent.saver import Saver
from kjtui.agent.visit import GoHome, Visit
from kjtui.backend import syscalls
from kjtui.backend.medium import Medium
from kjtui.errors import KjtuiError
from kjtui.imagefile import errand as errands
from kjtui.imagefile import manifest as manifests
from kjtui.model.saved import Errand, Task
from kjtui.model.word import WayHome

_GIVING_UP = 20.0  # seconds for leaving the medium as it was
_CANCEL = "cC\x1b"
_ACPI = "/sys/firmware/acpi"  # there if this kernel uses it (acpi_init in drivers/acpi/bus.c)


def run(visit: Visit) -> None:
    """Save, then power off or go home. Raises GoHome, always."""
    errand = read_errand()
    try:
        if errand.task is Task.HIBERNATE:
            _look_for_a_switch()
        place = open_place(visit, errand)
        try:
            said = _save(visit, errand, place.medium)
            visit.letter.text = replace(visit.letter.text, saved=said)  # whole, whatever becomes of it
            place.commit()
        except BaseException:
            _within(_GIVING_UP, place.give_up)
            raise
        visit.consoles.write(f"\r\n  Saved: {said}.\r\n")
        try:
            if errand.task is Task.HIBERNATE:
                _switch_off(visit, place)
        finally:
            place.close()
    except KjtuiError as error:
        raise GoHome(WayHome.ERROR, f"{error.title}. {error.detail}") from None
    raise GoHome(WayHome.DONE)


def _within(seconds: float, what: Callable[[], object]) -> None:
    """Do something, but do not wait for it any longer: a server that is gone must not keep anybody here."""
    thread = threading.Thread(target=what, daemon=True)
    thread.start()
    thread.join(seconds)


def _look_for_a_switch() -> None:
    """Raises KjtuiError where this kernel cannot switch the machine off.

    It would halt in place of that, and never come back from there (kernel/reboot.c).
    """
    if not os.path.isdir(_ACPI):
        raise KjtuiError(
            "Kernel B cannot switch the machine off",
            "It has no ACPI here, so nothing was saved. Look at the words for its command line, and for a "
            "kernel of its own; a snapshot needs no switching off.",
        )


def _switch_off(visit: Visit, place: Place) -> None:
    """Switch the machine off. Raises KjtuiError if that is refused: then A goes on, and the image must not.

    Where the machine has no way to switch itself off, the kernel halts (kernel/reboot.c): all devices stand
    still then, and there is no way back but the next start.
    """
    visit.consoles.write("  Switching the machine off. Should it stay on, do it by hand: all is saved.\r\n")
    syscalls.power_off()
    place.discard()
    raise KjtuiError(
        "The machine could not be switched off",
        "The image was thrown away again, for your system goes on.",
    )


def _save(visit: Visit, errand: Errand, medium: Medium) -> str:
    memory = Memory(manifests.saved_memory(errand.manifest))
    try:
        return Saver(errand, medium, memory, visit.entry, visit.consoles.write, _watch(visit)).save()
    finally:
        memory.close()


def read_errand() -> Errand:
    """What this kernel was started for. Raises KjtuiError."""
    try:
        with open(f"/{errands.PATH}", "rb") as file:
            return errands.decode(file.read())
    except OSError as error:
        raise KjtuiError(
            "Kernel B has no errand", f"/{errands.PATH}: {error.strerror}.", "Begin again from kernel A."
        ) from None


def _watch(visit: Visit) -> Callable[[], None]:
    """What is to be done again and again while saving: hear a key, feed watchdogs. Raises GoHome."""

    def look() -> None:
        visit.consoles.awake()  # saving is no idling, however long it takes
        pressed = visit.consoles.key(0)
        if pressed and pressed[0] in _CANCEL:
            raise GoHome(WayHome.CANCELLED)
        visit.tick()

    return look
