"""Rescue: kernel B has an address by DHCP on a card whose driver is a module, and reads disks."""

import argparse
import re

from stage import JUMP, Stage
from visiting import play as visit
from visiting import shell, told

NAME = "rescue"
SUMMARY = "rescue in kernel B: a driver that travelled along, an address by DHCP, disks mounted to read"
# QEMU's own network: a DHCP server at 10.0.2.2, which gives 10.0.2.15.
CARD = ("-netdev", "user,id=net", "-device", "e1000,netdev=net")


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit."""
    expected = ("you pressed a key there", r"could not write to your disks: \w+")
    return visit(
        options, NAME, look, expected, purpose="rescue", fields={"Network (DHCP)": "yes"}, extra=CARD
    )


def look(stage: Stage) -> dict[str, object]:
    """Have an address, mount what is there, read from A's root."""
    person = stage.person
    screen = person.wait_for(r"(?s)network:.*\[M\] mount disks to read", "the address", JUMP)
    person.press("m")
    mounted = person.wait_for(r"/mnt/\S+ +\w+, read-only|nothing here", "the mounts", 60.0)
    person.press("x")
    person.wait_for(r"\[Enter\] go back", "kernel B's screen", 60.0)
    shell(person)
    said = told(person, "ip addr show eth0 | grep -o 'inet [0-9.]*'; lsmod | head -n 2; ls /mnt/*/etc/passwd")
    refused = told(person, "touch /mnt/*/etc/passwd")
    person.type("exit\r")
    person.wait_for(r"\[Enter\] go back", "kernel B's screen", 60.0)
    person.press("enter")
    return {
        "address": "has an address by DHCP" in screen and "inet 10.0.2.15" in said,
        "module": bool(re.search(r"\be1000\b", said)),
        "mounted": ", read-only" in mounted,
        "read": "/etc/passwd" in said,
        "write_refused": "Read-only file system" in refused,
        "said": f"{said} | {refused}"[:400],
    }
