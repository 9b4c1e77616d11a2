"""C is pressed while kernel A's memory is saved: it goes on, no image is left, and it can be saved again."""

import argparse

import attached
import disturbing
import hibernating
from hibernating import Way
from stage import JUMP, LOAD, Stage
from walk import go_on, step

NAME = "hibernate-cancel"
SUMMARY = "C cancels the saving, twice, to a file: back at once, and no image is left"
STATE = "python3 -m kjtui image list"


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot, begun and cancelled twice."""
    device = f"{attached.spare_disk(options.disk)}1"

    def again(stage: Stage) -> dict[str, object]:
        listed = stage.shell.run(STATE)[1]
        stage.shell.must(f"mount -o ro {device} /mnt")
        left = stage.shell.must("ls /mnt").split()
        stage.shell.must("umount /mnt")
        stage.person.press("j")
        step(stage.person, 4, LOAD)
        go_on(stage.person, 5, LOAD)
        stage.person.press("enter")
        stage.person.wait_for(disturbing.SAVING, "the saving once more", JUMP)
        stage.person.press("c")
        hibernating.report(stage)
        return {
            "no_image": "There is no image" in listed,
            "nothing_left": left == ["lost+found"],
            "saves_again": True,
        }

    way = Way(content="ext4")
    return disturbing.play(
        options, NAME, way, lambda stage: stage.person.press("c"), "the saving was cancelled", again
    )
