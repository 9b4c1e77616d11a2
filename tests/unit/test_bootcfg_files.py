import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_bootcfg_texts import (
    DEBIAN_DEFAULTS,
    FEDORA_ENTRY,
    KEY,
    REFIND_CONF,
    RHEL_ENTRY,
    SYSTEMD_ENTRY,
    VALUE,
    VARIABLE,
    defaults,
    in_shell,
    out_of_shell,
)

from kjtui.bootcfg import bls, cmdlinefile, refind, shellfile
from kjtui.bootcfg.shellscan import assignments
from kjtui.errors import KjtuiError

# What sh may meet: any text must be scanned, whatever it is.
PIECES = [
    f"{VARIABLE}=",
    "A",
    "=",
    "'",
    '"',
    "\\",
    "\n",
    "\r\n",
    " ",
    "#",
    "$",
    "(",
    ")",
    "`",
    "{",
    "}",
    "if ",
    "fi",
    "<<",
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("A=1", "1"),
        ("A='x  y' # c", "x  y"),
        ("A=\"x\"' y'z\\ w", "x yz w"),
        ("A=1\nA=2", "2"),
        ('B=b; A="${B}c $B"', "bc b"),
        ('A=a; A="$A b"', "a b"),
        ("A=a\nA+=' b'", "a b"),
        ('A="x \\\n y" B=2', "x  y"),
        ('A="\\"q\\" \\$B \\x"', '"q" $B \\x'),
        ("A=`lsb_release -i || echo x`", "`lsb_release -i || echo x`"),
        ('A="$(echo ")" a) b"', '$(echo ")" a) b'),
        ("export A=1", "1"),
        ("A=1 true", None),
        ("A=0; if true; then\n A=1\nfi", "0"),
        ("A=0\n[ -e /x ] && A=1", "0"),
        ("A=0\n[ -e /x ] ||\nA=1\nB=1", "0"),
        ("f() {\n A=1\n}\nA=2", "2"),
        ("case $X in a) A=1;; (b) A=2;; esac; A=3", "3"),
        ("for A in 1 2; do A=4; done; A=5", "5"),
        ("(A=1); A=6", "6"),
        ("cat <<E\nA=1\nE", None),
        ("# A=1\nA=7#8", "7#8"),
        ("echo A=1 >/dev/null; A=9", "9"),
        ("A=x\r\nB=y\r\n", "x"),
    ],
)
def test_what_sh_would_read(text, expected):
    assert shellfile.evaluate([text], "A") == expected


def test_files_are_read_one_after_another():
    mine = shellfile.drop_in("256M")
    assert shellfile.evaluate([DEBIAN_DEFAULTS, mine], VARIABLE) == "quiet crashkernel=256M"
    assert "kjtui undo" in mine
    assert shellfile.evaluate([mine], VARIABLE) == " crashkernel=256M"
    with pytest.raises(KjtuiError):
        shellfile.drop_in('256M"; reboot')


def test_the_same_as_the_real_sh(tmp_path):
    rng = random.Random(3)
    file = tmp_path / "grub"
    for _ in range(60):
        text = defaults(rng).replace("\r\n", "\n")
        if "$(" in text:
            continue  # commands are not carried out here
        file.write_bytes(text.encode("utf-8", "surrogateescape"))
        told = subprocess.run(
            ["sh", "-c", f'. "{file}" 2>/dev/null; printf %s "${{{VARIABLE}-unset}}"'], capture_output=True
        ).stdout
        seen = shellfile.evaluate([text], VARIABLE)
        assert ("unset" if seen is None else seen).encode("utf-8", "surrogateescape") == told, text


@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_any_text_is_changed_rightly_or_refused(text):
    for one in assignments(text):
        assert text[: one.start].endswith("=")
    try:
        changed = in_shell(text)
    except KjtuiError:
        return
    assert f"{KEY}={VALUE}" in (shellfile.evaluate([changed], VARIABLE) or "")
    assert in_shell(changed) == changed
    assert out_of_shell(changed) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'{VARIABLE}="quiet"\n', f'{VARIABLE}="quiet crashkernel=256M"\n'),
        (f"{VARIABLE}='quiet' # c\n", f"{VARIABLE}='quiet crashkernel=256M' # c\n"),
        (f"{VARIABLE}=quiet", f'{VARIABLE}=quiet" crashkernel=256M"'),
        (f"{VARIABLE}=\n", f"{VARIABLE}=crashkernel=256M\n"),
        (f"{VARIABLE}=''\r\n", f"{VARIABLE}='crashkernel=256M'\r\n"),
        (f'{VARIABLE}="crashkernel=1G quiet"', f'{VARIABLE}="crashkernel=256M quiet"'),
        (f'{VARIABLE}="$A"', f'{VARIABLE}="$A crashkernel=256M"'),
        (f'{VARIABLE}="quiet \\\n splash"', f'{VARIABLE}="quiet \\\n splash crashkernel=256M"'),
        (f'{VARIABLE}=a\n{VARIABLE}="b"\n', f'{VARIABLE}=a\n{VARIABLE}="b crashkernel=256M"\n'),
        (f'{VARIABLE}="ro -- $(a -- b)"', f'{VARIABLE}="ro crashkernel=256M -- $(a -- b)"'),
        ("A=1", f'A=1\n{shellfile.MARK}\n{VARIABLE}="crashkernel=256M"'),
        ("A=1\r\n", f'A=1\r\n{shellfile.MARK}\r\n{VARIABLE}="crashkernel=256M"\r\n'),
        ("", f'{shellfile.MARK}\n{VARIABLE}="crashkernel=256M"\n'),
    ],
)
def test_how_the_last_assignment_is_changed(text, expected):
    assert in_shell(text) == expected


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"A=1\nif x; then\n{VARIABLE}=quiet\nfi\n", 3),
        (f"{VARIABLE}=quiet\n[ -e /x ] && {VARIABLE}=splash\n", 2),
        (f'{VARIABLE}="quiet\n', 1),
        (f"{VARIABLE}=quiet\\", 1),
        ("# x\nA=1\\\n", 2),
        (f"{VARIABLE}=\"crash\"'kernel=1G'", None),
    ],
)
def test_what_cannot_be_changed_in_safety_is_refused_with_its_line(text, line):
    with pytest.raises(KjtuiError, match="does not change") as caught:
        in_shell(text)
    assert line is None or f"in line {line}" in caught.value.detail
    assert caught.value.hint


def test_a_condition_that_only_adds_is_no_hindrance():
    text = f'{VARIABLE}="quiet"\nif x; then {VARIABLE}="${VARIABLE} splash"; fi\n'
    assert in_shell(text) == text.replace('"quiet"', '"quiet crashkernel=256M"')


def test_bls_entries():
    assert bls.options(SYSTEMD_ENTRY) == "root=UUID=77 rw quiet splash"
    assert bls.options(RHEL_ENTRY) == "$kernelopts $tuned_params"
    assert bls.expanded(bls.options(RHEL_ENTRY), {"kernelopts": "root=UUID=5 ro"}) == "root=UUID=5 ro "
    assert "options    root=UUID=77 rw crashkernel=256M\n" in bls.with_word(SYSTEMD_ENTRY, KEY, VALUE)
    assert bls.with_word("title x", KEY, VALUE) == "title x\noptions crashkernel=256M"
    assert bls.without_word("title x\noptions crashkernel=256M", KEY, VALUE) == "title x"
    assert bls.values(FEDORA_ENTRY, "grub_class") == ("fedora",)
    assert bls.with_word("options\nlinux /v\n", KEY, VALUE) == "options  crashkernel=256M\nlinux /v\n"
    assert bls.without_word("options  crashkernel=256M\n", KEY, VALUE) == "options\n"
    other = "options a\noptions b crashkernel=2G\n"  # GRUB reads the first of these lines only
    assert bls.with_word(other, KEY, VALUE) == "options a crashkernel=256M\noptions b\n"
    twice = "options crashkernel=1G a\noptions b crashkernel=2G\n"
    assert bls.with_word(twice, KEY, VALUE) == "options crashkernel=256M a\noptions b\n"


@pytest.mark.parametrize(
    "text", [FEDORA_ENTRY, SYSTEMD_ENTRY, RHEL_ENTRY.replace("\n", "\r\n"), "linux /v\n", ""]
)
def test_the_copy_of_an_entry(text):
    copy = bls.clone(text, "kjtui: trial", "256M", ("panic=30", "quiet"))
    assert bls.values(copy, "title") == ("kjtui: trial",)
    assert bls.values(copy, "version") == (("0",) if "version" in text else ())
    assert bls.values(copy, "sort-key") == (("zz-kjtui",) if "sort-key" in text else ())
    for key in ("linux", "initrd", "machine-id", "grub_users", "grub_arg", "grub_class"):
        assert bls.values(copy, key) == bls.values(text, key)
    words = bls.options(copy).split()
    assert words.count("crashkernel=256M") == words.count("panic=30") == 1
    assert "quiet" in words
    assert set(bls.options(text).split()) <= set(words)


def test_etc_kernel_cmdline():
    text = "# for new kernels\nroot=UUID=77 rw\nquiet\n"
    assert cmdlinefile.command_line(text) == "root=UUID=77 rw quiet"
    changed = cmdlinefile.with_word(text, KEY, VALUE)
    assert changed == text.replace("quiet", "quiet crashkernel=256M")
    assert cmdlinefile.without_word(changed, KEY, VALUE) == text
    assert cmdlinefile.with_word("", KEY, VALUE) == "crashkernel=256M\n"
    assert cmdlinefile.with_word("ro -- 3\nx\n", KEY, VALUE) == "ro crashkernel=256M -- 3\nx\n"


def test_refind_linux_conf():
    assert refind.options(REFIND_CONF)[1:] == (
        "root=PARTUUID=81 rw single",
        'ro root=/dev/sda2 dyndbg="file a.c +p" quiet',
    )
    changed = refind.with_word(REFIND_CONF, KEY, VALUE)
    assert changed.count('crashkernel=256M"\n') == 3
    assert refind.without_word(changed, KEY, VALUE) == REFIND_CONF
    assert (
        refind.with_word('"a" ""\n"b"\n', KEY, VALUE) == '"a" " crashkernel=256M"\n"b" "crashkernel=256M"\n'
    )
    for text in ('"a" ro quiet', '"a" "open', '"a" # comment'):
        with pytest.raises(KjtuiError, match="does not change") as caught:
            refind.with_word("\n" + text, KEY, VALUE)
        assert "Line 2" in caught.value.detail
