"""Another run that is creating snapshots at this moment: a scheduled one leaves the work to it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.models import Code, CreateSnapshot, CreateSnapshots, Decision, Result, Snapshot, because

# A run that has work creates at least one snapshot in this time.
AT_WORK = timedelta(minutes=1)


def leave_to_other_run(decisions: Iterable[Decision], snapshots: Iterable[Snapshot], now: datetime) -> list[Decision]:
    """Return the decisions, without the creations if one of the ``snapshots`` of the current slots has just begun."""
    if not any(snapshot.is_primary and now - snapshot.started < AT_WORK for snapshot in snapshots):
        return list(decisions)
    left = because(Code.OTHER_RUN)
    return [
        replace(decision, reason=left, call=None, result=Result.DEFERRED)
        if isinstance(decision.call, CreateSnapshot | CreateSnapshots)
        else decision
        for decision in decisions
    ]
