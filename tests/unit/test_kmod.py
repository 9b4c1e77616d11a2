from hypothesis import given
from hypothesis import strategies as st

from kjtui.pack import kmod

TEXTS = {
    kmod.DEP: (
        "kernel/fs/ext4/ext4.ko.xz: kernel/fs/jbd2/jbd2.ko.xz kernel/lib/crc16.ko.xz\n"
        "kernel/fs/jbd2/jbd2.ko.xz:\n"
        "kernel/lib/crc16.ko.xz:\n"
        "kernel/arch/x86/crypto/crc32c-intel.ko.zst:\n"
        "kernel/crypto/crc32c_generic.ko.gz:\n"
        "kernel/drivers/usb/host/ehci-hcd.ko:\n"
        "kernel/drivers/usb/host/ehci-pci.ko: kernel/drivers/usb/host/ehci-hcd.ko\n"
        "kernel/drivers/usb/host/uhci-hcd.ko:\n"
        "kernel/drivers/net/e1000e.ko:\n"
        "kernel/drivers/vfio/vfio.ko:\n"
        "kernel/drivers/vfio/vfio_iommu_type1.ko: kernel/drivers/vfio/vfio.ko\n"
    ),
    kmod.ALIAS: (
        "# Aliases extracted from modules themselves.\n"
        "alias pci:v00008086d000010D3sv*sd*bc*sc*i* e1000e\n"
        "alias pci:v*d*sv*sd*bc0Csc03i20* ehci-pci\n"
        "alias pci:v*d*sv*sd*bc0Csc03i[0-1]0* uhci-hcd\n"
        "alias crypto-crc32c crc32c-intel\n"
        "alias crypto-crc32c crc32c_generic\n"
        "alias net-pf-99 gone\n"
    ),
    kmod.SOFTDEP: (
        "# Soft dependencies extracted from modules themselves.\n"
        "softdep ext4 pre: crypto-crc32c\n"
        "softdep uhci_hcd pre: ehci_pci\n"
        "softdep vfio post: vfio_iommu_type1 not_there\n"
        "softdep cifs gcm\n"
    ),
    kmod.BUILTIN: "kernel/drivers/input/serio/i8042.ko\nkernel/drivers/nvme/host/nvme.ko\n",
    kmod.BUILTIN_INFO: "i8042.license=GPL\0nvme.alias=pci:v*d*sv*sd*bc01sc08i02*\0nvme.file=x\0",
}
MODULES = kmod.parse(TEXTS)


def test_files_are_named_as_the_kernel_names_modules():
    assert MODULES.files["crc32c_intel"] == "kernel/arch/x86/crypto/crc32c-intel.ko.zst"
    assert MODULES.depends["ext4"] == ("jbd2", "crc16")
    assert MODULES.builtin == {"i8042", "nvme"}


def test_what_a_module_depends_on_comes_first_and_softdeps_before_it():
    order = MODULES.closure(["ext4"])
    assert order == ("crc16", "jbd2", "crc32c_intel", "crc32c_generic", "ext4")
    assert MODULES.closure(["uhci-hcd", "ehci_pci", "uhci_hcd"]) == ("ehci_hcd", "ehci_pci", "uhci_hcd")


def test_what_should_come_after_does():
    assert MODULES.closure(["vfio"]) == ("vfio", "vfio_iommu_type1")
    assert MODULES.closure(["vfio_iommu_type1"]) == ("vfio", "vfio_iommu_type1")


def test_unknown_and_built_in_modules_are_left_out():
    assert MODULES.closure(["i8042", "no_such", "e1000e"]) == ("e1000e",)


def test_devices_find_their_drivers():
    assert MODULES.matching(["pci:v00008086d000010D3sv00008086sd0000A01Fbc02sc00i00"]) == ("e1000e",)
    assert MODULES.matching(["pci:v00001022d00007812sv0sd0bc0Csc03i20", "pci:v1d1sv0sd0bc0Csc03i00"]) == (
        "ehci_pci",
        "uhci_hcd",
    )
    assert MODULES.matching(["pci:v1d1sv0sd0bc0Csc03i30", "", "net-pf-99"]) == ()


def test_what_a_kernel_knows_counts_built_in_modules_and_their_aliases():
    assert MODULES.knows("i8042")
    assert MODULES.knows("crypto-crc32c")
    assert MODULES.knows("pci:v00001b36d00000010sv0sd0bc01sc08i02")
    assert not MODULES.knows("zfs")


def test_a_dash_within_brackets_stays_a_range():
    assert kmod.plain("a-b[0-9]-c") == "a_b[0-9]_c"
    assert kmod.plain("a-b[0-9") == "a_b[0_9"


def test_what_leads_out_of_the_folder_or_is_no_module_is_passed_over():
    texts = {
        kmod.DEP: (
            "/etc/evil.ko:\n../../x.ko:\nkernel/../../../y.ko:\nno colon\n: \nkernel/a.ko: b c.ko\n\0.ko:\n"
        ),
    }
    modules = kmod.parse(texts)
    assert dict(modules.files) == {"a": "kernel/a.ko"}
    assert modules.lacking("a") == ("c",)


def test_circles_come_to_an_end_and_hard_needs_win_over_wishes():
    texts = {
        kmod.DEP: "a.ko: b.ko\nb.ko: a.ko\nc.ko:\nd.ko: c.ko\n",
        kmod.SOFTDEP: "softdep c pre: d\nsoftdep c post: c\n",
    }
    modules = kmod.parse(texts)
    assert sorted(modules.closure(["a"])) == ["a", "b"]
    assert modules.closure(["c"]) == ("c", "d")
    assert modules.closure(["d"]) == ("c", "d")


def test_a_long_chain_does_not_trip():
    count = 5000
    dep = "".join(f"m{i}.ko: m{i + 1}.ko\n" for i in range(count)) + f"m{count}.ko:\n"
    soft = "".join(f"softdep s{i} pre: s{i + 1}\n" for i in range(count))
    soft_files = "".join(f"s{i}.ko:\n" for i in range(count + 1))
    modules = kmod.parse({kmod.DEP: dep + soft_files, kmod.SOFTDEP: soft})
    assert modules.closure(["m0"]) == tuple(f"m{i}" for i in range(count, -1, -1))
    wishes = modules.closure(["s0"])
    assert len(wishes) == count + 1
    assert wishes.index("s30") < wishes.index("s1") < wishes.index("s0")


LINES = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from([line for text in TEXTS.values() for line in text.split("\n")]),
        st.builds(lambda a, b: f"{a}.ko: {b}.ko", st.sampled_from("abcd"), st.sampled_from("abcd")),
        st.builds(
            lambda a, b: f"softdep {a} pre: {b} post: {a}", st.sampled_from("abcd"), st.sampled_from("abcd")
        ),
        st.builds(lambda a: f"alias {a} a", st.text("*?[]!-\\a:^", min_size=1, max_size=12)),
    ),
    max_size=12,
).map("\n".join)


@given(st.fixed_dictionaries(dict.fromkeys(kmod.FILES, LINES)), st.lists(st.sampled_from("abcd"), max_size=4))
def test_noise_is_passed_over(texts, names):
    modules = kmod.parse(texts)
    order = modules.closure([*names, "ext4", "a:b"])
    modules.matching(["a:b", "pci:v1", "", "aaaa:"])
    assert len(order) == len(set(order))
    assert set(order) <= modules.files.keys()
    assert {name for name in names if name in modules.files} <= set(order)


GRAPH = st.dictionaries(st.integers(0, 9), st.sets(st.integers(0, 9), max_size=3), max_size=10)


@given(GRAPH, GRAPH)
def test_every_order_can_be_loaded(needs, wishes):
    """Hard dependencies without circles, as depmod refuses those; wishes as they come."""
    dep = "".join(
        f"m{i}.ko: {' '.join(f'm{j}.ko' for j in sorted(needs.get(i, ())) if j < i)}\n" for i in range(10)
    )
    soft = "".join(
        f"softdep m{i} pre: {' '.join(f'm{j}' for j in sorted(js))}\n" for i, js in wishes.items() if js
    )
    modules = kmod.parse({kmod.DEP: dep, kmod.SOFTDEP: soft})
    order = modules.closure([f"m{i}" for i in range(10)])
    assert sorted(order) == sorted(modules.files)
    for place, name in enumerate(order):
        assert set(modules.depends[name]) <= set(order[:place])
