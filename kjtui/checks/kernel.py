"""Is the running kernel of a kind that can jump at all?"""

from kjtui.checks.check import read
from kjtui.model.checks import Evidence, Finding, Verdict
from kjtui.model.facts import Facts

_CAN_JUMP = "Ubuntu, Fedora, the RHEL family, Arch and NixOS"


def architecture(facts: Facts) -> Finding:
    """Only x86-64 has a loader here."""
    evidence = (Evidence("uname -m", facts.architecture or "nothing was told"),)
    why = "The jump swaps memory and registers of one processor family; kjtui knows x86-64."
    if facts.architecture == "x86_64":
        return Finding("architecture", "The processor is x86-64", Verdict.READY, evidence, why)
    if not facts.architecture:
        cure = "Go on only if you know that this is an x86-64 machine."
        title = "The kind of processor cannot be told"
        return Finding("architecture", title, Verdict.UNKNOWN, evidence, why, cure)
    title = f"Not an x86-64 kernel: {facts.architecture[:30]}"
    cure = "Use a machine with a 64-bit Intel or AMD processor and a 64-bit kernel."
    return Finding("architecture", title, Verdict.BLOCKED, evidence, why, cure)


def kexec(facts: Facts) -> Finding:
    """CONFIG_KEXEC gives kexec_load(2); CONFIG_KEXEC_FILE alone does not."""
    why = "Kernel B is loaded with the system call kexec_load; without CONFIG_KEXEC the kernel has none."
    if facts.config is None:
        return _config_unknown(facts, "kexec", "Whether this kernel can load another cannot be told", why)
    if facts.config.get("CONFIG_KEXEC") == "y":
        evidence = (Evidence(facts.config_source, "CONFIG_KEXEC=y"),)
        return Finding("kexec", "This kernel can load another one", Verdict.READY, evidence, why)
    evidence = (Evidence(facts.config_source, "CONFIG_KEXEC is not set"),)
    cure = f"Start a kernel that has it: the stock kernels of {_CAN_JUMP} do."
    return Finding("kexec", "This kernel cannot load another one", Verdict.BLOCKED, evidence, why, cure)


def kexec_jump(facts: Facts) -> Finding:
    """CONFIG_KEXEC_JUMP keeps kernel A's state and brings it back."""
    why = "CONFIG_KEXEC_JUMP keeps this system asleep in memory while kernel B runs, and wakes it again."
    if facts.config is None:
        return _config_unknown(facts, "kexec-jump", "Whether this kernel can jump cannot be told", why)
    if facts.config.get("CONFIG_KEXEC_JUMP") == "y":
        evidence = (Evidence(facts.config_source, "CONFIG_KEXEC_JUMP=y"),)
        return Finding("kexec-jump", "This kernel can jump and come back", Verdict.READY, evidence, why)
    evidence = (Evidence(facts.config_source, "CONFIG_KEXEC_JUMP is not set"),)
    cure = (
        f"Start a kernel that has it: the stock kernels of {_CAN_JUMP} do; those of Debian, openSUSE and "
        "Alpine do not. Or build one with CONFIG_KEXEC_JUMP=y."
    )
    title = "This kernel was built without the jump (KEXEC_JUMP)"
    return Finding("kexec-jump", title, Verdict.BLOCKED, evidence, why, cure)


def _config_unknown(facts: Facts, check: str, title: str, why: str) -> Finding:
    places = ("/proc/config.gz", f"/boot/config-{facts.kernel_release}")
    evidence = tuple(read(facts, place, "it could not be read") for place in places)
    cure = (
        "Going on does no harm: a kernel without it refuses at step 4 (Load). To know before, install the "
        "kernel's config file in /boot."
    )
    return Finding(check, title, Verdict.UNKNOWN, evidence, why, cure)
