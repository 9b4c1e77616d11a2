"""What is known about distributions."""

import pytest

from kjtui.knowledge.distributions import DISTRIBUTIONS, found, names


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        ({"ID": "debian"}, "debian"),
        ({"ID": "linuxmint", "ID_LIKE": "ubuntu debian"}, "ubuntu"),
        ({"ID": "rocky", "ID_LIKE": "rhel centos fedora"}, "rhel"),
        ({"ID": "opensuse-leap", "ID_LIKE": "suse opensuse"}, "opensuse"),
        ({"ID": "endeavouros", "ID_LIKE": "arch"}, "arch"),
        ({"ID": "plan9"}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_system_is_known_by_its_name_or_by_what_it_is_like(release, expected):
    one = found(release)
    assert (one.id if one else None) == expected


def test_names_come_in_a_row():
    assert names(True) == "Ubuntu, Fedora, the RHEL family, Arch and NixOS"
    assert names(False) == "Debian, openSUSE, Alpine and Void"


def test_every_one_tells_what_to_do():
    assert all(one.get and one.seen for one in DISTRIBUTIONS)
