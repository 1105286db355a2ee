"""Format an untrusted value: escaped, on one line, truncated. Pure."""

from __future__ import annotations

import reprlib
import unicodedata

MAX_LENGTH = 200

# A plain repr() recurses into an event however deeply it is nested, until Python's stack overflows.
_SHORT = reprlib.Repr()
_SHORT.maxlevel = 3
# reprlib shortens in the middle: the limit leaves that to what cut() removes anyway.
_SHORT.maxstring = _SHORT.maxother = 3 * MAX_LENGTH


def quoted(value: object) -> str:
    """Return the ``repr`` of a value, control characters escaped, truncated to ``MAX_LENGTH`` characters."""
    return cut(_SHORT.repr(value))


def cut(text: str, max_length: int = MAX_LENGTH) -> str:
    """Return a text truncated to ``max_length`` characters, with ``…`` in place of the rest."""
    return text if len(text) <= max_length else f"{text[:max_length]}…"


def printable(text: str, replacement: str = "?") -> str:
    """Return a text without characters that a terminal acts on: control characters, line breaks, bidirectional marks.

    Each space of another width becomes a plain space.
    """
    if text.isprintable():
        return text
    spaced = "".join(" " if unicodedata.category(letter) == "Zs" else letter for letter in text)
    return "".join(letter if letter.isprintable() else replacement for letter in spaced)
