"""Kernel B's orders: what kernel A writes is what the agent reads, and anything else is refused in words."""

import json
import random
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.errors import KjtuiError
from kjtui.kexec import orders
from kjtui.model.choices import Purpose
from kjtui.model.memory import PAGE
from kjtui.model.visit import ArmedWatchdog, Disk, Orders
from kjtui.model.word import Mailbox

SIZES = st.integers(0, 1 << 60)
NONCES = st.text("0123456789abcdef", min_size=16, max_size=16)


@st.composite
def mailboxes(draw: st.DrawFn) -> Mailbox:
    pages = draw(st.lists(st.integers(0, 1 << 40).map(lambda number: number * PAGE), max_size=8))
    return Mailbox(tuple(pages), draw(st.integers(0, len(pages))), draw(NONCES))


DISKS = st.builds(
    Disk,
    name=st.text(),
    size=SIZES,
    block=SIZES,
    serial=st.text(),
    wwid=st.text(),
    model=st.text(),
    partitions=st.lists(st.tuples(SIZES, SIZES), max_size=4).map(tuple),
    why=st.text(),
)
ORDERS = st.builds(
    Orders,
    purpose=st.sampled_from(Purpose),
    countdown=SIZES,
    timer=SIZES,
    plain=st.booleans(),
    gdt=st.none() | st.integers(0, (1 << 64) - 1),
    parkable=st.booleans(),
    mailbox=st.none() | mailboxes(),
    disks=st.lists(DISKS, max_size=3).map(tuple),
    watchdogs=st.lists(st.builds(ArmedWatchdog, st.text(), st.text(), st.none() | SIZES), max_size=3).map(
        tuple
    ),
    program=st.booleans(),
    bring_back=st.lists(st.text(), max_size=3).map(tuple),
    network=st.booleans(),
)
FULL = Orders(
    purpose=Purpose.PROGRAM,
    gdt=5,
    mailbox=Mailbox((PAGE, 7 * PAGE), 1, "0123456789abcdef"),
    disks=(Disk("sda", 1 << 30, serial="S", partitions=((PAGE, 1 << 20),), why="/"),),
    watchdogs=(ArmedWatchdog("watchdog0", "iTCO_wdt", 30),),
    bring_back=("result",),
    own_address=("192.0.2.15/24", "192.0.2.2"),
)


def refused(data: bytes) -> KjtuiError:
    with pytest.raises(KjtuiError) as caught:
        orders.decode(data)
    assert caught.value.hint
    assert orders.PATH in caught.value.detail
    return caught.value


@given(ORDERS)
def test_what_was_written_is_read(told: Orders) -> None:
    assert orders.decode(orders.encode(told)) == told


def test_every_field_travels() -> None:
    """None of them has the value that it would have anyway."""
    told = replace(FULL, countdown=1, timer=1, plain=True, parkable=True, program=True, network=True)
    usual = asdict(Orders())
    assert [name for name, value in asdict(told).items() if value == usual[name]] == ["version"]
    assert orders.decode(orders.encode(told)) == told


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0", b"null", b"[]", b"5", b'"text"', b"{", b"{}", b"\xff\xfe", b"[" * 100_000,
        b'{"version": 1}', b'{"version": 2}', b'{"version": "1"}',
    ],
)  # fmt: skip
def test_broken_json_is_refused_in_words(data: bytes) -> None:
    refused(data)


@pytest.mark.parametrize("name", sorted(asdict(FULL)))
@pytest.mark.parametrize(
    "value", ["dance", [1], {"a": 1}, 1.5, float("inf"), float("nan"), -1, 10**400, None]
)
def test_a_field_of_another_kind_is_refused_or_read(name: str, value: object) -> None:
    data = json.dumps({**asdict(FULL), name: value}).encode()
    try:
        told = orders.decode(data)
    except KjtuiError:
        return  # any other exception would be a failure
    # What is taken as a number or as yes and no; a list is never made of anything else.
    assert name not in ("disks", "watchdogs", "purpose")
    assert name != "bring_back" or told.bring_back == ("1",)
    assert name != "mailbox" or value is None


@pytest.mark.parametrize("name", sorted(asdict(FULL)))
def test_a_field_that_is_missing_is_named(name: str) -> None:
    plain = asdict(FULL)
    del plain[name]
    assert name in refused(json.dumps(plain).encode()).detail


@pytest.mark.parametrize(
    "box",
    [
        {"pages": [PAGE], "words": 2, "nonce": "0" * 16},
        {"pages": [PAGE], "words": -1, "nonce": "0" * 16},
        {"pages": [PAGE + 1], "words": 1, "nonce": "0" * 16},
        {"pages": [-PAGE], "words": 1, "nonce": "0" * 16},
        {"pages": [PAGE], "words": 1, "nonce": "short"},
        {"pages": [PAGE], "words": 1, "nonce": "é" * 16},
        {"pages": PAGE, "words": 1, "nonce": "0" * 16},
        {},
    ],
)
def test_a_mailbox_that_could_not_be_written_to_is_refused(box: dict[str, object]) -> None:
    refused(json.dumps({**asdict(FULL), "mailbox": box}).encode())


def test_mutated_orders_are_read_or_refused_in_words() -> None:
    chance = random.Random(5)
    whole = orders.encode(FULL)
    refusals = 0
    for _ in range(3000):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(data))
            if chance.random() < 0.3:
                del data[at : at + chance.randint(1, 40)]
            else:
                data[at] = chance.choice(b'{}[],:"0123456789-enul\\\xff')
            if not data:
                break
        try:
            orders.decode(bytes(data))
        except KjtuiError:
            refusals += 1
    assert refusals > 1000
