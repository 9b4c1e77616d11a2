"""What helpers/rehearse.py --auto can play: one module for each scenario, found by itself.

A scenario's module has NAME, SUMMARY (one line for --list) and play(options), which boots what it needs and
returns the result for the line of JSON. In it "broken" is a list of what did not hold, empty when all held,
and "console_log" a path; both are left out of the line when all is well.
"""

import argparse
import importlib
import pkgutil
from typing import Protocol


class Scenario(Protocol):
    """What a scenario's module offers."""

    NAME: str
    SUMMARY: str

    def play(self, options: argparse.Namespace) -> dict[str, object]:
        """Play it with rehearse.py's options. Raises KjtuiError when it cannot be played to its end."""
        ...


def scenarios() -> dict[str, Scenario]:
    """All scenarios by name."""
    found: dict[str, Scenario] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        scenario: Scenario = module
        found[scenario.NAME] = scenario
    return found
