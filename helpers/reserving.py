"""Walks that reserve memory in a machine with a disk and a boot loader of its own, by key presses."""

import re
from dataclasses import dataclass, field

from disks.machine import DiskStage, boot_config, disk_machine
from scenarios.round_trip import REPORT, judge
from stage import BOOT, JUMP, LOAD, SCREEN
from terminal import Terminal
from walk import choose, go_on, step, welcome

SIZE = "192 MiB"
PLAIN = "192M"
PATIENCE = 600.0  # seconds for a boot loader's program in an emulated machine
LIFTED = "The reservation is taken back"


@dataclass
class Story:
    """What was seen on the way, for the judgement."""

    seen: dict[str, object] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def must(self, name: str, held: bool) -> None:
        """Note whether something held."""
        self.seen[name] = held
        if not held:
            self.broken.append(name)


def play(kind: str, memory: int, cpus: int, accel: str) -> dict[str, object]:
    """Reserve, restart, jump with the reserved region, restart once more, undo, restart."""
    story = Story({"loader": kind})
    with disk_machine(kind, memory, cpus, accel) as machine, machine.booted(f"reserve-{kind}") as stage:
        person = stage.person
        welcome(person)
        step(person, 1)
        before, story.seen["region_before"] = boot_config(stage), region(stage)
        go_on(person, 2)
        reserve(person)
        restart(stage)
        text = person.wait_for(rf"Reserved: {SIZE} at", "step 2 to show the reserved region", BOOT)
        step(person, 2)
        story.seen["trial"] = "this was a trial" in text
        story.seen["region"] = region(stage)
        story.must("region_on_screen", start_of(region(stage)) in text)
        keep(person)
        story.seen.update(jump(stage, story))
        stage.restart()
        welcome(person)
        step(person, 1)
        story.seen["region_lasts"] = region(stage)
        go_on(person, 2)
        take_back(person)
        restart(stage)
        person.wait_for(LIFTED, "step 2 to say that it is taken back", BOOT)
        story.seen["region_after"] = region(stage)
        changed = sorted(path for path, told in boot_config(stage).items() ^ before.items())
        story.must("config_identical_after_undo", not changed)
        if changed:
            story.seen["changed"] = sorted(set(changed))
        for name in ("region", "region_lasts"):
            if not story.seen[name]:
                story.broken.append(name)
        for name in ("region_before", "region_after"):
            if story.seen[name]:
                story.broken.append(name)
        if not story.seen["trial"]:
            story.broken.append("trial")
        return {
            **story.seen,
            "keys_pressed": person.keys_pressed,
            "broken": story.broken,
            "console_log": str(stage.log),
        }


def reserve(person: Terminal) -> None:
    """From step 2 to the question whether to restart."""
    choose(person, "Reserve ")
    person.press("enter")
    person.wait_for(r"(?s)crashkernel=\d+M.*> Do it\?", "the preview of the change", SCREEN)
    person.press("y")
    person.wait_for("A restart is needed", "the change to be made", PATIENCE)


def keep(person: Terminal) -> None:
    """From step 2 after a trial start to step 2 with the reserved memory in use."""
    choose(person, "Keep the reservation")
    person.press("enter")
    person.wait_for(r"(?s)Keeps the reservation.*> Do it\?", "the preview of keeping it", SCREEN)
    person.press("y")
    person.wait_for(r"(?s)\(\*\) Use the reserved.*> Enter:", "the reservation to be kept", PATIENCE)


def take_back(person: Terminal) -> None:
    """From step 2 to the question whether to restart."""
    person.press("u")
    person.wait_for(r"(?s)Takes back.*> Do it\?", "the preview of the undo", SCREEN)
    person.press("y")
    person.wait_for("A restart is needed", "the change to be taken back", PATIENCE)


def restart(stage: DiskStage) -> None:
    """Say yes to the restart, and wait until a kernel from the disk runs again."""
    stage.person.press("r")
    stage.wait_for_boot()


def jump(stage: DiskStage, story: Story) -> dict[str, object]:
    """From step 2 into kernel B in the reserved region and back to the report; what the witness says."""
    person = stage.person
    step(person, 2)
    go_on(person, 3)
    choose(person, "Quick test")
    go_on(person, 4, LOAD)
    go_on(person, 5, LOAD)
    there = stage.witness.testimony()
    person.press("enter")
    text = person.wait_for(rf"(?s){REPORT}.*> J:", "the return report", JUMP)
    told = judge([there, stage.witness.testimony()])
    told.pop("round_trips")
    lost = told.pop("broken")
    story.broken += [str(one) for one in lost] if isinstance(lost, list) else []
    away = told["away_s"]
    story.must("jumped", isinstance(away, list) and away[0] > 0 and "[STOP]" not in text)
    return told


def region(stage: DiskStage) -> str:
    """The reserved range as /proc/iomem has it, "" without one."""
    _status, said = stage.shell.run("grep 'Crash kernel' /proc/iomem")
    return " ".join(said.split())


def start_of(line: str) -> str:
    """The start of a range of /proc/iomem as the wizard writes it; something that is nowhere without one."""
    match = re.match(r"0*([0-9a-f]+)-", line)
    return f"0x{match[1]}" if match else "no region"
