"""What becomes of a snapshot: the sweep's own verdict of today, and that of the day on which it expires. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.models import Decision, Reason, Snapshot, State
from chalicelib.plan.sweep import Guards, lineage_of, plan_sweep
from chalicelib.schedule import days_after


@dataclass(frozen=True, slots=True)
class Fate:
    """What the sweep decides today, and when it will delete if nothing else changes.

    ``goes`` is that day, None if there is none; ``then`` is what keeps a snapshot beyond its expiry.
    """

    today: Decision
    goes: date | None
    then: Reason | None = None


def fates(
    snapshots: Sequence[Snapshot], wanted: Iterable[str], today: date, guards: Guards, region: str
) -> dict[str, Fate]:
    """Return the fate of each of the ``wanted``; ``snapshots`` are all managed ones of the Region.

    ``guards`` are those of the sweep, looked up for the ``wanted`` whether they have expired or not.
    """
    decided = {each.targets[0].id: each for each in plan_sweep(snapshots, today, guards, region)}
    by_lineage = _by_lineage(snapshots)
    ids = frozenset(wanted)
    return {
        each.id: _fate(each, by_lineage.get(lineage_of(each), [each]), decided[each.id], today, guards)
        for each in snapshots
        if each.id in ids
    }


def _by_lineage(snapshots: Iterable[Snapshot]) -> Mapping[tuple[str, str] | None, list[Snapshot]]:
    found: dict[tuple[str, str] | None, list[Snapshot]] = {}
    for snapshot in snapshots:
        if lineage := lineage_of(snapshot):
            found.setdefault(lineage, []).append(snapshot)
    return found


def _fate(snapshot: Snapshot, relatives: Sequence[Snapshot], decision: Decision, today: date, guards: Guards) -> Fate:
    if decision.call:
        return Fate(decision, today)
    if snapshot.protected or snapshot.delete_on is None or not snapshot.managed:
        return Fate(decision, None)
    # What is on its way will have completed by then; and how much goes at once on that day cannot be known.
    then = [replace(each, state=State.COMPLETED) if each.state == State.PENDING else each for each in relatives]
    alone = replace(guards, max_delete_percent=100)
    reason: Reason | None = None
    for grace in (0, guards.last_copy_grace_days):
        day = max(today, days_after(snapshot.delete_on, grace))
        verdicts = {each.targets[0].id: each for each in plan_sweep(then, day, alone, snapshot.region)}
        verdict = verdicts[snapshot.id]
        if verdict.call:
            return Fate(decision, day, reason)
        reason = reason or verdict.reason
    return Fate(decision, None, reason)
