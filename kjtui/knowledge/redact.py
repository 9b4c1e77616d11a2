"""What a person may not want to pass on, taken out of texts and facts before they leave the machine.

Each secret becomes a placeholder that tells what stood there: <ip-1>, <mac-1>, <uuid-1>, <user-1>,
<serial-1>, <email-1>, <ssid-1>, <label-1> (of a file system), <server-1> (the name of another
machine), <host> (of this one), <secret>.
The same secret becomes the same placeholder wherever one Redactor meets it: what belongs together still does.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from kjtui.knowledge import parameters, patterns
from kjtui.model.facts import Facts, Mount

HOST, SECRET = "<host>", "<secret>"
_SAID = {
    "ip": ("network address", "network addresses"),
    "mac": ("hardware address (MAC)", "hardware addresses (MAC)"),
    "uuid": ("UUID", "UUIDs"),
    "user": ("user name", "user names"),
    "serial": ("serial number or WWN", "serial numbers and WWNs"),
    "email": ("mail or login address", "mail and login addresses"),
    "ssid": ("name of a wireless network", "names of wireless networks"),
    "label": ("label of a file system", "labels of file systems"),
    "server": ("name of another machine", "names of other machines"),
}
# Names that many machines and people bear tell nobody anything, and stand in logs for other reasons.
_ORDINARY = frozenset((
    "admin", "alpine", "arch", "archlinux", "computer", "debian", "default", "desktop", "disk", "fedora",
    "guest", "home", "host", "kernel", "laptop", "linux", "live", "localhost", "localdomain", "machine",
    "nixos", "nobody", "none", "opensuse", "root", "server", "system", "test", "ubuntu", "unknown", "user",
    "users", "workstation",
))  # fmt: skip
# Labels that installers give.
_ORDINARY_LABELS = _ORDINARY | frozenset((
    "boot", "cloudimg-rootfs", "data", "efi", "efi system partition", "esp", "primary", "rootfs", "swap",
    "uefi", "var",
))  # fmt: skip
# Places that kernels, drivers and distributions name in what they write.
_PUBLIC_PLACE = re.compile(
    r"(?:^|\.)(?:(?:kernel|freedesktop|debian|gnu|nixos|opensuse|archlinux|fedoraproject|openzfs|nvmexpress"
    r"|rockylinux|almalinux|alpinelinux|linuxfoundation)\.org|(?:ubuntu|redhat|canonical|suse|wireguard|github"
    r"|intel|amd|nvidia|microsoft|launchpad|oracle|zx2c4)\.(?:com|net)|linux\.dev)$|^rc\.local$",
    re.I,
)
# Whose keys are the same on many machines, and so tell nothing of one; the others are a person's or a firm's.
_PUBLIC_KEY = re.compile(
    r"build time|signing|kernel|canonical|debian|fedora|red hat|centos|almalinux|rocky|oracle|suse|microsoft"
    r"|regdb|sforshee|wens|intel|amd|nvidia",
    re.I,
)
_OWN_KEY = re.compile(r"\bmok\b|machine owner|secure boot module|dkms|<(?:host|user-\d+)>", re.I)
# Serial numbers that makers did not fill in, and those that the kernel makes up from a PCI address.
_NO_SERIAL = re.compile(r"(.)\1*|0?123456789.*|(?:[0-9a-f]{4,8}:)?[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]", re.I)
# GUIDs in the names of EFI variables (UEFI specification 8.2; systemd, shim) are the same on all machines.
_PUBLIC = frozenset((
    "8be4df6193ca11d2aa0d00e098032b8c", "d719b2cb3d3a4596a3bcdad00e67656f",
    "4a67b0820a4c41cfb6c7440b29bb8c4f", "605dab50e0464300abb63dd810dd8b23",
    "00000000000000000000000000000000",
))  # fmt: skip
_NO_MAC = frozenset(("000000000000", "ffffffffffff"))
# How units end (systemd.unit(5)): getty@tty1.service is no mail address.
_UNIT = re.compile(r"\.(?:service|socket|device|mount|automount|swap|target|path|timer|slice|scope)$", re.I)
_BY = re.compile(r"by(?:-|\\x2d)\w+[/-]", re.I)
_PART = re.compile(r"((?:-|\\x2d)part\d+)?(\.(?:device|swap|mount|automount|service))?$", re.I)
_VERSION = re.compile(r"\b(?:version|ver|v|firmware|fw|rev|revision|release|build)[.:=]?\s*[\"'(]?$", re.I)
_FOUR_NUMBERS = re.compile(r"\d+(?:\.\d+){3}")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.I)
_UNTIL_COMMA = re.compile(r"[^,;<>]+")
_SERVER = re.compile(r"//(?P<share>[^/]+)/|(?P<export>(?:[^/@:]+@)?\[[^]]+\]|[^/:]+):")
_MOST_PASSES = 20  # two or three are enough; a mistake in a rule must not hold the program for ever
_NUMBER = re.compile(r"[^\s:=]+$")
_NO_USER = frozenset(("root", "space", "mode", "memory", "pages", "process", "processes", "data"))
_CONFIG_WORD = re.compile(r"[ymn]|-?\d+|0x[0-9a-f]+", re.I)
# Fields that hold words of the kernel, of udev or of kjtui, never a person's.
_KEPT = frozenset((
    "architecture", "bus", "consoles", "container", "content", "distribution", "driver", "fstype",
    "hypervisor", "iomem", "kind", "lockdown", "memory_encryption", "modules", "operation",
    "service_manager", "state", "xen",
))  # fmt: skip


@dataclass(frozen=True)
class Secrets:
    """What is known to be secret on a machine: its names, its users, the serial numbers of its parts.

    releases: of its kernels. Those of four numbers would pass for network addresses.
    """

    hosts: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()


class Redactor:
    """Takes secrets out. One for each thing that is passed on: it remembers what became what."""

    def __init__(self, secrets: Secrets) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._fixed: set[str] = set()
        self._known = {word.lower(): "serial" for word in secrets.serials if _is_serial(word)}
        self._known |= {word.lower(): "user" for word in secrets.users if _is_telling(word)}
        self._known |= {word.lower(): "host" for word in secrets.hosts if _is_telling(word)}
        kept = tuple(found[0] for one in secrets.releases if (found := _FOUR_NUMBERS.match(one)))
        self._pattern = patterns.rules(tuple(self._known), kept)
        self._handlers: Mapping[str, Callable[[str], str]] = {
            "pem": lambda _text: self._the(SECRET),
            "key": lambda _text: self._the(SECRET),
            "quoted": lambda text: f'"{self._parameter(text[1:-1])}"',
            "login": self._login,
            "named": lambda text: text[: text.index("to ") + 3] + self._the(HOST),
            "ssid": self._ssid,
            "told": lambda text: self._after(text, ":=", self._quoted),
            "bearer": lambda _text: self._the(SECRET),
            "token": lambda _text: self._the(SECRET),
            "product": lambda _text: self._the(SECRET),
            "certificate": self._certificate,
            "parameter": self._parameter,
            "medium": self._medium,
            "home": self._home,
            "of_user": self._of_user,
            "disk": self._disk,
            "label": self._label,
            "numbered": self._numbered,
            "world": lambda text: self._name("serial", text),
            "naa": self._naa,
            "cloud": lambda text: self._name("serial", text),
            "volume": lambda text: self._name("uuid", text),
            "uuid": self._uuid,
            "bare": self._uuid,
            "mac": self._mac,
            "link": self._mac,
            "server": self._server,
            "site": self._place,
            "place": self._place,
            "mail": self._mail,
            "ip6": self._ip6,
            "known": self._known_word,
        }

    def text(self, text: str) -> str:
        """The text without secrets. Doing it again changes nothing."""
        for _again in range(_MOST_PASSES):
            if (done := self._once(text)) == text:
                break
            text = done  # a neighbour that is gone may uncover another secret
        return text

    def facts(self, facts: Facts) -> Facts:
        """The facts without secrets: as loadable as before, and the checks come to the same verdicts."""
        redacted: Facts = self.all(facts)
        return redacted

    def all(self, value: Any) -> Any:
        """Any dataclass of the model, tuple, mapping or text without secrets; of the same type."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mount):
            return self._mount(value)
        if is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in fields(value) if field.name not in _KEPT]
            return replace(value, **{name: self._field(name, getattr(value, name)) for name in names})
        if isinstance(value, tuple):
            return tuple(self.all(one) for one in value)
        if isinstance(value, Mapping):
            return {self.all(key): self.all(one) for key, one in value.items()}
        return value

    def left_out(self) -> tuple[str, ...]:
        """What was taken out so far, for people, e.g. "2 user names"."""
        kinds = [kind for kind, _value in self._names]
        counts = {kind: kinds.count(kind) for kind in _SAID}
        said = [f"{number} {_SAID[kind][number > 1]}" for kind, number in counts.items() if number]
        if HOST in self._fixed:
            said.append("the name of this machine")
        if SECRET in self._fixed:
            said.append("passwords, keys and addresses in parameters")
        return tuple(said)

    def _field(self, name: str, value: Any) -> Any:
        if name == "config" and value is not None:
            # Thousands of them, and nearly all are y or m.
            return {key: one if _CONFIG_WORD.fullmatch(one) else self.text(one) for key, one in value.items()}
        return self.all(value)

    def _mount(self, mount: Mount) -> Mount:
        """The source of a network file system begins with the server's name."""
        source = mount.source
        found = _SERVER.match(source)
        if found and found.lastgroup:
            begin, end = found.span(found.lastgroup)
            server = self.text(source[begin:end])
            if not patterns.PLACEHOLDER.search(server):
                server = self._name("server", server)
            source = source[:begin] + server + source[end:]
        return replace(mount, source=self.text(source), target=self.text(mount.target))

    def _once(self, text: str) -> str:
        return self._pattern.sub(self._replace, text)

    def _replace(self, found: re.Match[str]) -> str:
        rule, text = str(found.lastgroup), found[0]
        if rule == "ip4":
            return self._ip4(text, found.string[max(0, found.start() - 16) : found.start()])
        handler = self._handlers.get(rule)
        return handler(text) if handler else text

    def _name(self, kind: str, value: str) -> str:
        """The placeholder for a value; a placeholder stays what it is."""
        if patterns.PLACEHOLDER.fullmatch(value):
            return value
        key = (kind, value.lower())
        if key not in self._names:
            number = 1 + sum(other == kind for other, _value in self._names)
            self._names[key] = f"<{kind}-{number}>"
        return self._names[key]

    def _the(self, placeholder: str) -> str:
        self._fixed.add(placeholder)
        return placeholder

    def _known_word(self, text: str) -> str:
        kind = self._known[text.lower()]
        return self._the(HOST) if kind == "host" else self._name(kind, text)

    def _after(self, text: str, marks: str, change: Callable[[str], str]) -> str:
        """A text whose value begins behind a mark and blanks."""
        at = min(text.index(mark) for mark in marks if mark in text) + 1
        value = text[at:].lstrip()
        return text[: len(text) - len(value)] + change(value)

    def _quoted(self, text: str) -> str:
        """A secret, in the marks that it stands in."""
        mark = text[:1] if text[:1] in "\"'" and text[-1:] == text[:1] and len(text) > 1 else ""
        return f"{mark}{self._the(SECRET)}{mark}"

    def _certificate(self, text: str) -> str:
        """The kernel's words on a key: whose it is, and its id."""
        name = self._once(text[len("cert '") : -1])
        own = _OWN_KEY.search(name) or not _PUBLIC_KEY.search(name)
        return f"{text[:4]} '{self._the(SECRET) if own else name}'"

    def _home(self, text: str) -> str:
        """A home, or the unit that systemd makes of it: home-alice."""
        at = text.rindex("/" if "/" in text else "-") + 1
        bare = text[at:].rstrip(".")
        return f"{text[:at]}{self._name('user', bare)}{text[at + len(bare) :]}" if bare else text

    def _medium(self, text: str) -> str:
        """alice/LABEL, as desktops mount what is plugged in."""
        folder, user, label = text.rsplit("/", 2)
        return f"{folder}/{self._name('user', user)}/{self._label(label)}"

    def _label(self, text: str) -> str:
        return text if text.lower() in _ORDINARY_LABELS else self._name("label", text)

    def _of_user(self, text: str) -> str:
        return text if text.lower() in _NO_USER else self._name("user", text)

    def _numbered(self, text: str) -> str:
        value = _NUMBER.search(text)
        return text[: value.start()] + self._name("serial", value[0]) if value else text

    def _naa(self, text: str) -> str:
        """A WWN, unless it is one of the patterns that memory is filled with: 5555…, 5a5a…"""
        bare = text.lower().removeprefix("0x")
        return text if len({bare[at : at + 2] for at in range(0, 16, 2)}) <= 2 else self._name("serial", bare)

    def _server(self, text: str) -> str:
        name = text.lstrip("\\/")
        return text[: len(text) - len(name)] + self._name("server", name)

    def _place(self, text: str) -> str:
        """The name of a machine somewhere, or its address."""
        bare = text.rstrip(".")
        if patterns.PLACEHOLDER.search(bare) or _PUBLIC_PLACE.search(bare):
            return text
        if (
            self._known.get(bare.lower()) == "host"
            or self._known.get(bare.lower().partition(".")[0]) == "host"
        ):
            return self._the(HOST) + text[len(bare) :]
        try:
            address = ipaddress.ip_address(bare)
        except ValueError:
            return self._name("server", bare) + text[len(bare) :]
        return text if address.is_loopback else self._name("ip", bare) + text[len(bare) :]

    def _login(self, text: str) -> str:
        return text[: text.index("//") + 2] + self._the(SECRET) + "@"

    def _ssid(self, text: str) -> str:
        value = text[4:].lstrip("dD: \t\n")
        return text[: len(text) - len(value)] + self._name("ssid", value.strip("\"'"))

    def _parameter(self, text: str) -> str:
        name, _equals, value = text.partition("=")
        mark = value[:1] if value[:1] in "\"'" and value[-1:] == value[:1] and len(value) > 1 else ""
        bare = value[1:-1] if mark else value
        return f"{self._once(name)}={mark}{self._value(name, bare)}{mark}"

    def _value(self, name: str, value: str) -> str:
        kind = parameters.kind(name, value)
        if kind == "secret":
            return self._the(SECRET)
        if kind == "network root":
            return f"{parameters.root_kind(value)}:{self._the(SECRET)}"
        word = _UNTIL_COMMA.match(value)
        if not kind or not word:
            return self._once(value)
        if kind == "uuid" and (_UUID.search(value) or patterns.PLACEHOLDER.search(value)):
            return self._once(value)  # luks-UUID: the same UUID as elsewhere
        if (kind == "serial" and len(word[0]) < 4) or (kind == "user" and word[0] == "root"):
            return self._once(value)
        if kind == "label" and word[0].lower() in _ORDINARY_LABELS:
            return self._once(value)
        return (self._the(HOST) if kind == "host" else self._name(kind, word[0])) + self._once(
            value[word.end() :]
        )

    def _disk(self, text: str) -> str:
        """A name below /dev/disk, or the unit that systemd makes of it; the partition's number stays."""
        tail = _PART.search(text)
        end = tail.start() if tail else len(text)
        folder = _BY.match(text)
        begin = folder.end() if folder else 0
        name = text[begin:end].replace("\\x2d", "-")
        if not name:
            return text
        if "uuid" in text[:begin]:
            return (
                text[:begin]
                + (self._uuid(name) if _UUID.fullmatch(name) else self._name("uuid", name))
                + text[end:]
            )
        told = self._label(name) if "label" in text[:begin] else self._name("serial", name)
        return text[:begin] + told + text[end:]

    def _uuid(self, text: str) -> str:
        bare = text.lower().replace("\\x2d", "").replace("-", "").replace("_", "")
        return text if bare in _PUBLIC else self._name("uuid", bare)

    def _mac(self, text: str) -> str:
        bare = re.sub("[:_.-]", "", text.lower())
        if bare in _NO_MAC:
            return text
        return self._name("serial" if len(bare) == 16 else "mac", bare)

    def _mail(self, text: str) -> str:
        name, _at, place = text.partition("@")
        if _UNIT.search(place) or re.fullmatch("[0-9a-f]+", place, re.I):  # a unit; a node of a device tree
            return f"{self._once(name)}@{self._once(place)}"
        return self._name("email", text)

    def _ip6(self, text: str) -> str:
        bare = text.rstrip(".")
        for candidate in (bare, bare.removesuffix(":")):
            try:
                address = ipaddress.IPv6Address(candidate)
            except ValueError:
                continue
            if int(address) <= 1:  # :: and ::1
                return text
            return self._name("ip", str(address)) + text[len(candidate) :]
        # No address: numbers, perhaps with one of version 4 or with a name that is all hex digits among them.
        return ":".join(self._once(part) for part in text.split(":"))

    def _ip4(self, text: str, before: str) -> str:
        parts = text.split(".")
        if any(int(part) > 255 or (len(part) > 1 and part[0] == "0") for part in parts):
            return text
        if parts[0] in ("127", "255") or text == "0.0.0.0" or _VERSION.search(before):
            return text
        return self._name("ip", text)


def _is_telling(word: str) -> bool:
    """Whether a name tells whose machine it is, and is no ordinary word of logs."""
    return len(word) >= 3 and not word.isdigit() and word.lower() not in _ORDINARY


def _is_serial(word: str) -> bool:
    return len(word) >= 5 and any(one.isdigit() for one in word) and not _NO_SERIAL.fullmatch(word)
