"""How the commands say things; what functions and report say as well is in ``chalicelib.wording``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from chalicelib import records, tags
from chalicelib.models import Code, Decision, Result, Snapshot
from chalicelib.quoting import printable
from chalicelib.wording import reason_text


def action(decision: Decision) -> str:
    """Return what a decision leads to: a verb, or how a target without a call ended."""
    return records.action(decision.call) or decision.result.value


def label(snapshot: Snapshot) -> str:
    """Return what a snapshot is of, as short as it is clear: the instance's name and the device."""
    name = tags.name_of(snapshot) or snapshot.source_volume_id or snapshot.volume_id
    return printable(f"{name} {snapshot.device}" if snapshot.device else name)


def reasons(decisions: Iterable[Decision]) -> list[tuple[int, str]]:
    """Return how many targets there are for each kind of reason, the most frequent first.

    If the reasons of a kind differ, the first of them stands for all.
    """
    counts: Counter[Code] = Counter()
    examples: dict[Code, set[str]] = {}
    for decision in decisions:
        counts[decision.reason.code] += len(decision.targets)
        examples.setdefault(decision.reason.code, set()).add(reason_text(decision.reason))
    lines = [(count, _example(sorted(examples[code]))) for code, count in counts.items()]
    return sorted(lines, key=lambda line: (-line[0], line[1]))


def _example(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{texts[0]}, and similar"


def needs_attention(decision: Decision) -> bool:
    """Return whether a person should look at what a decision says."""
    return decision.result == Result.FAILED
