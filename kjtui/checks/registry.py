"""All checks, in the order in which a person should read them."""

from collections.abc import Iterable, Mapping

from kjtui.checks.check import Check
from kjtui.checks.surroundings import SURROUNDINGS
from kjtui.checks.system import SYSTEM
from kjtui.model.checks import Finding, Verdict
from kjtui.model.facts import Facts

CHECKS: tuple[Check, ...] = (*SYSTEM, *SURROUNDINGS)
BY_ID: Mapping[str, Check] = {check.id: check for check in CHECKS}

_WORST_FIRST = (Verdict.BLOCKED, Verdict.UNKNOWN, Verdict.ATTENTION)


def run_all(facts: Facts) -> tuple[Finding, ...]:
    """Every check's outcome, in the order of CHECKS."""
    return tuple(check.run(facts) for check in CHECKS)


def worst(findings: Iterable[Finding]) -> Verdict:
    """The verdict on all: BLOCKED over UNKNOWN over ATTENTION over READY; READY for none."""
    verdicts = {finding.verdict for finding in findings}
    return next((verdict for verdict in _WORST_FIRST if verdict in verdicts), Verdict.READY)
