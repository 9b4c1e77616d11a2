"""Reads files from the disk of a machine that is off, as the next start would find them."""

import subprocess
import tempfile
from pathlib import Path

from common import KjtuiError, run
from setup_env import ensure_packages

from disks.kinds import ESP
from disks.machine import DiskMachine

REPLAYED = (0, 1)  # e2fsck(8): nothing to do, or all was put right


def read_offline(machine: DiskMachine, number: int, paths: list[str]) -> dict[str, bytes | None]:
    """The content of files in a partition (numbered from 1); None for one that is not there.

    paths: as seen in that file system, "/grub/grub.cfg". What a power cut left in the journal is taken into
    account, on a copy. Raises KjtuiError.
    """
    kind = machine.base.kind
    partition = kind.partitions[number - 1]
    with tempfile.TemporaryDirectory(dir=machine.spec.image.parent, prefix="offline-") as name:
        whole, image = Path(name, "whole"), Path(name, "partition")
        what = "The machine's disk cannot be read"
        run(["qemu-img", "convert", "-O", "raw", machine.spec.image, whole], what)
        place = [f"skip={kind.start(number)}", f"count={partition.mib}"]
        run(["dd", f"if={whole}", f"of={image}", "bs=1M", "conv=sparse", *place], what)
        if partition.type == ESP:
            ensure_packages({"mcopy": "mtools"})
            return {path: _said(["mcopy", "-n", "-i", str(image), f"::{path}", "-"]) for path in paths}
        checked = subprocess.run(["e2fsck", "-fy", str(image)], capture_output=True)
        if checked.returncode not in REPLAYED:
            raise KjtuiError(what, checked.stdout.decode("utf-8", "replace")[-2000:])
        found: dict[str, bytes | None] = {}
        for path in paths:
            target = Path(name, "file")
            target.unlink(missing_ok=True)
            run(["debugfs", "-R", f'dump "{path}" {target}', image], what)
            found[path] = target.read_bytes() if target.exists() else None
        return found


def _said(command: list[str]) -> bytes | None:
    """A command's output, None where it fails."""
    result = subprocess.run(command, capture_output=True)
    return None if result.returncode else result.stdout
