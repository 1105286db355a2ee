"""The sweep: which snapshots it deletes, and why it keeps the others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib import tags
from chalicelib.models import (
    Code,
    Decision,
    DeleteSnapshot,
    Kind,
    Reason,
    Result,
    Snapshot,
    State,
    TagProblem,
    Target,
    Wish,
    Wrong,
    because,
)
from chalicelib.plan.destinations import Destination
from chalicelib.plan.needed import needed_for_restore
from chalicelib.plan.owed import owed_copies
from chalicelib.plan.targets import of_snapshot

# With fewer snapshots than this, a percentage means nothing.
MIN_SNAPSHOTS_FOR_BREAKER = 20


@dataclass(frozen=True, slots=True)
class Guards:
    """What can keep a snapshot that has expired.

    ``volumes`` and ``instances`` are those that exist, with what their ``Backup`` tags say. ``images`` maps snapshots
    to the AMI that uses them; ``locked`` are the locked snapshots. ``destinations`` are the Regions in which the copies
    of expired primaries were read; a Region that the account has not enabled is not among them.
    """

    last_copy_grace_days: int
    max_delete_percent: int
    volumes: Mapping[str, Wish] = field(default_factory=dict)
    instances: Mapping[str, Wish] = field(default_factory=dict)
    images: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()
    destinations: Mapping[str, Destination] = field(default_factory=dict)


def plan_sweep(snapshots: Iterable[Snapshot], today: date, guards: Guards, region: str) -> list[Decision]:
    """Decide for every snapshot whether to delete it: only with proof, and only if no guard keeps it.

    If a run would delete too many snapshots without a date in their description, it deletes none of these, and a
    failure for the ``region`` says which setting allows it.
    """
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.started, snapshot.id))
    held = _unproven(ordered)
    proven = [snapshot for snapshot in ordered if snapshot.id not in held]
    held |= needed_for_restore(proven, guards.volumes, guards.instances, today, guards.last_copy_grace_days)
    held |= owed_copies(ordered, guards.destinations, today, guards.last_copy_grace_days)
    decisions = []
    for snapshot in ordered:
        if reason := _kept(snapshot, today) or _in_use(snapshot, guards) or held.get(snapshot.id):
            decisions.append(Decision(of_snapshot(snapshot), reason))
        else:
            reason = because(Code.EXPIRED, on=snapshot.delete_on or "")
            decisions.append(Decision(of_snapshot(snapshot), reason, DeleteSnapshot(snapshot.id, snapshot.region)))
    undated = frozenset(snapshot.id for snapshot in ordered if snapshot.managed and not snapshot.promised)
    return _break(decisions, undated, guards.max_delete_percent, region)


def expired(snapshots: Iterable[Snapshot], today: date) -> tuple[Snapshot, ...]:
    """Return the snapshots to delete by their tags and state: the guards have to be looked up for these only."""
    return tuple(snapshot for snapshot in snapshots if not _kept(snapshot, today))


def unproven_problems(snapshots: Iterable[Snapshot]) -> tuple[TagProblem, ...]:
    """Return a problem for each snapshot that this app made according to its tags, but not to its description."""
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.started, snapshot.id))
    return tuple(TagProblem(id, tags.TYPE, tags.AUTOMATED, Wrong.UNPROVEN, tags.TYPE) for id in _unproven(ordered))


def _unproven(ordered: Sequence[Snapshot]) -> dict[str, Reason]:
    """Return by id the managed snapshots that this app did not make.

    This app writes a date into each description; only its first versions did not. So a snapshot without a date is this
    app's only if it is older than the oldest one with a date, and its description has the form of those versions. In a
    Region without any date there is no such proof, so none is returned.
    """
    oldest = next((snapshot.started for snapshot in ordered if snapshot.managed and snapshot.promised), None)
    if oldest is None:
        return {}
    return {
        snapshot.id: because(Code.UNPROVEN)
        for snapshot in ordered
        if snapshot.managed
        and not snapshot.promised
        and (snapshot.started > oldest or not tags.is_undated(snapshot.description))
    }


def _kept(snapshot: Snapshot, today: date) -> Reason | None:
    """Return why a snapshot is kept by its own tags and state; None if they allow its deletion."""
    if not snapshot.managed:
        return because(Code.NOT_MANAGED)
    if snapshot.protected:
        return because(Code.KEEP_FOREVER)
    if snapshot.state not in (State.COMPLETED, State.ERROR):
        return because(Code.STATE, state=snapshot.state)
    return _not_expired(snapshot.delete_on, snapshot.promised, today)


def _not_expired(delete_on: date | None, promised: date | None, today: date) -> Reason | None:
    if delete_on is None:
        return because(Code.NO_DELETE_ON)
    if promised and delete_on < promised:
        return because(Code.BROUGHT_FORWARD, on=delete_on, promised=promised)
    return because(Code.NOT_EXPIRED, on=delete_on) if delete_on > today else None


def _in_use(snapshot: Snapshot, guards: Guards) -> Reason | None:
    if image := guards.images.get(snapshot.id):
        return because(Code.USED_BY_IMAGE, image=image)
    return because(Code.LOCKED) if snapshot.id in guards.locked else None


def _break(decisions: Sequence[Decision], undated: frozenset[str], limit: int, region: str) -> list[Decision]:
    """Return the decisions; if too many ``undated`` would be deleted, all of these are kept, and a failure is added."""
    deletions = sum(_deletes(decision, undated) for decision in decisions)
    if len(undated) < MIN_SNAPSHOTS_FOR_BREAKER or deletions * 100 <= limit * len(undated):
        return list(decisions)
    needed = -(-deletions * 100 // len(undated))
    reason = because(Code.BREAKER, deletions=deletions, undated=len(undated), limit=limit, needed=needed)
    kept = [
        replace(decision, reason=replace(decision.reason, code=Code.BREAKER_HOLDS), call=None)
        if _deletes(decision, undated)
        else decision
        for decision in decisions
    ]
    return [*kept, Decision((Target(Kind.REGION, region, region),), reason, result=Result.FAILED)]


def _deletes(decision: Decision, undated: frozenset[str]) -> bool:
    return isinstance(decision.call, DeleteSnapshot) and decision.call.snapshot_id in undated
