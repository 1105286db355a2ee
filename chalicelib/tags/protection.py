"""``KeepForever`` in any spelling. Pure."""

from __future__ import annotations

import difflib
import unicodedata
from functools import lru_cache

from chalicelib.models import Tags
from chalicelib.tags import keys

# Homoglyphs of the letters of KeepForever, and two invisible characters. In the console such a key looks like
# KeepForever, so it protects.
_HOMOGLYPHS = str.maketrans(
    "\u043a\u03ba\u1d0b\u0435\u03b5\u1d07\u0440\u03c1\u1d18\u0493\u03dd\ua730"
    "\u043e\u03bf\u1d0f\u00f8\u0433\u0280\u1d26\u0475\u03bd\u1d20\u115f\u1160",
    "kkkeeepppfffoooorrrvvv--",
)


@lru_cache(maxsize=4096)
def letters_of(key: str) -> str:
    """Return the letters and digits of a key in lower case, without accents, and with homoglyphs replaced."""
    plain = unicodedata.normalize("NFKD", key).casefold().translate(_HOMOGLYPHS)
    return "".join(letter for letter in plain if letter.isalnum())


_KEEP_FOREVER_LETTERS = letters_of(keys.KEEP_FOREVER)
_PARTS = frozenset({"keep", "forever"})
_MIN_SIMILARITY = 0.8
# The spellings in the IAM policies, which compare keys without regard to case.
KNOWN_TO_IAM = frozenset({"keepforever", "keep_forever", "keep-forever"})


def protects(key: str) -> bool:
    """Return whether a key is ``KeepForever`` in any spelling."""
    return letters_of(key) == _KEEP_FOREVER_LETTERS


@lru_cache(maxsize=4096)
def resembles_protection(key: str) -> bool:
    """Return whether a key is a misspelt ``KeepForever``: it protects nothing, and is reported."""
    letters = letters_of(key)
    if letters == _KEEP_FOREVER_LETTERS:
        return False
    return letters in _PARTS or difflib.SequenceMatcher(None, letters, _KEEP_FOREVER_LETTERS).ratio() >= _MIN_SIMILARITY


def any_protects(added: Tags) -> bool:
    """Return whether one of the tags is ``KeepForever`` in any spelling."""
    return any(protects(key) for key, _ in added)


def known_to_iam_first(item: tuple[str, str]) -> tuple[bool, bool]:
    """Sort key for tags: the spellings of KeepForever in the IAM policies first, then its other spellings."""
    return (item[0].casefold() not in KNOWN_TO_IAM, not protects(item[0]))
