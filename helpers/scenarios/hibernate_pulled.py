"""The USB stick is pulled out while kernel A's memory is saved to it: kernel A goes on, and says so."""

import argparse

import disturbing
from hibernating import Way
from stage import Stage

NAME = "hibernate-pulled"
SUMMARY = "the USB stick is pulled out while memory is saved to it: the system goes on and is told"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot."""

    def pull(stage: Stage) -> None:
        stage.guest.monitor.do("device_del", id="spare")

    return disturbing.play(options, NAME, Way(usb=True), pull, "medium of the image does not work")
