"""`kjtui jump` without a person: what a script says and makes in kernel B comes home bit for bit."""

import argparse
import json
import shlex
from dataclasses import dataclass

from machines import machine
from stage import BOOT, JUMP, LOAD, Shell, booted

from scenarios.round_trip import judge

NAME = "program"
SUMMARY = "kjtui jump --run: a script's output, its file of 1 MiB and its status come home; nobody is asked"

HOME = "/root/visit"
STATUS = 7
SIZE = 1 << 20
# What is random is made there: A can know it only from what came home.
SCRIPT = f"""#!/bin/sh
echo hello
dd if=/dev/urandom of=result.bin bs=1024 count={SIZE >> 10} 2>/dev/null
sha256sum result.bin
uname -r >release.txt
exit {STATUS}
"""
ANSWERS = """run = "script.sh"
bring-back = ["result.bin", "release.txt"]
into = "again"
limit = 10
yes = true
accept = [{accept}]
json = true
"""
KJTUI = "python3 -m kjtui"
JOURNAL = "/var/lib/kjtui/journal.jsonl"
LIMIT = BOOT + LOAD + JUMP


@dataclass(frozen=True)
class Run:
    """One run of the command. out: what it wrote to standard output; said: the end of standard error."""

    status: int
    out: str
    said: str


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot, two jumps, and one that is refused beforehand."""
    with booted(machine(options, "kjtui.job=1"), NAME) as stage:
        shell = stage.shell
        trips = [stage.witness.testimony()]
        prepare(shell)
        line = f"jump --run ./script.sh --bring-back result.bin --region {options.region} --yes"
        first = kjtui(shell, line)
        trips.append(stage.witness.testimony())
        home = shell.must(f"cd {HOME}; sha256sum result.bin; stat -c %s result.bin").split()
        returned = [one for one in journal(shell) if one["operation"] == "return"]
        refused = kjtui(shell, line)
        answers(shell)
        second = kjtui(shell, f"jump --answers answers.toml --region {options.region}")
        trips.append(stage.witness.testimony())
        again = shell.must(f"cd {HOME}/again; sha256sum result.bin; cat release.txt").split()
        loaded = shell.must("cat /sys/kernel/kexec_loaded").strip()
        jumps = [one for one in journal(shell) if (one["operation"], one["state"]) == ("jump", "done")]
        result = judge(trips)
        broken = list(result["broken"]) if isinstance(result["broken"], list) else []
        told, answered = first.out.splitlines(), document(second)
        verdicts = {
            "output_same": told == ["hello", f"{home[0]}  result.bin"] and home[2] == str(SIZE),
            "status_passed_on": first.status == STATUS and second.status == STATUS,
            "refused_to_overwrite": refused.status == 125 and "there already" in refused.said,
            "answers_same": answered.get("said") == f"hello\n{again[0]}  result.bin\n",
            "release_same": again[2] == answered.get("release"),
            "journal": len(returned) == 1 and str(returned[0]["about"]).startswith("done: "),
            "jumps": len(jumps) == 2,
            "unloaded": loaded == "0",
        }
        broken += [name for name, held in verdicts.items() if not held]
        return {
            **result,
            **verdicts,
            "way_home": str(returned[0]["about"]).split(":")[0] if returned else "",
            "status": first.status,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": f"{first}\n{refused}\n{second}\n{home} {again}"[-6000:]} if broken else {}),
        }


def prepare(shell: Shell) -> None:
    """The script, and the folders for what it makes."""
    put = f"printf %s {shlex.quote(SCRIPT)} >script.sh; chmod +x script.sh"
    shell.must(f"mkdir -p {HOME}/again; cd {HOME}; {put}")


def answers(shell: Shell) -> None:
    """A file of answers that says yes to what this machine asks about, and to nothing else."""
    found = json.loads(shell.must(f"{KJTUI} check --json"))["findings"]
    asks = ", ".join(f'"{one["id"]}"' for one in found if one["verdict"] in ("attention", "cannot tell"))
    shell.must(f"printf %s {shlex.quote(ANSWERS.format(accept=asks))} >{HOME}/answers.toml")


def kjtui(shell: Shell, words: str) -> Run:
    """Run a command of kjtui's with nobody at its input."""
    status, _ = shell.run(f"cd {HOME}; {KJTUI} {words} </dev/null >/tmp/out 2>/tmp/err", LIMIT)
    return Run(status, shell.must("cat /tmp/out"), shell.must("tail -c 3000 /tmp/err"))


def journal(shell: Shell) -> list[dict[str, object]]:
    """The lines of kjtui's journal."""
    return [json.loads(line) for line in shell.must(f"cat {JOURNAL}").splitlines()]


def document(run: Run) -> dict[str, str]:
    """What the JSON of a run tells: what the program said, and kernel B's release; nothing if it is none."""
    try:
        jump = json.loads(run.out)["jumps"][0]
        return {"said": jump["output"]["text"], "release": jump["word"]["kernel_version"]}
    except (ValueError, LookupError, TypeError):
        return {}
