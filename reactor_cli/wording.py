"""The sentences of the commands; those that functions and report use as well are in ``chalicelib.wording``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chalicelib import records, tags
from chalicelib.models import Code, Decision, Result, Snapshot
from chalicelib.plan.sets import volume_of
from chalicelib.quoting import printable
from chalicelib.wording import counted, reason_text


def action(decision: Decision) -> str:
    """Return the verb of a decision's call, or the result of a decision without a call."""
    return records.action(decision.call) or decision.result.value


def label(snapshot: Snapshot) -> str:
    """Return what a snapshot was taken of: the instance's name, or else the volume; and the device if it is known."""
    name = tags.name_of(snapshot) or volume_of(snapshot)
    return printable(f"{name} {snapshot.device}" if snapshot.device else name)


def origin_text(snapshot: Snapshot) -> str:
    """Return what a snapshot was taken of: the instance's name and the volume; of a copy also the Region."""
    region = f" in {snapshot.primary_region}" if snapshot.primary_region else ""
    return f"{tags.name_of(snapshot)} {volume_of(snapshot)}{region}".strip()


def reasons(decisions: Iterable[Decision]) -> list[tuple[int, str]]:
    """Return the number of targets for each kind of reason, the most frequent first.

    If the reasons of a kind differ, the first of them is an example.
    """
    counts: Counter[Code] = Counter()
    texts: dict[Code, set[str]] = {}
    for decision in decisions:
        counts[decision.reason.code] += len(decision.targets)
        texts.setdefault(decision.reason.code, set()).add(reason_text(decision.reason))
    lines = [(count, _example(sorted(texts[code]))) for code, count in counts.items()]
    return sorted(lines, key=lambda line: (-line[0], line[1]))


def _example(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]}, and similar"


def tag_problems_text(count: int) -> str:
    """Return how many tag problems there are, and where to read them."""
    return f"{counted(count, 'tag problem')}: 'ebs-snapshot-reactor lint' shows them"


def needs_attention(decision: Decision) -> bool:
    """Return whether a person should look at a decision."""
    return decision.result == Result.FAILED
