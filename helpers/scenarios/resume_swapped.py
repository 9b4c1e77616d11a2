"""Another system swaps to the saved one's swap area, and it is not gone back to any more."""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import attached
import hibernating
import resuming
from afterwards import checked, copied, switch_off
from common import cache_dir
from hibernating import FOUND, by_keys, prepared, switched_on, to_the_jump
from stage import BOOT

from scenarios.resume_refused import REFUSED, told

NAME = "resume-swapped"
SUMMARY = "another system swaps to a saved one's swap area and touches nothing else; going back is refused"
SIZE = 512  # MiB of the disk with the swap area
# 8 MiB of noise are pushed out at once (MADV_PAGEOUT); then how many KiB are on swap areas is told.
PUSH = (
    "python3 -I -S -c 'import mmap, os, time; held = mmap.mmap(-1, 8 << 20); "
    "held.write(os.urandom(8 << 20)); held.madvise(21); time.sleep(2); "
    'print(open("/proc/swaps").read().split()[-2])\''
)
# Where nothing turns, the kernel begins anywhere in the first 64 MiB; elsewhere right behind the header.
SOLID = "echo 0 >/sys/block/{disk}/queue/rotational"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One machine, three times on; the second time nothing stays of it but what it has swapped out."""
    first = attached.spare_disk(options.disk)
    place, disk = f"{first}1", f"{first[:-1]}{chr(ord(first[-1]) + 1)}"
    area = f"{disk}1"
    with tempfile.TemporaryDirectory(dir=cache_dir("images"), prefix="swap-") as home:
        copy = copied(resuming.empty_disk(SIZE, "swap"), Path(home), "swap")
        way = hibernating.Way(to=place, extra=tuple(attached.further(copy, "swap", attached.kept(True))))
        with prepared(options, way) as spec:
            with switched_on(spec, NAME) as stage:
                stage.shell.must(f"swapon {area}")
                to_the_jump(stage.person, options.region, place)
                first_boot = stage.witness.testimony().boot_id
                by_keys(stage)
            with switched_on(replace(spec, writable=False), f"{NAME}-other") as stage:
                stage.person.wait_for(FOUND, "the offer to go back", BOOT)
                stage.person.press("f")
                stage.shell.must(f"{SOLID.format(disk=disk.removeprefix('/dev/'))}; swapon {area}")
                swapped = int(stage.shell.must(PUSH))
            with switched_on(spec, f"{NAME}-again") as stage:
                stage.person.wait_for(FOUND, "the offer to go back once more", BOOT)
                stage.person.press("enter")
                stage.person.wait_for(REFUSED, "the refusal", BOOT)
                refused = told(stage)
                again = stage.witness.testimony().boot_id
                switch_off(stage)
                log = stage.log
            verdict = checked(spec, options.root)
    named = "swap" in refused.partition(REFUSED)[2][:200]
    wrong = {
        "the other system has swapped nothing out": not swapped,
        "the last start was not a new one": first_boot == again,
        "the refusal is not told by the wizard, or does not name the swap area": not named,
        "the root file system is not clean": not verdict.clean,
    }
    broken = [what for what, is_wrong in wrong.items() if is_wrong]
    return {
        "swapped_kib": swapped,
        "refused": named,
        **verdict.told(),
        "broken": broken,
        "console_log": str(log),
        **({"detail": refused[-3000:]} if broken else {}),
    }
