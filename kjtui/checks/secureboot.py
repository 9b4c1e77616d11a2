"""Is Secure Boot on? By itself it stops no jump; what it makes the kernel do may."""

from kjtui.checks.check import Check, evidence
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "secure-boot"
_VARIABLE = "EFI variable SecureBoot"
_SETUP = "EFI variable SetupMode"
_FOLDER = "/sys/firmware/efi/efivars"


def secure_boot(facts: Facts) -> Finding:
    """For information, since the checks of lockdown and IMA judge what it leads to."""
    why = (
        "Secure Boot lets the firmware start signed programs only. It stops a jump by way of the kernel's "
        "lockdown or integrity policy, which are checked of their own."
    )
    if facts.secure_boot is None:
        shown = reasons(facts, _FOLDER)
        if facts.lockdown in ("none", "absent"):
            told = "Secure Boot cannot be told, but has locked nothing"
            return Finding(_ID, told, Verdict.READY, shown, why)
        cure = (
            "Going on does no harm: a locked-down kernel refuses at step 4 (Load). To know before: mokutil "
            "--sb-state, or the firmware's setup."
        )
        return Finding(_ID, "Whether Secure Boot is on cannot be told", Verdict.UNKNOWN, shown, why, cure)
    if not facts.efi:
        shown = (evidence("/sys/firmware/efi", "this machine was not started by EFI"),)
        return Finding(_ID, "There is no Secure Boot (no EFI)", Verdict.READY, shown, why)
    setup = {True: "setup mode", False: "user mode", None: "it could not be read"}[facts.setup_mode]
    shown = (evidence(_VARIABLE, "on" if facts.secure_boot else "off"), evidence(_SETUP, setup))
    if facts.secure_boot:
        told = "Secure Boot is on; lockdown and IMA tell if it matters"
    elif facts.setup_mode:
        told = "Secure Boot is off and waits for keys (setup mode)"
    else:
        told = "Secure Boot is off"
    return Finding(_ID, told, Verdict.READY, shown, why)


SECURE_BOOT = Check(
    _ID,
    Area.RIGHTS,
    "Is Secure Boot on?",
    (_VARIABLE, _SETUP),
    "With Secure Boot the firmware starts only what is signed with a key that it knows. The kernels of most "
    "distributions then lock themselves down, and no jump is possible; kernels without that habit still take "
    "one. In setup mode the firmware has no owner's key yet and enforces nothing. It is switched in the "
    "firmware's setup; where shim is used, mokutil --disable-validation turns off its part.",
    frozenset({Verdict.READY, Verdict.UNKNOWN}),
    secure_boot,
)
