"""Does IMA (integrity measurement architecture) keep kexec_load(2) from loading?

It answers EACCES where appraisal of kernels is enforced, since kexec_load hands over no file that could be
signed: ima_load_data() in security/integrity/ima/ima_main.c.
"""

import re
from collections.abc import Mapping

from kjtui.backend.probe.source import Source

FOLDER = "/sys/kernel/security/ima"
POLICY = "/sys/kernel/security/ima/policy"
OWN_POLICY = "/etc/ima/ima-policy"  # systemd loads it at the start
_LIMIT = 1 << 20
_MOST = 8
_APPRAISES_KERNELS = re.compile(r"^\s*appraise\b.*\bfunc=KEXEC_KERNEL_CHECK\b")


def read(
    source: Source, config: Mapping[str, str] | None, command_line: str, secure_boot: bool | None
) -> tuple[str, ...] | None:
    """The rules and words by which IMA appraises loaded kernels, at most 8; () if it does not.

    None where that cannot be told. A policy can be read back from few kernels (CONFIG_IMA_READ_POLICY): for
    the others the files and words speak from which policies come.
    """
    options = config or {}
    if config is not None and options.get("CONFIG_IMA") != "y":
        return ()
    if config is None and not source.is_folder(FOLDER):
        return () if source.is_file("/sys/kernel/security/lsm") else None
    words: list[str] = []
    if secure_boot and options.get("CONFIG_IMA_ARCH_POLICY") == "y":
        words.append("CONFIG_IMA_ARCH_POLICY=y with Secure Boot")
    if _enforced(command_line, secure_boot) and (config is None or "CONFIG_IMA_APPRAISE" in options):
        words += _rules(source)
        if "secure_boot" in _values(command_line, "ima_policy"):
            words.append("ima_policy=secure_boot")
        if options.get("CONFIG_IMA_APPRAISE_REQUIRE_KEXEC_SIGS") == "y":
            words.append("CONFIG_IMA_APPRAISE_REQUIRE_KEXEC_SIGS=y")
    if not words and secure_boot is not False and config is None:
        source.note(FOLDER, "whether it appraises kernels is told by the configuration, which was not found")
        return None
    return tuple(words[:_MOST])


def _rules(source: Source) -> list[str]:
    """Rules in force, or else those of the file that they are loaded from."""
    for name in (POLICY, OWN_POLICY):
        text = source.text(name, limit=_LIMIT, optional=True)
        if text is not None:
            return [line.strip()[:120] for line in text.splitlines() if _APPRAISES_KERNELS.search(line)]
    return []


def _enforced(command_line: str, secure_boot: bool | None) -> bool:
    """Whether a failed appraisal refuses: with Secure Boot ima_appraise= is not obeyed."""
    modes = _values(command_line, "ima_appraise")
    return bool(secure_boot) or not modes or modes[-1] == "enforce"


def _values(command_line: str, name: str) -> list[str]:
    """All values of an option that may be given often, and holds several words between bars."""
    words = (word.removeprefix(f"{name}=") for word in command_line.split() if word.startswith(f"{name}="))
    return [part for word in words for part in word.split("|") if part]
