import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import bzimage as make

from kjtui.errors import KjtuiError
from kjtui.kexec import bzimage


def test_a_good_header_is_read() -> None:
    parsed = bzimage.parse(make(version="6.12.9-x", payload=4096, init_size=1 << 24))
    assert parsed.version == "6.12.9-x"
    assert parsed.protocol == 0x20F
    assert parsed.init_size == 1 << 24
    assert len(parsed.payload) == 4096
    assert parsed.alignment == 2 << 20
    assert parsed.loads_above_4g
    assert parsed.setup_header[0x202 - 0x1F1 : 0x206 - 0x1F1] == b"HdrS"


@given(st.integers(0, 5 * 512 + 65536))
def test_a_truncated_file_is_refused(length: int) -> None:
    whole = make(payload=65536)
    if length >= len(whole) - 16:
        return
    with pytest.raises(KjtuiError) as caught:
        bzimage.parse(whole[:length])
    assert caught.value.title
    assert caught.value.hint


@given(st.binary(max_size=4096))
def test_noise_is_refused(data: bytes) -> None:
    with pytest.raises(KjtuiError):
        bzimage.parse(data)


@given(st.lists(st.tuples(st.integers(0x1F1, 0x26F), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_damaged_header_is_read_or_refused_but_never_trips(changes: list[tuple[int, int]]) -> None:
    data = bytearray(make())
    for offset, value in changes:
        data[offset] = value
    try:
        parsed = bzimage.parse(bytes(data))
    except KjtuiError:
        return
    assert parsed.init_size >= len(parsed.payload) > 0
    assert parsed.alignment & (parsed.alignment - 1) == 0


@pytest.mark.parametrize(
    ("offset", "form", "value", "words"),
    [
        (0x1FE, "<H", 0, "not an x86 kernel image"),
        (0x206, "<H", 0x20B, "64-bit mode"),
        (0x236, "<H", 0, "64-bit mode"),
        (0x234, "<B", 0, "cannot be moved"),
        (0x1F4, "<I", 1 << 20, "cut off"),
        (0x230, "<I", 3 << 20, "damaged"),
        (0x260, "<I", 1, "damaged"),
    ],
)
def test_what_is_wrong_is_named(offset: int, form: str, value: int, words: str) -> None:
    data = bytearray(make())
    struct.pack_into(form, data, offset, value)
    with pytest.raises(KjtuiError, match=words):
        bzimage.parse(bytes(data))
