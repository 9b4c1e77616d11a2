"""All symptoms, in the order in which they are offered."""

from collections.abc import Mapping

from kjtui.errors import KjtuiError
from kjtui.wizard.trouble.away import AWAY
from kjtui.wizard.trouble.cannot import CANNOT
from kjtui.wizard.trouble.dark import DARK
from kjtui.wizard.trouble.disk import DISK
from kjtui.wizard.trouble.loading import LOADING
from kjtui.wizard.trouble.model import Symptom
from kjtui.wizard.trouble.network import NETWORK
from kjtui.wizard.trouble.rebooted import REBOOTED
from kjtui.wizard.trouble.refused import REFUSED
from kjtui.wizard.trouble.screen import SCREEN

SYMPTOMS: tuple[Symptom, ...] = (CANNOT, LOADING, REFUSED, DARK, AWAY, REBOOTED, NETWORK, SCREEN, DISK)
BY_ID: Mapping[str, Symptom] = {one.id: one for one in SYMPTOMS}


def of_error(error: KjtuiError | None) -> Symptom | None:
    """The symptom of an error that a person sees, None where it is that of none."""
    if error is None:
        return None
    return {"reboot": REFUSED, "kexec_load": LOADING}.get(error.code.partition(":")[0])
