"""The rehearsal's network without DHCP: what is lost on it, and what passes."""

import socket
from pathlib import Path

import pytest

HELPERS = Path(__file__).parents[2] / "helpers"


@pytest.fixture
def no_dhcp(monkeypatch):
    monkeypatch.syspath_prepend(str(HELPERS))
    import no_dhcp

    return no_dhcp


def frame(protocol: int = 17, port: int = 67, kind: int = 0x0800) -> bytes:
    ip = bytes([0x46, *bytes(8), protocol, *bytes(14)])  # a header of 24 bytes
    return bytes(12) + kind.to_bytes(2) + ip + (68).to_bytes(2) + port.to_bytes(2) + bytes(20)


@pytest.mark.parametrize(
    ("sent", "lost"),
    [
        (frame(), True),
        (frame(port=53), False),
        (frame(protocol=6), False),
        (frame(kind=0x86DD), False),
        (bytes(20), False),
    ],
)
def test_only_what_asks_for_an_address_is_lost(no_dhcp, sent, lost):
    assert no_dhcp.asks_for_an_address(sent) is lost


def test_frames_pass_in_order(no_dhcp, tmp_path):
    with no_dhcp.road(tmp_path) as road:
        with socket.socket(socket.AF_UNIX) as sent, socket.socket(socket.AF_UNIX) as passed:
            sent.connect(str(tmp_path / "sent"))
            passed.connect(str(tmp_path / "passed"))
            for one in (frame(port=1), frame(), frame(port=2)):
                sent.sendall(len(one).to_bytes(4) + one)
            sent.shutdown(socket.SHUT_WR)
            got = b"".join(iter(lambda: passed.recv(4096), b""))
        expected = [len(one).to_bytes(4) + one for one in (frame(port=1), frame(port=2))]
        assert (got, road.lost) == (b"".join(expected), 1)
