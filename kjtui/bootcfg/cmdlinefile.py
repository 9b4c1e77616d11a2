"""/etc/kernel/cmdline: the words that kernel-install gives to new kernels, on one line or several."""

from kjtui.bootcfg import lines, words


def command_line(text: str) -> str:
    """All words, joined by blanks; comments (lines that begin with #) and empty lines left out."""
    return " ".join(content.strip() for content, _end in lines.split(text) if _counts(content))


def with_word(text: str, key: str, value: str) -> str:
    """The text with key=value; a line of its own where there are no words yet. Raises as words.safe()."""
    words.safe(value)
    split = lines.split(text)
    places = [number for number, (content, _end) in enumerate(split) if _counts(content)]
    if not places:
        return lines.appended(text, f"{key}={value}")
    changed = words.with_value_in([split[place][0] for place in places], key, value)
    for place, content in zip(places, changed, strict=True):
        split[place] = (content, split[place][1])
    return lines.join(split)


def without_word(text: str, key: str, value: str) -> str:
    """The inverse of with_word(): the first key=value goes, with its line if nothing else is on it."""
    start = 0
    for content, end in lines.split(text):
        stop = start + len(content) + len(end)
        if _counts(content) and value in words.values(content, key):
            if content == f"{key}={value}":
                return lines.cut(text, start, stop)
            return text[:start] + words.without_value(content, key, value) + end + text[stop:]
        start = stop
    return text


def _counts(content: str) -> bool:
    return bool(content.strip()) and not content.lstrip().startswith("#")
