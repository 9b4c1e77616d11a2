import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.bootcfg import crashkernel
from kjtui.bootcfg.crashkernel import CrashKernel, Place, Range
from kjtui.bootcfg.memparse import amount, memparse, number
from kjtui.errors import KjtuiError

M, G = 1 << 20, 1 << 30
SIZES = st.integers(0, (1 << 64) - 1) | st.integers(0, 5000).map(lambda size: size * M)
RANGES = st.builds(
    lambda start, more, size: Range(start, start + more if more else None, size),
    st.integers(0, 1 << 62),
    st.integers(0, 1 << 62),
    SIZES,
)
PARSED = (
    st.builds(CrashKernel, size=SIZES, offset=st.none() | SIZES)
    | st.builds(CrashKernel, size=SIZES, place=st.sampled_from([Place.HIGH, Place.LOW, Place.CMA]))
    | st.builds(CrashKernel, offset=st.none() | SIZES, ranges=st.lists(RANGES, min_size=1).map(tuple))
)


@given(PARSED)
def test_what_is_rendered_is_parsed_to_the_same(parsed):
    text = crashkernel.render(parsed)
    assert crashkernel.parse(text) == parsed
    assert crashkernel.render(crashkernel.parse(text)) == text


@given(st.text("0123456789abcxKMGkmg:,-@highlowcma", max_size=30), st.integers(1, 64 * G))
def test_whatever_is_written_is_understood_or_refused_in_words(text, ram):
    seen = crashkernel.effective([text], ram)
    assert bool(seen.size) != bool(seen.reason)
    assert seen.size < ram
    try:
        parsed = crashkernel.parse(text)
    except KjtuiError:
        return  # the kernel is more lenient: it does not look at all of a value
    again = crashkernel.render(parsed)
    assert crashkernel.parse(again) == parsed
    assert crashkernel.effective([again], ram).size == seen.size


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("256M", CrashKernel(256 * M)),
        ("64m@16M", CrashKernel(64 * M, 16 * M)),
        ("0x10000000", CrashKernel(256 * M)),
        ("0x1E", CrashKernel(30)),
        ("0400M", CrashKernel(256 * M)),
        ("1G,high", CrashKernel(G, place=Place.HIGH)),
        ("0,low", CrashKernel(0, place=Place.LOW)),
        ("128M,cma", CrashKernel(128 * M, place=Place.CMA)),
        (
            "512M-2G:64M,2G-:128M",
            CrashKernel(ranges=(Range(512 * M, 2 * G, 64 * M), Range(2 * G, None, 128 * M))),
        ),
        ("1G-:160M@48M", CrashKernel(offset=48 * M, ranges=(Range(G, None, 160 * M),))),
    ],
)
def test_every_form(text, parsed):
    assert crashkernel.parse(text) == parsed


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "a number is missing"),
        ("auto", "a number is missing"),
        ("256MB", '"B" behind "256M" has no meaning'),
        ("256M,hihg", '",hihg" behind "256M"'),
        ("256M@", 'a number is missing behind "256M@"'),
        ("1G:64M", '"-" is missing behind "1G"'),
        ("2G-1G:64M", "ends before it begins"),
        ("1G-2G", '"-2G" behind "1G"'),
        ("1G-2G:", 'a number is missing behind "1G-2G:"'),
        ("1G-2G:64M,", 'a number is missing behind "1G-2G:64M,"'),
        ("1G-2G:64M,high", '"-2G:64M,high" behind "1G"'),
        ("08M", '"8M" behind "0"'),
    ],
)
def test_a_mistake_is_named_with_its_cure(text, says):
    with pytest.raises(KjtuiError) as caught:
        crashkernel.parse(text)
    assert says in caught.value.detail
    assert f"crashkernel={text}" in caught.value.title
    assert "crashkernel=256M" in caught.value.hint


@pytest.mark.parametrize(
    ("values", "ram", "size", "says"),
    [
        ([], G, 0, "no crashkernel= on the command line"),
        (["256M"], 4 * G, 256 * M, ""),
        (["512M", "256M"], 4 * G, 256 * M, ""),
        (["256M", "1G,high", "128M,low"], 4 * G, 256 * M, ""),
        (["2G-4G:192M,4G-:256M"], G, 0, "this machine has 1 GiB; the ranges begin at 2 GiB"),
        (["1G-2G:192M"], 2 * G, 0, "this machine has 2 GiB; the ranges end at 2 GiB"),
        (["0-1G:64M,2G-:128M"], 3 * G // 2, 0, "which is in none of the ranges"),
        (["2G-4G:192M,4G-:256M"], 4 * G - 100 * M, 256 * M, ""),  # the kernel rounds up to 128 MiB
        (["2G-4G:192M,4G-:256M"], 4 * G - 128 * M, 192 * M, ""),
        (["0-1G:0,1G-:128M"], 512 * M, 0, "the range 0-1G:0 reserves nothing"),
        (["1G-:64M,junk"], 2 * G, 64 * M, ""),  # behind the range that matches the kernel reads nothing
        (["4G-:64M,junk"], 2 * G, 0, "malformed"),
        (["256M@16Mjunk"], 2 * G, 256 * M, ""),
        (["256MB"], 2 * G, 0, 'malformed: "B"'),
        (["256M", "auto"], 2 * G, 0, "malformed"),
        (["junk", "256M,high"], 2 * G, 0, "malformed"),
        (["0"], 2 * G, 0, "crashkernel=0 reserves nothing"),
        (["2G"], 2 * G, 0, "2 GiB were asked for; this machine has 2 GiB"),
        (["0,high"], 2 * G, 0, "malformed"),
        (["128M,low"], 2 * G, 0, "crashkernel=128M,low reserves nothing without"),
        (["1G,high", "x,low"], 8 * G, 0, "malformed"),
        (["1G-2G:1G,high"], 8 * G, 0, "malformed"),
    ],
)
def test_what_a_kernel_makes_of_a_whole_command_line(values, ram, size, says):
    seen = crashkernel.effective(values, ram)
    assert seen.size == size
    assert says in seen.reason
    assert bool(seen.reason) == (not size)


def test_high_low_and_cma_beside_each_other():
    seen = crashkernel.effective(["1G,high", "0,low", "512M,cma"], 8 * G)
    assert (seen.size, seen.high, seen.low, seen.cma, seen.offset) == (G, True, 0, 512 * M, None)
    assert crashkernel.effective(["1G,high"], 8 * G).low is None
    seen = crashkernel.effective(["1G-:128M@64M", "x,cma", "5M,low"], 8 * G)
    assert (seen.offset, seen.high, seen.low, seen.cma, seen.matched) == (64 * M, False, None, 0, "1G-:128M")


def test_sizes():
    assert [crashkernel.plain(size) for size in (192 * M, G, M + 1, 0)] == ["192M", "1024M", "2M", "1M"]
    assert crashkernel.parse(crashkernel.plain(192 * M)).size == 192 * M
    assert [number(size) for size in (0, 1000, 1536 * M, 2 * G, 1 << 60)] == [
        "0",
        "1000",
        "1536M",
        "2G",
        "1E",
    ]
    assert [amount(size) for size in (10, 2048, 256 * M, 3 * G // 2, 1 << 41)] == [
        "10 bytes",
        "2 KiB",
        "256 MiB",
        "1.5 GiB",
        "2 TiB",
    ]
    assert memparse("0xg", 0) == (0, 1)
    assert memparse("99999999999999999999", 0)[0] == 99999999999999999999 & ((1 << 64) - 1)
    assert memparse("٣M", 0) == (0, 0)
