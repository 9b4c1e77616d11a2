"""Real causes are made in real machines, and kjtui must name each; where there is none, it must name none."""

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from machines import machine
from stage import JUMP, LOAD, SCREEN, Stage, booted
from terminal import Broken, Terminal
from walk import choose, go_on, step, welcome

NAME = "causes"
SUMMARY = "make real causes for which a jump fails, see that each is named, and none where there is none"

HINDER = "python3 -I /usr/lib/rehearsal/hinder.py"
CHECK = "python3 -m kjtui check --json"
RESERVATION = "crashkernel=192M"
# A watchdog that is armed and would do nothing if it came to that; a place to plug a stick in.
EXTRA = ("-device", "i6300esb", "-action", "watchdog=none", "-device", "qemu-xhci,id=usb")
LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
SECOND = "/mnt/second"
STICK = 64 << 20  # bytes
DISK = "sda"  # what the kernel calls the first USB disk
EVIDENCE = r"^.*: evidence *$"  # the head of the page that shows it
PAGE_DOWN = "\x1b[6~"
FREEZE_MS = 3000  # how long the kernel tries to freeze tasks, instead of 20 s
STUBBORN = "stubborn"  # the name of the task that cannot be frozen, see hinder.py


@dataclass(frozen=True)
class Cause:
    """Something that stands in a jump's way. expected: the check that must name it.

    make, undo: shell commands as root; undo is empty where a restart alone undoes it. within: what the
    check is run by, where the cause lies in the process itself.
    """

    name: str
    expected: str
    make: str = ""
    undo: str = ""
    within: str = ""


LOCKDOWN = Cause("lockdown=integrity", "lockdown")
OF_THE_PROCESS = (
    Cause("without CAP_SYS_BOOT", "capability", within=f"{HINDER} without sys_boot "),
    Cause("/proc/iomem hidden", "memory-map", within=f"{HINDER} without sys_admin "),
)
REVERSIBLE = (
    Cause("image loaded by another program", "image-loaded", f"{HINDER} load", f"{HINDER} unload"),
    Cause("crash kernel loaded", "crash-kernel", f"{HINDER} crash-load", f"{HINDER} crash-unload"),
    Cause(
        "watchdog armed",
        "watchdog",
        f"{HINDER} watchdog >/dev/null 2>&1 & echo $! >/run/hinder.pid; "
        "until grep -qx active /sys/class/watchdog/watchdog0/state; do usleep 200000; done",
        "kill $(cat /run/hinder.pid); "
        "until grep -qx inactive /sys/class/watchdog/watchdog0/state; do usleep 200000; done",
    ),
)
STUCK = Cause(
    "task that cannot be frozen",
    "stuck-tasks",
    "dd if=/dev/zero of=/var/tmp/second bs=1M count=8 2>/dev/null && losetup /dev/loop0 /var/tmp/second && "
    f"mke2fs /dev/loop0 >/dev/null && mkdir -p {SECOND} && mount -t ext4 /dev/loop0 {SECOND} && "
    f"echo {FREEZE_MS} >/sys/power/pm_freeze_timeout || exit 1; "
    f"{HINDER} freeze {SECOND} >/dev/null 2>&1 & "
    "until grep -q '^State:.*D' /proc/$!/status; do usleep 200000; done",
    f"fsfreeze --unfreeze {SECOND}; while ! umount {SECOND}; do usleep 200000; done; losetup -d /dev/loop0",
)
STICK_IN = Cause("USB disk plugged in", "removable")
LASTING = (
    Cause("kexec_load_limit_reboot=0", "load-limit", f"echo 0 >{LIMIT}"),
    Cause("kexec_load_disabled=1", "load-disabled", "echo 1 >/proc/sys/kernel/kexec_load_disabled"),
)
ALL = (LOCKDOWN, *OF_THE_PROCESS, *REVERSIBLE, STUCK, STICK_IN, *LASTING)
SCREENS = (LOCKDOWN.name, STUCK.name, STICK_IN.name)  # what is read off the wizard's screen as well


@dataclass(frozen=True)
class Named:
    """One finding of `kjtui check --json`. text: title and evidence."""

    verdict: str
    title: str
    text: str


Look = Mapping[str, Named]
"""All findings of one check, by id."""


@dataclass
class Story:
    """What happened. looks: by the cause's name; clean: looks at the machine while there was no cause.

    on_screen: what a screen said of a cause; refusal: where the troubleshooting named the stuck task; absent:
    causes that this kernel cannot have, and why.
    """

    looks: dict[str, Look] = field(default_factory=dict)
    clean: list[Look] = field(default_factory=list)
    on_screen: dict[str, str] = field(default_factory=dict)
    refusal: list[str] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)


def play(options: argparse.Namespace) -> dict[str, object]:
    """Two boots: one that is locked down, and one for all the rest."""
    story = Story()
    with booted(machine(options, "kjtui.aside=1 lockdown=integrity"), f"{NAME}-lockdown") as stage:
        locked_down(stage, story)
    with booted(machine(options, f"kjtui.aside=1 {RESERVATION}", EXTRA), NAME) as stage:
        welcome(stage.person)
        step(stage.person, 1)
        story.clean.append(look(stage))
        for cause in OF_THE_PROCESS:
            story.looks[cause.name] = look(stage, cause.within)
        make(stage, story, REVERSIBLE)
        for cause in REVERSIBLE:
            stage.shell.must(cause.undo)
        plug(stage, story)
        story.clean.append(look(stage))
        stuck(stage, story)
        story.clean.append(look(stage))
        if stage.shell.run(f"test -e {LIMIT}")[0]:
            story.absent[LASTING[0].name] = "this kernel counts no loads"
        make(stage, story, [cause for cause in LASTING if cause.name not in story.absent])
        return {
            **judge(story),
            "kernel_a": stage.witness.testimony().kernel,
            "keys_pressed": stage.person.keys_pressed,
            "console_log": str(stage.log),
        }


def make(stage: Stage, story: Story, causes: Sequence[Cause]) -> None:
    """Make several causes, then look once: each must be named beside the others."""
    for cause in causes:
        stage.shell.must(cause.make)
    together = look(stage)
    story.looks |= {cause.name: together for cause in causes}


def locked_down(stage: Stage, story: Story) -> None:
    """A machine that was started with lockdown=integrity: its first step says so and goes no further."""
    name, check = LOCKDOWN.name, LOCKDOWN.expected
    welcome(stage.person)
    step(stage.person, 1)
    story.looks[name] = look(stage)
    title = title_of(story.looks[name], check)
    stage.person.wait_for(lambda text: title in text, f"step 1 to say {title!r}", SCREEN)
    story.on_screen[name] = title


def plug(stage: Stage, story: Story) -> None:
    """Plug a USB disk in and out while step 1 is on screen: it follows, and no key is pressed."""
    person, monitor = stage.person, stage.guest.monitor
    step(person, 1)
    monitor.do("blockdev-add", driver="null-co", node_name="stick", size=STICK, read_zeroes=True)
    monitor.do("device_add", driver="usb-storage", id="stick", drive="stick", bus="usb.0", removable=True)
    with_it = person.wait_for(lambda text: DISK in text, "step 1 to tell of the USB disk", SCREEN)
    story.looks[STICK_IN.name] = look(stage)
    title = title_of(story.looks[STICK_IN.name], STICK_IN.expected)
    evidence(person, title, there=True)
    monitor.do("device_del", id="stick")
    person.wait_for(lambda text: DISK in text and text != with_it, "step 1 to tell that it is gone", SCREEN)
    evidence(person, title, there=False)
    story.on_screen[STICK_IN.name] = title


def evidence(person: Terminal, title: str, *, there: bool) -> None:
    """Read step 1's evidence on disks: does it hold this title, as it should or should not?"""
    step(person, 1)
    person.press("e")
    page = person.wait_for(EVIDENCE, "the evidence of step 1", SCREEN)
    while "\nDisks:" not in page:
        person.press("tab")
        page = person.wait_for(other_than(page), "the next part of the evidence", SCREEN)
    read = page
    while "\nDevices:" not in page and title not in page:
        person.press(PAGE_DOWN)
        page = person.wait_for(other_than(page), "the next page of the evidence", SCREEN)
        read += page
    if (title in page) is not there:
        wrong = "not in it" if there else "still in it"
        raise Broken(f"The list did not follow: {title!r} is {wrong}", read, person.lines)
    person.press("b")
    step(person, 1)


def stuck(stage: Stage, story: Story) -> None:
    """A task that cannot be frozen: step 1 names it, the jump is refused, and the cause is found."""
    person = stage.person
    stage.shell.must(STUCK.make)
    story.looks[STUCK.name] = look(stage)
    title = title_of(story.looks[STUCK.name], STUCK.expected)
    person.press("r")
    person.wait_for(lambda text: title in text, f"step 1 to say {title!r}", SCREEN)
    for number, choice in ((2, "Borrow"), (3, "Quick test"), (4, "")):
        go_on(person, number, LOAD)
        if choice:
            choose(person, choice)
    go_on(person, 5, LOAD)
    person.press("enter")
    person.wait_for("This did not work", "the jump to be refused", JUMP)
    person.press("d")
    text = person.wait_for(STUBBORN, "the cause of the refusal", SCREEN)
    story.on_screen[STUCK.name] = title
    story.refusal = [line.strip() for line in text.splitlines() if STUBBORN in line]
    stage.shell.must(STUCK.undo)
    leave(person)


def leave(person: Terminal) -> None:
    """Back to a step, then out; kernel B is unloaded."""
    while "Step 5 of 5" not in person.text:
        before = person.text
        person.press("b")
        person.wait_for(other_than(before), "the page below", SCREEN)
    person.press("q")
    person.wait_for("unload kernel B and quit", "the question what becomes of kernel B", SCREEN)
    person.press("enter")
    person.wait_for("The wizard has ended", "the wizard to end", SCREEN)


def other_than(before: str) -> Callable[[str], bool]:
    """Matches any screen but this one."""
    return lambda text: text != before


def judge(story: Story) -> dict[str, object]:
    """Which check named which cause."""
    causes: dict[str, str | None] = {}
    broken: list[str] = []
    watched = {cause.expected for cause in ALL}
    for number, quiet in enumerate(story.clean):
        broken += [
            f"named without a cause (look {number}): {check}: {quiet[check].title}"
            for check in sorted(watched & set(quiet))
            if names(quiet[check], check)
        ]
    for cause in ALL:
        if cause.name in story.absent:
            continue
        found = story.looks.get(cause.name, {}).get(cause.expected)
        named = found is not None and names(found, cause.expected)
        causes[cause.name] = cause.expected if named else None
        if not named:
            broken.append(f"not named: {cause.name}: {found.title if found else 'no such check'}")
    broken += [f"not on screen: {name}" for name in SCREENS if not story.on_screen.get(name)]
    if not story.refusal:
        broken.append("the cause of the refused jump was not named")
    return {
        "causes": causes,
        **({"absent": story.absent} if story.absent else {}),
        "on_screen": story.on_screen,
        "refusal": story.refusal,
        "broken": broken,
    }


def names(finding: Named, check: str) -> bool:
    """Whether a finding says that something is there. A disk that is only plugged in stops nobody."""
    if check == STICK_IN.expected:
        return DISK in finding.text
    return finding.verdict in ("blocked", "attention")


def look(stage: Stage, within: str = "") -> Look:
    """What `kjtui check --json` finds in the machine now."""
    status, said = stage.shell.run(within + CHECK)
    try:
        findings = json.loads(said)["findings"]
        return {
            one["id"]: Named(one["verdict"], one["title"], json.dumps([one["title"], one["evidence"]]))
            for one in findings
        }
    except (ValueError, KeyError, TypeError) as error:
        detail = f"status {status}, {error}: {said[-2000:]}"
        raise Broken("`kjtui check --json` tells no findings", detail) from error


def title_of(found: Look, check: str) -> str:
    """The title of a check's finding. Raises Broken if there is no such check."""
    if check not in found:
        raise Broken(f"There is no check {check}", f"there are: {', '.join(found)}")
    return found[check].title
