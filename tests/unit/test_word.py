from hypothesis import given
from hypothesis import strategies as st

from kjtui.kexec import word
from kjtui.model.report import VisitorWord

NONCE = "00112233445566ff"


def page(left: VisitorWord) -> bytes:
    data = word.encode(left)
    blank = word.blank(NONCE)
    return blank[: word.BODY] + data + blank[word.BODY + len(data) :]


@given(
    st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=60),
    st.integers(0, 10**9).map(lambda n: n / 1000),
    st.sampled_from(["key", "countdown"]),
    st.booleans(),
)
def test_a_word_is_read_as_it_was_left(version: str, uptime: float, way: str, parked: bool) -> None:
    left = VisitorWord(version, uptime, way, parked)
    assert word.decode(page(left), NONCE) == left


def test_no_word_is_no_word() -> None:
    assert word.decode(word.blank(NONCE), NONCE) is None


def test_a_word_under_another_nonce_is_not_ours() -> None:
    assert word.decode(page(VisitorWord("6", 1.0, "key", True)), "f" * 16) is None


@given(st.integers(word.BODY, word.BODY + 40), st.integers(1, 255))
def test_a_damaged_word_is_none_or_the_same(offset: int, flip: int) -> None:
    left = VisitorWord("6.12.0", 12.5, "countdown", True)
    data = bytearray(page(left))
    data[offset] ^= flip
    assert word.decode(bytes(data), NONCE) in (None, left)
