"""Text from elsewhere, made fit for a terminal."""


def printable(text: str) -> str:
    """The text without what a terminal might take for a command, as names may hold anything.

    Breaks and tabs become blanks, everything else that cannot be printed a "?".
    """
    return text if text.isprintable() else "".join(map(_shown, text))


def _shown(letter: str) -> str:
    if letter.isprintable():
        return letter
    return " " if letter.isspace() else "?"
