"""The checks: data plus one pure function each, from Facts to a Finding."""

from kjtui.checks.check import Check
from kjtui.checks.registry import CHECKS, run_all, worst

__all__ = ["CHECKS", "Check", "run_all", "worst"]
