"""Counting the files of a kernel tree from its makefiles."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "helpers"))
import kernel_files


def tree(root: Path, config: str, **makefiles: str) -> Path:
    (root / ".config").write_text(config)
    for folder, text in makefiles.items():
        path = root / folder.replace("__", "/") / "Makefile"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_what_an_option_asks_for_is_counted(tmp_path):
    made = tree(
        tmp_path,
        "CONFIG_A=y\nCONFIG_B=m\n# CONFIG_C is not set\n",
        kernel="obj-y := fork.o exit.o # more\nobj-$(CONFIG_A) += a.o\nobj-$(CONFIG_B) += b.o \\\n\tb2.o\n"
        "obj-$(CONFIG_C) += c.o\n",
    )
    assert kernel_files.count(made) == 5


def test_a_composite_counts_by_its_parts(tmp_path):
    made = tree(
        tmp_path,
        "CONFIG_E=m\nCONFIG_X=y\n",
        fs="obj-$(CONFIG_E) += ext/\n",
        fs__ext="obj-m += ext.o\next-y := inode.o super.o\next-$(CONFIG_X) += acl.o\next-$(CONFIG_N) += n.o\n"
        "other-y := never.o\n",
    )
    assert kernel_files.count(made) == 3


def test_folders_are_entered_for_their_option_only_and_once(tmp_path):
    made = tree(
        tmp_path,
        "CONFIG_NET=y\n",
        drivers="obj-$(CONFIG_NET) += net/\nobj-y += net/\nobj-$(CONFIG_USB) += usb/\nobj-y += missing/\n",
        drivers__net="obj-y += lo.o\nobj-y += ../net/\n",
        drivers__usb="obj-y += usb.o\n",
    )
    assert kernel_files.count(made) == 1


def test_parts_that_name_each_other_come_to_an_end(tmp_path):
    assert kernel_files.count(tree(tmp_path, "", lib="obj-y += a.o\na-y := b.o\nb-y := a.o c.o\n")) == 1
