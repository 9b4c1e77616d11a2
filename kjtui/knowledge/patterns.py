"""How secrets look in texts: the rules by which kjtui.knowledge.redact finds them."""

import re

PLACEHOLDER = re.compile(r"<(?:host|secret|(?:ip|mac|uuid|user|serial|email|ssid|server|label)-\d+)>")
_DASH = r"(?:-|_|\\x2d)"  # as it is, as udev and as systemd write it in names
_HEX = "[0-9a-f]"
_STRING = r"(?:\"[^\"\n]*\"|'(?:[^'\n]|'(?=\w))*')"  # within single quotes: It's mine
_NAME = r"[\w-]+(?:\.[\w-]+)*"
# Ends of machine names that are no ends of file names; those of countries need a third part before them.
_PLACES = (
    r"(?:[a-z0-9][\w-]*\.)+(?:com|net|org|edu|gov|mil|lan|local|localdomain|internal|intranet|corp|box|dev)"
    r"|(?:[a-z0-9][\w-]*\.){2,}"
    r"(?:de|fr|uk|nl|se|no|dk|fi|pl|cz|es|it|ch|at|be|eu|us|ca|au|jp|cn|br|ru|ie|pt|gr|hu|nz|kr|za|io|cloud)"
)
# The rule that begins first wins, at the same place the first in this list. What a rule finds is judged anew
# in redact.py: an address, for instance, may be a version.
_RULES = {
    "placeholder": PLACEHOLDER.pattern,
    "pem": r"-----BEGIN [^-\n]*KEY-----.*?(?:-----END [^-\n]*-----|\Z)",
    "quoted": r'"[A-Za-z_][\w.-]*=[^"\n]*"',  # the kernel command line's way to have blanks in a value
    "login": r"(?:\b[a-z][a-z0-9+.-]*:|(?<![\w:/]))//[^\s/]+@",
    "named": r"\bhostname (?:set )?to (?:<[^>\s]+>|[^\s<]+)",
    "ssid": rf"\be?ssid\b\s*:?\s*(?:{_STRING}|(?<=:\s)\S+|(?<=:)\S+)",
    "told": (
        r"\b(?:pass(?:word|wd|phrase|code)|secret|psk|(?:api|auth|access|private|preshared)[-_ ]?key)"
        rf"(?:\s*:\s*|\s+=\s*|=\s+)(?:{_STRING}|\S+)"
    ),
    "bearer": r"(?<=\bbearer )\S+",
    "token": (  # AWS, GitHub, GitLab, Slack, Tailscale; JSON web tokens; ssh keys and fingerprints
        r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_\w{36,}|\bglpat-[\w-]{20,}|\bxox[abprs]-[\w-]{10,}"
        r"|\btskey-[\w-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*|\bAAAA[A-Za-z0-9+/]{24,}={0,2}"
        r"|(?<=\bSHA256:)[A-Za-z0-9+/]{43}"
    ),
    "product": r"(?<![\w-])(?:[A-Z0-9]{5}-){4}[A-Z0-9]{5}(?![\w-])",  # what Windows is unlocked with
    "certificate": r"\bcert '[^'\n]*'",
    "parameter": r"(?<![\w.-])[A-Za-z_][\w.-]*=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']\S*)",
    "medium": r"(?:/run)?/media/[^/\s\"',:;()]+/[^/\s\"',:;()<>]+",
    "home": (
        r"/(?:home|run/media|Users)/[^/\s\"',:;()]+|/media/[^/\s\"',:;()]+(?=/)"
        r"|(?<![\w-])home-[^\s.<>-]+(?=[.-])"
    ),
    "of_user": rf"(?:(?<=\bof user )|(?<=\bfor user )|(?<=\bpublickey for )|(?<=\bpassword for )){_NAME}",
    "disk": r"\bby(?:-|\\x2d)(?:id|uuid|partuuid|label|partlabel)[/-][^/\s\"',:;()]+",
    "label": r"(?<=\bdevice label )\S+",
    "numbered": (
        r"(?:\b(?:serial ?(?:number|no\.?)|serno|sn|service tag|asset tag|instance[- ]id)\s*[:=]"
        r"|\b(?:s/n|imei|imsi|iccid|meid)\b\s*[:=]?)\s*[^\s\"',;<>:=]{4,}"
    ),
    "world": (
        r"\b(?:iqn\.\d{4}-|nqn\.|naa\.|eui\.|t10\.)[^\s\"',;]+"
        rf"|\b(?:wwn|fc|sas|sas-exp)-0x{_HEX}+|\bsas-exp0x{_HEX}+|\b0x{_HEX}{{32}}\b"
    ),
    "naa": rf"(?<![0-9a-z])(?:0x)?5{_HEX}{{15}}(?![0-9a-z])",  # a WWN of the kind that disks and HBAs have
    "cloud": (
        rf"\b(?:i|ami|vol|eni|subnet|vpc|sg|snap)-{_HEX}{{8}}(?:{_HEX}{{9}})?(?![0-9a-z])"
        rf"|(?<![a-z])vol{_HEX}{{17}}(?![0-9a-z])|(?<=\bprojects/)[\w-]+|(?<=\binstances/)[\w-]+"
    ),
    "volume": rf"\blvm{_DASH}pv{_DASH}uuid{_DASH}[\w\\-]{{32,}}|\bLVM-\w{{32,}}",
    "uuid": rf"(?<!{_HEX}){_HEX}{{8}}(?:{_DASH}{_HEX}{{4}}){{3}}{_DASH}{_HEX}{{12}}(?!{_HEX})",
    "bare": rf"(?<![0-9a-z]){_HEX}{{32}}(?![0-9a-z])",
    "key": rf"(?<![0-9a-z]){_HEX}{{64,}}(?![0-9a-z])|(?<![\w+/])[A-Za-z0-9+/]{{43}}=(?![\w=])",
    # Also the run of both addresses and the type that netfilter logs, and WWNs of eight pairs.
    "mac": (
        rf"(?:(?<![0-9a-f:])|(?<=[0-9a-z]{{3}}:)){_HEX}{{2}}(?P<sep>[:_-]){_HEX}{{2}}(?:(?P=sep){_HEX}{{2}}){{4,}}"
        rf"(?!{_HEX}|:{_HEX})"
    ),
    "link": (
        r"(?:(?<=enx)|(?<=wlx)|(?<=wwx)|(?<=\bmac[ =:])|(?<=addr[ =:]))"
        rf"{_HEX}{{12}}(?![0-9a-z])|(?<![0-9a-f.])(?=[0-9.]*[a-f]){_HEX}{{4}}(?:\.{_HEX}{{4}}){{2}}(?![0-9a-f.])"
    ),
    "server": (
        r"(?<!\\)\\\\[A-Za-z0-9][\w.-]*(?=\\| has )|(?<=\bserver )[\w.-]+(?= (?:not responding|OK))"
        r"|(?<![\w:/])//[A-Za-z0-9][\w.-]*(?=/\S)"
    ),
    "site": r"(?:(?<=://)|(?<=<secret>@))[\w.-]+(?![\w@])",
    "mail": r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9][\w-]*(?:\.[\w-]+)*",
    "place": rf"(?<![\w./\\@-])(?:{_PLACES})(?![\w-]|\.\w)",
    "ip6": rf"(?:(?<![\w:.])|(?<=[g-z]:))(?:{_HEX}{{0,4}}:){{2,}}[0-9a-f:.]*(?!\w)",
    "ip4": r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?!\d|\.\d)",
}


def rules(known: tuple[str, ...], kept: tuple[str, ...]) -> re.Pattern[str]:
    """One pattern of all rules; the name of the group that matched is the rule's.

    known: words that are secret wherever they stand ("known"). kept: words that are none ("kept").
    """
    parts = [f"(?P<{name}>{rule})" for name, rule in _RULES.items()]
    if kept:
        parts.insert(1, f"(?P<kept>{_words(kept)})")
    if known:
        # Last: within an address or a parameter more than the word is secret.
        parts.append(f"(?P<known>{_words(known)})")
    return re.compile("|".join(parts), re.IGNORECASE | re.DOTALL)


def _words(words: tuple[str, ...]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return f"(?<![A-Za-z0-9])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z0-9])"
