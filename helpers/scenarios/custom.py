"""An initramfs of the person's own in kernel B: A's disks are read-only, and kjtui back leads home."""

import argparse

import own_initramfs
from stage import JUMP, Stage
from visiting import play as visit

NAME = "custom"
DISKS = "/dev/vda /dev/sda /dev/nvme0n1"
SUMMARY = "kernel B starts an initramfs of the person's own, with the way home beside it"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One visit."""
    # What stands on a read-only disk would be written through, so that nothing may be put on it here.
    tries = f"mkdir -p /m; for d in {DISKS}; do [ -b $d ] && mount -t ext4 -o ro $d /m; done 2>&1"
    then = f"{tries}; sleep 2; /kjtui/bin/kjtui back; sleep 99"
    return visit(
        options,
        NAME,
        greeted,
        ("told to by kjtui back", r"could not write to your disks: \w+"),
        purpose="custom",
        fields={"Initramfs": own_initramfs.PLACE},
        words="kjtui.aside=1",
        before=lambda stage: own_initramfs.make(stage, f"/bin/busybox --install -s /bin; {then}"),
    )


def greeted(stage: Stage) -> dict[str, object]:
    """It is seen to run."""
    stage.person.wait_for(own_initramfs.GREETING, "its own program's greeting", JUMP)
    stage.person.wait_for("Device or resource busy", "the refusal to mount A's disk", JUMP)
    return {"greeted": True, "held_back": True}
