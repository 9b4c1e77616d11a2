"""Does the integrity policy (IMA) take signed kernels only?"""

from kjtui.checks.check import Check, evidence
from kjtui.checks.options import stated
from kjtui.checks.words import reasons
from kjtui.model.checks import Area, Finding, Verdict
from kjtui.model.facts import Facts

_ID = "ima"
_FOLDER = "/sys/kernel/security/ima"
_POLICY = "/sys/kernel/security/ima/policy"
_FIRMWARE = "Secure Boot"  # how the probe marks a policy that Secure Boot brings


def ima(facts: Facts) -> Finding:
    """kexec_load hands over no file whose signature could be looked at: ima_load_data() answers EACCES."""
    why = (
        "An integrity policy (IMA) may demand a signature of each kernel that is loaded. kexec_load, which a "
        "jump needs, hands over memory and no file, so it is refused (EACCES)."
    )
    if facts.ima is None:
        shown = reasons(facts, _FOLDER, "/sys/kernel/security")
        cure = "Going on does no harm: such a policy refuses at step 4 (Load). Run kjtui as root to know."
        return Finding(_ID, "The integrity policy (IMA) cannot be told", Verdict.UNKNOWN, shown, why, cure)
    if facts.ima:
        shown = tuple(evidence(_POLICY, rule) for rule in facts.ima[:4])
        if any(_FIRMWARE in rule for rule in facts.ima):
            cure = "Turn Secure Boot off in the firmware's setup, which brings this policy, then restart."
        else:
            cure = (
                "Take the rule for KEXEC_KERNEL_CHECK out of /etc/ima/ima-policy, or ima_policy=secure_boot "
                "off the kernel command line; or add ima_appraise=log. Then restart."
            )
        return Finding(_ID, "The integrity policy refuses kernels (IMA)", Verdict.BLOCKED, shown, why, cure)
    if facts.config is None:
        shown = (evidence(_FOLDER, "no rule for loading kernels"),)
    else:
        source = facts.config_source or "the kernel's configuration"
        shown = (
            evidence(source, stated(facts, "CONFIG_IMA")),
            evidence(_FOLDER, "no rule for loading kernels"),
        )
    return Finding(_ID, "No integrity policy (IMA) stands in the way", Verdict.READY, shown, why)


IMA = Check(
    _ID,
    Area.RIGHTS,
    "Does an integrity policy refuse unsigned kernels?",
    (_POLICY, "/etc/ima/ima-policy", "/proc/cmdline"),
    "IMA, the kernel's integrity measurement, can be told to appraise loaded kernels (rules with "
    "func=KEXEC_KERNEL_CHECK). kexec_load hands over memory, not a signed file, so such a policy refuses it "
    "with EACCES, Permission denied. Policies come from /etc/ima/ima-policy, from ima_policy= on the kernel "
    "command line, and on some kernels from Secure Boot. They only grow while the kernel runs: change the "
    "source, then restart.",
    frozenset({Verdict.READY, Verdict.BLOCKED, Verdict.UNKNOWN}),
    ima,
)
