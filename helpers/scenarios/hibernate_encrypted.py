"""The same with an image that is sealed with a passphrase."""

import argparse

import hibernating

NAME = "hibernate-encrypted"
SUMMARY = "the image is sealed with a passphrase, which the next start asks for"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, two times on."""
    return hibernating.play(options, NAME, hibernating.Way(keys=False, passphrase="correct horse battery"))
