"""From the bytes that a console's keyboard sends to the text that Textual's parser takes.

Textual's XTermParser knows the keys of xterm, rxvt, the Linux console (ESC [[A) and the VT220 (ESC [11~).
Left to do are the enter key of a line in canonical dress (LF), eight-bit control characters of a VT220 (CSI
is 0x9b), and bytes that are no UTF-8.
"""

import codecs

_EIGHT_BIT = {0x9B: "\x1b[", 0x8F: "\x1bO"}  # CSI and SS3 of a VT220 that sends eight-bit controls
_ERRORS = "kjtui-console-keys"


def _not_utf8(error: UnicodeError) -> tuple[str, int]:
    """Error handler for codecs: an eight-bit control becomes its seven-bit form, anything else nothing."""
    assert isinstance(error, UnicodeDecodeError)
    return _EIGHT_BIT.get(error.object[error.start], ""), error.start + 1


codecs.register_error(_ERRORS, _not_utf8)


class KeyDecoder:
    """Decodes what is read from the keyboard; a character may be split between two reads."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(_ERRORS)

    def decode(self, data: bytes) -> str:
        """The text for Textual's XTermParser; may be empty."""
        return self._decoder.decode(data).replace("\n", "\r")
