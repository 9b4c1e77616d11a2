"""A system run by systemd: `systemctl hibernate` saves it by kjtui, and no more when that is undone."""

import argparse
import tempfile
import time
from pathlib import Path

import hibernating
import resuming
from afterwards import copied
from common import cache_dir
from disks.machine import boot_config, disk_machine
from hibernating import FOUND, figures, lines_of, off, switched_on
from stage import BOOT, Stage
from terminal import Broken

from scenarios.round_trip import amiss, judge

NAME = "hibernate-systemctl"
SUMMARY = "systemctl hibernate saves a system that systemd runs, and the next start goes back to it"
PARTITION = "/dev/vdc1"
UNIT = "systemd-hibernate.service"
HIBERNATE = (
    f"systemctl hibernate 2>&1; sleep 10; "
    f"while [ $(systemctl is-active {UNIT}) = activating ]; do sleep 1; done; "
    f"systemctl show -P Result {UNIT}"
)
PATIENCE = 900.0  # seconds for making an initramfs in an emulated machine


def play(options: argparse.Namespace) -> dict[str, object]:
    """Enable by commands, save by systemd, switch on, go back; undo both, and compare with the start."""
    with tempfile.TemporaryDirectory(dir=cache_dir("images"), prefix="images-") as home:
        return _played(options, copied(resuming.empty_disk(1536), Path(home), "images"))


def _played(options: argparse.Namespace, images: Path) -> dict[str, object]:
    extra: tuple[str, ...] = ("-drive", f"file={images},if=none,id=images,format=qcow2")
    extra = (*extra, "-device", "virtio-blk-pci,drive=images,serial=kjtui-images")
    with disk_machine("systemd", options.memory, options.cpus, options.accel, extra) as machine:
        with machine.booted(NAME) as stage:
            first = stage.shell.must("readlink /proc/1/exe").strip()
            before = boot_config(stage)
            own = stage.shell.must(f"systemctl cat {UNIT}")
            _enable(stage, "enable-resume --yes")
            _enable(stage, f"enable-sleep --to {PARTITION} --yes")
            stage.shell.must("systemctl restart systemd-logind")  # as it says at its end
            trips = [stage.witness.testimony()]
            begun = time.monotonic()
            stage.shell.send(HIBERNATE)
            off(stage)
            off_s = time.monotonic() - begun
            saving = lines_of(stage, "Saved: ")
        with switched_on(machine.spec, f"{NAME}-again") as again:
            again.person.wait_for(FOUND, "the offer to go back", BOOT)
            begun = time.monotonic()
            again.person.press("enter")
            trips.append(again.witness.testimony())
            back_s = time.monotonic() - begun
            unit_said = hibernating.ended(again).split()[-1]
            journal = again.shell.must(f"journalctl -b -u {UNIT} --no-pager -o cat || true")
            undone = [again.shell.run("python3 -m kjtui undo --yes", PATIENCE) for _ in range(2)]
            after = boot_config(again)
            own_again = again.shell.must(f"systemctl cat {UNIT}") == own
        result = judge(trips)
        broken = amiss(result)
        broken += [] if first.endswith("systemd") else [f"the first process is {first}"]
        broken += [] if unit_said == "success" else [f"the unit ended with {unit_said}"]
        broken += (
            [] if "nothing was lost" in " ".join(journal.split()) else ["the journal has no good report"]
        )
        broken += ["undoing failed"] if any(status for status, _ in undone) else []
        broken += [] if own_again else ["the unit is not as it was"]
        # The initramfs itself is made anew, with other times in it.
        changed = sorted({path for path, _ in after.items() ^ before.items() if "initrd" not in path})
        broken += [f"not as before: {path}" for path in changed]
        return {
            **result,
            "first_process": first,
            "to": PARTITION,
            **figures(saving),
            "off_s": round(off_s, 1),
            "back_s": round(back_s, 1),
            "unit": unit_said,
            "unit_as_before_after_undo": own_again,
            "config_identical_after_undo": not changed,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": f"{journal[-3000:]}\n{undone}"[-5000:]} if broken else {}),
        }


def _enable(stage: Stage, words: str) -> None:
    status, said = stage.shell.run(f"python3 -m kjtui {words} 2>&1", PATIENCE)
    if status:
        raise Broken(f"kjtui {words} failed", said[-3000:])
