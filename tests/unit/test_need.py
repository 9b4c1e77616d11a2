import dataclasses
import datetime
import importlib.resources
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import bzimage, iomem
from test_layout import facts as plain_facts

from kjtui.backend.recording import read_recording
from kjtui.backend.speed import memory_speed
from kjtui.kexec import layout, regions
from kjtui.kexec.bzimage import parse as bzimage_parse
from kjtui.kexec.iomem import parse, ram
from kjtui.knowledge.calibration import FILE, calibration
from kjtui.model.choices import Choices, Purpose
from kjtui.model.facts import BlockDevice, Facts, KernelHeader, NetLink
from kjtui.model.memory import GIB, MIB, RegionKind, Span
from kjtui.plan import need as needs
from kjtui.plan.need import Need, Part

BORROWED, RESERVED = RegionKind.BORROWED, RegionKind.RESERVED
SIZES = st.lists(st.integers(0, 2 * GIB), max_size=8)


def facts(**more: object) -> Facts:
    basis = plain_facts(iomem(4096), memory_total=3900 * MIB, memory_available=3500 * MIB)
    header = KernelHeader(protocol=0x20F, relocatable=True, entry_64=True, init_size=46 * MIB)
    return dataclasses.replace(basis, kernel_header=header, **more)


def estimated(sizes: list[int]) -> Need:
    return needs.estimate(Part(f"part {number}", size, "a test") for number, size in enumerate(sizes))


@given(SIZES)
def test_the_sum_is_right_and_the_margin_is_kept(sizes: list[int]) -> None:
    need = estimated(sizes)
    assert need.need == sum(part.bytes for part in need.parts)
    assert need.need >= sum(sizes)
    assert need.margin >= max(need.need // 4, 32 * MIB)
    assert need.need + need.margin <= need.total < need.need + need.margin + needs.STEP
    assert need.total % needs.STEP == 0
    assert all(part.bytes % MIB == 0 for part in need.parts)


@given(SIZES, st.data())
def test_more_of_a_part_never_needs_less(sizes: list[int], data: st.DataObject) -> None:
    more = [size + data.draw(st.integers(0, GIB)) for size in sizes]
    less, greater = estimated(sizes), estimated(more)
    assert less.need <= greater.need
    assert less.total <= greater.total


@given(SIZES, st.integers(0, 128 * MIB - 1))
def test_the_list_of_pages_is_enough_wherever_the_region_lies(sizes: list[int], offset: int) -> None:
    need = estimated(sizes)
    sections = (offset + need.need - 1) // (128 * MIB) + 1 + 1  # and the one with the first 640 KiB
    assert need.parts[-1].bytes >= sections * 2 * MIB


@given(
    init_size=st.integers(1, 200),
    packed=st.integers(1, 300),
    disks=st.integers(0, 100),
    links=st.integers(0, 20),
    further=st.sampled_from(["init_size", "packed", "disks", "links"]),
)
def test_a_larger_machine_never_needs_less(
    init_size: int, packed: int, disks: int, links: int, further: str
) -> None:
    def need(init_size: int, packed: int, disks: int, links: int) -> Need:
        header = KernelHeader(0x20F, True, True, init_size * MIB)
        seen = dataclasses.replace(
            facts(),
            kernel_header=header,
            block_devices=tuple(BlockDevice(f"sd{n}", GIB, kind="disk") for n in range(disks)),
            links=tuple(NetLink(f"eth{n}", "e1000e") for n in range(links)),
        )
        return needs.need_for(seen, Purpose.LOOK, packed * MIB)

    sizes = {"init_size": init_size, "packed": packed, "disks": disks, "links": links}
    assert need(**sizes).total <= need(**{**sizes, further: sizes[further] + 7}).total


@pytest.mark.parametrize(("memory", "mib"), [(1024, 3), (4096, 3), (100 * 1024, 4)])
def test_what_is_kept_for_a_panic_is_a_part_of_its_own(memory: int, mib: int) -> None:
    need = needs.need_for(facts(iomem=iomem(memory)), Purpose.LOOK, 12 * MIB)
    (home,) = (part for part in need.parts if part.name == "way home")
    assert home.bytes == mib * MIB
    assert "for a panic" in home.source
    assert f" + way home {mib} MiB + " in needs.sum_text(need)


def test_what_is_kept_for_a_panic_counts_where_the_memory_map_is_hidden() -> None:
    seen = facts(iomem=("00000000-00000000 : System RAM",), memory_total=100 * GIB)
    need = needs.need_for(seen, Purpose.LOOK, 12 * MIB)
    assert [part.bytes for part in need.parts if part.name == "way home"] == [4 * MIB]


@settings(max_examples=300)
@given(
    memory=st.integers(2048, 200_000),
    init_size=st.integers(4, 300),
    packed=st.integers(1 << 20, 200 << 20),
    start=st.integers(0, 100).map(lambda number: number * 2 * MIB),
)
def test_what_is_needed_is_enough_wherever_the_region_lies(
    memory: int, init_size: int, packed: int, start: int
) -> None:
    """No size that is offered is refused when kernel B is laid out in it."""
    lines = iomem(memory)
    kernel = bzimage(4096, init_size * MIB)
    header = KernelHeader(0x20F, True, True, init_size * MIB)
    need = needs.need_for(dataclasses.replace(facts(iomem=lines), kernel_header=header), Purpose.LOOK, packed)
    span = Span(64 * MIB + start, 64 * MIB + start + need.total)
    if span.end > min(memory, 3072) * MIB:
        return
    crash = layout.crash_span(span, ram(parse(lines)))
    assert crash is not None
    room = 2 * packed + layout._PAGE_LIST
    load_at, initrd_at = layout._places(span, bzimage_parse(kernel), packed, room, crash)
    assert span.start < load_at < initrd_at < span.end


@pytest.mark.parametrize("purpose", Purpose)
def test_where_it_was_measured_the_need_is_what_was_measured(purpose: Purpose) -> None:
    """Not below it, and above it by no more than rounding and what init_size leaves free."""
    known = calibration()
    header = KernelHeader(0x20F, True, True, known.init_size)
    disks = tuple(BlockDevice(f"vd{n}", GIB, kind="disk") for n in range(known.disks))
    seen = dataclasses.replace(facts(), kernel_header=header, block_devices=disks)
    need = needs.need_for(seen, purpose, known.packed)
    assert known.least(purpose) <= need.need <= known.least(purpose) + 16 * MIB


def test_what_cannot_be_read_counts_as_measured() -> None:
    known = calibration()
    need = needs.need_for(dataclasses.replace(facts(), kernel_header=None), Purpose.QUICK, None)
    kernel = need.parts[0]
    assert 0 <= kernel.bytes - known.init_size < MIB
    assert known.kernel in kernel.source
    assert need == needs.need_for(
        dataclasses.replace(facts(), kernel_header=KernelHeader(0x200, True, True, 0)), Purpose.QUICK, None
    )


def test_partitions_and_links_without_a_device_cost_nothing() -> None:
    bare = needs.need_for(facts(), Purpose.QUICK, MIB)
    seen = facts(
        block_devices=tuple(BlockDevice(f"sda{n}", GIB, kind="part") for n in range(90)),
        links=tuple(NetLink(f"veth{n}") for n in range(900)),
    )
    assert needs.need_for(seen, Purpose.QUICK, MIB).need == bare.need


@given(
    size=st.integers(0, 6 * GIB),
    total=st.integers(64, 4000).map(lambda n: n * MIB),
    fraction=st.floats(0, 1),
    crash=st.sampled_from([None, 0, 256 * MIB]),
    kind=st.sampled_from(RegionKind),
)
def test_refused_is_exactly_what_lies_outside(
    size: int, total: int, fraction: float, crash: int | None, kind: RegionKind
) -> None:
    seen = facts(memory_total=total, memory_available=int(total * fraction), kexec_crash_size=crash)
    need = needs.need_for(seen, Purpose.LOOK, 12 * MIB)
    low, high = needs.bounds(seen, need, kind)
    refused = needs.refusal(seen, size, need, kind)
    assert (refused is None) == (low <= size <= high)
    if refused is None and kind is BORROWED:
        assert size <= seen.memory_available // 2
        assert regions.choose_region(seen.iomem, kind, size).span.size >= size
    if refused is None and kind is RESERVED and size > (crash or 0):
        assert needs.left_for_a(seen, size) >= total - seen.memory_available + 256 * MIB


def test_too_little_shows_the_sum() -> None:
    need = needs.need_for(facts(), Purpose.LOOK, 12 * MIB)
    refused = needs.refusal(facts(), 64 * MIB, need, BORROWED)
    assert refused is not None
    assert "too little" in refused.title
    assert refused.detail.startswith("kernel 46 MiB + ")
    assert refused.detail.endswith(f" = {need.need // MIB} MiB; 64 MiB are too little.")
    assert f"{need.total // MIB} MiB" in refused.hint


@pytest.mark.parametrize(
    ("kind", "more", "size", "words", "hint"),
    [
        (BORROWED, {"memory_available": 600 * MIB}, 400, "600 MiB of free memory half", "at most 300 MiB"),
        (BORROWED, {"iomem": iomem(400), "memory_available": GIB}, 500, "largest piece", "at most"),
        (BORROWED, {"memory_available": 100 * MIB}, 160, "half", "Reserve memory at the next start"),
        (RESERVED, {}, 3300, "Of 3.8 GiB this system uses 400 MiB and keeps 256 MiB", "at most 3244 MiB"),
        (RESERVED, {"memory_available": 300 * MIB}, 160, "44 MiB are left", "End programs"),
    ],
)
def test_too_much_shows_the_sum(
    kind: RegionKind, more: dict[str, object], size: int, words: str, hint: str
) -> None:
    seen = dataclasses.replace(facts(), **more)  # type: ignore[arg-type]
    need = needs.need_for(seen, Purpose.LOOK, 12 * MIB)
    refused = needs.refusal(seen, size * MIB, need, kind)
    assert refused is not None
    assert words in refused.detail
    assert hint in refused.hint


def test_hidden_addresses_are_said_to_be_hidden() -> None:
    seen = facts(iomem=("00000000-00000000 : System RAM",))
    need = needs.need_for(seen, Purpose.LOOK, 12 * MIB)
    refused = needs.refusal(seen, need.total, need, BORROWED)
    assert refused is not None
    assert "hidden" in refused.title
    assert needs.refusal(seen, need.total, need, RESERVED) is None


def test_what_is_reserved_now_is_not_too_much() -> None:
    seen = facts(memory_total=466 * MIB, memory_available=213 * MIB, kexec_crash_size=256 * MIB)
    need = needs.need_for(seen, Purpose.LOOK, 12 * MIB)
    assert needs.refusal(seen, 256 * MIB, need, RESERVED) is None
    assert needs.refusal(seen, 257 * MIB, need, RESERVED) is not None


def test_left_for_a_counts_what_is_reserved_now() -> None:
    assert needs.left_for_a(facts(kexec_crash_size=256 * MIB), 192 * MIB) == (3900 + 256 - 192) * MIB
    assert needs.left_for_a(facts(kexec_crash_size=None), 192 * MIB) == (3900 - 192) * MIB
    assert needs.left_for_a(facts(), 64 * GIB) == 0


@given(st.integers(1, 8 * GIB), st.floats(1e6, 1e12))
def test_copying_takes_six_copies_of_each_page(swapped: int, speed: float) -> None:
    assert needs.copy_seconds(swapped, speed) == pytest.approx(6 * swapped / speed)


@pytest.mark.parametrize(
    ("more", "wishes", "kind", "words"),
    [
        ({}, {}, BORROWED, "now and then"),
        ({}, {"frequent": True}, RESERVED, "quicker"),
        ({}, {"crash_dump": True}, RESERVED, "dump"),
        ({"kexec_crash_size": 256 * MIB}, {}, RESERVED, "256 MiB are reserved already"),
        ({"kexec_crash_size": 256 * MIB, "kexec_crash_loaded": True}, {}, BORROWED, "now and then"),
        ({"kexec_crash_size": 16 * MIB}, {}, BORROWED, "now and then"),
        ({"memory_available": 200 * MIB}, {}, RESERVED, "too little free memory"),
        ({"iomem": iomem(100)}, {}, RESERVED, "none in one piece"),
    ],
)
def test_recommends(more: dict[str, object], wishes: dict[str, bool], kind: RegionKind, words: str) -> None:
    seen = dataclasses.replace(facts(), **more)  # type: ignore[arg-type]
    need = needs.need_for(seen, Purpose.LOOK, 12 * MIB)
    found = needs.recommend(seen, need, **wishes)
    assert found.kind is kind
    assert words in found.reason
    assert found.reason.endswith(".")


@pytest.mark.parametrize("file", sorted((Path(__file__).parents[1] / "machines").glob("*.json")), ids=str)
def test_every_recorded_machine_gets_an_answer(file: Path) -> None:
    seen = read_recording(file).facts
    need = needs.need_for(seen, Purpose.LOOK, None)
    assert 64 * MIB <= need.total <= 512 * MIB
    assert needs.recommend(seen, need).reason
    assert all(len(line) <= 80 for line in needs.table(need))


def test_the_table_adds_up() -> None:
    need = needs.need_for(facts(), Purpose.LOOK, 12 * MIB)
    lines = needs.table(need)
    assert lines[0].split()[:3] == ["kernel", "46", "MiB"]
    assert lines[-1].startswith("together")
    assert f"{need.total // MIB} MiB" in lines[-1]
    figures = [int(line[20:].split()[0]) for line in lines]
    assert sum(figures[:-3]) == figures[-3]
    assert figures[-3] + figures[-2] == figures[-1]


def test_the_file_of_figures_has_its_form() -> None:
    text = importlib.resources.files("kjtui.knowledge").joinpath(FILE).read_text()
    told = json.loads(text)
    assert set(told) == {
        "kernel", "qemu", "date", "init_size", "initramfs", "devices", "disks", "way_home", "smallest",
    }  # fmt: skip
    # Those that are the longest and the shortest of all; the others count as the largest.
    assert {Purpose.QUICK, Purpose.LOOK} <= set(told["smallest"]) <= set(Purpose)
    datetime.date.fromisoformat(told["date"])
    known = calibration()
    assert known.unpacked >= known.packed > 0
    assert known.disk >= 0
    assert known.link >= 0
    for purpose in Purpose:
        assert known.least(purpose) % (2 * MIB) == 0
        assert known.init_size + known.packed < known.least(purpose) <= Choices().region_size
        assert known.least(purpose) in known.smallest.values()
    home = regions.crash_size([Span(0, GIB)])
    assert min(known.smallest.values()) - known.way_home + home <= regions.SMALLEST


def test_ready_machine_has_a_piece_for_the_default() -> None:
    assert regions.largest(parse(facts().iomem)) >= Choices().region_size


def test_the_speed_of_copying_is_told() -> None:
    assert memory_speed() > 1e6
