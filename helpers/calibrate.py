"""Measures how little memory kernel B gets by with, by jumping into it with less and less.

python3 helpers/calibrate.py           prints a table
python3 helpers/calibrate.py --write   and keeps the figures in kjtui/knowledge/calibration.json
"""

import argparse

from common import guarded
from rehearse import PACKAGES
from setup_env import ensure


def main() -> int:
    """Measure, print, write if told to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="keep the figures")
    parser.add_argument(
        "--kernel", default="", metavar="BZIMAGE", help="as helpers/rehearse.py takes it (default: the same)"
    )
    parser.add_argument("--accel", choices=("auto", "tcg", "kvm"), default="auto")
    options = parser.parse_args()
    ensure(packages=PACKAGES)
    import calibration_run  # needs the environment that ensure() has made

    return calibration_run.run_all(options)


if __name__ == "__main__":
    guarded(main)
