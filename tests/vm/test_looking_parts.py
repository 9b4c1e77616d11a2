"""What proves that looking changes nothing, booting nothing: a sieve with holes proves nothing."""

import functools
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import build_kernel
import pytest
from scenarios import looking
from strace import Seen, sift

sys.path.insert(0, str(Path(build_kernel.__file__).parent / "guest"))
import state as guest_state

CHANGES = (
    'openat(AT_FDCWD</root>, "/etc/passwd", O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC, 0666) = 3</etc/passwd>',
    'openat(AT_FDCWD</root>, "x.json", O_RDWR|O_CLOEXEC) = -1 EACCES (Permission denied)',
    '12 openat(AT_FDCWD</root>, "/tmp", O_RDWR|O_EXCL|O_CLOEXEC|O_TMPFILE, 0600) = 3</tmp/#7 (deleted)>',
    'open("/proc/sys/kernel/printk", O_WRONLY <unfinished ...>',
    'creat("/x", 0600) = 3',
    'write(1</proc/sys/kernel/printk>, "4\\n", 2) = 2',
    'mkdir("/var/cache/kjtui", 0777) = -1 EEXIST (File exists)',
    'unlinkat(5</run>, "x", 0) = 0',
    'rename("/tmp/out.json", "/etc/other") = 0',
    'open("/tmp/.other.json.7", O_WRONLY|O_CREAT|O_EXCL, 0600) = 3',
    "fchmod(3</etc/passwd>, 0644) = 0",
    "ftruncate(3</etc/passwd>, 0) = 0",
    'utimensat(AT_FDCWD</>, "/etc/passwd", NULL, 0) = 0',
    'mount("securityfs", "/sys/kernel/security", "securityfs", 0, NULL) = 0',
    "kexec_load(0, 0, NULL, KEXEC_ARCH_X86_64) = 0",
    'kexec_file_load(3, 4, 1, "", 0) = -1 EPERM (Operation not permitted)',
    "reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_KEXEC) = -1 EINVAL",
    'sethostname("x", 1) = 0',
    "syslog(SYSLOG_ACTION_CLEAR) = 0",
    "syslog(5 /* SYSLOG_ACTION_CLEAR */) = 0",
    'syslog(4 /* SYSLOG_ACTION_READ_CLEAR */, "", 4096) = 0',
)
LOOKS = (
    'openat(AT_FDCWD</root>, "/etc/O_WRONLY", O_RDONLY|O_CLOEXEC) = 3</etc/O_WRONLY>',
    'openat(AT_FDCWD</root>, "/dev/null", O_RDWR|O_CLOEXEC) = 3</dev/null>',
    'openat(AT_FDCWD</tmp>, "out.json", O_WRONLY|O_CREAT, 0666) = 3</tmp/out.json>',
    'rename("/tmp/.out.json.77", "/tmp/out.json") = 0',
    'newfstatat(AT_FDCWD</root>, "/etc/passwd", {st_mode=S_IFREG|0644, st_size=9, ...}, 0) = 0',
    'write(1</tmp/out>, "mkdir(\\"/x\\")", 11) = 11',
    'syslog(SYSLOG_ACTION_READ_ALL, "", 4096) = 0',
    'syslog(3 /* SYSLOG_ACTION_READ_ALL */, "<5>[    0.0000"..., 524288) = 19921',
    "12 <... openat resumed>) = 3</etc/passwd>",
    "+++ exited with 0 +++",
)
allowed = functools.partial(looking.may_write, "/tmp/out.json")


@pytest.mark.parametrize("line", CHANGES)
def test_sieve_catches_what_changes_something(line: str) -> None:
    assert len(sift([line], allowed).changes) == 1


@pytest.mark.parametrize("line", LOOKS)
def test_sieve_lets_pass_what_only_looks(line: str) -> None:
    assert sift([line], allowed).changes == ()


def test_sieve_counts_calls_and_tells_what_was_written() -> None:
    seen = sift(LOOKS, allowed)
    assert seen.calls == {"openat": 3, "rename": 1, "newfstatat": 1, "write": 1, "syslog": 2}
    assert seen.written == ("/dev/null", "/tmp/out.json", "/tmp/.out.json.77")


def test_state_sees_names_sizes_and_times_but_not_reading(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    file = tmp_path / "folder" / "file"
    file.write_text("a")
    first = guest_state.tree(str(tmp_path))
    assert first[1] == 2
    file.read_text()
    assert guest_state.tree(str(tmp_path)) == first
    file.chmod(0o600)
    second = guest_state.tree(str(tmp_path))
    assert second != first
    os.utime(file, (1, 1))
    assert guest_state.tree(str(tmp_path)) != second


def states(**changes: Any) -> looking.States:
    usual = {"tree": "a", "names": 9, looking.LIMIT: "5"}
    left = frozenset({"out", *changes.pop("left", ())})
    return looking.States(usual, {**usual, **changes}, {**usual, "tree": "b"}, counted=True, left=left)


def run(change: str = "", status: int = 0, head: str = "7b22", calls: int = 1) -> looking.Run:
    seen = Seen(Counter(execve=calls), (change,) if change else (), ())
    return looking.Run(status, head, "", seen)


CHECK = looking.Command("check --json", starts="7b")
CONTROL = {"mkdir /x": run("mkdir")}


def test_looking_that_changed_nothing_holds() -> None:
    result = looking.judge(states(), {CHECK: run()}, CONTROL)
    assert result["broken"] == []
    assert result["changed_nothing"] is True
    assert result["syscalls"] == {"check --json": {"execve": 1}}


@pytest.mark.parametrize(
    ("now", "done", "controls"),
    [
        ({looking.LIMIT: "4"}, run(), CONTROL),
        ({"tree": "b"}, run(), CONTROL),
        ({"left": ("half.json.7",)}, run(), CONTROL),
        ({}, run("open for writing"), CONTROL),
        ({}, run(status=2), CONTROL),
        ({}, run(head=""), CONTROL),
        ({}, run(calls=0), CONTROL),
        ({}, run(), {"mkdir /x": run()}),
    ],
)
def test_looking_that_changed_something_is_broken(
    now: dict[str, Any], done: looking.Run, controls: dict[str, looking.Run]
) -> None:
    assert looking.judge(states(**now), {CHECK: done}, controls)["broken"]
