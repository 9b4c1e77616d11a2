"""Sentences on kernel B's consoles, and those of a start, for 80 columns."""

import textwrap

from kjtui.agent.consoles import Consoles

_WIDTH = 76  # columns, indented by two


def tell(consoles: Consoles, *paragraphs: str) -> None:
    """Write these below what is there, each from a new line on."""
    lines = [line for one in paragraphs for line in textwrap.wrap(one, _WIDTH)]
    consoles.write("\r\n" + "".join(f"  {line}\r\n" for line in lines))
