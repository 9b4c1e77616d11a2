"""Is this still the machine that was saved, and are its disks as they were left?"""

import hashlib
import mmap
import os
import time
from collections.abc import Sequence
from dataclasses import replace

from kjtui.agent.protect import same_disk
from kjtui.backend import wholedisks
from kjtui.backend.medium import Medium
from kjtui.backend.probe import contents, ownmachine
from kjtui.backend.probe.source import Source
from kjtui.errors import KjtuiError
from kjtui.imagefile.header import BLOCK
from kjtui.model.saved import Footprint, Machine, Manifest
from kjtui.model.visit import Disk

# What tells where memory is; windows of devices may be named differently by another kernel.
_FIRM = ("System RAM", "ACPI Tables", "ACPI Non-volatile Storage")
_DIGEST = 16
_PIECE = 1 << 20  # bytes read at once
_PATIENCE = 10.0  # seconds


def check(manifest: Manifest) -> None:
    """Raises KjtuiError that says what is not as it was."""
    compare(manifest.machine, ownmachine.read(Source()))
    for known, now in zip(manifest.footprints, taken(manifest.footprints, manifest.disks), strict=True):
        if now.digest != known.digest:
            told = now.changed if now.changed != known.changed else 0
            when = f"last on {_date(told)}" if told else f"since {_date(manifest.created)}"
            raise KjtuiError(
                "A disk has been used since",
                f"{known.what} on {manifest.disks[known.disk].name} is not as it was: another system has "
                f"used it, {when}. Going back would destroy what is on it.",
                "Start afresh; what was running then is lost. Throw the image away (kjtui image discard).",
            )


def compare(saved: Machine, here: Machine) -> None:
    """Raises KjtuiError where the system that was saved on one cannot go on on the other."""
    missing = sorted(set(saved.features) - set(here.features))
    firm = [[one for one in machine.memory if one[2] in _FIRM] for machine in (saved, here)]
    troubles = (
        (saved.board != here.board, "another board", f"saved on {saved.board}; this is {here.board}"),
        (saved.processor != here.processor, "another processor", f"{saved.processor}; now {here.processor}"),
        (bool(missing), "another set of processor features", f"missing here: {' '.join(missing[:8])}"),
        (
            saved.processors != here.processors,
            "another number of processors",
            f"{saved.processors}; now {here.processors}",
        ),
        (firm[0] != firm[1], "another map of the memory", f"{_first_difference(firm[0], firm[1])}"),
    )
    for wrong, what, detail in troubles:
        if wrong:
            raise KjtuiError(
                f"This has {what} than what was saved",
                f"{detail}.",
                "Put back what was changed in the machine or in its firmware's settings, or start afresh.",
            )


def taken(wanted: Sequence[Footprint], disks: Sequence[Disk]) -> list[Footprint]:
    """The footprints as they are now. Raises KjtuiError where a disk is not here or cannot be read."""
    here = _all_here([disks[one.disk] for one in wanted])
    found = []
    for one in wanted:
        disk = disks[one.disk]
        twins = [other for other in here if same_disk(disk, other)]
        if len(twins) != 1:
            raise KjtuiError(
                "A disk of the saved system is not here",
                f"{disk.name} {disk.model} ({one.what}): {len(twins)} disks like it are attached.",
                "Attach it as it was, or start afresh.",
            )
        digest, changed = _look(f"/dev/{twins[0].name}", one.offset, one.size)
        found.append(replace(one, digest=digest, changed=changed))
    return found


def _all_here(wanted: Sequence[Disk]) -> tuple[Disk, ...]:
    """The disks that are here, as soon as those are among them, or after a while: some come late."""
    end = time.monotonic() + _PATIENCE
    while True:
        here = wholedisks.disks()
        if all(any(same_disk(disk, one) for one in here) for disk in wanted) or time.monotonic() > end:
            return here
        time.sleep(0.2)


def _date(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))


def _look(path: str, offset: int, size: int) -> tuple[str, int]:
    """The digest of what is on the disk, past the cache, and when that says that it was written last."""
    medium = Medium(path)
    changed = 0
    made = hashlib.blake2b(digest_size=_DIGEST)
    view = memoryview(mmap.mmap(-1, _PIECE))
    at, end = offset // BLOCK * BLOCK, offset + size
    try:
        while at < end:
            wanted = min(_PIECE, -(-(end - at) // BLOCK) * BLOCK)
            got = os.preadv(medium.file, [view[:wanted]], at)
            content = view[max(offset - at, 0) : min(got, end - at)]
            made.update(content)
            if at <= offset:
                changed = contents.written_last(bytes(content[:BLOCK]))
            if got < wanted:  # the disk ends here
                break
            at += got
    except OSError as error:
        raise KjtuiError("A disk cannot be read", f"{path}: {error.strerror}.") from None
    finally:
        medium.close()
    return made.hexdigest(), changed


def _first_difference(before: Sequence[object], now: Sequence[object]) -> str:
    pair = next(((one, other) for one, other in zip(before, now, strict=False) if one != other), None)
    return f"{pair[0]}; now {pair[1]}" if pair else f"{len(before)} ranges; now {len(now)}"
