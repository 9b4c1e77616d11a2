"""Plays visits to kernel B, or saved systems, in many rehearsal machines: roots, disks, regions, CPUs.

python3 helpers/table.py                   the chosen ones, in which each value occurs
python3 helpers/table.py --all             every combination, which takes more than a day
python3 helpers/table.py --only panic      those of a scenario, with --all: all of them
python3 helpers/table.py --saved           systems that are saved to all media, and gone back to
"""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from common import guarded, say
from setup_env import ensure

REHEARSE = Path(__file__).resolve().parent / "rehearse.py"


def main() -> int:
    """Play them one after the other; a line of JSON for each. 0 only if all held."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="every combination")
    parser.add_argument("--saved", action="store_true", help="saved systems in place of visits")
    parser.add_argument("--only", default="", metavar="SCENARIO", help="those of one scenario")
    parser.add_argument("--accel", choices=("auto", "tcg", "kvm"), default="auto")
    options = parser.parse_args()
    ensure()
    import savings
    import visits

    table: Sequence[visits.Row] = visits.all_rows() if options.all else visits.CHOSEN
    if options.saved:
        table = savings.all_rows() if options.all else savings.CHOSEN
    rows = [row for row in table if options.only in ("", row.scenario)]
    failed = 0
    for number, row in enumerate(rows, 1):
        start = time.monotonic()
        words = [sys.executable, str(REHEARSE), "--auto", row.scenario, "--accel", options.accel]
        result = subprocess.run([*words, *row.options], stdout=subprocess.PIPE, text=True)
        lines = result.stdout.splitlines()
        told = json.loads(lines[-1]) if lines and lines[-1].startswith("{") else {"broken": "no answer"}
        failed += result.returncode != 0
        seconds = round(time.monotonic() - start)
        print(
            json.dumps({"visit": str(row), "held": result.returncode == 0, "s": seconds, **told}), flush=True
        )
        say(f"{number} of {len(rows)}: {row}: {'held' if result.returncode == 0 else 'BROKEN'} ({seconds} s)")
    say(f"{len(rows) - failed} of {len(rows)} held.")
    return 1 if failed else 0


if __name__ == "__main__":
    guarded(main)
