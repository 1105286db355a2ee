"""What a restore needs: the newest snapshot of each volume and the newest whole set of each instance are kept. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from chalicelib.models import Code, Reason, Snapshot, State, Wish, because
from chalicelib.plan.history import by_age_of_data
from chalicelib.plan.sets import newest_whole_sets
from chalicelib.schedule import days_after


def needed_for_restore(
    ordered: Sequence[Snapshot],
    volumes: Mapping[str, Wish],
    instances: Mapping[str, Wish],
    today: date,
    grace_days: int,
) -> dict[str, Reason]:
    """Return by id why a snapshot that a restore needs is kept.

    ``ordered`` are the snapshots of a Region, the oldest first, without those that were only tagged as this app's.
    ``volumes`` and ``instances`` are those that exist. Without a ``Backup`` tag, and for copies, a snapshot is kept for
    at most ``grace_days`` after its ``DeleteOn``.
    """
    managed = [snapshot for snapshot in ordered if snapshot.managed]
    return {
        **_newest_sets_of_copies(managed, today, grace_days),
        **_newest_copies(managed, today, grace_days),
        **_newest_sets(managed, instances, today, grace_days),
        **_newest_of_volumes(managed, volumes, today, grace_days),
    }


def _newest_of_volumes(
    managed: Iterable[Snapshot], volumes: Mapping[str, Wish], today: date, grace_days: int
) -> dict[str, Reason]:
    """Keep the newest snapshot of each volume that exists, by EC2's id of the volume: tags are not used for this."""
    by_volume: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in managed:
        if snapshot.volume_id in volumes:
            by_volume[snapshot.volume_id].append(snapshot)
    return {
        newest.id: because(Code.NEWEST_OF_VOLUME, volume=volume_id)
        for volume_id, history in by_volume.items()
        if (newest := _newest(history)) and _is_wanted(newest, volumes[volume_id], today, grace_days)
    }


def _newest(history: Sequence[Snapshot]) -> Snapshot | None:
    """Return the newest completed snapshot in the standard tier; the newest archived one if there is none."""
    completed = [snapshot for snapshot in history if snapshot.state == State.COMPLETED]
    standard = [snapshot for snapshot in completed if not snapshot.archived]
    counting = standard or completed
    return counting[-1] if counting else None


def _is_wanted(snapshot: Snapshot, wish: Wish, today: date, grace_days: int) -> bool:
    if wish == Wish.ABSENT:
        return today < _last_day(snapshot, grace_days)
    return wish != Wish.NO


def _last_day(snapshot: Snapshot, grace_days: int) -> date:
    return days_after(snapshot.delete_on or date.max, grace_days)


def _newest_sets(
    managed: Iterable[Snapshot], instances: Mapping[str, Wish], today: date, grace_days: int
) -> dict[str, Reason]:
    """Keep the newest whole set of each instance that is not terminated, even if single volumes are excluded."""
    by_instance: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in managed:
        if not snapshot.is_copy and snapshot.instance_id and snapshot.instance_id in instances:
            by_instance[snapshot.instance_id].append(snapshot)
    return {
        snapshot.id: because(Code.NEWEST_WHOLE_SET, instance=instance_id, slot=newest.slot)
        for instance_id, history in by_instance.items()
        for newest in newest_whole_sets(history)
        for snapshot in newest.snapshots
        if _is_wanted(snapshot, instances[instance_id], today, grace_days)
    }


def _newest_copies(managed: Iterable[Snapshot], today: date, grace_days: int) -> dict[str, Reason]:
    """Keep the newest copy of each volume for some days: only the source Region knows whether its backup is wanted."""
    by_lineage: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for snapshot in managed:
        if snapshot.is_copy and snapshot.primary_region and snapshot.source_volume_id:
            by_lineage[snapshot.primary_region, snapshot.source_volume_id].append(snapshot)
    return {
        newest.id: because(Code.NEWEST_COPY, volume=volume_id, until=_last_day(newest, grace_days))
        for (_, volume_id), history in by_lineage.items()
        if (newest := _newest(sorted(history, key=by_age_of_data))) and today < _last_day(newest, grace_days)
    }


def _newest_sets_of_copies(managed: Iterable[Snapshot], today: date, grace_days: int) -> dict[str, Reason]:
    by_instance: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for snapshot in managed:
        if snapshot.is_copy and snapshot.primary_region and snapshot.instance_id:
            by_instance[snapshot.primary_region, snapshot.instance_id].append(snapshot)
    return {
        copy.id: because(Code.NEWEST_SET_OF_COPIES, instance=instance_id, until=_last_day(copy, grace_days))
        for (_, instance_id), history in by_instance.items()
        for newest in newest_whole_sets(history)
        for copy in newest.snapshots
        if today < _last_day(copy, grace_days)
    }
