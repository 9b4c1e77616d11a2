import bz2
import gzip
import lzma
import random

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from kjtui.errors import KjtuiError
from kjtui.pack import compressed
from kjtui.pack.compressed import Kind

MAKERS = {
    Kind.GZIP: lambda data: gzip.compress(data, mtime=0),
    Kind.XZ: lambda data: lzma.compress(data, check=lzma.CHECK_CRC32),
    Kind.ZSTD: compressed.squeeze,
    Kind.BZIP2: bz2.compress,
    Kind.LZMA: lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
}
MIXED = random.Random(1).randbytes(300_000) + bytes(200_000)


@pytest.mark.parametrize("how", MAKERS)
def test_what_was_compressed_comes_back(how):
    for data in (b"", b"x", MIXED):
        packed = MAKERS[how](data)
        assert compressed.kind(packed) is how
        assert compressed.unpack(packed, how, "It") == data
        assert compressed.stream(b"abc" + packed + b"rest", how, "It", at=3) == compressed.Stream(
            data, len(packed)
        )


@pytest.mark.parametrize("how", [Kind.GZIP, Kind.XZ, Kind.ZSTD, Kind.BZIP2])
def test_several_streams_and_padding_are_one_file(how):
    packed = MAKERS[how](b"one") + bytes(8) + MAKERS[how](b"two") + bytes(512)
    assert compressed.unpack(packed, how, "It") == b"onetwo"


@pytest.mark.parametrize("how", MAKERS)
def test_a_cut_file_is_refused_wherever_it_is_cut(how):
    packed = MAKERS[how](MIXED[:3000])
    for length in [*range(40), len(packed) // 2, len(packed) - 1]:
        with pytest.raises(KjtuiError, match=r"The file is (cut off|damaged)") as caught:
            compressed.unpack(packed[:length], how, "The file")
        assert caught.value.hint


@pytest.mark.parametrize("how", MAKERS)
def test_a_bomb_is_refused_before_it_fills_the_memory(how):
    packed = MAKERS[how](bytes(64 << 20))
    with pytest.raises(KjtuiError, match="too large"):
        compressed.unpack(packed, how, "It", limit=1 << 20)
    with pytest.raises(KjtuiError, match="too large"):
        compressed.unpack(MAKERS[how](b"12"), how, "It", limit=1)
    assert compressed.unpack(MAKERS[how](b"12"), how, "It", limit=2) == b"12"


def test_a_zstd_bomb_of_many_frames_is_refused():
    frame = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(1 << 20))
    with pytest.raises(KjtuiError, match="too large"):
        compressed.unpack(frame * 9, Kind.ZSTD, "It", limit=8 << 20)


@pytest.mark.parametrize("how", [Kind.GZIP, Kind.XZ, Kind.ZSTD, Kind.BZIP2])
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_found_or_harmless(how, place, change):
    data = MIXED[:2000]
    packed = bytearray(MAKERS[how](data))
    packed[place % len(packed)] ^= change
    try:
        out = compressed.unpack(bytes(packed), how, "It")
    except KjtuiError:
        return
    assert out == data  # such as the time in gzip's header


@given(st.binary(max_size=200))
def test_noise_is_refused_in_plain_words(noise):
    for how in Kind:
        with pytest.raises(KjtuiError) as caught:
            compressed.unpack(how.encode() + noise, how, "It")
        assert caught.value.title.startswith("It ")


@pytest.mark.parametrize(("magic", "how"), [(b"\x02\x21\x4c\x18", Kind.LZ4), (b"\x89LZO\0\r\n", Kind.LZO)])
def test_what_python_cannot_undo_is_named_with_a_way_out(magic, how):
    assert compressed.kind(magic + b"rest") is how
    with pytest.raises(KjtuiError, match=f"compressed with {how}, which kjtui cannot undo") as caught:
        compressed.unpack(magic + b"rest", how, "It")
    assert how in caught.value.hint


def test_plain_data_has_no_kind():
    assert compressed.kind(b"\x7fELF\x02\x01") is None
    assert compressed.kind(b"") is None


def test_squeezing_is_deterministic_and_tells_its_size():
    packed = compressed.squeeze(MIXED)
    assert packed == compressed.squeeze(bytes(bytearray(MIXED)))
    parameters = zstandard.get_frame_parameters(packed)
    assert parameters.content_size == len(MIXED)
    assert parameters.has_checksum
    assert parameters.window_size <= 8 << 20


def test_a_frame_tells_what_comes_of_it():
    assert compressed.promised(compressed.squeeze(bytes(12345))) == 12345
    assert compressed.promised(b"") == 0
    assert compressed.promised(b"\x28\xb5\x2f\xfd\x00") == 0


def test_a_lower_level_is_undone_alike():
    data = random.Random(1).randbytes(9000).hex().encode() * 3
    fast, small = compressed.squeeze(data, 1), compressed.squeeze(data)
    assert fast != small
    assert compressed.unpack(fast, Kind.ZSTD, "it") == compressed.unpack(small, Kind.ZSTD, "it") == data
    assert compressed.squeeze(data, 3) == compressed.squeeze(data, 3)
