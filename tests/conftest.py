"""Options for all tests."""

import os

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-pictures", action="store_true", help="renew the stored pictures of the screens"
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--update-pictures"):
        os.environ["KJTUI_UPDATE_PICTURES"] = "1"
