from hypothesis import given
from hypothesis import strategies as st
from kofiles import RELEASE, ko

from kjtui.pack import modinfo

SAMPLE = ko(
    "firmware=rtl_nic/rtl8168g-2.fw",
    "firmware=rtl_nic/rtl8168h-2.fw",
    "firmware=rtl_nic/rtl8168g-2.fw",
    "depends=libphy,mdio_devres",
    "softdep=pre: realtek",
    "alias=pci:v000010ECd00008168sv*sd*bc*sc*i*",
    "description=",
    "odd",
    name="r8169",
)


def test_a_module_says_what_it_needs():
    info = modinfo.parse(SAMPLE)
    assert info.name == "r8169"
    assert info.release == RELEASE
    assert info.firmware == ("rtl_nic/rtl8168g-2.fw", "rtl_nic/rtl8168h-2.fw")
    assert info.depends == ("libphy", "mdio_devres")
    assert info.softdep == ("pre: realtek",)
    assert info.alias == ("pci:v000010ECd00008168sv*sd*bc*sc*i*",)


def test_a_signature_behind_the_file_does_no_harm():
    assert modinfo.parse(SAMPLE + b"~Module signature appended~\n") == modinfo.parse(SAMPLE)


def test_what_is_no_module_says_nothing():
    for data in (
        b"",
        b"\x7fELF",
        b"\x7fELF\x01\x01" + bytes(200),
        bytes(300),
        b"\x7fELF\x02\x01" + b"\xff" * 300,
    ):
        assert modinfo.parse(data) == modinfo.ModInfo()


@given(
    st.lists(st.tuples(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255)), max_size=8),
    st.integers(0, 4000),
)
def test_broken_files_never_trip(changes, length):
    data = bytearray(SAMPLE)
    for at, value in changes:
        data[at] = value
    info = modinfo.parse(bytes(data[:length]))
    assert len(info.firmware) <= 3
