"""Many jumps in one boot, by turns for one purpose and another; prints one line of JSON for each.

Kernel B is loaded anew for each purpose, and every other time entered once more as it stands.
"""

import gc
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from kjtui.backend.linux import LinuxMachine
from kjtui.model.choices import Purpose
from kjtui.model.word import WayHome
from kjtui.wizard.session import Session

PROGRAM = "/tmp/hundred.sh"
# Purpose, what ends the visit, and how: no key is needed for any of them.
TURNS = (
    (Purpose.QUICK, {"countdown": 0}, WayHome.COUNTDOWN),
    (Purpose.LOOK, {"timer": 2}, WayHome.TIMER),
    (Purpose.PROGRAM, {"program": PROGRAM, "bring_back": ("made",)}, WayHome.DONE),
)


def main(jumps: int) -> None:
    """Jump so many times."""
    Path(PROGRAM).write_text("#!/bin/sh\nhead -c 100000 /dev/zero | tr '\\0' k > made\n")
    Path(PROGRAM).chmod(0o755)
    session = Session(LinuxMachine())
    usual = session.choices
    done = 0
    while done < jumps:
        purpose, others, way = TURNS[done // 2 % len(TURNS)]
        session.choices = replace(usual, purpose=purpose, **others)
        session.take_look(session.look())
        session.take_image(session.prepare(quiet))
        session.load(quiet)
        for again in range(2):
            if done < jumps and (not again or session.can_jump):
                start = time.clock_gettime(time.CLOCK_BOOTTIME)
                report = session.jump()
                done += 1
                word = report.word
                # Entered once more, a kernel B that had a program to run is looked around in.
                expected = WayHome.TIMER if again and purpose is Purpose.PROGRAM else way
                tell(done, purpose, report.all_well, word.way_home if word else "", expected, start)
            if purpose is Purpose.PROGRAM:
                break  # its timer is an hour
        session.unload(quiet)


def tell(number: int, purpose: Purpose, well: bool, way: str, expected: WayHome, start: float) -> None:
    """One line about one jump. free: KiB that are available."""
    gc.collect()
    Path("/proc/sys/vm/drop_caches").write_text("3")
    memory = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    line = {
        "jump": number,
        "purpose": purpose,
        "well": well,
        "way_home": way,
        "as_expected": way == expected,
        "free": int(memory["MemAvailable"].split()[0]),
        "slab": int(memory["SUnreclaim"].split()[0]),
        "seconds": round(time.clock_gettime(time.CLOCK_BOOTTIME) - start, 1),
    }
    print(json.dumps(line), flush=True)


def quiet(_what: str, _fraction: float) -> None:
    """Progress that nobody watches."""


if __name__ == "__main__":
    main(int(sys.argv[1]))
