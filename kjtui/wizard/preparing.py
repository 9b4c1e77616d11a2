"""Packing kernel B and laying it out for the choices of a walk; nothing is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from kjtui.errors import KjtuiError
from kjtui.imagefile import exports
from kjtui.kexec import bzimage, iomem
from kjtui.kexec.layout import plan_image
from kjtui.model.choices import Purpose
from kjtui.model.saved import Medium, SavedTo, Task
from kjtui.plan import saving, visit
from kjtui.wizard import imageplace

if TYPE_CHECKING:
    from kjtui.backend.machine import Progress
    from kjtui.model.facts import Facts
    from kjtui.model.image import LoadImage
    from kjtui.model.memory import Region
    from kjtui.model.saved import Errand, Target
    from kjtui.model.visit import Orders
    from kjtui.wizard.session import Session

_HEAD = 64 << 10  # bytes of a kernel's file in which its version stands


class Prepared(NamedTuple):
    """Kernel B, ready to be loaded. notes: what could not be had for it. saves: where it saves this system's
    memory to. waits: a saved system that waits there, in a few words.
    """

    image: LoadImage
    notes: tuple[str, ...]
    saves: SavedTo | None
    waits: str = ""


def prepare(session: Session, progress: Progress) -> Prepared:
    """Kernel B for the choices of this walk. Raises KjtuiError, and what progress raises."""
    facts, region = _basis(session)
    path, choices, machine = session.kernel_b, session.choices, session.machine
    if path is None:
        raise _no_kernel(facts)
    target = _target(session, progress) if choices.purpose is Purpose.SAVE else None
    if target is not None:
        choices = replace(choices, network=target.medium is Medium.NFS)
    progress("reading the kernel", 0.0)
    kernel = machine.read_kernel(path)
    initramfs = machine.initramfs(choices, bzimage.release(kernel[:_HEAD]), progress)
    progress("laying out kernel B in memory", 1.0)
    low = iomem.low_memory(iomem.parse(facts.iomem))
    avoid = (region.span, low) if low else (region.span,)
    mailbox = machine.mailbox(avoid, visit.word_pages(choices.purpose))
    disks = machine.protected_disks()
    told = visit.orders_for(facts, choices, mailbox, disks, same_kernel=path == facts.kernel_file)
    if target is not None and target.address:
        told = replace(told, own_address=(target.address, target.gateway))
    data = visit.with_orders(initramfs.data, told)
    errand = _errand(session, facts, region, told, target, progress) if target else None
    if errand is not None:
        data = saving.with_errand(data, errand)
    # What puts memory back has to go into the same place.
    more = saving.GOING_BACK if errand is not None and not choices.snapshot else 0
    image = plan_image(facts, region, choices, kernel, data, unpacked=initramfs.unpacked + more)
    if errand is None:
        return Prepared(image, initramfs.notes, None)
    name = errand.target.name
    saves = SavedTo(name, errand.manifest.id, name in facts.swaps)
    # What is on a server is seen by kernel B alone; there an older image is kept until the new one is whole.
    waits = "" if errand.target.medium is Medium.NFS else machine.waiting_image(name)
    return Prepared(image, initramfs.notes, saves, waits)


def _target(session: Session, progress: Progress) -> Target:
    """Where the image goes to; a server is asked whether it is there. Raises KjtuiError."""
    target = imageplace.place(session).target
    if target.medium is not Medium.NFS:
        return target
    progress(f"reaching the server {target.server}", 0.0)
    host = session.machine.identity().host
    return session.machine.reached(replace(target, path=exports.file_name(host)))


def _errand(
    session: Session, facts: Facts, region: Region, told: Orders, target: Target, progress: Progress
) -> Errand:
    """What kernel B is to save, and where to."""
    choices = session.choices
    own = session.machine.identity()
    task = Task.SNAPSHOT if choices.snapshot else Task.HIBERNATE
    heads = session.machine.disk_heads()
    errand = saving.errand(facts, region, told, own, task, target, heads)
    if not choices.passphrase:
        return errand
    progress("making a key of the passphrase", 1.0)
    return saving.sealed(errand, choices.passphrase)


def _basis(session: Session) -> tuple[Facts, Region]:
    offer = session.offer
    if session.seen is None or offer is None:
        raise KjtuiError("This machine has not been looked at yet", hint="Go back to the first step.")
    if offer.region is None:
        raise KjtuiError(offer.why_not, offer.detail, offer.cure)
    return session.seen.facts, offer.region


def _no_kernel(facts: Facts) -> KjtuiError:
    return KjtuiError(
        "The file of the running kernel was not found",
        f"Kernel B is started from the file of Linux {facts.kernel_release} (vmlinuz), which is not there.",
        "Install this kernel's package or mount /boot, then press R on the first step; or take another "
        "kernel in step 3 (K).",
    )
