"""Kernel B's network: who is asked for an address, and which card gets kernel A's where nobody gives one."""

import pytest

from kjtui.agent import network

CARDS = {"lo": ("772", "0"), "eth0": ("1", "0"), "eth1": ("1", "1"), "sit0": ("776", "0")}


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What busybox was asked to do; nobody gives an address."""
    made: list[tuple[str, ...]] = []

    def number(path: str) -> int | None:
        _, _, _, _, card, name = path.split("/")
        kind, carrier = CARDS[card]
        return int(kind if name == "type" else carrier)

    def run(words: tuple[str, ...], _seconds: float, _tick: object = None) -> int:
        made.append(words)
        return 1

    monkeypatch.setattr(network.os, "listdir", lambda _path: list(CARDS))
    monkeypatch.setattr(network, "_number", number)
    monkeypatch.setattr(network, "_run", run)
    return made


def test_each_card_is_asked_on_and_none_has_an_address(calls: list[tuple[str, ...]]) -> None:
    assert network.configure(lambda: None) == "network: no address was given to eth0, eth1"
    assert [words[2] for words in calls if words[0] == "udhcpc"] == ["eth0", "eth1"]


def test_the_card_with_a_cable_gets_the_address_of_this_system(calls: list[tuple[str, ...]]) -> None:
    said = network.configure(lambda: None, "192.168.1.5/24", "192.168.1.1")
    assert said == "network: eth1 has kernel A's address"
    assert calls[-2:] == [
        ("ip", "addr", "add", "192.168.1.5/24", "dev", "eth1"),
        ("ip", "route", "add", "default", "via", "192.168.1.1", "dev", "eth1"),
    ]


def test_the_first_card_gets_it_where_none_has_a_cable(
    calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CARDS, "eth1", ("1", "0"))
    assert network.configure(lambda: None, "192.168.1.5/24") == "network: eth0 has kernel A's address"
    assert calls[-1] == ("ip", "addr", "add", "192.168.1.5/24", "dev", "eth0")


def test_the_first_that_is_given_one_is_taken(
    calls: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(network, "_run", lambda words, _seconds, _tick=None: calls.append(words) or 0)
    assert network.configure(lambda: None, "192.168.1.5/24") == "network: eth0 has an address by DHCP"
    assert not any("addr" in words for words in calls)


def test_cards_are_left_as_they_were(calls: list[tuple[str, ...]]) -> None:
    network.leave()
    assert [words for words in calls if words[1] == "link"] == [
        ("ip", "link", "set", "eth0", "down"),
        ("ip", "link", "set", "eth1", "down"),
    ]
    assert not any("lo" in words for words in calls)
