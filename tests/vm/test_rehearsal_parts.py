"""The rehearsal machine's own parts, booting nothing: a witness that cannot see damage proves nothing."""

import json
import os
import socket
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import bootable
import build_kernel
import pytest
import qemu
import rehearsal
import walk
from common import KjtuiError
from scenarios import refusal, round_trip, scenarios
from stage import Testimony as Statement
from terminal import Broken, Terminal

sys.path.insert(0, str(Path(build_kernel.__file__).parent / "guest"))
import witness as guest_witness


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> guest_witness.Witness:
    monkeypatch.setattr(guest_witness, "SIZE", 3 << 20)
    return guest_witness.Witness()


def test_witness_is_content_while_nothing_is_touched(witness: guest_witness.Witness) -> None:
    for _ in range(3):
        state = witness.state()
        assert state["memory_ok"]
        assert state["file_ok"]
        assert state["pipe_ok"]
        assert state["tcp_ok"]


def test_witness_sees_one_byte_of_memory(witness: guest_witness.Witness) -> None:
    chunk = bytearray(witness.data[1])
    chunk[4321] ^= 1
    witness.data[1] = bytes(chunk)
    assert witness.damaged() == [1]


def test_witness_sees_a_moved_file(witness: guest_witness.Witness) -> None:
    os.lseek(witness.file, 1, os.SEEK_CUR)
    assert not witness.file_ok()


def test_witness_sees_lost_bytes_in_the_pipe(witness: guest_witness.Witness) -> None:
    os.read(witness.pipe_out, 1)
    assert not witness.pipe_ok()


def test_witness_sees_a_broken_connection(witness: guest_witness.Witness) -> None:
    witness.far.recv(10)
    witness.near.shutdown(socket.SHUT_WR)
    assert not witness.tcp_ok()


def statement(**changes: Any) -> Statement:
    usual: dict[str, Any] = {
        "pid": 7, "memory_ok": True, "damaged_mib": (), "file_ok": True, "pipe_ok": True, "tcp_ok": True,
        "counter": 1, "boot_id": "b", "cpus_online": 2, "kernel": "6.12", "away": 0.0, "kexec_loaded": "0",
        "load_limit": None,
    }  # fmt: skip
    return Statement(**{**usual, **changes})


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"boot_id": "c"}, "boot_id_same"),
        ({"memory_ok": False}, "memory_intact"),
        ({"pid": 8}, "processes_alive"),
        ({"tcp_ok": False}, "processes_alive"),
        ({"counter": 1}, "processes_alive"),
        ({"cpus_online": 1}, "cpus_after"),
    ],
)
def test_each_loss_breaks_a_round_trip(change: dict[str, Any], name: str) -> None:
    after = {"counter": 9, "away": 2.5, **change}
    result = round_trip.judge([statement(), statement(**after)])
    assert name in str(result["broken"])


def test_a_good_round_trip_is_not_broken() -> None:
    result = round_trip.judge([statement(), statement(counter=9, away=2.5)])
    assert result["broken"] == []
    assert result["away_s"] == [2.5]


def test_a_refusal_that_changed_something_is_broken() -> None:
    screens = "[STOP] No jump here"
    assert refusal.judge(statement(), statement(), True, screens)["broken"] == []
    assert refusal.judge(statement(), statement(kexec_loaded="1"), True, screens)["broken"]
    assert refusal.judge(statement(load_limit="3"), statement(load_limit="2"), True, screens)["broken"]
    assert refusal.judge(statement(), statement(), False, screens)["broken"]
    assert refusal.judge(statement(), statement(), True, "nothing")["broken"]


def test_every_scenario_says_what_it_is() -> None:
    found = scenarios()
    assert "round-trip" in found
    assert all(scenario.SUMMARY for scenario in found.values())


def qmp(place: Path, answers: list[bytes]) -> threading.Thread:
    """QEMU's end of its monitor: greets, then gives these answers, one for each line that it reads."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(place))
    listener.listen()

    def speak() -> None:
        end, _ = listener.accept()
        with end, end.makefile("rb") as lines:
            end.sendall(b'{"QMP": {}}\n')
            for answer, line in zip([b'{"return": {}, "id": 1}', *answers], lines, strict=False):
                assert json.loads(line)["id"]
                end.sendall(answer + b"\n")

    speaker = threading.Thread(target=speak, daemon=True)
    speaker.start()
    return speaker


def test_monitor_skips_events_and_tells_what_qemu_refuses(tmp_path: Path) -> None:
    event = b'{"event": "RESUME"}\n'
    answers = [
        event + b'{"return": {"running": true}, "id": 2}',
        b'{"error": {"desc": "no such bus"}, "id": 3}',
    ]
    speaker = qmp(tmp_path / "monitor", answers)
    monitor = qemu.Monitor(tmp_path / "monitor")
    assert monitor.do("query-status") == {"running": True}
    with pytest.raises(KjtuiError, match="refused device_add") as caught:
        monitor.do("device_add", driver="usb-storage")
    assert caught.value.detail == "no such bus"
    speaker.join(10)
    with pytest.raises(KjtuiError, match="did not answer"):
        monitor.do("query-status")
    monitor.close()


def test_a_socket_that_nobody_listens_on_yet_is_told(tmp_path: Path) -> None:
    place = tmp_path / "port"
    assert not qemu.listening(place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as end:
        end.bind(str(place))
        assert not qemu.listening(place)
        with pytest.raises(OSError, match="refused"):
            qemu.connected(place)
        end.listen()
        assert qemu.listening(place)
        qemu.connected(place).close()


class FakeGuest(SimpleNamespace):
    """A guest whose serial line is the other end of a socket pair."""

    def running(self) -> bool:
        return bool(self.alive)

    def errors(self) -> str:
        return ""


def line() -> tuple[Terminal, socket.socket, FakeGuest]:
    near, far = socket.socketpair()
    guest = FakeGuest(console=near, alive=True)
    return Terminal(guest), far, guest  # type: ignore[arg-type]


def test_terminal_reads_presses_and_answers() -> None:
    terminal, far, _ = line()
    far.sendall(b"\x1b[2J\x1b[3;5HStep 2 of 5\x1b[6n")
    assert "Step 2 of 5" in terminal.wait_for(r"Step \d of 5", "a step", 5)
    assert far.recv(100) == b"\x1b[3;16R"
    terminal.press("enter")
    assert far.recv(100) == b"\r"
    assert terminal.keys_pressed == 1


def test_terminal_gives_up_early_on_a_dead_machine() -> None:
    terminal, far, guest = line()
    far.sendall(b"Kernel panic - not syncing: x")
    with pytest.raises(Broken, match="kernel died"):
        terminal.wait_for("never", "nothing", 30)
    guest.alive = False
    with pytest.raises(Broken, match="went down"):
        terminal.wait_for("never", "nothing", 30)


def test_terminal_says_what_it_saw_instead() -> None:
    terminal, far, _ = line()
    far.sendall(b"something else")
    with pytest.raises(Broken) as caught:
        terminal.wait_for("never", "a wonder", 0.5)
    assert "a wonder" in caught.value.title
    assert "something else" in caught.value.screen[0]


def test_walk_reads_the_screen_as_a_person_does() -> None:
    text = "Step 3 of 5\n> (*) Quick test\n  ( ) Look around\n> Enter: go on to Load"
    assert walk.action(text) == "go on to Load"
    assert walk.action("Please wait: looking") == ""
    assert walk.marked(text, "Quick")
    assert not walk.marked(text, "Look")


def test_lost_kernel_options_are_named(tmp_path: Path) -> None:
    asked = build_kernel.FRAGMENT.read_text()
    (tmp_path / "Kconfig").write_text("config KEXEC_JUMP\n\tbool\n")
    (tmp_path / ".config").write_text(asked)
    build_kernel.check_config(tmp_path)
    (tmp_path / ".config").write_text(asked.replace("CONFIG_KEXEC_JUMP=y\n", ""))
    with pytest.raises(KjtuiError, match="CONFIG_KEXEC_JUMP=y"):
        build_kernel.check_config(tmp_path)


def test_option_that_this_kernel_does_not_know_is_let_pass(tmp_path: Path) -> None:
    (tmp_path / "Kconfig").write_text("config SMP\n\tbool\n")
    (tmp_path / ".config").write_text(build_kernel.FRAGMENT.read_text().replace("CONFIG_KEXEC_JUMP=y\n", ""))
    build_kernel.check_config(tmp_path)


@pytest.mark.skipif(not Path("/usr/bin/qemu-system-x86_64").exists(), reason="QEMU is not installed")
def test_qemu_is_asked_for_the_machine(tmp_path: Path) -> None:
    kernel = bootable.Kernel("6", Path("/k"), initramfs=Path("/i"))
    spec = qemu.MachineSpec(
        kernel, Path("/disk"), memory=2048, cpus=1, machine="q35", cpu="max", append="nokaslr"
    )
    words = " ".join(qemu.command_line(spec, tmp_path, []))
    for part in ("-m 2048", "-smp 1", "-machine q35", "-cpu max", "-kernel /k", "-initrd /i", "snapshot=on"):
        assert part in words
    assert "nokaslr" in words


def test_a_terminal_moves_straight_down_while_it_is_lent() -> None:
    """A bare line feed is a move of the wizard's; the terminal of a shell makes a new line of it."""
    host, terminal = os.openpty()
    try:
        os.write(terminal, b"a\n")
        assert os.read(host, 10) == b"a\r\n"
        with rehearsal.lent(terminal):
            os.write(terminal, b"a\n")
            assert os.read(host, 10) == b"a\n"
        os.write(terminal, b"a\n")
        assert os.read(host, 10) == b"a\r\n"
    finally:
        os.close(host)
        os.close(terminal)
