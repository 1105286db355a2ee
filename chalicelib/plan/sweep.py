"""The sweep: what is deleted, and why everything else is kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from chalicelib.models import Decision, DeleteSnapshot, Instance, Result, Snapshot, State
from chalicelib.schedule import days_after

# A Region with fewer snapshots than this is too small for a percentage to mean anything.
FEWEST_FOR_BREAKER = 20


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
    """Return what its tags and its state let go: the candidates that the guards have to be looked up for."""
    return tuple(sorted(each.id for each in snapshots if not _kept(each, today)))


def volumes_to_back_up(instances: Iterable[Instance]) -> frozenset[str]:
    """Return the volumes of enabled instances that are not left out."""
    return frozenset(
        volume.id for each in instances if each.policy.enabled for volume in each.volumes if not volume.excluded
    )


def plan_sweep(snapshots: Iterable[Snapshot], today: date, guards: Guards, region: str) -> list[Decision]:
    """Decide for every snapshot whether it is deleted: on positive proof only, and not if a guard holds it.

    If too many would go at once, none goes, and a failure for the ``region`` says what to set to go on.
    """
    ordered = sorted(snapshots, key=lambda each: (each.started, each.id))
    newest = _newest_completed(ordered)
    decisions = []
    for snapshot in ordered:
        if kept := _kept(snapshot, today) or _guarded(snapshot, today, guards, newest):
            decisions.append(Decision((snapshot.id,), kept))
        else:
            reason = f"expired on {snapshot.delete_on}"
            decisions.append(Decision((snapshot.id,), reason, DeleteSnapshot(snapshot.id, snapshot.region)))
    return _break(decisions, sum(each.managed for each in ordered), guards.max_delete_percent, region)


def _kept(snapshot: Snapshot, today: date) -> str | None:
    """Return why the snapshot itself says that it is kept, or None if it may go."""
    if not snapshot.managed:
        return "not made by this app: Type is not Automated"
    if snapshot.protected:
        return "KeepForever is set"
    if snapshot.delete_on is None:
        return "it has no DeleteOn that is understood"
    if snapshot.delete_on > today:
        return f"expires on {snapshot.delete_on}"
    if snapshot.state not in (State.COMPLETED, State.ERROR):
        return f"its state is {snapshot.state}"
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


def _guarded(snapshot: Snapshot, today: date, guards: Guards, newest: frozenset[str]) -> str | None:
    """Return what keeps a snapshot that has expired, or None."""
    if image := guards.images.get(snapshot.id):
        return f"used by {image}"
    if snapshot.id in guards.locked:
        return "it is locked"
    if snapshot.id not in newest or snapshot.delete_on is None:
        return None
    if not snapshot.is_copy:
        still = snapshot.volume_id in guards.backed_up
        return f"the newest completed snapshot of {snapshot.volume_id}" if still else None
    until = days_after(snapshot.delete_on, guards.last_copy_grace_days)
    if today < until:
        return f"the newest completed copy for {snapshot.source_volume_id}, kept until {until}"
    return None


def _break(decisions: Sequence[Decision], managed: int, most: int, region: str) -> list[Decision]:
    """Return the decisions, or if they would delete too much, none that deletes, and a failure."""
    deletions = sum(each.call is not None for each in decisions)
    if managed < FEWEST_FOR_BREAKER or deletions * 100 <= most * managed:
        return list(decisions)
    needed = -(-deletions * 100 // managed)
    reason = (
        f"would delete {deletions} of {managed} managed snapshots, more than MAX_DELETE_PERCENT={most} allows: "
        f"none was deleted; if this is meant, set MAX_DELETE_PERCENT to {needed} for a run; if not, mend the tags "
        "before the next one"
    )
    kept = [
        replace(each, reason=f"too many would go at once; {each.reason}", call=None) if each.call else each
        for each in decisions
    ]
    return [*kept, Decision((region,), reason, result=Result.FAILED)]
