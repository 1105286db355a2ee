"""The ids of resources.

The filters of EC2 take ``*`` and ``?`` for any characters, so a text is checked before it gets into a filter.
"""

from __future__ import annotations

import re

INSTANCE, VOLUME, SNAPSHOT = "i", "vol", "snap"
_ID = re.compile(r"(i|vol|snap)-([0-9a-f]{8}|[0-9a-f]{17})")


def is_id(text: str, *kinds: str) -> bool:
    """Return whether a text is the id of a resource of one of these kinds."""
    match = _ID.fullmatch(text)
    return bool(match) and text.partition("-")[0] in kinds
