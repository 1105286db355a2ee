"""What an id looks like. Filters of EC2 take ``*`` and ``?`` for anything: what is no id must not get into one."""

from __future__ import annotations

import re

INSTANCE, VOLUME, SNAPSHOT = "i", "vol", "snap"
_ID = re.compile(r"(i|vol|snap)-([0-9a-f]{8}|[0-9a-f]{17})")


def is_id(text: str, *kinds: str) -> bool:
    """Return whether a text is the id of one of these kinds of resources."""
    found = _ID.fullmatch(text)
    return bool(found) and text.partition("-")[0] in kinds
