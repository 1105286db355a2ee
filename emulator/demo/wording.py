"""How figures and reasons are put: many reasons that differ in ids and dates only become one line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

DATE = re.compile(r"\b\d{4}-\d{2}-\d{2}\b(?!T)")
ID = re.compile(r"\b(?:i|vol|snap)-[0-9a-f]{8,17}\b")
SLOT = re.compile(r"\b\d{4}-\d{2}-\d{2}T\d{2}:\d{2}Z")
REGION = re.compile(r"\b[a-z]{2}-[a-z]+-\d\b")


def counted(names: Iterable[str]) -> str:
    """`shop-db 3, shop-web 1`, the most frequent first."""
    found = Counter(names)
    return ", ".join(f"{name} {count}" for name, count in sorted(found.items(), key=lambda one: (-one[1], one[0])))


def times(count: int, thing: str) -> str:
    """`1 copy`, `2 copies`."""
    plural = thing[:-1] + "ies" if thing.endswith("y") else thing + "s"
    return f"{count} {thing if count == 1 else plural}"


def shape(reason: str) -> str:
    """The reason without what differs from one snapshot to the next: what is left is why."""
    for pattern in (SLOT, ID, REGION, DATE):
        reason = pattern.sub("…", reason)
    return reason


def blended(reasons: Sequence[str], name: Callable[[str], str]) -> str:
    """One reason for many of one shape: what they share stays, a range stands for several dates, … for the rest."""
    text = reasons[0]
    for pattern in (SLOT, ID, REGION, DATE):
        columns = zip(*(pattern.findall(reason) for reason in reasons), strict=True)
        shared = iter([_blend(pattern, sorted(set(column))) for column in columns])
        text = pattern.sub(lambda _, shared=shared: next(shared), text)  # type: ignore[misc]  # binds the loop's value
    return ID.sub(lambda found: name(found[0]), text)


def _blend(pattern: re.Pattern[str], values: Sequence[str]) -> str:
    if len(values) == 1:
        return values[0]
    return f"{values[0]} to {values[-1]}" if pattern is DATE else "…"
