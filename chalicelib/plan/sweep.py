"""The sweep: what is deleted, and why everything else is kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.models import (
    Code,
    Decision,
    DeleteSnapshot,
    Instance,
    Kind,
    Reason,
    Result,
    Snapshot,
    State,
    Target,
    because,
)
from chalicelib.plan.targets import of_snapshot
from chalicelib.schedule import days_after

# In a Region with fewer managed snapshots than this, a percentage says nothing.
MIN_SNAPSHOTS_FOR_BREAKER = 20


@dataclass(frozen=True, slots=True)
class Guards:
    """What keeps a snapshot that has expired.

    ``backed_up`` are the volumes that are still to be backed up; ``images`` maps snapshots to the AMI that uses them;
    ``locked`` are the snapshots that are locked.
    """

    last_copy_grace_days: int
    max_delete_percent: int
    backed_up: frozenset[str] = frozenset()
    images: Mapping[str, str] = field(default_factory=dict)
    locked: frozenset[str] = frozenset()


def expired(snapshots: Iterable[Snapshot], today: date) -> tuple[str, ...]:
    """Return the snapshots that may go by their tags and state: the sweep has to look up what guards these."""
    return tuple(sorted(snapshot.id for snapshot in snapshots if not _kept(snapshot, today)))


def volumes_to_back_up(instances: Iterable[Instance]) -> frozenset[str]:
    """Return the volumes of enabled instances that are not left out."""
    return frozenset(
        volume.id
        for instance in instances
        if instance.policy.enabled
        for volume in instance.volumes
        if not volume.excluded
    )


def plan_sweep(snapshots: Iterable[Snapshot], today: date, guards: Guards, region: str) -> list[Decision]:
    """Decide for every snapshot whether it is deleted: on positive proof only, and not if a guard holds it.

    If too many would go at once, none goes, and a failure for the ``region`` says what to set to go on.
    """
    ordered = sorted(snapshots, key=lambda snapshot: (snapshot.started, snapshot.id))
    newest = _newest_completed(ordered)
    decisions = []
    for snapshot in ordered:
        if kept := _kept(snapshot, today) or _guarded(snapshot, today, guards, newest):
            decisions.append(Decision(of_snapshot(snapshot), kept))
        else:
            reason = because(Code.EXPIRED, on=snapshot.delete_on or "")
            call = DeleteSnapshot(snapshot.id, snapshot.region)
            decisions.append(Decision(of_snapshot(snapshot), reason, call))
    managed = sum(snapshot.managed for snapshot in ordered)
    return _break(decisions, managed, guards.max_delete_percent, region)


def _kept(snapshot: Snapshot, today: date) -> Reason | None:
    """Return why the snapshot itself says that it is kept, or None if it may go."""
    if not snapshot.managed:
        return because(Code.NOT_MANAGED)
    if snapshot.protected:
        return because(Code.KEEP_FOREVER)
    if snapshot.delete_on is None:
        return because(Code.NO_DELETE_ON)
    if snapshot.delete_on > today:
        return because(Code.NOT_EXPIRED, on=snapshot.delete_on)
    if snapshot.state not in (State.COMPLETED, State.ERROR):
        return because(Code.STATE, state=snapshot.state)
    return None


def lineage_of(snapshot: Snapshot) -> tuple[str, str] | None:
    """Return what a snapshot is one of many of: Region and volume; None if a copy does not say."""
    if not snapshot.is_copy:
        return (snapshot.region, snapshot.volume_id)
    if snapshot.primary_region and snapshot.source_volume_id:
        return (snapshot.primary_region, snapshot.source_volume_id)
    return None


def _newest_completed(ordered: Iterable[Snapshot]) -> frozenset[str]:
    newest: dict[tuple[str, str], str] = {}
    for snapshot in ordered:
        lineage = lineage_of(snapshot)
        if snapshot.managed and snapshot.state == State.COMPLETED and lineage:
            newest[lineage] = snapshot.id
    return frozenset(newest.values())


def _guarded(snapshot: Snapshot, today: date, guards: Guards, newest: frozenset[str]) -> Reason | None:
    """Return what keeps a snapshot that has expired, or None."""
    if image := guards.images.get(snapshot.id):
        return because(Code.USED_BY_IMAGE, image=image)
    if snapshot.id in guards.locked:
        return because(Code.LOCKED)
    if snapshot.id not in newest or snapshot.delete_on is None:
        return None
    if not snapshot.is_copy:
        wanted = snapshot.volume_id in guards.backed_up
        return because(Code.NEWEST_OF_VOLUME, volume=snapshot.volume_id) if wanted else None
    until = days_after(snapshot.delete_on, guards.last_copy_grace_days)
    if today < until:
        return because(Code.NEWEST_COPY, volume=snapshot.source_volume_id or "", until=until)
    return None


def _break(decisions: Sequence[Decision], managed: int, limit: int, region: str) -> list[Decision]:
    """Return the decisions, or if they would delete too much, none that deletes, and a failure."""
    deletions = sum(decision.call is not None for decision in decisions)
    if managed < MIN_SNAPSHOTS_FOR_BREAKER or deletions * 100 <= limit * managed:
        return list(decisions)
    needed = -(-deletions * 100 // managed)
    reason = because(Code.BREAKER, deletions=deletions, managed=managed, limit=limit, needed=needed)
    kept = [
        replace(decision, reason=replace(decision.reason, code=Code.BREAKER_HOLDS), call=None)
        if decision.call
        else decision
        for decision in decisions
    ]
    return [*kept, Decision((Target(Kind.REGION, region, region),), reason, result=Result.FAILED)]
