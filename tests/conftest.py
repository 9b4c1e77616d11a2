"""Options for all tests."""

import os
import time

import pytest
from hypothesis import settings

# A busy machine is slow, not wrong.
settings.register_profile("kjtui", deadline=None)
settings.load_profile("kjtui")


# Pictures show moments in local time.
os.environ["TZ"] = "UTC"
time.tzset()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-pictures", action="store_true", help="renew the stored pictures of the screens"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-pictures"):
        os.environ["KJTUI_UPDATE_PICTURES"] = "1"


def pytest_make_parametrize_id(val: object) -> str | None:
    """Bytes are named by their number: gzip's have the time in them, and all workers want the same names."""
    return f"{len(val)} bytes" if isinstance(val, bytes) and not val.isascii() else None
