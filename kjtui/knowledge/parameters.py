"""What a parameter's name tells of its value: on kernel command lines, in udev's and in logs' NAME=value.

Sources: Documentation/admin-guide/kernel-parameters.rst and nfs/nfsroot.rst of the kernel, dracut.cmdline(7),
kernel-command-line(7) of systemd, udev's property names.
"""

import re

_SECRET = re.compile(
    r"password|passwd|passphrase|passwort|(?:^|[._])pass$|pwd?$|passcode|pincode|(?:luks|tpm2?|fido2)[._]pin$|secret|token|credential|(?:^|_)sig(?:nature)?$|psk$|cryptkey|keyfile"
    r"|(?:^|[._])keys?$|luks\.key|^cifscreds$|^rd\.nvmf\.|^iscsi_|^nfsroot$|^nfsaddrs$",
)
_ISCSI = re.compile(r"^rd\.iscsi\.(?!ibft$|firmware$|waitnet$|testroute$)")
# These take a device and a way to ask for an address, or the whole addressing of the machine.
_ASKS_FOR_ADDRESS = re.compile(
    r"(?:[\w-]{1,15}:)?(?:dhcp6?|single-dhcp|on|any|off|none|auto6|link6|either6|link-local|ibft|both|bootp|rarp)"
)
_NETWORK_ROOT = re.compile(r"(nfs4?|iscsi|nbd|cifs|fcoe|aoe)[:,].*", re.S)
_HOSTNAME = re.compile(r"(?:^|[._])host_?name$")
_USER = re.compile(r"(?:^|[._])(?:user(?:name)?|login|logname|acct)$")
_UUID = re.compile(r"uuid(?:_sub|_enc)?$|(?:^|[._])(?:machine|boot|invocation)_id$")
_SERIAL = re.compile(r"(?:^|[._])(?:serial(?:_?short|_?number|no)?|wwn(?:_with_extension)?|wwid|asset_tag)$")
_SSID = re.compile(r"(?:^|[._])e?ssid$")
_MAC = re.compile(r"(?:^|[._])(?:mac(?:_?addr(?:ess)?)?|hw_?addr|ether)$")
_BARE_MAC = re.compile("[0-9a-f]{12}", re.I)
_LABEL = re.compile(r"(?:^|[._])(?:part)?label(?:_enc)?$|^id_part_entry_name$")
_KINDS = (("user", _USER), ("uuid", _UUID), ("serial", _SERIAL), ("ssid", _SSID), ("label", _LABEL))


def kind(name: str, value: str) -> str:
    """What a parameter holds.

    "secret", "host", "user", "uuid", "serial", "ssid", "label" or "mac"; "" if its name promises nothing.
    "network root" for a file system root on another machine, whose kind may be told, the rest not.
    """
    name = name.lower().replace("-", "_")
    if _MAC.search(name) and _BARE_MAC.fullmatch(value):
        return "mac"
    if (name in ("root", "netroot") or name.startswith("inst.")) and _NETWORK_ROOT.fullmatch(value):
        return "network root"
    if name == "ip" and not _ASKS_FOR_ADDRESS.fullmatch(value):
        return "secret"
    if name == "ds" and ";" in value:  # cloud-init's datasource with the machine's name and id
        return "secret"
    if _SECRET.search(name) or name == "netroot" or _ISCSI.search(name):
        return "secret"
    if _HOSTNAME.search(name):
        return "host"
    return next((kind for kind, rule in _KINDS if rule.search(name)), "")


def root_kind(value: str) -> str:
    """The kind of a network root, e.g. "nfs" of "nfs:10.0.0.1:/srv"."""
    found = _NETWORK_ROOT.fullmatch(value)
    return found[1] if found else ""
