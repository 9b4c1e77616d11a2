import random
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
        (0x201, "<B", 0x10, "damaged"),
        (0x201, "<B", 0xFF, "damaged"),
    ],
)
def test_what_is_wrong_is_named(offset: int, form: str, value: int, words: str) -> None:
    data = bytearray(make())
    struct.pack_into(form, data, offset, value)
    with pytest.raises(KjtuiError, match=words):
        bzimage.parse(bytes(data))


FIELDS = (0x1F1, 0x1F4, 0x1FE, 0x201, 0x202, 0x206, 0x20E, 0x22C, 0x230, 0x234, 0x236, 0x238, 0x258, 0x260)
ODD = (0, 1, 2, 0x7F, 0xFF, 0x1FFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def mutated(random_: random.Random) -> bytes:
    """A kernel file with a field set, bits flipped, cut, its mark swapped, or spliced with another one."""
    data = bytearray(
        make(payload=random_.choice((1024, 4096)), version=random_.choice(("6.12.9-x", "", "\n")))
    )
    for _ in range(random_.randint(1, 4)):
        way = random_.randrange(6)
        if way == 0:
            value = random_.choice((*ODD, random_.getrandbits(32)))
            struct.pack_into(random_.choice(("<I", ">I")), data, random_.choice(FIELDS), value)
        elif way == 1:
            for _ in range(random_.randint(1, 16)):
                data[random_.randrange(0x1F0, min(len(data), 0x320))] ^= 1 << random_.randrange(8)
        elif way == 2:
            data = data[: random_.choice((random_.randrange(0x330, len(data)), len(data) - 16))]
        elif way == 3:
            mark = random_.choice((b"MZ", b"\x7fELF", b"HdrS", b"\x1f\x8b"))
            at = random_.choice((0, 0x202, 0x1FE))
            data[at : at + len(mark)] = mark
        elif way == 4:
            at = random_.randrange(0x330, len(data))
            data = data[:at] + make(payload=1024)[random_.randrange(0x300) :]
        else:
            data[random_.randrange(0x210) : 0x210] = random_.randbytes(random_.randrange(4))
        if len(data) < 0x340:
            data += bytes(0x340)
    return bytes(data[: random_.randrange(len(data) + 1)] if random_.random() < 0.05 else data)


def test_mutated_files_are_refused_in_plain_words_or_accepted() -> None:
    random_ = random.Random(21)
    accepted: list[bzimage.BzImage] = []
    refused: list[KjtuiError] = []
    for _ in range(5000):
        data = mutated(random_)
        bzimage.header(data)
        bzimage.release(data)
        try:
            accepted.append(bzimage.parse(data))
        except KjtuiError as error:
            refused.append(error)
    for error in refused:
        assert error.title
        assert error.detail
        assert error.hint
    for parsed in accepted:
        assert len(parsed.payload) <= parsed.init_size <= bzimage.LARGEST_INIT_SIZE
        assert 4096 <= parsed.alignment <= bzimage.LARGEST_INIT_SIZE
        assert parsed.version.isprintable()
        # It is copied into boot_params, whose header part ends at 0x290 (bootparam.h).
        assert 0x264 - 0x1F1 <= len(parsed.setup_header) <= 0x290 - 0x1F1
    assert len(refused) > 2000
    assert len(accepted) > 500
