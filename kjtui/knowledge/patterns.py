"""How secrets look in texts: the rules by which kjtui.knowledge.redact finds them."""

import re

PLACEHOLDER = re.compile(r"<(?:host|secret|(?:ip|mac|uuid|user|serial|email|ssid|server)-\d+)>")
_DASH = r"(?:-|_|\\x2d)"  # as it is, as udev and as systemd write it in names
_HEX = "[0-9a-f]"
# The rule that begins first wins, at the same place the first in this list. What a rule finds is judged anew
# in redact.py: an address, for instance, may be a version.
_RULES = {
    "placeholder": PLACEHOLDER.pattern,
    "pem": r"-----BEGIN [^-\n]*KEY-----.*?(?:-----END [^-\n]*-----|\Z)",
    "quoted": r'"[A-Za-z_][\w.-]*=[^"\n]*"',  # the kernel command line's way to have blanks in a value
    "login": r"\b[a-z][a-z0-9+.-]*://[^\s/@]+@",
    "named": r"\bhostname (?:set )?to (?:<[^>\s]+>|[^\s<]+)",
    "ssid": r"\be?ssid\b\s*:?\s*(?:\"[^\"\n]*\"|'[^'\n]*'|(?<=:\s)\S+|(?<=:)\S+)",
    "told": r"\b(?:pass(?:word|wd|phrase)|secret|psk)\s*:\s*\S+",
    "parameter": r"(?<![\w.-])[A-Za-z_][\w.-]*=(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']\S*)",
    "home": r"/(?:home|run/media|Users)/[^/\s\"',:;()]+|/media/[^/\s\"',:;()]+(?=/)",
    "disk": r"\bby(?:-|\\x2d)(?:id|uuid|partuuid)[/-][^/\s\"',:;()]+",
    "numbered": r"(?:\bserial ?(?:number|no\.?)|\bs/n|\bserno)\s*[:=]\s*[^\s\"',;]{4,}",
    "world": (
        r"\b(?:iqn\.\d{4}-|nqn\.|naa\.|eui\.|t10\.)[^\s\"',;]+"
        rf"|\b(?:wwn|fc|sas|sas-exp)-0x{_HEX}+|\bsas-exp0x{_HEX}+"
    ),
    "volume": rf"\blvm{_DASH}pv{_DASH}uuid{_DASH}[\w\\-]{{32,}}|\bLVM-\w{{32,}}",
    "uuid": rf"(?<!{_HEX}){_HEX}{{8}}(?:{_DASH}{_HEX}{{4}}){{3}}{_DASH}{_HEX}{{12}}(?!{_HEX})",
    "bare": rf"(?<![0-9a-z]){_HEX}{{32}}(?![0-9a-z])",
    "key": rf"(?<![0-9a-z]){_HEX}{{64,}}(?![0-9a-z])|(?<![\w+/])[A-Za-z0-9+/]{{43}}=(?![\w=])",
    # Also the run of both addresses and the type that netfilter logs, and WWNs of eight pairs.
    "mac": (
        rf"(?<![0-9a-f:]){_HEX}{{2}}(?P<sep>[:_-]){_HEX}{{2}}(?:(?P=sep){_HEX}{{2}}){{4,}}"
        rf"(?!{_HEX}|:{_HEX})"
    ),
    "link": rf"(?<=enx){_HEX}{{12}}(?![0-9a-z])|(?<=wlx){_HEX}{{12}}(?![0-9a-z])",
    "server": r"(?<!\\)\\\\[A-Za-z0-9][\w.-]*(?=\\)|(?<=\bserver )[\w.-]+(?= (?:not responding|OK))",
    "mail": r"(?<![\w.+-])[\w.+-]+@[A-Za-z0-9][\w-]*(?:\.[\w-]+)*",
    "ip6": rf"(?<![\w:.])(?:{_HEX}{{0,4}}:){{2,}}[0-9a-f:.]*(?!\w)",
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
