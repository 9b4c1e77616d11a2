"""From rehearse.py's options to a machine."""

import argparse
import re
from dataclasses import replace
from pathlib import Path

import attached
import bootable
import luks
import qemu
from common import KjtuiError
from guest_image import guest_image
from spare import spare_image

RESERVATION = "crashkernel=256M"  # what --region reserved sets aside in kernel A for kernel B


def machine(options: argparse.Namespace, words: str = "", extra: tuple[str, ...] = ()) -> qemu.MachineSpec:
    """The machine; words are added to kernel A's command line, extra to QEMU's. Raises KjtuiError."""
    kernel = kernel_for(options.kernel)
    usual = (options.root, options.disk) == ("ext4", "virtio")
    if kernel.initramfs and not usual:
        raise KjtuiError(
            "This kernel cannot start from such a disk here",
            "it needs an initramfs with its drivers, and that one knows ext4 on a virtio disk only",
            "Leave out --root and --disk, or use the kernel that is built here.",
        )
    image = guest_image(kernel, options.root)
    append = [words, RESERVATION if options.region == "reserved" else ""]
    append += [f"kjtui.user={options.user}" if options.user else "", options.append]
    root = attached.first_disk(options.disk)
    if options.root == "luks":
        append.append(f"kjtui.luks={attached.partition(options.disk, 1)}")
        kernel, root = replace(kernel, initramfs=luks.opener()), luks.ROOT
    return qemu.MachineSpec(
        kernel=kernel,
        image=image,
        memory=options.memory,
        cpus=options.cpus,
        machine=options.machine,
        cpu=options.cpu,
        firmware=options.firmware,
        accel=qemu.choose_accel(options.accel, kernel),
        append=" ".join(part for part in append if part),
        extra=extra,
        disk=options.disk,
        root=root,
        file_system="btrfs" if options.root == "btrfs" else "ext4",
        spare=spare_image() if options.spare_disk else None,
    )


def kernel_for(wanted: str) -> bootable.Kernel:
    """The kernel for a path, or for one of these words; "" for the usual one. Raises KjtuiError.

    "stock": the distribution's. Built here: "6.1" or the like; "nfs": the usual one with NFS.
    """
    if wanted == "stock":
        from stock_kernel import stock_kernel

        return stock_kernel()
    if wanted == "nfs":
        from build_kernel import jump_kernel

        return jump_kernel(nfs=True)
    if not wanted or re.fullmatch(r"\d+\.\d+(\.0)?", wanted):
        from build_kernel import jump_kernel

        return jump_kernel(wanted)
    return bootable.from_file(Path(wanted))
