"""Looking changes nothing: every command that only looks is run under strace, and the machine compared."""

import argparse
import functools
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass

from machines import machine
from stage import Shell, booted
from strace import Seen, sift

NAME = "looking"
SUMMARY = "run each command that only looks under strace, see that nothing was changed and no load used up"

KJTUI = "python3 -m kjtui"
STATE = "python3 -I /usr/lib/rehearsal/state.py"
LIMIT = "/proc/sys/kernel/kexec_load_limit_reboot"
LOADS_LEFT = 5
HOME = "/tmp/looking"  # a tmpfs: what is compared is the root file system
OWN = frozenset({"out", "err", "trace"})  # what this scenario writes there itself
ALWAYS_ALLOWED = frozenset({"/dev/null", "/dev/tty"})


@dataclass(frozen=True)
class Command:
    """A command of kjtui's. output: the one file that it may write. starts: what its output begins with."""

    words: str
    output: str = ""
    starts: str = ""


COMMANDS = (
    Command("check"),
    Command("check --json", starts="7b"),
    Command("explain lockdown"),
    Command("explain EPERM"),
    Command(f"record {HOME}/machine.json", f"{HOME}/machine.json", "7b"),
    Command(f"report --yes {HOME}/report.tar.zst", f"{HOME}/report.tar.zst", "28b52ffd"),
    Command("report -", starts="28b52ffd"),
)
# These do change something, and must be seen to.
CONTROLS = (
    "python3 -I /usr/lib/rehearsal/hinder.py unload",
    "sh -c 'echo 4 >/proc/sys/kernel/printk'",
    "mkdir /root/control",
)


@dataclass(frozen=True)
class Run:
    """A command that was run under strace. head: the first bytes of its output, in hex."""

    status: int
    head: str
    said: str
    seen: Seen


@dataclass(frozen=True)
class States:
    """What guest/state.py told: before and after the commands, and after the controls.

    counted: whether this kernel counts loads. left: names in the folder of the outputs after the commands.
    """

    before: Mapping[str, object]
    after: Mapping[str, object]
    spoilt: Mapping[str, object]
    counted: bool
    left: frozenset[str]


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot, no wizard."""
    with booted(machine(options, "kjtui.job=1"), NAME) as stage:
        shell = stage.shell
        stage.witness.testimony()  # it has written its file by then
        shell.must(f"mkdir -p {HOME}; cd {HOME}")
        counted = shell.run(f"echo {LOADS_LEFT} >{LIMIT}")[0] == 0
        before = state(shell)
        runs = {command: traced(shell, f"{KJTUI} {command.words}", command.output) for command in COMMANDS}
        after = state(shell)
        left = set(shell.must(f"ls -A {HOME}").split())
        controls = {words: traced(shell, words) for words in CONTROLS}
        return {
            **judge(States(before, after, state(shell), counted, frozenset(left)), runs, controls),
            "kernel_a": stage.witness.testimony().kernel,
            "console_log": str(stage.log),
        }


def state(shell: Shell) -> Mapping[str, object]:
    """What must stay as it is."""
    found = json.loads(shell.must(STATE))
    assert isinstance(found, dict)
    return found


def traced(shell: Shell, words: str, output: str = "") -> Run:
    """Run a command in the machine under strace. output: a path that it may write."""
    out, trace = f"{HOME}/out", f"{HOME}/trace"
    # On one processor: between two of them each of strace's stops takes ten times as long in an emulator.
    strace = f"taskset 1 strace -f -y -qq -o {trace}"
    status, _ = shell.run(f"cd {HOME}; {strace} {words} </dev/null >{out} 2>{HOME}/err")
    head = shell.must(f"head -c 4 {output or out} | xxd -p").strip()
    said = shell.must(f"tail -c 2000 {HOME}/err")
    lines = shell.must(f"cat {trace}").splitlines()
    return Run(status, head, said, sift(lines, functools.partial(may_write, output)))


def may_write(output: str, path: str) -> bool:
    """Whether a command may write there: its output, or what becomes it, .NAME.NUMBER in the same folder.

    That nothing of this kind is left over is seen by what is left in the folder.
    """
    folder, name = os.path.split(output)
    unfinished = re.fullmatch(re.escape(f"{folder}/.{name}.") + r"\d+", path)
    return path in ALWAYS_ALLOWED or (output != "" and (path == output or unfinished is not None))


def judge(states: States, runs: Mapping[Command, Run], controls: Mapping[str, Run]) -> dict[str, object]:
    """The result. controls: the commands that do change something; a proof that does not see them is none."""
    before, after = states.before, states.after
    broken = [f"changed: {name}" for name in before if before[name] != after.get(name)]
    for command, run in runs.items():
        broken += [f"{command.words}: {fault}" for fault in faults(command, run)]
    outputs = {os.path.basename(command.output) for command in runs if command.output}
    broken += [f"left over: {name}" for name in sorted(states.left - outputs - OWN)]
    if states.counted and after[LIMIT] != str(LOADS_LEFT):
        broken.append(f"the loads left are not those that were set: {after[LIMIT]}")
    broken += [
        f"not seen to change anything: {words}" for words, run in controls.items() if not run.seen.changes
    ]
    if after["tree"] == states.spoilt["tree"]:
        broken.append("a new directory was not seen in the file system")
    return {
        "changed_nothing": not broken,
        "loads_left": after[LIMIT] if states.counted else "this kernel counts no loads",
        "names_compared": after["names"],
        "written": {command.words: list(run.seen.written) for command, run in runs.items()},
        "syscalls": {command.words: dict(sorted(run.seen.calls.items())) for command, run in runs.items()},
        "controls_seen": {words: len(run.seen.changes) for words, run in controls.items()},
        "broken": broken,
    }


def faults(command: Command, run: Run) -> list[str]:
    """What a command did that it must not, or did not do that it must."""
    found = [f"changes something: {change}" for change in run.seen.changes]
    if run.status:
        found.append(f"ended with status {run.status}: {run.said.strip()}")
    if not run.head.startswith(command.starts):
        found.append(f"its output begins with {run.head or 'nothing'}: {run.said.strip()}")
    if not run.seen.calls["execve"]:
        found.append("strace saw nothing")
    return found
