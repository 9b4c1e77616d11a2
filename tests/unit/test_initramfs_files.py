import bz2
import gzip
import lzma
import random
import struct

import pytest
from kernels import bzimage as make_kernel

from kjtui.errors import KjtuiError
from kjtui.pack import compressed, cpio, initramfs
from kjtui.pack.compressed import Kind
from kjtui.pack.initramfs import Part

CONFIG = {f"CONFIG_RD_{kind.upper()}": "y" for kind in Kind} | {"CONFIG_IA32_EMULATION": "y"}


def elf(machine: int = 62, big: bool = False) -> bytes:
    """The start of a program for a machine (elf(5))."""
    head = b"\x7fELF" + (b"\x01\x02" if big else b"\x02\x01") + b"\x01".ljust(10, b"\0")
    return head + struct.pack(">HH" if big else "<HH", 2, machine) + bytes(100)


def entries(*more: cpio.Entry) -> list[cpio.Entry]:
    return [
        cpio.Entry.file("init", b"#!/bin/sh\nexec sh\n", 0o755),
        cpio.Entry.file("bin/busybox", elf(), 0o755),
        cpio.Entry.symlink("bin/sh", "busybox"),
        *more,
    ]


PLAIN = cpio.archive(entries())
MICROCODE = cpio.archive([cpio.Entry.file("kernel/x86/microcode/AuthenticAMD.bin", bytes(1000))])
XZ = lzma.compress(PLAIN, check=lzma.CHECK_CRC32)
PACKED = {
    None: PLAIN,
    Kind.GZIP: gzip.compress(PLAIN, mtime=0),
    Kind.XZ: XZ,
    Kind.ZSTD: compressed.squeeze(PLAIN),
    Kind.BZIP2: bz2.compress(PLAIN),
    Kind.LZMA: lzma.compress(PLAIN, format=lzma.FORMAT_ALONE),
}


def refusal(data: bytes, **options) -> KjtuiError:
    with pytest.raises(KjtuiError) as caught:
        initramfs.check(data, "/boot/x.img", **options)
    assert "/boot/x.img" in caught.value.title
    assert caught.value.detail
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize("kind", PACKED)
def test_each_compression_is_looked_into(kind):
    summary = initramfs.check(PACKED[kind], config=CONFIG)
    assert summary.parts == (Part(0, kind, len(PLAIN)),)
    assert summary.size == len(PACKED[kind])
    assert summary.unpacked == len(PLAIN)
    assert summary.members == 4
    assert summary.names == ("init", "bin/sh", "bin/busybox")
    assert summary.machine == "x86-64"


def test_microcode_first_padding_and_several_parts():
    packed = PACKED[Kind.ZSTD]
    data = bytes(4) + MICROCODE + bytes(512) + packed + bytes(-len(packed) % 4) + PACKED[Kind.GZIP] + bytes(7)
    summary = initramfs.check(data)
    assert [part.kind for part in summary.parts] == [None, Kind.ZSTD, Kind.GZIP]
    assert summary.parts[1].at == 4 + len(MICROCODE) + 512
    assert refusal(MICROCODE).title == "/boot/x.img has no /init"


def test_members_may_follow_a_trailer_and_a_later_file_wins():
    summary = initramfs.check(cpio.archive([cpio.Entry.file("init", b"", 0o644)]) + PLAIN)
    assert summary.machine == "x86-64"
    assert len(summary.parts) == 1


def test_what_is_not_aligned_is_refused_as_the_kernel_would():
    assert "not aligned" in refusal(MICROCODE + bytes(2) + PACKED[Kind.GZIP]).detail
    assert "not aligned" in refusal(MICROCODE + bytes(2) + PLAIN).detail
    gz = gzip.compress(MICROCODE, mtime=0)
    assert "not aligned" in refusal(gz + bytes(-len(gz) % 4 + 1) + PLAIN).detail


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (bytes(4096), "zero bytes"),
        (make_kernel(), "a kernel"),
        (elf(), "a program"),
        (bytes(0x438).replace(b"\0", b"\1") + b"\x53\xef" + bytes(99), "ext file system"),
        (b"name".ljust(257, b"\1") + b"ustar" + bytes(300), "a tar archive"),
        (gzip.compress(b"name".ljust(257, b"\1") + b"ustar" + bytes(300)), "a tar archive"),
        (b"\xc7\x71" + bytes(99), "old binary format"),
        (b"\x04\x22\x4d\x18" + bytes(99), "lz4 -l"),
        (gzip.compress(b""), "no archive"),
        (b"Hello", "begins with 48 65 6c 6c 6f"),
    ],
)
def test_what_is_no_initramfs_is_called_by_its_name(data, words):
    error = refusal(data)
    assert error.title == "/boot/x.img is not an initramfs"
    assert words in error.detail


def test_an_old_cpio_is_told_how_to_be_made_anew():
    assert "-H newc" in refusal(b"070707" + bytes(200)).hint


@pytest.mark.parametrize("kind", PACKED)
def test_a_cut_file_is_refused_wherever_it_is_cut(kind):
    whole = PACKED[kind]
    for length in range(0, len(whole) - 16, 13):
        try:
            initramfs.check(whole[:length])
        except KjtuiError as error:
            told = error
        else:
            # A plain archive may end behind any member: the kernel needs no trailer.
            assert kind is None
            assert whole[length:].lstrip(b"\0").startswith(b"070701")
            continue
        assert told.hint


def test_a_plain_archive_that_is_cut_within_a_member_says_so():
    assert refusal(PLAIN[:200]).title == "/boot/x.img is cut off"
    assert refusal(PLAIN[:-1]).title == "/boot/x.img is cut off"


def test_damage_is_told_from_being_cut_off():
    damaged = bytearray(PACKED[Kind.GZIP])
    damaged[40] ^= 0xFF
    assert "damaged" in refusal(bytes(damaged)).title
    plain = bytearray(PLAIN)
    plain[20] = ord("x")
    assert "something else than numbers" in refusal(bytes(plain)).detail
    assert "junk" in refusal(gzip.compress(PLAIN + b"junk")).detail
    assert "begins with b'junk'" in refusal(PLAIN + b"junk").detail


def test_checksums_of_members_are_compared():
    body = b"#!/init\n"
    name = b"init\0"
    for checksum, right in ((sum(body), True), (1, False)):
        numbers = (1, 0o100755, 0, 0, 1, 0, len(body), 0, 0, 0, 0, len(name), checksum)
        head = b"070702" + b"".join(b"%08x" % number for number in numbers) + name
        data = head + bytes(-len(head) % 4) + body
        if right:
            assert initramfs.check(data).names == ("init",)
        else:
            assert "checksum" in refusal(data).detail


@pytest.mark.parametrize("kind", [kind for kind in PACKED if kind])
def test_a_compression_that_kernel_b_lacks_is_refused(kind):
    config = {**CONFIG, f"CONFIG_RD_{kind.upper()}": "n"}
    error = refusal(PACKED[kind], config=config)
    assert f"compressed with {kind}, which kernel B cannot undo" in error.title
    assert ("gzip" if kind is not Kind.GZIP else "zstd") in error.hint
    assert "uncompressed" in refusal(PACKED[kind], config={"CONFIG_RELOCATABLE": "y"}).hint


def test_xz_with_the_check_that_xz_takes_by_itself_is_refused():
    assert "--check=crc32" in refusal(lzma.compress(PLAIN)).hint


@pytest.mark.parametrize(("magic", "words"), [(b"\x02\x21\x4c\x18", "lz4"), (b"\x89LZO\0\r\n\x1a\n", "lzo")])
def test_what_cannot_be_looked_into_is_refused(magic, words):
    assert f"compressed with {words}, which kjtui cannot undo" in refusal(magic + bytes(99)).title


@pytest.mark.parametrize(
    ("machine", "big", "words"),
    [(183, False, "ARM (aarch64)"), (40, False, "32-bit ARM"), (243, False, "RISC-V"), (22, True, "IBM Z")],
)
def test_another_machines_programs_are_refused(machine, big, words):
    alien = cpio.archive([cpio.Entry.file("init", elf(machine, big), 0o755)])
    assert words in refusal(alien).detail
    script = cpio.archive([*entries(), cpio.Entry.file("bin/busybox", elf(machine, big), 0o755)])
    assert words in refusal(script).detail


def test_32_bit_programs_need_a_kernel_that_runs_them():
    data = cpio.archive([cpio.Entry.file("init", elf(3), 0o755)])
    assert initramfs.check(data).machine == "32-bit x86"
    assert initramfs.check(data, config=CONFIG).machine == "32-bit x86"
    assert "CONFIG_IA32_EMULATION" in refusal(data, config={"CONFIG_RD_GZIP": "y"}).detail


def test_what_is_started_has_to_be_there_and_executable():
    assert refusal(cpio.archive([cpio.Entry.file("etc/x", b"")])).title == "/boot/x.img has no /init"
    assert "mode is 100644" in refusal(cpio.archive([cpio.Entry.file("init", elf(), 0o644)])).detail
    assert "mode is 40755" in refusal(cpio.archive([cpio.Entry.directory("init")])).detail
    assert "/bin/sh, which is not in" in refusal(cpio.archive(entries()[:1])).detail
    assert refusal(PLAIN, init="/bin/agent").title == "/boot/x.img has no /bin/agent"
    assert initramfs.check(PLAIN, init="/bin/busybox").init == "/bin/busybox"
    # A kernel may bring files of its own along.
    own = {"CONFIG_INITRAMFS_SOURCE": "/usr/src/files"}
    assert initramfs.check(cpio.archive([cpio.Entry.file("etc/x", b"")]), config=own).machine == ""


def test_links_are_followed_as_the_kernel_does():
    systemd = cpio.archive(
        [
            cpio.Entry.directory("usr/bin"),
            cpio.Entry.symlink("bin", "usr/bin"),
            cpio.Entry.symlink("init", "/bin/../bin/start"),
            cpio.Entry("bin/start", 0o100755, elf()),
        ]
    )
    assert initramfs.check(systemd).machine == "x86-64"
    circle = cpio.archive([cpio.Entry.symlink("init", "a"), cpio.Entry.symlink("a", "init")])
    assert "has no /init" in refusal(circle).title


def test_hard_links_share_the_content_that_one_of_them_carries():
    def member(name: bytes, body: bytes) -> bytes:
        numbers = (7, 0o100755, 0, 0, 2, 0, len(body), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08x" % number for number in numbers) + name + b"\0"
        return head + bytes(-len(head) % 4) + body + bytes(-len(body) % 4)

    assert initramfs.check(member(b"init", b"") + member(b"./other", elf())).machine == "x86-64"


def test_a_file_whose_folder_is_missing_is_not_there():
    data = PLAIN.replace(b"bin/busybox\0", b"bix/busybox\0")
    error = refusal(data)
    assert "/bin/sh, which is not in" in error.detail


def test_a_bomb_is_refused():
    bomb = cpio.archive([*entries(), cpio.Entry.file("zeros", bytes(8 << 20))])
    assert "too large" in refusal(gzip.compress(bomb), limit=1 << 20).title
    assert "too large" in refusal(compressed.squeeze(bomb), limit=1 << 20).title
    assert "too large" in refusal(bomb, limit=1 << 20).title


MAGICS = [
    *(
        b"070701",
        b"070702",
        b"070707",
        b"\x1f\x8b\x08",
        b"\xfd7zXZ\0",
        b"\x28\xb5\x2f\xfd",
        b"BZh9",
        b"\x5d\0\0",
    ),
    *(b"\x02\x21\x4c\x18", b"\x89LZO\0", b"\x7fELF", b"\0\0\0\0"),
]


def mutated(random_: random.Random, samples: list[bytes]) -> bytes:
    """A sample with bits flipped, cut, its magic swapped, or spliced with another one."""
    data = bytearray(random_.choice(samples))
    for _ in range(random_.randint(1, 3)):
        way = random_.randrange(6)
        at = random_.randrange(len(data) + 1)
        if way == 0:
            for _ in range(random_.randint(1, 8)):
                if data:
                    data[random_.randrange(min(len(data), 512))] ^= 1 << random_.randrange(8)
        elif way == 1:
            del data[at:]
        elif way == 2:
            magic = random_.choice([*MAGICS, random_.randbytes(4)])
            data[: len(magic)] = magic
        elif way == 3:
            other = random_.choice(samples)
            data[at:] = (
                bytes(random_.randrange(5)) + other[random_.choice((0, random_.randrange(len(other)))) :]
            )
        elif way == 4:
            digits = b"%08X" % random_.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, random_.getrandbits(32)))
            place = 6 + 8 * random_.randrange(13)
            data[place : place + 8] = digits
        else:
            data[at:at] = random_.choice((bytes(random_.randrange(9)), random_.choice(samples)))
    return bytes(data)


def test_mutated_files_are_refused_in_plain_words_or_accepted():
    random_ = random.Random(20)
    samples = [*PACKED.values(), MICROCODE + PACKED[Kind.XZ], MICROCODE + PACKED[Kind.GZIP]]
    accepted: list[initramfs.Summary] = []
    refused: list[KjtuiError] = []
    for _ in range(5000):
        data = mutated(random_, samples)
        config = random_.choice((None, CONFIG, {}))
        try:
            accepted.append(initramfs.check(data, config=config, limit=4 << 20))
        except KjtuiError as error:
            refused.append(error)
    assert all("init" in summary.names for summary in accepted)
    for error in refused:
        assert error.title.startswith(("This file", "/init in this file"))
        assert len(error.title) < 110
        assert error.detail
        assert error.hint
    assert len(refused) > 3000
    assert len(accepted) > 100
