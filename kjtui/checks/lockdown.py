"""Does the kernel lock its own image against us?"""

from kjtui.checks.check import read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "lockdown"
_FILE = "/sys/kernel/security/lockdown"


def lockdown(facts: Facts) -> Finding:
    """Lockdown forbids kexec_load (kernel_lockdown(7)); Secure Boot is what usually turns it on."""
    why = "A locked-down kernel takes no kernel that is not signed, not even from root (kernel_lockdown(7))."
    if facts.lockdown is None:
        evidence = (read(facts, _FILE, "it could not be read"), *_secure_boot(facts))
        cure = (
            "Going on does no harm: a locked-down kernel refuses at step 4 (Load). To know before: "
            "mount -t securityfs none /sys/kernel/security"
        )
        title = "Whether the kernel is locked down cannot be told"
        return Finding(_ID, title, Verdict.UNKNOWN, evidence, why, cure)
    if facts.lockdown == "absent":
        evidence = (Evidence(_FILE, "this kernel has no lockdown"),)
        return Finding(_ID, "The kernel is not locked down", Verdict.READY, evidence, why)
    evidence = (Evidence(_FILE, f"level: {facts.lockdown}"), *_secure_boot(facts))
    if facts.lockdown == "none":
        return Finding(_ID, "The kernel is not locked down", Verdict.READY, evidence, why)
    if facts.secure_boot:
        title = f"Secure Boot has locked the kernel down ({facts.lockdown})"
        cure = (
            "Turn Secure Boot off in the firmware's setup, or with: mokutil --disable-validation (asks for a "
            "password at the next start). Then restart."
        )
        return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)
    title = f"The kernel is locked down ({facts.lockdown})"
    cure = "Restart without lockdown=… on the kernel command line. It cannot be lifted while running."
    return Finding(_ID, title, Verdict.BLOCKED, evidence, why, cure)


def _secure_boot(facts: Facts) -> tuple[Evidence, ...]:
    if facts.secure_boot is None:
        return (Evidence("EFI variable SecureBoot", "could not be read"),)
    if not facts.efi:
        return ()
    return (Evidence("EFI variable SecureBoot", "on" if facts.secure_boot else "off"),)
