import dataclasses
import itertools
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import bzimage, iomem

from kjtui.errors import KjtuiError
from kjtui.kexec import bootparams, layout, regions
from kjtui.kexec import iomem as memory_map
from kjtui.kexec.bzimage import parse as parse_kernel
from kjtui.kexec.trampoline import trampoline_size
from kjtui.model.choices import Choices
from kjtui.model.facts import Facts
from kjtui.model.image import LoadImage
from kjtui.model.memory import GIB, LOW_END, MIB, PAGE, RegionKind, Span


def facts(
    lines: tuple[str, ...], command_line: str = "console=ttyS0,115200 root=/dev/vda", **more: object
) -> Facts:
    base = Facts(
        architecture="x86_64",
        kernel_release="6.12.0",
        command_line=command_line,
        config={},
        config_source="",
        kernel_file=None,
        lockdown="none",
        efi=False,
        secure_boot=None,
        acpi_rsdp=None,
        kexec_load_disabled=0,
        kexec_load_limit_reboot=-1,
        capabilities=-1,
        iomem=lines,
        kexec_loaded=False,
        kexec_crash_loaded=False,
        kexec_crash_size=0,
        memory_total=1 << 30,
        memory_available=1 << 30,
        cpus_online=2,
        consoles=("ttyS0",),
        terminal="/dev/ttyS0",
        restores_gdt=True,
        gdt_address=None,
        vmcoreinfo=(0x2000000, 4096),
    )
    return dataclasses.replace(base, **more)  # type: ignore[arg-type]


def check_image(image: LoadImage, lines: tuple[str, ...]) -> None:
    """What must hold of every image."""
    low = memory_map.low_memory(memory_map.parse(lines))
    assert low is not None
    spans = sorted(segment.span for segment in image.segments)
    assert len(spans) <= 16
    for span in spans:
        assert span.start % PAGE == 0
        assert span.end % PAGE == 0
        assert span.size > 0
        assert image.region.span.contains(span) or (low.contains(span) and span.end <= LOW_END)
    for first, second in itertools.pairwise(spans):
        assert first.end <= second.start
    assert all(len(segment.data) <= segment.span.size for segment in image.segments)
    assert low in spans
    if image.region.kind is RegionKind.BORROWED:
        inside = sum(span.size for span in spans if image.region.span.contains(span))
        assert inside == image.region.span.size


def check_crash(image: LoadImage, lines: tuple[str, ...]) -> Span:
    """What kernel B keeps for a panic is its own memory, and nothing that it is started with lies in it."""
    word = next(word for word in image.command_line.split() if word.startswith("crashkernel="))
    size, start = word.partition("=")[2].split("M@")
    crash = Span(int(start, 16), int(start, 16) + int(size) * MIB)
    assert crash.start % (16 * MIB) == 0
    assert image.region.span.contains(crash)
    parts = {segment.name: segment for segment in image.segments}
    kernel, files = parts["kernel"].span.start, parts["initramfs"].span.start
    (init_size,) = struct.unpack_from("<I", segment_bytes(image, image.region.span.start + PAGE, PAGE), 0x260)
    assert not crash.overlaps(Span(kernel, kernel + init_size))
    assert not crash.overlaps(Span(files, files + len(parts["initramfs"].data)))
    assert not crash.overlaps(Span(image.region.span.start, image.region.span.start + 20 * PAGE))
    ram = [span for span, kind in given_map(image) if kind == bootparams.E820_RAM]
    assert any(span.contains(crash) for span in ram)
    top = max(span.end for span in memory_map.ram(memory_map.parse(lines)))
    assert crash.size >= 2 * MIB + trampoline_size(-(-top // GIB) * GIB)
    return crash


def given_map(image: LoadImage) -> list[tuple[Span, int]]:
    """The e820 table out of the image's own bytes."""
    params = segment_bytes(image, image.region.span.start + PAGE, PAGE)
    count = params[0x1E8]
    table = [struct.unpack_from("<QQI", params, 0x2D0 + 20 * i) for i in range(count)]
    return [(Span(start, start + size), kind) for start, size, kind in table]


def segment_bytes(image: LoadImage, address: int, size: int) -> bytes:
    for segment in image.segments:
        if segment.span.start <= address < segment.span.end:
            offset = address - segment.span.start
            return segment.data[offset : offset + size].ljust(size, b"\0")
    raise AssertionError(hex(address))


def check_map(image: LoadImage, lines: tuple[str, ...]) -> None:
    """Kernel B is given no page of A: its RAM lies in what is swapped or reserved."""
    entries = given_map(image)
    low = memory_map.low_memory(memory_map.parse(lines))
    assert low is not None
    for first, second in itertools.pairwise(entries):
        assert first[0].end <= second[0].start
    ram = [span for span, kind in entries if kind == bootparams.E820_RAM]
    assert ram
    for span in ram:
        assert image.region.span.contains(span) or low.contains(span)
    for whole in memory_map.ram(memory_map.parse(lines)):
        told = sum(min(s.end, whole.end) - max(s.start, whole.start) for s, _ in entries if s.overlaps(whole))
        assert told == whole.size  # every page of A's memory is accounted for


@settings(deadline=None, max_examples=150)
@given(
    memory=st.integers(512, 70000),
    size=st.integers(96, 1024),
    init_size=st.integers(1 << 20, 64 << 20),
    payload=st.integers(4096, 1 << 20),
    initramfs=st.integers(1, 24 << 20),
    alignment=st.sampled_from([1 << 21, 1 << 22, 1 << 24]),
    kernel_at=st.integers(8, 200).map(lambda n: n * 2 << 20),
)
def test_a_borrowed_image_keeps_the_rules(
    memory: int, size: int, init_size: int, payload: int, initramfs: int, alignment: int, kernel_at: int
) -> None:
    lines = iomem(memory, kernel_at=kernel_at)
    kernel = bzimage(payload=payload, init_size=init_size, alignment=alignment)
    try:
        region = regions.choose_region(lines, RegionKind.BORROWED, size * MIB)
        image = layout.plan_image(
            facts(lines),
            region,
            Choices(region_size=size * MIB),
            kernel,
            bytes(initramfs),
        )
    except KjtuiError as error:
        refused = error
    else:
        check_image(image, lines)
        check_map(image, lines)
        check_crash(image, lines)
        for taken in memory_map.kernel_image(memory_map.parse(lines)):
            assert not taken.overlaps(region.span)
        return
    assert refused.title
    assert refused.hint
    assert memory < 2048 or size < 400  # with room enough nothing is refused


@settings(deadline=None, max_examples=100)
@given(
    start=st.integers(64, 1500),
    size=st.integers(2, 512),
    init_size=st.integers(1 << 20, 64 << 20),
    initramfs=st.integers(1, 24 << 20),
)
def test_a_reserved_image_keeps_the_rules(start: int, size: int, init_size: int, initramfs: int) -> None:
    lines = iomem(2048, crash=(start, size))
    kernel = bzimage(payload=65536, init_size=init_size)
    try:
        region = regions.choose_region(lines, RegionKind.RESERVED, 0)
        image = layout.plan_image(facts(lines), region, Choices(), kernel, bytes(initramfs))
    except KjtuiError as error:
        refused = error
    else:
        check_image(image, lines)
        check_map(image, lines)
        check_crash(image, lines)
        assert image.bytes_swapped < region.span.size + LOW_END
        return
    assert refused.title
    assert refused.hint
    assert size < 200  # with room enough nothing is refused


@settings(max_examples=400)
@given(
    start=st.integers(1, 4000).map(lambda number: number * MIB),
    size=st.integers(0, 4096 * MIB),
    tops=st.lists(st.integers(1, 1024 * GIB), max_size=4),
)
def test_what_is_kept_for_a_panic_has_a_place_in_any_region(start: int, size: int, tops: list[int]) -> None:
    span = Span(start, start + size)
    memory = [Span(0, top) for top in tops]
    crash = layout.crash_span(span, memory)
    if crash is None:
        assert size < 32 * MIB + regions.crash_size(memory)  # anything larger has a border
        return
    assert span.contains(crash)
    assert crash.start % (16 * MIB) == 0
    assert crash.size == regions.crash_size(memory)
    assert span.end - crash.end < 16 * MIB  # as high as it can be
    assert crash.start > span.start + 20 * PAGE


@pytest.mark.parametrize(("gibs", "mib"), [(0, 2), (1, 3), (85, 3), (86, 4), (1024, 14)])
def test_each_gib_of_a_costs_a_table_for_the_way_and_two_more(gibs: int, mib: int) -> None:
    assert regions.crash_size([Span(0, gibs * GIB)]) == mib * MIB


@settings(max_examples=600)
@given(
    start=st.integers(8, 2000).map(lambda number: number * 2 * MIB),
    size=st.integers(32, 300).map(lambda number: number * 2 * MIB),
    top=st.integers(1, 200).map(lambda number: number * GIB),
    init_size=st.integers(1 << 20, 200 << 20),
    initramfs=st.integers(1, 100 << 20),
    room=st.integers(0, 64 << 20),
    alignment=st.sampled_from([1 << 21, 1 << 22, 1 << 24]),
    high=st.booleans(),
)
def test_kernel_initramfs_and_what_is_kept_never_overlap(
    start: int, size: int, top: int, init_size: int, initramfs: int, room: int, alignment: int, high: bool
) -> None:
    span = Span(start, start + size)
    kernel = parse_kernel(bzimage(4096, init_size, alignment, above_4g=high))
    crash = layout.crash_span(span, [Span(0, top)])
    try:
        load_at, initrd_at = layout._places(span, kernel, initramfs, room, crash)
    except KjtuiError as error:
        refused = error
    else:
        head = Span(start, start + 20 * PAGE)
        parts = [head, Span(load_at, load_at + init_size), Span(initrd_at, initrd_at + initramfs)]
        parts = sorted([*parts, crash] if crash else parts)
        assert all(span.contains(part) for part in parts)
        assert all(one.end <= other.start for one, other in itertools.pairwise(parts))
        assert load_at % alignment == 0
        assert initrd_at % PAGE == 0
        assert high or initrd_at + initramfs <= 4 * GIB
        free = size - sum(part.size for part in parts)
        assert free >= room - 20 * PAGE
        return
    assert "too small" in refused.title
    kept = crash.size if crash else 0
    needed = alignment + init_size + initramfs + room + kept + 16 * MIB + 2 * PAGE
    # Beside the needs no more than the borders they lie on can be the cause.
    assert not high or size < needed + 16 * MIB + max(0, initramfs - room)


def test_the_kernel_does_not_reach_into_what_is_kept_below_the_initramfs() -> None:
    """The initramfs lies above it here, and kernel and all have room in sum."""
    span = Span(64 * MIB, 127 * MIB)
    crash = layout.crash_span(span, [Span(0, GIB)])
    assert crash == Span(112 * MIB, 115 * MIB)
    kernel = parse_kernel(bzimage(4096, 47 * MIB))
    with pytest.raises(KjtuiError, match="too small"):
        layout._places(span, kernel, MIB, 8 * MIB, crash)


def test_the_command_line_ends_in_the_digits_that_the_stub_fills_in() -> None:
    lines = iomem(1024)
    region = regions.choose_region(lines, RegionKind.BORROWED, 192 * MIB)
    image = layout.plan_image(facts(lines), region, Choices(), bzimage(), b"initramfs")
    at = region.span.start + 2 * PAGE
    line = segment_bytes(image, at, 2 * PAGE).rstrip(b"\0").decode()
    assert line == image.command_line
    assert line.endswith("kexec_jump_back_entry=0x0000000000000000")
    stub = segment_bytes(image, region.span.start, PAGE)
    assert stub[4:6] == b"\x48\xbf"
    assert struct.unpack_from("<Q", stub, 6)[0] == at + len(line) - 16


def test_the_core_header_is_withheld_from_kernel_b() -> None:
    lines = iomem(1024)
    region = regions.choose_region(lines, RegionKind.BORROWED, 192 * MIB)
    image = layout.plan_image(facts(lines), region, Choices(), bzimage(), b"initramfs")
    word = next(word for word in image.command_line.split() if word.startswith("elfcorehdr="))
    at = int(word.partition("=")[2], 16)
    assert segment_bytes(image, at, 4) == b"\x7fELF"
    kinds = [kind for span, kind in given_map(image) if span.start <= at < span.end]
    assert kinds == [bootparams.E820_RESERVED]


def test_a_region_that_is_too_small_says_what_it_takes() -> None:
    lines = iomem(1024)
    region = regions.choose_region(lines, RegionKind.BORROWED, 96 * MIB)
    with pytest.raises(KjtuiError, match="too small") as caught:
        layout.plan_image(facts(lines), region, Choices(), bzimage(init_size=80 << 20), bytes(30 << 20))
    assert "MiB" in caught.value.hint


def test_a_compressed_initramfs_needs_room_for_what_comes_of_it() -> None:
    """Its file system takes half of what is free: else unpacking ends early, and nothing leads home then."""
    lines = iomem(2048)
    region = regions.choose_region(lines, RegionKind.BORROWED, 300 * MIB)
    kernel = bzimage(init_size=40 << 20)
    files = bytes(20 << 20)
    for unpacked in (0, 20 * MIB, 100 * MIB):
        assert layout.plan_image(facts(lines), region, Choices(), kernel, files, unpacked=unpacked)
    with pytest.raises(KjtuiError, match="too small") as caught:
        layout.plan_image(facts(lines), region, Choices(), kernel, files, unpacked=120 * MIB)
    larger = int(caught.value.hint.split()[3])
    region = regions.choose_region(lines, RegionKind.BORROWED, larger * MIB)
    assert layout.plan_image(facts(lines), region, Choices(), kernel, files, unpacked=120 * MIB)


def test_an_endless_console_list_is_refused() -> None:
    lines = iomem(1024)
    region = regions.choose_region(lines, RegionKind.BORROWED, 192 * MIB)
    many = " ".join(f"console=ttyS{n},115200n8" for n in range(200))
    with pytest.raises(KjtuiError, match="command line is too long"):
        layout.plan_image(facts(lines, many), region, Choices(), bzimage(), b"x")


def test_the_region_keeps_clear_of_the_page_tables_after_the_kernel() -> None:
    region = regions.choose_region(iomem(1024, kernel_at=256 * MIB), RegionKind.BORROWED, 300 * MIB)
    kernel_end = max(
        span.end for span in memory_map.kernel_image(memory_map.parse(iomem(1024, kernel_at=256 * MIB)))
    )
    assert region.span.start >= kernel_end + 16 * MIB


def test_hidden_addresses_are_named() -> None:
    with pytest.raises(KjtuiError, match="memory map is hidden"):
        regions.choose_region(("00000000-00000000 : System RAM",), RegionKind.BORROWED, 192 * MIB)


def test_no_reservation_is_named() -> None:
    with pytest.raises(KjtuiError, match="No memory is reserved"):
        regions.choose_region(iomem(1024), RegionKind.RESERVED, 0)


def test_no_piece_is_large_enough() -> None:
    with pytest.raises(KjtuiError, match="no piece of memory large enough"):
        regions.choose_region(iomem(128), RegionKind.BORROWED, 192 * MIB)


def test_memory_that_is_not_there_is_never_given() -> None:
    ranges = memory_map.parse(iomem(512))
    with pytest.raises(KjtuiError, match="not there"):
        bootparams.restricted_map(ranges, [Span(1 << 32, (1 << 32) + PAGE)], [])


def test_only_pages_of_the_region_become_ram_in_the_map() -> None:
    ranges = memory_map.parse(iomem(5000))
    usable = Span(64 * MIB, 128 * MIB)
    entries = bootparams.restricted_map(ranges, [usable], [Span(64 * MIB, 64 * MIB + PAGE)])
    ram = [entry.span for entry in entries if entry.type == bootparams.E820_RAM]
    assert ram == [Span(64 * MIB + PAGE, 128 * MIB)]
    assert {entry.type for entry in entries} == {1, 2, 4}


def test_memory_of_a_is_no_part_of_a_range_that_begins_below_1_mib() -> None:
    """Linux would take such a range for busy, and let nobody in B read it through /dev/mem."""
    entries = bootparams.restricted_map(memory_map.parse(iomem(1024)), [Span(512 * MIB, 768 * MIB)], [])
    ours = next(entry.span for entry in entries if entry.span.start == MIB)
    assert ours.end == 512 * MIB
    assert all(entry.span.end < MIB for entry in entries if entry.span.start < MIB)
