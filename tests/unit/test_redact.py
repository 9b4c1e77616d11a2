"""What is private does not get out, and what is not private survives."""

import io
import ipaddress
import json
import tarfile
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kjtui.backend import private
from kjtui.backend.recorded import facts_from_json, facts_to_json
from kjtui.backend.recording import Recording, read_recording
from kjtui.backend.simulated import SimulatedMachine
from kjtui.checks import run_all
from kjtui.commands import pieces, record, report
from kjtui.commands.output import Streams
from kjtui.knowledge.redact import Redactor, Secrets
from kjtui.model.checks import Verdict
from kjtui.model.facts import (
    BlockDevice,
    Connection,
    Facts,
    InputDevice,
    InstalledKernel,
    JournalEntry,
    LogLine,
    Mount,
    NetLink,
    PowerSupply,
    Task,
)

MACHINES = sorted((Path(__file__).parent.parent / "machines").glob("*.json"))
READY = read_recording(next(one for one in MACHINES if one.name == "ready.json"))
SECRETS = Secrets(
    hosts=("zebra7", "zebra7.corp.example", "debian"),
    users=("alice", "Alice Liddell", "root"),
    serials=("S4GENX0N123456", "0000:00:14.0", "00000000", "None"),
    releases=("5.15.167.4-microsoft-standard-WSL2",),
)
UUID = "6f1c62cb-35a1-4b8e-b5c4-0e1b57be9d0a"
UNIT_UUID = UUID.replace("-", r"\x2d")

# (text, what is left of it)
CASES = [
    (f"root=UUID={UUID} resume=UUID={UUID}", "root=UUID=<uuid-1> resume=UUID=<uuid-1>"),
    (f"rd.luks.uuid=luks-{UUID} x={UUID}=vault", "rd.luks.uuid=luks-<uuid-1> x=<uuid-1>=vault"),
    ("boot id " + UUID.replace("-", ""), "boot id <uuid-1>"),
    ("root=PARTUUID=1234abcd-01 ro", "root=PARTUUID=<uuid-1> ro"),
    ("rd.md.uuid=1111aaaa:2222bbbb:3333cccc:4444dddd", "rd.md.uuid=<uuid-1>"),
    (rf"dev-disk-by\x2duuid-{UNIT_UUID}.device", r"dev-disk-by\x2duuid-<uuid-1>.device"),
    ("/dev/disk/by-uuid/ABCD-1234, next", "/dev/disk/by-uuid/<uuid-1>, next"),
    ("/dev/disk/by-id/nvme-WD_BLACK_21X-part2", "/dev/disk/by-id/<serial-1>-part2"),
    ("password=a luks.key=/b api_key=c token=d pwd=e", "password=<secret> luks.key=<secret> "
     "api_key=<secret> token=<secret> pwd=<secret>"),
    ("username=bob,password=hush x", "username=<user-1>,password=<secret> x"),
    ('"cryptkey=a b c" quiet', '"cryptkey=<secret>" quiet'),
    ('passphrase="a b c" quiet', 'passphrase="<secret>" quiet'),
    ("rd.iscsi.username=u rd.iscsi.firmware=1", "rd.iscsi.username=<secret> rd.iscsi.firmware=1"),
    ("ip=10.1.2.3::10.1.2.1:255.255.255.0:box:eth0:off", "ip=<secret>"),
    ("ip=dhcp ip=eth0:dhcp ip=10.0.0.9", "ip=dhcp ip=eth0:dhcp ip=<secret>"),
    ("root=/dev/nfs nfsroot=nas:/srv/x", "root=/dev/nfs nfsroot=<secret>"),
    ("root=nfs4:nas:/x netroot=iscsi:u:p@10.0.0.1::::iqn.x", "root=nfs4:<secret> netroot=iscsi:<secret>"),
    ("systemd.hostname=whatever", "systemd.hostname=<host>"),
    ("systemd[1]: Hostname set to <whatever>.", "systemd[1]: Hostname set to <host>."),
    ("ZEBRA7: zebra7.corp.example zebra70", "<host>: <host> zebra70"),
    ("alice Alice Liddell's alice_x malice", "<user-1> <user-2>'s <user-1>_x malice"),
    ("/home/bob/.x /home/bob. /run/media/eve/s",
     "/home/<user-1>/.x /home/<user-1>. /run/media/<user-2>/<label-1>"),
    ("mail me@example.org or alice@nas", "mail <email-1> or <email-2>"),
    ("https://joe:pw@example.org/x", "https://<secret>@<server-1>/x"),
    ("usb 1-1: SerialNumber: 4C530001", "usb 1-1: SerialNumber: <serial-1>"),
    ("ID_SERIAL_SHORT=ABCD1 x-S4GENX0N123456_1", "ID_SERIAL_SHORT=<serial-1> x-<serial-2>_1"),
    ("naa.5000c500a1b2c3d4 wwn-0x5000c500a1b2c3d4", "<serial-1> <serial-2>"),
    ("iqn.2001-05.com.example:storage.a on", "<serial-1> on"),
    ("MAC=aa:bb:cc:dd:ee:ff:11:22:33:44:55:66:08:00 SRC=10.0.0.1", "MAC=<mac-1> SRC=<ip-1>"),
    ("BOOTIF=01-aa-bb-cc-dd-ee-ff enxaabbccddeeff aa:bb:cc:dd:ee:ff", "BOOTIF=<mac-1> enx<mac-2> <mac-2>"),
    ("hid-dc:2c:26:01:02:03-battery", "hid-<mac-1>-battery"),
    ("10.0.0.1:22 10.0.0.1, fe80::1%eth0 [2001:db8::1]:80", "<ip-1>:22 <ip-1>, <ip-2>%eth0 [<ip-3>]:80"),
    ("to 2001:DB8:0:0:0:0:0:1. and 2001:db8::1: no", "to <ip-1>. and <ip-1>: no"),
    ("wlan0: SSID='My Net' ESSID: cafe", "wlan0: SSID='<ssid-1>' ESSID: <ssid-2>"),
    ("nfs: server nas01 not responding, still trying", "nfs: server <server-1> not responding, still trying"),
    (r"CIFS: VFS: \\nas\share", r"CIFS: VFS: \\<server-1>\share"),
    ("crypt aes-xts-plain64 " + "0123456789abcdef" * 8 + " 0 8:2", "crypt aes-xts-plain64 <secret> 0 8:2"),
    ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx", "<secret>\nx"),
    ("psk=" + "A" * 43 + "=", "psk=<secret>"),
    ('Password = a passphrase: "b c" API_KEY:d Bearer e', 'Password = <secret> passphrase: "<secret>" '
     "API_KEY:<secret> Bearer <secret>"),
    ("https://joe:p@w@nas.example.org/x //joe:pw@nas/x", "https://<secret>@<server-1>/x "
     "//<secret>@<server-2>/x"),
    ("inst.ks=http://ks/x?token=a inst.repo=nfs:nas:/x", "inst.ks=http://<server-1>/x?token=<secret> "
     "inst.repo=nfs:<secret>"),
    ("http://10.0.0.1:80/ zebra7.local nas.lan:/x b.c.de.",
     "http://<ip-1>:80/ <host> <server-1>:/x <server-2>."),
    ("mount //nas/x; \\\\nas.corp has not responded",
     r"mount //<server-1>/x; \\<server-2> has not responded"),
    ("ds=nocloud;h=box;i=iid-1 instance-id: iid-1234", "ds=<secret> instance-id: <serial-1>"),
    ("i-0abcd1234ef567890 vol-0f1e2d3c Store_vol0f1e2d3c4b5a69788", "<serial-1> <serial-2> Store_<serial-3>"),
    ("sas_address=0x500605b00a1b2c3d, WWN 500605b00a1b2c3d", "sas_address=<serial-1>, WWN <serial-1>"),
    ("S/N PF2ABCDE, Service Tag: 7XK2L93, IMEI 490154203237518", "S/N <serial-1>, Service Tag: <serial-2>, "
     "IMEI <serial-3>"),
    ("ifname=eth0:00:11:22:33:44:55 mac=001122334455 001a.2b3c.4d5e",
     "ifname=eth0:<mac-1> mac=<mac-1> <mac-2>"),
    ("BTRFS: device label Vault devid 1; root=LABEL=vault", "BTRFS: device label <label-1> devid 1; "
     "root=LABEL=<label-1>"),
    ("/dev/disk/by-label/Vault /media/eve/Stick/x",
     "/dev/disk/by-label/<label-1> /media/<user-1>/<label-2>/x"),
    ("New session 3 of user eve. home-eve.mount", "New session 3 of user <user-1>. home-<user-1>.mount"),
    ("Trying SSID 'It's mine' now", "Trying SSID <ssid-1> now"),
    ("Product key: VK7JG-NPHTM-C97JM-9MPGT-3V66T", "Product key: <secret>"),
    ("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB1fJ0bHkX SHA256:" + "a1" * 21 + "b", "ssh-ed25519 <secret> "
     "SHA256:<secret>"),
    ("Loaded X.509 cert 'Eve MOK: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1'", "Loaded X.509 cert '<secret>'"),
    ("Loaded X.509 cert 'zebra7 Secure Boot Module Signature key: 6c'", "Loaded X.509 cert '<secret>'"),
]  # fmt: skip

SURVIVE = [
    "Linux version 6.12.117 (gcc 14.2.0) #1 SMP 12:34:56 UTC 2026",
    "BOOT_IMAGE=/boot/vmlinuz-6.12.74+deb13+1-amd64 ro quiet console=ttyS0,115200 crashkernel=256M",
    "pci 0000:00:1f.2: [8086:a282] type 00 class 0x010601",
    "RIP: 0010:0xffffffff81000000 ffff888012345678 dead000000000100",
    "BIOS-e820: [mem 0x0000000000100000-0x0000000064d3efff] usable",
    "vmxnet3: version 1.7.0.0-k-NAPI; fw 16.32.10.6; v10.1.2.3",
    "5.15.167.4-microsoft-standard-WSL2 is booted",
    "megaraid_sas 07.727.03.00-rc1; 300.1.2.3; 1.2.3.4.5",
    "127.0.0.1 ::1 0.0.0.0 255.255.255.0 00:00:00:00:00:00 ff:ff:ff:ff:ff:ff",
    "Serial: 8250/16550 driver, 4 ports; 00:01: ttyS0 at I/O 0x3f8 (irq = 4)",
    "usb 1-1: New USB device strings: Mfr=3, Product=2, SerialNumber=1",
    "getty@tty1.service user@1000.service uart@fe201000",
    "SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
    "sd 0:0:0:0: [sda] 512110190592 bytes; md0; dm-0; nvme0n1p2",
    "debian root 0000:00:14.0 00000000 None",
    "keyboard=de iommu=pt bypass=1 module.sig_enforce=1 sysrq_always_enabled",
    "Loaded X.509 cert 'Signing: 6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1'",
    "USER=root; /dev/disk/by-path/pci-0000:00:1f.2-ata-1; /dev/disk/by-label/DATA",
    "root=LABEL=cloudimg-rootfs; https://www.kernel.org/doc/x; See www.wireguard.com for information",
    "Freezing user space processes; of user space; task:a.out state:D; rc.local; org.freedesktop.login1",
    "Code: 5a5a5a5a5a5a5a5a RAX: 0x5555555555555555 ffffffff81000000 [drm] 5.15.0-91",
    "\\\\_SB.PCI0.LPCB.EC0.ACDE vmlinuz.old config.h.in a//b http:// // comment",
]


@pytest.mark.parametrize(("text", "left"), CASES)
def test_secrets_are_replaced(text, left):
    assert Redactor(SECRETS).text(text) == left


@pytest.mark.parametrize("text", SURVIVE)
def test_what_is_no_secret_survives(text):
    assert Redactor(SECRETS).text(text) == text


@pytest.mark.parametrize("text", [case[0] for case in CASES] + SURVIVE)
def test_twice_is_once(text):
    redactor = Redactor(SECRETS)
    once = redactor.text(text)
    assert redactor.text(once) == once
    assert Redactor(SECRETS).text(once) == once


FRAGMENTS = (
    [case[0] for case in CASES]
    + SURVIVE
    + ["<ip-1>", "<host>", "<", ">", "=", ":", '"', "\\", "@", "\n", "/home/"]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=5)), max_size=8).map("".join))
def test_any_text_twice_is_once(text):
    once = Redactor(SECRETS).text(text)
    assert Redactor(SECRETS).text(once) == once


def test_equal_stays_equal_everywhere():
    redactor = Redactor(Secrets())
    facts = replace(READY.facts, boot_id=UUID, journal=(JournalEntry(1.0, UUID, "jump", "begun"),))
    redacted = redactor.facts(facts)
    assert redacted.journal
    assert redacted.boot_id == redacted.journal[0].boot_id == redactor.text(UUID.upper())
    assert redactor.text(str(uuid.UUID(int=5))) != redacted.boot_id


def test_it_says_what_it_took_out():
    redactor = Redactor(SECRETS)
    assert redactor.left_out() == ()
    redactor.text("alice and 10.0.0.1 and 10.0.0.2 on zebra7, password=x")
    said = ", ".join(redactor.left_out())
    assert said.startswith("2 network addresses, 1 user name, the name of this machine, passwords")


def _verdicts(facts: Facts) -> list[tuple[str, Verdict]]:
    return [(one.id, one.verdict) for one in run_all(facts)]


@pytest.mark.parametrize("file", MACHINES, ids=lambda file: file.stem)
def test_checks_say_the_same_of_redacted_facts(file):
    facts = read_recording(file).facts
    redacted = Redactor(SECRETS).facts(facts)
    assert _verdicts(redacted) == _verdicts(facts)
    assert facts_from_json(json.loads(json.dumps(facts_to_json(redacted)))) == redacted
    assert Redactor(SECRETS).facts(redacted) == redacted


def _word(prefix: str, letters: str) -> st.SearchStrategy[str]:
    # The prefix is in no word that kjtui itself writes.
    return st.text(letters, min_size=5, max_size=10).map(lambda tail: prefix + tail)


LOWER, DIGITS = "abcdefghijklmnopqrstuvwxyz", "0123456789"
PLANTED = st.fixed_dictionaries(
    {
        "host": _word("zq", LOWER + DIGITS),
        "user": _word("xq", LOWER),
        "other": _word("jq", LOWER),
        "serial": _word("Q9", LOWER.upper() + DIGITS),
        "password": _word("Zk", LOWER + DIGITS + "!?+/"),
        "server": _word("vq", LOWER),
        "ssid": _word("Wq", LOWER),
        "label": _word("Lq", LOWER),
        "place": _word("pq", LOWER).map(lambda name: f"{name}.example.net"),
        "ip4": st.ip_addresses(v=4, network="10.0.0.0/8").map(str),
        "ip6": st.ip_addresses(v=6, network="2001:db8::/32").map(str),
        "mac": st.binary(min_size=6, max_size=6).map(lambda six: "02:" + six[1:].hex(":")),
        "uuid": st.uuids(version=4).map(str),
    }
)


def _lines(p: dict[str, str]) -> tuple[str, ...]:
    return (
        f"Command line: root=UUID={p['uuid']} password={p['password']} hostname={p['host']}",
        f"IN=eth0 MAC={p['mac']} SRC={p['ip4']} DST={p['ip6']}",
        f"nvme nvme0: serial {p['serial']}; usb 1-2: SerialNumber: {p['serial']}",
        f"wlan0: Trying to associate with {p['mac']} (SSID='{p['ssid']}')",
        f"nfs: server {p['server']} not responding; {p['user']}@{p['host']}; /home/{p['other']}/x",
        f"systemd[1]: Hostname set to <{p['host']}>. ({p['user']}) luks-{p['uuid']}",
        f"{p['ip4']}: [{p['ip6']}]:22 is {p['ip4']}",
        f"BTRFS: device label {p['label']} devid 1; root=LABEL={p['label']}; http://{p['place']}/ks",
        f"mounted {p['place']}:/srv on /run/media/{p['other']}/{p['label']}; ifname=eth0:{p['mac']}",
    )


def _facts(p: dict[str, str]) -> Facts:
    base = READY.facts
    log = tuple(LogLine(float(at), line) for at, line in enumerate(_lines(p)))
    return replace(
        base,
        kernel_release=f"6.12.1-{p['host']}",
        kernel_file=f"/home/{p['other']}/{p['user']}/bzImage",
        command_line=f"{base.command_line} rd.luks.uuid={p['uuid']} token={p['password']} ip={p['ip4']} "
        f"nfsroot={p['ip4']}:/x nameserver={p['ip6']} ds=nocloud;h={p['place']} "
        f"inst.ks=http://{p['place']}/x "
        f"rd.iscsi.initiator=iqn.2001-05.x:{p['serial']}",
        config={**(base.config or {}), "CONFIG_CMDLINE": f'"cryptkey={p["password"]} host={p["host"]}"'},
        boot_id=p["uuid"],
        block_devices=(
            *base.block_devices,
            BlockDevice(
                "sdz", 1 << 30, f"DISK {p['serial']}", mounted_at=(f"/media/{p['other']}/{p['label']}",)
            ),
            BlockDevice("dm-9", 1 << 30, member_of=f"btrfs {p['uuid']}", stands_on=("sdz",)),
        ),
        mounts=(
            *base.mounts,
            Mount(f"{p['server']}:/srv", f"/home/{p['user']}", "nfs4"),
            Mount(f"//{p['server']}/share", "/mnt", "cifs"),
            Mount(f"{p['other']}@{p['ip6']}:", "/mnt/a", "fuse.sshfs"),
            Mount(f"{p['other']}@{p['server']}:", "/mnt/b", "fuse.sshfs"),
        ),
        swaps=(f"/dev/disk/by-uuid/{p['uuid']}", f"/dev/disk/by-id/ata-X_{p['serial']}"),
        unreadable={f"/home/{p['user']}/x": f"{p['ip4']} said no"},
        keyboards=(InputDevice(f"{p['user']}'s keyboard", "bluetooth"),),
        power=(PowerSupply(f"hid-{p['mac']}-battery", "Battery"),),
        stuck=(Task(7, f"sync-{p['host']}", "D"),),
        connections=(Connection(p["user"], 22, p["ip4"], 55555), Connection("ssh", 44444, p["ip6"], 22)),
        links=(NetLink("enx" + p["mac"].replace(":", "")),),
        sleeping=(f"/dev/disk/by-id/{p['serial']}",),
        journal=(JournalEntry(1.0, p["uuid"], "jump", "failed", f"{p['host']} {p['ip6']} is gone"),),
        kernel_log=log,
    )


class _Binary(io.TextIOWrapper):
    """Standard output that can be read afterwards."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PLANTED)
def test_planted_secrets_get_out_nowhere(tmp_path, planted):
    secrets = Secrets((planted["host"],), (planted["user"],), (planted["serial"],))
    facts = _facts(planted)
    kernels = (InstalledKernel(f"/boot/vmlinuz-6.1-{planted['host']}", f"6.1-{planted['host']}", True),)
    before = tuple(facts.kernel_log or ())
    machine = SimulatedMachine(
        Recording(f"practice: {planted['host']}", facts, kernels=kernels, before=before)
    )
    trouble = tmp_path / "trouble.log"
    trouble.write_text(f'  File "/home/{planted["other"]}/kjtui/x.py"\n' + "\n".join(_lines(planted)))

    streams = Streams(io.StringIO(), _Binary(), io.StringIO())
    assert record.run(machine, secrets, "-", streams, force=False) == 0
    recorded = streams.stdout.buffer.getvalue()
    found = pieces.gather(machine, secrets, trouble, datetime.now(UTC))
    archive = zstandard.ZstdDecompressor().decompress(report.archive(found.files))
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert len(tar.getnames()) == len(pieces.ABOUT)

    copy = tmp_path / "copy.json"
    copy.write_bytes(recorded)
    again = read_recording(copy)
    assert _verdicts(again.facts) == _verdicts(facts)

    compact = planted["mac"].replace(":", "")
    for output in (recorded, archive, streams.stderr.getvalue().encode()):
        text = output.decode().lower()
        for name, secret in {**planted, "compact": compact}.items():
            assert secret.lower() not in text, name


def test_addresses_are_the_same_however_they_are_written():
    redactor = Redactor(Secrets())
    address = ipaddress.IPv6Address("2001:db8::17")
    assert redactor.text(address.exploded) == redactor.text(str(address)) == "<ip-1>"


def _write(root: Path, name: str, text: str) -> None:
    file = root / name.lstrip("/")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_what_is_private_is_read_from_the_machine(tmp_path):
    _write(tmp_path, "/proc/sys/kernel/hostname", "zebra7.corp.example\n")
    _write(tmp_path, "/proc/sys/kernel/domainname", "(none)\n")
    _write(
        tmp_path,
        "/etc/hosts",
        "127.0.0.1 localhost\n127.0.1.1 zebra7.corp.example zebra7 # me\n10.0.0.1 nas\n",
    )
    _write(tmp_path, "/etc/resolv.conf", "nameserver 10.0.0.1\nsearch corp.example\n")
    _write(
        tmp_path,
        "/etc/passwd",
        "root:x:0:0:root:/root:/bin/sh\nmail:x:8:8::/var/mail:/bin/false\n"
        "alice:x:1000:1000:Alice Liddell,,,:/home/alice:/bin/sh\nbroken\n"
        "nobody:x:65534:65534::/:/bin/false\n",
    )
    (tmp_path / "home" / "bob").mkdir(parents=True)
    _write(tmp_path, "/sys/class/dmi/id/product_serial", "PF2ABCDE\n")
    _write(tmp_path, "/sys/class/block/vda/serial", "VIRT0001\n")
    _write(tmp_path, "/sys/bus/usb/devices/1-1/serial", "4C530001\n")
    secrets = private.gather(tmp_path)
    assert set(secrets.hosts) == {"zebra7.corp.example", "zebra7", "corp.example"}
    assert set(secrets.users) == {"alice", "Alice Liddell", "bob"}
    assert set(secrets.serials) == {"PF2ABCDE", "VIRT0001", "4C530001"}


def test_a_machine_without_anything_has_no_secrets(tmp_path):
    assert private.gather(tmp_path) == Secrets()
