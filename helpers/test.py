"""Prepares everything on a fresh machine, then runs all tests: linters, types, units, screens, real jumps.

python3 helpers/test.py            everything
python3 helpers/test.py --quick    without the rehearsal machine
Further arguments go to pytest, e.g.  python3 helpers/test.py -k layout
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

from common import REPO, KjtuiError, clock, guarded, say
from rehearse import PACKAGES
from setup_env import ensure

MOST_AT_ONCE = 4  # tests: a machine takes up to 3 GiB
OTHER_PACKAGES = {
    "whiptail": "whiptail",  # what bytes on a console are compared with
    "mkfs.vfat": "dosfstools",
    "mcopy": "mtools",
    "mkntfs": "ntfs-3g",
}


def main() -> int:
    """Run every stage even after a failure; 0 only if all passed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    parser.add_argument("--quick", action="store_true", help="leave out what boots kernels")
    options, further = parser.parse_known_args()
    ensure(packages=OTHER_PACKAGES if options.quick else {**OTHER_PACKAGES, **PACKAGES})
    if not options.quick:
        prepare_kernels()
        prepare_disks()
    python = [sys.executable, "-m"]
    # Each worker asks for one test after the other: those of machines take minutes, and come last.
    workers = ["-n", str(min(os.cpu_count() or 1, MOST_AT_ONCE)), "--maxschedchunk", "1"]
    pytest = [*python, "pytest", *workers, *(["-m", "not vm"] if options.quick else []), *further]
    stages = {
        "ruff check": [*python, "ruff", "check", "."],
        "ruff format": [*python, "ruff", "format", "--check", "."],
        "mypy": [*python, "mypy"],
        "pytest": pytest,  # last: its closing line is the last that is seen
    }
    failed = [name for name, command in stages.items() if not stage(name, command)]
    if failed:
        say(f"Failed: {', '.join(failed)}")
    return 1 if failed else 0


def stage(name: str, command: list[str]) -> bool:
    """Run one stage with its output as it comes; whether it passed."""
    start = time.monotonic()
    say(f"== {name}")
    passed = subprocess.run(command, cwd=REPO, env={**os.environ, "PYTHONUNBUFFERED": "1"}).returncode == 0
    if name != "pytest":
        say(f"== {name}: {'passed' if passed else 'FAILED'} ({clock(time.monotonic() - start)})")
    return passed


def prepare_kernels() -> None:
    """Build or fetch the kernels here, where the progress can be seen: pytest would hide it for minutes."""
    import build_kernel
    import stock_kernel

    wanted = ["", *(["6.1"] if build_kernel.available("6.1") else [])]
    try:
        for source in wanted:
            build_kernel.jump_kernel(source)
        build_kernel.jump_kernel(nfs=True)
        stock_kernel.stock_kernel()
    except KjtuiError as error:
        say(f"{error}\nThe tests that need this kernel will fail.")


def prepare_disks() -> None:
    """The same for the disks: with boot loaders of their own, and with other roots."""
    from disks.image import base_image
    from disks.kinds import KINDS
    from guest_image import ROOTS, guest_image
    from machines import kernel_for

    made: list[Callable[[], object]] = [
        partial(base_image, kind) for kind in KINDS.values() if not kind.by_hand
    ]
    made += [partial(guest_image, kernel_for(""), root) for root in ROOTS]
    for make in made:
        try:
            make()
        except KjtuiError as error:
            say(f"{error}\nThe tests that need this disk will fail.")


if __name__ == "__main__":
    guarded(main)
