"""What a report finds beside volumes: failures, snapshots of what is gone, and copies held for other Regions. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from chalicelib import tags
from chalicelib.models import Snapshot, State
from chalicelib.plan import newest_completed
from chalicelib.report.copies import Copies
from chalicelib.report.model import Failure, Guest, Orphan, Prices, RegionView
from chalicelib.report.money import cost_of_volume
from chalicelib.schedule import days_after
from chalicelib.wording import cause_text


def find_failures(
    primaries: Mapping[str, Sequence[Snapshot]], copies: Copies, attached: Collection[str]
) -> Iterable[Failure]:
    """Yield what is in state error, with what has taken its place; ``attached`` are the volumes that are there."""
    for volume_id, history in primaries.items():
        for snapshot in history:
            if snapshot.state == State.ERROR:
                later = [each.id for each in history if each.state != State.ERROR and each.started >= snapshot.started]
                repaired = later[-1] if later else "" if volume_id in attached else "its volume is gone"
                yield _failure(snapshot, "snapshot", volume_id, repaired)
    for found in copies.existing.values():
        living = {each.primary_id: each.id for each in found if each.state != State.ERROR}
        for copy in found:
            if copy.state == State.ERROR:
                yield _failure(copy, "copy", copy.primary_id or "", living.get(copy.primary_id, ""))


def _failure(snapshot: Snapshot, kind: str, of: str, repaired: str) -> Failure:
    return Failure(snapshot.started, snapshot.region, snapshot.id, kind, of, cause_text(snapshot), repaired)


def find_orphans(
    view: RegionView,
    primaries: Mapping[str, Sequence[Snapshot]],
    copies: Copies,
    prices: Prices,
    last_copy_grace_days: int,
) -> Iterable[Orphan]:
    """Yield the volumes that have snapshots or copies, and are attached to no instance."""
    instances = {each.id for each in view.inventory.instances}
    attached = {volume.id for each in view.inventory.instances for volume in each.volumes}
    volumes = {*primaries, *(volume for volume, _ in copies.existing)} - attached
    for volume_id in sorted(volumes):
        names = sorted(copies.places.get(volume_id, ()))
        places = [copies.existing[volume_id, name] for name in names if (volume_id, name) in copies.existing]
        history = primaries.get(volume_id, ())
        everything = [*history, *(each for place in places for each in place)]
        newest = max(everything, key=lambda each: (each.started, each.id))
        instance_id = newest.instance_id or ""
        yield Orphan(
            region=view.region,
            instance_id=instance_id,
            volume_id=volume_id,
            name=tags.name_of(newest) or instance_id,
            reason="the volume is no longer attached" if instance_id in instances else "the instance is gone",
            snapshots=len(history),
            copies=sum(map(len, places)),
            newest_at=newest.started,
            runs_out=_runs_out(history, places, last_copy_grace_days),
            cost=cost_of_volume(history, places, prices),
        )


def _runs_out(history: Iterable[Snapshot], places: Iterable[Sequence[Snapshot]], grace: int) -> date | None:
    """Return the day on which all may be gone: the newest copy in each place is kept for some days more."""
    last: list[date] = []
    newest = {copy.id for place in places if (copy := newest_completed(place))}
    for snapshot in (*history, *(each for place in places for each in place)):
        if snapshot.protected or snapshot.delete_on is None:
            return None
        last.append(days_after(snapshot.delete_on, grace if snapshot.id in newest else 0))
    return max(last, default=None)


def find_guests(view: RegionView, reported: Collection[str]) -> Iterable[Guest]:
    """Yield the copies here of Regions that are not reported on."""
    held: dict[str, list[Snapshot]] = defaultdict(list)
    for snapshot in view.snapshots.snapshots:
        if snapshot.managed and snapshot.is_copy and snapshot.primary_region not in reported:
            held[snapshot.primary_region or "unknown"].append(snapshot)
    for source, found in sorted(held.items()):
        yield Guest(view.region, source, len(found), max(each.started for each in found))
