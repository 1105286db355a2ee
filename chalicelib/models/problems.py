"""Tags that seem intended for this app, and are not understood or have no effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Wrong(StrEnum):
    """What is wrong with a tag.

    ``value``: the value is not understood. ``word``: one word of a list is not. ``key``: the key is spelt in another
    way. ``absent``: there is no such tag, and there should be. ``source-region``: a destination is the source itself.
    ``misplaced``: the tag has no effect where it is. ``not-allowed``: the settings forbid what it asks for.
    ``foreign``: the volumes that it names are those of another set. ``incomplete``: the tags name another number of
    volumes.
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
    FOREIGN = "foreign"
    INCOMPLETE = "incomplete"
    BROUGHT_FORWARD = "brought-forward"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, order=True)
class TagProblem:
    """A tag that seems intended for this app and is not understood or has no effect: the app uses the safe default.

    ``target`` is the id of what is tagged, ``key`` and ``value`` are as written. ``meant`` is the key of the tag
    contract that the tag is about. ``word`` is the part of the value that is wrong, empty if all of it is.
    ``limit`` is what the settings allow, or what the description promises.
    """

    target: str
    key: str
    value: str
    wrong: Wrong
    meant: str
    word: str = ""
    limit: str = ""
