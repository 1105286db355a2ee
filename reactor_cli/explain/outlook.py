"""The outlook of a snapshot: what the sweep decides about it today, and on the day on which it expires. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.models import Code, Decision, Reason, Snapshot, State
from chalicelib.plan.sets import volume_of
from chalicelib.plan.sweep import Guards, plan_sweep
from chalicelib.schedule import days_after


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the sweep decides today, and on which day it will delete the snapshot if nothing else changes.

    ``deletion`` is that day, None if there is none; ``kept_after_expiry`` is why it is kept longer than its tag says.
    """

    today: Decision
    deletion: date | None
    kept_after_expiry: Reason | None = None


def outlooks(
    snapshots: Iterable[Snapshot], wanted: Collection[str], today: date, guards: Guards, region: str
) -> dict[str, Outlook]:
    """Return the outlook of each of the ``wanted``, by id; ``snapshots`` are all managed ones of the Region.

    ``guards`` are those of the sweep, looked up for the ``wanted`` whether they have expired or not.
    """
    everything = list(snapshots)
    decisions = _by_id(plan_sweep(everything, today, guards, region))
    of_interest = [snapshot for snapshot in everything if snapshot.id in wanted]
    # The snapshots that are pending now will have completed. How many will expire on the same day is not known.
    relatives = [_as_completed(snapshot) for snapshot in _relatives(of_interest, everything)]
    without_breaker = replace(guards, max_delete_percent=100)
    days = {snapshot.id: _days(snapshot, today, guards.last_copy_grace_days) for snapshot in of_interest}
    plans = {
        day: _by_id(plan_sweep(relatives, day, without_breaker, region)) for day in sorted(set().union(*days.values()))
    }
    return {id: _outlook(decisions[id], today, [(day, plans[day][id]) for day in days[id]]) for id in days}


def _by_id(decisions: Iterable[Decision]) -> dict[str, Decision]:
    return {decision.targets[0].id: decision for decision in decisions}


def _relatives(snapshots: Iterable[Snapshot], everything: Sequence[Snapshot]) -> Iterable[Snapshot]:
    """Return the snapshots that decisions about some others depend on.

    These are the snapshots of the same volumes and instances, and the oldest one of the Region with a date in its
    description: it makes snapshots without a date unproven.
    """
    volumes = {volume_of(snapshot) for snapshot in snapshots}
    instances = {snapshot.instance_id for snapshot in snapshots if snapshot.instance_id}
    dated = [snapshot for snapshot in everything if snapshot.managed and snapshot.promised]
    oldest = min(dated, key=lambda snapshot: snapshot.started, default=None)
    return (
        other
        for other in everything
        if other is oldest or volume_of(other) in volumes or other.instance_id in instances
    )


def _as_completed(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, state=State.COMPLETED) if snapshot.state == State.PENDING else snapshot


def _days(snapshot: Snapshot, today: date, grace_days: int) -> Sequence[date]:
    """Return the days on which the decision about a snapshot may change; none if it never expires."""
    if snapshot.protected or snapshot.delete_on is None or not snapshot.managed:
        return ()
    expiry = max(today, snapshot.delete_on)
    days = {expiry, days_after(snapshot.delete_on, grace_days), snapshot.copy_delete_on or expiry}
    return sorted(day for day in days if day >= expiry)


def _outlook(decision: Decision, today: date, later: Iterable[tuple[date, Decision]]) -> Outlook:
    """Return the outlook, from the decision of today and those of the days on which it may change."""
    if decision.call:
        return Outlook(decision, today)
    if decision.reason.code == Code.BREAKER_HOLDS:
        return Outlook(decision, None)  # until a person changes something
    kept: Reason | None = None
    for day, changed in later:
        if changed.call:
            return Outlook(decision, day, kept)
        kept = kept or changed.reason
    return Outlook(decision, None, kept)
