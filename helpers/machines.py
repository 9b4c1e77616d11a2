"""From rehearse.py's options to a machine."""

import argparse
import re
from pathlib import Path

import bootable
import qemu
from guest_image import guest_image

RESERVATION = "crashkernel=256M"  # what --region reserved sets aside in kernel A for kernel B


def machine(options: argparse.Namespace, words: str = "", extra: tuple[str, ...] = ()) -> qemu.MachineSpec:
    """The machine; words are added to kernel A's command line, extra to QEMU's. Raises KjtuiError."""
    kernel = kernel_for(options.kernel)
    append = [words, RESERVATION if options.region == "reserved" else ""]
    append += [f"kjtui.user={options.user}" if options.user else "", options.append]
    return qemu.MachineSpec(
        kernel=kernel,
        image=guest_image(kernel),
        memory=options.memory,
        cpus=options.cpus,
        machine=options.machine,
        cpu=options.cpu,
        firmware=options.firmware,
        accel=qemu.choose_accel(options.accel, kernel),
        append=" ".join(part for part in append if part),
        extra=extra,
    )


def kernel_for(wanted: str) -> bootable.Kernel:
    """The kernel for a path, for "stock" (the distribution's), for "6.1" or the like (built), or the default.

    Raises KjtuiError.
    """
    if wanted == "stock":
        from stock_kernel import stock_kernel

        return stock_kernel()
    if not wanted or re.fullmatch(r"\d+\.\d+(\.0)?", wanted):
        from build_kernel import jump_kernel

        return jump_kernel(wanted)
    return bootable.from_file(Path(wanted))
