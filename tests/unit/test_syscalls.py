"""The system calls' arguments and errors. That the calls themselves work is proved by real jumps."""

import ctypes
import errno
from typing import Any

import pytest

from kjtui.backend import syscalls
from kjtui.errors import KjtuiError
from kjtui.model.image import Segment
from kjtui.model.memory import PAGE, Span

SEGMENTS = (
    Segment("empty", b"", Span(PAGE, 3 * PAGE)),
    Segment("data", b"abc\0def", Span(16 * PAGE, 17 * PAGE)),
)


def test_kexec_load_is_given_the_segments_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def call(number: int, entry: int, count: int, table: Any, flags: int) -> int:
        rows = [(one.buf, one.bufsz, one.mem, one.memsz) for one in table]
        data = ctypes.string_at(table[1].buf, table[1].bufsz)
        seen.append((number, entry, count, rows, data, flags))
        return 0

    monkeypatch.setattr(syscalls, "_kexec_load", call)
    syscalls.kexec_load(0x1000, SEGMENTS)
    number, entry, count, rows, data, flags = seen[0]
    assert (number, entry, count) == (246, 0x1000, 2)
    assert flags == 62 << 16 | 2
    assert rows[0] == (None, 0, PAGE, 2 * PAGE)
    assert rows[1][1:] == (7, 16 * PAGE, PAGE)
    assert data == b"abc\0def"


def test_unloading_is_a_load_without_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    monkeypatch.setattr(
        syscalls, "_kexec_load", lambda _n, _entry, count, _table, flags: seen.append((count, flags)) or 0
    )
    syscalls.kexec_load(0, ())
    assert seen == [(0, 62 << 16)]


def test_the_jump_is_a_reboot_with_the_right_magic(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, ...]] = []
    monkeypatch.setattr(syscalls, "_reboot", lambda *words: seen.append(words) or 0)
    syscalls.reboot_kexec()
    assert seen == [(169, 0xFEE1DEAD, 0x28121969, 0x45584543, None)]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EPERM, "CAP_SYS_BOOT"),
        (errno.EACCES, "IMA"),
        (errno.EINVAL, "CONFIG_KEXEC_JUMP"),
        (errno.EADDRNOTAVAIL, "aligned"),
        (errno.EBUSY, "loading"),
        (errno.ENOMEM, "free pages"),
        (errno.ENOSYS, "CONFIG_KEXEC"),
        (errno.EIO, "EIO"),
        (9999, "9999"),
    ],
)
def test_every_errno_of_load_has_cause_and_cure(
    monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    def fail(*_arguments: object) -> int:
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(syscalls, "_kexec_load", fail)
    with pytest.raises(KjtuiError, match=words) as caught:
        syscalls.kexec_load(0x1000, SEGMENTS)
    assert caught.value.title == "Kernel B was not loaded"
    assert caught.value.hint


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EINVAL, errno.EPERM, errno.ENOMEM, errno.ENODEV])
def test_every_errno_of_the_jump_has_cause_and_cure(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def fail(*_arguments: object) -> int:
        ctypes.set_errno(number)
        return -1

    monkeypatch.setattr(syscalls, "_reboot", fail)
    with pytest.raises(KjtuiError, match=errno.errorcode[number]) as caught:
        syscalls.reboot_kexec()
    assert caught.value.title == "The jump did not take place"
    assert caught.value.hint


def test_the_kernel_log_is_read_whole_and_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    log = b"<6>[    0.000000] a\n"
    actions: list[int] = []

    def call(action: int, address: int | None, size: int) -> int:
        actions.append(action)
        if address is None:
            return 4096
        assert size >= 4096
        ctypes.memmove(address, log, len(log))
        return len(log)

    monkeypatch.setattr(syscalls, "_klogctl", call)
    assert syscalls.kernel_log() == log
    assert actions == [10, 3]  # the size of the buffer, and all that is in it


def test_a_kernel_log_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_words: object) -> int:
        ctypes.set_errno(errno.EPERM)
        return -1

    monkeypatch.setattr(syscalls, "_klogctl", refused)
    with pytest.raises(PermissionError, match="Operation not permitted"):
        syscalls.kernel_log()
