"""An image as it is found on a medium: its head, its manifest, and whether all of it is as it was saved."""

from collections.abc import Callable, Iterator

from kjtui.backend import crew
from kjtui.backend.medium import Medium, inflow
from kjtui.errors import KjtuiError
from kjtui.imagefile import manifest as manifests
from kjtui.imagefile import pieces
from kjtui.imagefile.header import BLOCK, WHOLE, Header, State, damaged, decode, digest_of
from kjtui.imagefile.seal import Seal
from kjtui.model.saved import Manifest, Piece

_STEP = 1 << 20  # bytes unpacked at once: a damaged manifest may claim to become anything


def read_image(medium: Medium, key: bytes) -> tuple[Header, Manifest]:
    """The head and the manifest, both looked at. key: b"" where there is no passphrase. Raises KjtuiError."""
    head = read_head(medium)
    return head, open_manifest(read_manifest(medium, head), head, key)


def read_head(medium: Medium) -> Header:
    """The head of an image that is whole. Raises KjtuiError."""
    head = decode(medium.first_block())
    if head.state not in WHOLE:
        why = "It was used already" if head.state is State.SPENT else "It was thrown away, or never finished"
        raise KjtuiError("There is no image to be used here", f"{why}.", "Start afresh.")
    return head


def read_manifest(medium: Medium, head: Header) -> bytes:
    """The manifest as it is stored. Raises KjtuiError."""
    if head.end > medium.size or head.manifest_size > manifests.LIMIT:
        raise KjtuiError("The image is cut off", f"It has {head.end} bytes, {medium.path} has {medium.size}.")
    start = head.manifest_at // BLOCK * BLOCK
    data = b"".join(bytes(chunk) for _, chunk in inflow(medium, start, head.manifest_at + head.manifest_size))
    stored = data[head.manifest_at - start :]
    if digest_of(stored) != head.manifest_digest:
        raise damaged("its manifest is not the one that its head was written for")
    return stored


def open_manifest(stored: bytes, head: Header, key: bytes) -> Manifest:
    """A manifest from how it is stored. Raises KjtuiError."""
    import zstandard

    opened = Seal(key, head.id.hex()).open_manifest(stored)
    try:
        content = bytearray()
        with zstandard.ZstdDecompressor().stream_reader(opened) as reader:
            while (more := reader.read(_STEP)) and len(content) <= manifests.LIMIT:
                content += more
    except zstandard.ZstdError as error:
        raise damaged(f"its manifest cannot be unpacked ({error})") from None
    return manifests.decode(bytes(content), head)


def stored_pieces(medium: Medium, manifest: Manifest) -> Iterator[bytes]:
    """Each piece as it is stored, in order. Raises KjtuiError."""
    if not manifest.pieces:
        return
    last = manifest.pieces[-1]
    wanted = iter(manifest.pieces)
    piece = next(wanted, None)
    begun = bytearray()  # of a piece that ends in a later chunk
    for at, chunk in inflow(medium, manifest.pieces[0].at // BLOCK * BLOCK, last.at + last.stored):
        while piece is not None and (end := piece.at + piece.stored - at) <= len(chunk):
            rest = chunk[max(piece.at - at, 0) : end]
            yield bytes(begun + rest) if begun else bytes(rest)
            begun.clear()
            piece = next(wanted, None)
        if piece is not None and piece.at - at < len(chunk):
            begun += chunk[max(piece.at - at, 0) :]


def unpacked(seal: Seal, number: int, stored: bytes, piece: Piece) -> bytes:
    """What a piece becomes, looked at once more. Raises KjtuiError.

    zstd's own checksum is compared in unpacking, which takes far less time than the manifest's.
    """
    import zstandard

    opened = seal.open(number, stored)
    try:
        if zstandard.get_frame_parameters(opened).has_checksum or pieces.checksum(stored) == piece.checksum:
            content = zstandard.ZstdDecompressor().decompress(opened, max_output_size=piece.size)
            if len(content) == piece.size:
                return content
    except zstandard.ZstdError:
        pass  # told below
    raise damaged(f"piece {number} is not what was saved")


def verify(medium: Medium, manifest: Manifest, done: Callable[[int], None]) -> None:
    """Read all of it and compare the checksums. done: is told the bytes read so far. Raises KjtuiError."""

    def compare(work: tuple[int, bytes]) -> None:
        number, stored = work
        try:
            right = pieces.checksum(stored) == manifest.pieces[number].checksum
        except Exception as error:
            raise KjtuiError(
                "The image could not be checked", f"Not a byte of it is used: {error!r}."
            ) from None
        if not right:
            raise damaged(f"piece {number} of {len(manifest.pieces)} is not what was saved")

    def read() -> Iterator[tuple[int, bytes]]:
        had = 0
        for number, stored in enumerate(stored_pieces(medium, manifest)):
            yield number, stored
            had += len(stored)
            done(had)

    # Making checksums is slower than a quick disk.
    crew.share(read(), [compare] * crew.size())
