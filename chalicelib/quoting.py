"""How a value that somebody else wrote is said in a message: bounded, on one line, and harmless. Pure."""

from __future__ import annotations

import reprlib
import unicodedata

LONGEST = 200

# A plain repr() follows an event however deep it is nested, until Python's own stack ends.
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3
_SHORT.maxstring = _SHORT.maxother = 3 * LONGEST  # it leaves out the middle: beyond what cut() leaves out


def quoted(value: object) -> str:
    """Return a value as Python writes it, control characters escaped, cut to 200 characters."""
    return cut(_SHORT.repr(value))


def cut(text: str, most: int = LONGEST) -> str:
    """Return at most so many characters of a text, with ``…`` for the rest."""
    return text if len(text) <= most else f"{text[:most]}…"


def printable(text: str, instead: str = "?") -> str:
    """Return a text without what a terminal would act on: controls, line breaks, marks that turn its direction.

    A space of any width becomes a plain one.
    """
    if text.isprintable():
        return text
    spaced = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text)
    return "".join(letter if letter.isprintable() else instead for letter in spaced)
