"""Snapshots and copies that belong to no attached volume of the Regions reported on. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from chalicelib import tags
from chalicelib.models import Snapshot
from chalicelib.plan import by_age_of_data, newest_completed
from chalicelib.report.copies import Copies
from chalicelib.report.cost import cost_of_volume
from chalicelib.report.model import ForeignCopies, Orphan, Prices, RegionView
from chalicelib.schedule import days_after


def find_orphans(
    view: RegionView,
    primaries: Mapping[str, Sequence[Snapshot]],
    copies: Copies,
    prices: Prices,
    last_copy_grace_days: int,
) -> Iterable[Orphan]:
    """Yield the volumes that have snapshots or copies, and are attached to no instance."""
    instances = {instance.id for instance in view.inventory.instances}
    attached = {volume.id for instance in view.inventory.instances for volume in instance.volumes}
    with_snapshots = {*primaries, *(volume_id for volume_id, _ in copies.existing)}
    for volume_id in sorted(with_snapshots - attached):
        history = primaries.get(volume_id, ())
        by_region = copies.of_volume(volume_id)
        everything = [*history, *(copy for region in by_region for copy in region)]
        newest = max(everything, key=by_age_of_data)
        instance_id = newest.instance_id or ""
        yield Orphan(
            region=view.region,
            instance_id=instance_id,
            volume_id=volume_id,
            name=tags.name_of(newest) or instance_id,
            reason="the volume is no longer attached" if instance_id in instances else "the instance no longer exists",
            snapshots=len(history),
            copies=sum(map(len, by_region)),
            newest_at=newest.taken,
            last_expiry=_last_expiry(history, by_region, last_copy_grace_days),
            kept_forever=sum(snapshot.protected for snapshot in everything),
            cost=cost_of_volume(history, by_region, prices),
        )


def _last_expiry(history: Iterable[Snapshot], by_region: Iterable[Sequence[Snapshot]], grace: int) -> date | None:
    """Return the first day on which all may be deleted: the newest copy in each Region is kept ``grace`` days longer.

    None if one of them never expires.
    """
    days: list[date] = []
    newest = {copy.id for copies in by_region if (copy := newest_completed(copies))}
    for snapshot in (*history, *(copy for copies in by_region for copy in copies)):
        if snapshot.protected or snapshot.delete_on is None:
            return None
        days.append(days_after(snapshot.delete_on, grace if snapshot.id in newest else 0))
    return max(days, default=None)


def find_foreign_copies(view: RegionView, reported: Collection[str]) -> Iterable[ForeignCopies]:
    """Yield the copies in this Region whose source Region is not reported on."""
    by_source: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in view.snapshots.snapshots:
        if snapshot.managed and snapshot.is_copy and snapshot.primary_region not in reported:
            by_source[snapshot.primary_region or "unknown"].append(snapshot)
    for source, copies in sorted(by_source.items()):
        yield ForeignCopies(view.region, source, len(copies), max(copy.taken for copy in copies))
