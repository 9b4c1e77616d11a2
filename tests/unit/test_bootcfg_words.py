import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjtui.bootcfg import lines, words
from kjtui.errors import KjtuiError

NAME, VALUE = "crashkernel", "256M"
LINES = st.text(' \t\n\v"=-abcé\u2028\udcff', max_size=40) | st.lists(
    st.sampled_from(
        ["quiet", "ro", "--", 'a="b c"', "crashkernel=1G", '"crashkernel=2G"', "crashkernel=", "x=\t"]
    )
).map(" ".join)


@given(LINES)
def test_adding_can_be_taken_back_and_adding_twice_is_adding_once(line):
    changed = words.with_value(line, NAME, VALUE)
    assert words.values(changed, NAME) == (VALUE,)
    assert words.with_value(changed, NAME, VALUE) == changed
    if not words.values(line, NAME):
        assert words.without_value(changed, NAME, VALUE) == line
        others = [word for word in words.split(changed) if word != f"{NAME}={VALUE}"]
        assert others == list(words.split(line))


@given(st.lists(LINES, min_size=1, max_size=4))
def test_a_line_in_pieces_is_changed_like_a_whole_one(pieces):
    changed = words.with_value_in(pieces, NAME, VALUE)
    assert [value for piece in changed for value in words.values(piece, NAME)] == [VALUE]
    assert words.with_value_in(changed, NAME, VALUE) == changed
    if not any(words.values(piece, NAME) for piece in pieces):
        assert words.without_value_in(changed, NAME, VALUE) == tuple(pieces)


@given(st.text(st.sampled_from("a\r\n\v\u2028#")), st.sampled_from(["x", "x\ny"]))
def test_lines_at_the_end_can_be_cut_off_again(text, added):
    assert lines.join(lines.split(text)) == text
    changed = lines.appended(text, added)
    assert lines.cut(changed, changed.rindex(added), len(changed)) == text


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", "crashkernel=256M"),
        ("quiet", "quiet crashkernel=256M"),
        ("quiet ", "quiet  crashkernel=256M"),
        ("ro -- 3", "ro crashkernel=256M -- 3"),
        ("-- 3", "crashkernel=256M -- 3"),
        ("a crashkernel=1G b crashkernel=128M,low c", "a crashkernel=256M b c"),
        ("a -- crashkernel=1G b", "a crashkernel=256M -- b"),
        ('"crashkernel=1G" a', "crashkernel=256M a"),
        ('x="an open quote', 'crashkernel=256M x="an open quote'),
        ('x="crashkernel=1G "y z', 'x="crashkernel=1G "y z crashkernel=256M'),
    ],
)
def test_where_a_word_goes(line, expected):
    assert words.with_value(line, NAME, VALUE) == expected


def test_values_are_read_as_the_kernel_reads_them():
    line = 'a=1 a="x y" "a=z w" ba=2 a a= a="b"c'
    assert words.split(line) == ("a=1", 'a="x y"', '"a=z w"', "ba=2", "a", "a=", 'a="b"c')
    assert words.values(line, "a") == ("1", "x y", "z w", "", 'b"c')
    assert words.with_value("b", "a", "x y") == 'b a="x y"'
    assert words.values(words.with_value("b", "a", "x y"), "a") == ("x y",)


def test_further_words_are_there_once():
    assert words.with_words("ro panic=10 -- x", ["panic=30", "quiet", "ro"]) == "ro panic=30 quiet -- x"


def test_values_that_mean_something_else_in_a_file_are_refused():
    with pytest.raises(KjtuiError, match="kernel command line"):
        words.with_value("", "a", 'b"')
    for value in ("a b", "$x", "`x`", "a\n", "'", "é", "a\\", "{"):
        with pytest.raises(KjtuiError):
            words.safe(value)
    assert words.safe("2G-4G:256M,4G-:512M@0x1000") == "2G-4G:256M,4G-:512M@0x1000"
