"""Jumps into a kernel B that gets so many MiB and no more; prints one line of JSON when it has come back.

The memory lies across a border of 128 MiB: kernel B keeps its books about memory in pieces of that size, and
no place costs it more of them. What this program would refuse as too little is loaded here all the same.
"""

import json
import sys
from dataclasses import replace

from kjtui.backend.linux import LinuxMachine
from kjtui.kexec import bzimage, iomem, regions
from kjtui.kexec.layout import plan_image
from kjtui.model.choices import Choices, Purpose
from kjtui.model.memory import MIB, MemoryRange, Region, RegionKind, Span
from kjtui.plan import visit
from kjtui.wizard.session import Loaded, Session

MIDDLE = 512 * MIB  # a border, far from A's kernel, which the helper has told to lie low


def main(purpose: Purpose, mib: int) -> None:
    """Lay out, load, jump."""
    machine = LinuxMachine()
    facts = machine.facts()
    choices = Choices(purpose=purpose, countdown=0)
    if purpose is Purpose.PROGRAM:
        choices = replace(choices, program="/root/calibrate.sh", bring_back=("result",))
    if purpose is Purpose.CUSTOM:
        choices = replace(choices, initramfs="/root/own.cpio.gz")
    kernel = machine.read_kernel(facts.kernel_file or "")
    initramfs = machine.initramfs(choices, facts.kernel_release, quiet).data
    region = around(iomem.parse(facts.iomem), mib * MIB)
    low = iomem.low_memory(iomem.parse(facts.iomem))
    box = machine.mailbox((region.span, low) if low else (region.span,), visit.word_pages(purpose))
    orders = visit.orders_for(facts, choices, box, machine.protected_disks(), same_kernel=True)
    image = plan_image(facts, region, choices, kernel, visit.with_orders(initramfs, orders), room=0)
    session = Session(machine)
    machine.load(image)
    session.loaded = Loaded(image, choices)
    report = session.jump()
    told = {
        "well": report.all_well,
        "word": report.word is not None,
        "kernel": facts.kernel_release,
        "init_size": bzimage.parse(kernel).init_size,
        "packed": len(initramfs),
        "way_home": regions.crash_size(iomem.ram(iomem.parse(facts.iomem))),
        "swapped": image.bytes_swapped,
        "away": report.away,
    }
    print(json.dumps(told))


def around(ranges: tuple[MemoryRange, ...], size: int) -> Region:
    """So much memory with MIDDLE within. Raises AssertionError where that cannot be lent."""
    start = (MIDDLE - size // 2) // regions.ALIGNMENT * regions.ALIGNMENT
    span = Span(start, start + size)
    assert any(ram.contains(span) for ram in iomem.ram(ranges)), f"no memory at {span}"
    assert not any(part.overlaps(span) for part in iomem.kernel_image(ranges)), f"kernel A lies in {span}"
    return Region(span, RegionKind.BORROWED)


def quiet(_what: str, _fraction: float) -> None:
    """Progress that nobody watches."""


if __name__ == "__main__":
    main(Purpose(sys.argv[1]), int(sys.argv[2]))
