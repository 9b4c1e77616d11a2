"""Jumps of a kernel A whose root is on different disks, and a check of it after kernel A was switched off."""

import os
from dataclasses import dataclass

import pytest
from rehearsing import rehearse

pytestmark = pytest.mark.vm


@dataclass(frozen=True)
class Root:
    """rehearse.py's --root and --disk, and further options."""

    root: str
    disk: str
    further: tuple[str, ...] = ()


ROOTS = (
    Root("luks", "virtio"),
    Root("ext4", "ahci", ("--machine", "q35", "--spare-disk", "--jumps", "2")),
)


@pytest.mark.parametrize("root", ROOTS, ids=lambda root: f"{root.root}, {root.disk}")
def test_there_and_back_and_the_root_is_clean(root: Root) -> None:
    answer = rehearse("round-trip", ["--root", root.root, "--disk", root.disk, "--fsck", *root.further])
    assert answer["round_trips"] == (2 if "--jumps" in root.further else 1)
    assert answer["boot_id_same"] is True
    assert answer["memory_intact"] is True
    assert answer["processes_alive"] is True
    assert (answer["root"], answer["disk"]) == (root.root, root.disk)
    assert answer["fsck_clean"] is True, answer["fsck_said"]
    assert answer.get("spare_untouched", "no spare disk") == (
        True if "--spare-disk" in root.further else "no spare disk"
    )


def test_a_power_cut_and_a_write_are_seen() -> None:
    """The same checks find a root that was not switched off in order, and one sector written to the spare."""
    import qemu
    from afterwards import checked, kept, untouched
    from guest_image import guest_image
    from machines import kernel_for
    from spare import spare_image
    from stage import booted

    kernel = kernel_for("")
    spec = qemu.MachineSpec(
        kernel,
        guest_image(kernel),
        accel=qemu.choose_accel(os.environ.get("KJTUI_ACCEL", "tcg"), kernel),
        append="quiet kjtui.job=1",
        spare=spare_image(),
    )
    with kept(spec) as work, booted(work, "power-cut") as stage:
        stage.shell.must(
            "wipefs /dev/vdb && dd if=/dev/urandom of=/dev/vdb bs=512 seek=100000 count=1 conv=fsync"
        )
        stage.guest.cut_power()
        assert checked(work, "ext4").clean is False
        assert work.spare is not None
        assert untouched(work.spare) is False
