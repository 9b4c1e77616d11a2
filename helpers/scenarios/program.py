"""`kjtui jump` without a person: what a script says and makes in kernel B comes home bit for bit."""

import argparse
import json
import shlex
from dataclasses import dataclass

from afterwards import proof, staged
from stage import BOOT, JUMP, LOAD, Shell

from scenarios.round_trip import amiss, judge

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


@dataclass(frozen=True)
class Brought:
    """What came home: SHA-256 in hex and bytes of result.bin, and what is in release.txt."""

    digest: str
    size: int
    release: str


def play(options: argparse.Namespace) -> dict[str, object]:
    """One boot, two jumps, and one that is refused beforehand."""
    with staged(options, NAME, "kjtui.aside=1") as stage:
        shell = stage.shell
        stage.person.wait_for(r"Welcome to kjtui", "the wizard, which is not used", BOOT)
        trips = [stage.witness.testimony()]
        prepare(shell)
        line = f"jump --run ./script.sh --bring-back result.bin --region {options.region} --yes"
        first = kjtui(shell, line)
        trips.append(stage.witness.testimony())
        home = brought(shell, HOME)
        returned = [one for one in journal(shell) if one["operation"] == "return"]
        refused = kjtui(shell, line)
        answers(shell)
        second = kjtui(shell, f"jump --answers answers.toml --region {options.region}")
        trips.append(stage.witness.testimony())
        again = brought(shell, f"{HOME}/again")
        loaded = shell.must("cat /sys/kernel/kexec_loaded").strip()
        jumps = [one for one in journal(shell) if (one["operation"], one["state"]) == ("jump", "done")]
        result = judge(trips)
        broken = amiss(result)
        told, answered = first.out.splitlines(), document(second)
        verdicts = {
            "output_same": told == ["hello", f"{home.digest}  result.bin"] and home.size == SIZE,
            "status_passed_on": first.status == STATUS and second.status == STATUS,
            "refused_to_overwrite": refused.status == 125 and "there already" in refused.said,
            "answers_same": answered.get("said") == f"hello\n{again.digest}  result.bin\n",
            "release_same": again.release == answered.get("release", "none"),
            "journal": len(returned) == 1 and str(returned[0]["about"]).startswith("done: "),
            "jumps": len(jumps) == 2,
            "unloaded": loaded == "0",
        }
        broken += [name for name, held in verdicts.items() if not held]
        after = proof(stage, broken)
        return {
            **result,
            **verdicts,
            "way_home": str(returned[0]["about"]).split(":")[0] if returned else "",
            "status": first.status,
            **after,
            "broken": broken,
            "console_log": str(stage.log),
            **({"detail": f"{first}\n{refused}\n{second}\n{home} {again}"[-6000:]} if broken else {}),
        }


def brought(shell: Shell, folder: str) -> Brought:
    """What is in a folder now."""
    _, digest = shell.run(f"cd {folder} && sha256sum result.bin | cut -d ' ' -f 1")
    _, size = shell.run(f"stat -c %s {folder}/result.bin")
    _, release = shell.run(f"cat {folder}/release.txt")
    return Brought(digest.strip(), int(size) if size.strip().isdecimal() else 0, release.strip())


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
