"""Tags that look as if somebody meant something by them, and that are not understood."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wrong(StrEnum):
    """What is wrong with a tag.

    ``value``: the value is not understood. ``word``: one word of a list is not. ``key``: the key is spelt in another
    way. ``absent``: there is no such tag, and there should be. ``source-region``: a destination is the source itself.
    ``misplaced``: the tag has no effect where it is. ``not-allowed``: the settings forbid what it asks for.
    ``brought-forward``: a ``DeleteOn`` is before the day that the description promises. ``unproven``: the tags say that
    this app made the snapshot, but its description does not.
    """

    VALUE = "value"
    WORD = "word"
    KEY = "key"
    ABSENT = "absent"
    SOURCE_REGION = "source-region"
    MISPLACED = "misplaced"
    NOT_ALLOWED = "not-allowed"
    BROUGHT_FORWARD = "brought-forward"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, order=True)
class TagProblem:
    """A tag that looks as if somebody meant something by it and is not understood. It takes its safe default.

    ``target`` is the id of what is tagged, ``key`` and ``value`` are as written. ``meant`` is the key of the tag
    contract that the tag is about. ``word`` is the part of the value that is wrong, empty if that is all of it.
    ``limit`` is what the settings or a promise set against it.
    """

    target: str
    key: str
    value: str
    wrong: Wrong
    meant: str
    word: str = ""
    limit: str = ""
