"""Devices, links, addresses, routes and the clock on the board, from files and from this very machine."""

import socket
import struct
from pathlib import Path

import pytest

from kjtui.backend.linux import LinuxMachine
from kjtui.backend.probe import addresses, processors, routes, surroundings
from kjtui.backend.probe.source import Source
from kjtui.model.surroundings import Address, Device, LinkState, Route

V4 = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
    "eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n"
    "eth0\t000200C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n"
    "lo\t0000007F\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0\n"
    "eth0\t0000A8C0\t00000000\t0201\t0\t0\t0\t0000FFFF\t0\t0\t0\n"  # unreachable
    "eth1\t0000000A\t010200C0\t0002\t0\t0\t0\t000000FF\t0\t0\t0\n"  # down
)
NOWHERE = "0" * 32


def v6(to: str, length: int, gateway: str, flags: int, link: str = "eth0", metric: int = 1024) -> str:
    return f"{to} {length:02x} {NOWHERE} 00 {gateway} {metric:08x} 00000001 00000000 {flags:08x} {link}\n"


NET6, ROUTER = "20010db8" + "0" * 24, "fe80" + "0" * 27 + "1"
V6 = (
    v6(NET6, 64, NOWHERE, 0x1, metric=256)
    + v6(NOWHERE, 0, ROUTER, 0x00450003)  # learnt from a router
    + v6(NOWHERE, 0, ROUTER, 0x00000003)  # set by hand
    + v6("fe80" + "0" * 28, 64, NOWHERE, 0x1)
    + v6("ff00" + "0" * 28, 8, NOWHERE, 0x1)
    + v6(NET6[:-1] + "5", 128, NOWHERE, 0x80200001)  # this machine's own address
    + v6(NOWHERE, 0, NOWHERE, 0x00200200, "lo", 0xFFFFFFFF)
)


def grow(root: Path, files: dict[str, str]) -> Source:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Source(root)


def test_routes_of_both_versions(tmp_path):
    source = grow(tmp_path, {"proc/net/route": V4, "proc/net/ipv6_route": V6})
    assert routes.read(source) == (
        Route("eth0", "default", "192.0.2.1", 100),
        Route("eth0", "192.0.2.0/24", "", 100),
        Route("eth0", "2001:db8::/64", "", 256, 6),
        Route("eth0", "default", "fe80::1", 1024, 6, comes_by_itself=True),
        Route("eth0", "default", "fe80::1", 1024, 6),
    )
    assert source.unreadable == {}


def test_tables_that_are_missing_or_odd(tmp_path):
    assert routes.read(Source(tmp_path)) == ()
    odd = {"proc/net/route": "Iface\nodd\neth0 x y z 0 0 0 0\n", "proc/net/ipv6_route": "?\n"}
    source = grow(tmp_path, odd)
    assert routes.read(source) == ()
    assert "2 of its 2 lines" in source.unreadable["/proc/net/route"]
    assert "1 of its 1 lines" in source.unreadable["/proc/net/ipv6_route"]


def message(index: int, raw: bytes, length: int, flags: int, kind: int = 2) -> bytes:
    """An RTM_NEWADDR as rtnetlink(7) has it."""
    attribute = struct.pack("=HH", 4 + len(raw), kind) + raw
    label = struct.pack("=HH", 9, 3) + b"eth0\0" + bytes(3)
    body = struct.pack("=BBBBI", 2, length, flags, 0, index) + label + attribute
    return struct.pack("=IHHII", 16 + len(body), 20, 2, 1, 0) + body


def test_addresses_from_an_answer_of_the_kernel():
    names = {1: "lo", 2: "eth0"}
    data = (
        message(2, socket.inet_aton("192.0.2.5"), 24, 0x80)
        + message(2, socket.inet_pton(socket.AF_INET6, "2001:db8::5"), 64, 0, kind=1)
        + message(2, socket.inet_pton(socket.AF_INET6, "fe80::5"), 64, 0x80, kind=1)
        + message(1, socket.inet_aton("127.0.0.1"), 8, 0x80)
        + message(9, socket.inet_aton("192.0.2.6"), 24, 0x80)  # its link has gone meanwhile
        + struct.pack("=IHHII", 20, 3, 2, 1, 0)
        + bytes(4)
    )
    assert addresses.parse(data, names) == (
        Address("eth0", "192.0.2.5/24"),
        Address("eth0", "2001:db8::5/64", lent=True),
    )
    assert addresses.parse(data[:30], names) == ()
    assert addresses.parse(bytes(64), names) == ()


def test_this_machine_s_own_addresses_are_those_that_psutil_tells():
    import psutil

    told = {
        (name, one.address.partition("%")[0])
        for name, found in psutil.net_if_addrs().items()
        for one in found
        if one.family in (socket.AF_INET, socket.AF_INET6) and name != "lo"
    }
    found = {(one.link, one.address.partition("/")[0]) for one in addresses.read(Source())}
    assert found == {(link, one) for link, one in told if not one.startswith("fe80:")}


def test_a_machine_that_does_not_run_us_is_not_asked(tmp_path):
    assert addresses.read(Source(tmp_path)) == ()


NET = "sys/class/net"


def test_links_with_who_configures_them(tmp_path):
    source = grow(
        tmp_path,
        {
            f"{NET}/eth0/operstate": "up\n",
            f"{NET}/eth0/flags": "0x1003\n",
            f"{NET}/eth0/ifindex": "2\n",
            f"{NET}/eth1/operstate": "down\n",
            f"{NET}/eth1/flags": "0x1003\n",
            f"{NET}/eth1/ifindex": "3\n",
            f"{NET}/tun0/operstate": "unknown\n",
            f"{NET}/tun0/flags": "0x1091\n",
            f"{NET}/tun0/ifindex": "4\n",
            "run/NetworkManager/devices/2": "[device]\nmanaged=full\n",
            "run/NetworkManager/devices/3": "[device]\nmanaged=unmanaged\n",
            "run/systemd/netif/links/3": "ADMIN_STATE=configured\nOPER_STATE=routable\n",
            "run/systemd/netif/links/4": "ADMIN_STATE=unmanaged\n",
        },
    )
    assert surroundings.read(source).links == (
        LinkState("eth0", True, True, "NetworkManager"),
        LinkState("eth1", True, False, "systemd-networkd"),
        LinkState("tun0", True, True, ""),
    )


def test_devices_services_and_processors(tmp_path):
    source = grow(
        tmp_path,
        {
            "sys/block/sda/device/model": "A DISK\n",
            "sys/block/loop0/size": "1\n",
            "sys/class/drm/card0/x": "",
            "sys/class/drm/card0-HDMI-A-1/x": "",
            "sys/class/sound/card0/x": "",
            "sys/class/sound/controlC0/x": "",
            "sys/bus/usb/devices/usb1/product": "xHCI\n",
            "sys/bus/usb/devices/1-2.4/product": "Mouse\n",
            "sys/bus/usb/devices/1-2.4:1.0/x": "",
            "sys/bus/pci/devices/0000:00:1f.0/class": "0\n",
            "sys/devices/system/cpu/online": "0-1,4\n",
            "proc/1/comm": "systemd\n",
            "proc/50/comm": "systemd-timesyn\n",
            "proc/60/comm": "dhclient\n",
            "proc/self/mountinfo": "22 1 253:0 / / rw - ext4 /dev/sda1 rw\n",
        },
    )
    found = surroundings.read(source)
    assert found.devices == (
        Device("disk", "sda", "A DISK"),
        Device("graphics card", "card0"),
        Device("sound card", "card0"),
        Device("USB device", "1-2.4", "Mouse"),
        Device("PCI device", "0000:00:1f.0"),
    )
    assert found.services == ("dhclient", "systemd-timesyn")
    assert found.processors == (0, 1, 4)
    assert [one.target for one in found.mounts] == ["/"]


@pytest.mark.parametrize(("text", "numbers"), [("0-2,5", (0, 1, 2, 5)), ("0", (0,)), ("x", ()), ("", ())])
def test_numbers_of_processors(tmp_path, text, numbers):
    source = grow(tmp_path, {"sys/devices/system/cpu/online": text})
    assert processors.numbers(source) == numbers


def test_the_clock_on_the_board(tmp_path):
    assert surroundings.board_clock(Source(tmp_path)) is None
    source = grow(tmp_path, {"sys/class/rtc/rtc0/since_epoch": "1700000000\n"})
    assert surroundings.board_clock(source) == 1700000000.0


def test_a_snapshot_of_this_machine_has_its_surroundings():
    found = LinuxMachine().snapshot()
    assert len(found.around.processors) == found.cpus_online
    assert found.around.mounts
    assert found.wall_clock is not None
    assert found.wall_clock > 1.7e9
