"""Creation: which volumes are due, and with which calls their snapshots are made. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib import tags
from chalicelib.models import (
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    Instance,
    Request,
    Result,
    Snapshot,
    State,
    Tags,
    Volume,
)
from chalicelib.schedule import Retention, current_slot, delete_on, previous_slot

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html
MOST_EXCLUDED = 40


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and when a creation is planned (``now`` aware, UTC), and the retention that decides where none does."""

    region: str
    now: datetime
    fallback: Retention


def slots_of_interest(instances: Iterable[Instance], now: datetime) -> tuple[str, ...]:
    """Return the slots that creation looks at: each schedule's current one, and the one before.

    The one before is read for the lineage tags that a run which was cut off may have left out.
    """
    slots: set[str] = set()
    for schedule in {each.policy.schedule for each in instances if each.policy.enabled}:
        if slot := current_slot(schedule, now):
            before = previous_slot(schedule, slot)
            slots |= {tags.slot_value(each) for each in (slot, before) if each}
    return tuple(sorted(slots))


def history_of_interest(instances: Iterable[Instance], snapshots: Iterable[Snapshot], now: datetime) -> tuple[str, ...]:
    """Return the volumes that seem due, and for which it matters which other snapshots they have.

    It does for the expiry if there are tiers of weeks, months or years, and for the slot if a snapshot that was asked
    for fills it.
    """
    filled = {(each.volume_id, each.slot) for each in snapshots if each.is_primary and each.state != State.ERROR}
    return tuple(
        volume.id
        for instance in instances
        if instance.policy.enabled and (_has_long_tiers(instance) or instance.policy.schedule.on_request)
        for volume in instance.volumes
        if (slot := _slot(instance, now)) and (volume.id, slot) not in filled
    )


def _has_long_tiers(instance: Instance) -> bool:
    policy = instance.policy
    return any(
        tier.unit != "d"
        for retention in (policy.retention, policy.copy_retention)
        if retention
        for tier in retention.tiers
    )


def _slot(instance: Instance, now: datetime) -> str | None:
    slot = current_slot(instance.policy.schedule, now)
    return tags.slot_value(slot) if slot else None


def plan_creation(
    instances: Iterable[Instance], snapshots: Iterable[Snapshot], circumstances: Circumstances
) -> list[Decision]:
    """Decide for every volume whether its snapshot for the current slot is to be created.

    ``snapshots`` are those of the slots of interest, and the history of interest. A volume attached to two instances
    belongs to the first of them by id. Snapshots that lack their lineage tags are decided on as well.
    """
    ordered = sorted(instances, key=lambda each: each.id)
    by_volume = _primaries_by_volume(snapshots)
    decisions: list[Decision] = []
    taken: set[str] = set()
    for instance in sorted(ordered, key=lambda each: not each.policy.enabled):
        mine = [volume for volume in instance.volumes if volume.id not in taken]
        taken |= {volume.id for volume in mine}
        slot = _slot(instance, circumstances.now)
        if not instance.policy.enabled:
            reason = f"{instance.id} is not tagged Backup=Yes"
            decisions += [Decision((volume.id,), reason) for volume in mine]
        elif slot is None:
            reason = f"{instance.id} is backed up on request only"
            decisions += [Decision((volume.id,), reason) for volume in mine]
        else:
            decisions += _plan_instance(instance, mine, by_volume, slot, circumstances)
    return decisions


def plan_request(
    request: Request, instances: Iterable[Instance], snapshots: Iterable[Snapshot], circumstances: Circumstances
) -> list[Decision]:
    """Decide on the snapshots that were asked for; the request's id is their slot, so asking twice makes them once."""
    found = {each.id: each for each in instances}.get(request.instance_id)
    if found is None:
        reason = f"no running or stopped instance of this account in {circumstances.region}"
    elif not found.policy.enabled:
        reason = "the instance is not tagged Backup=Yes"
    else:
        return _plan_instance(found, found.volumes, _primaries_by_volume(snapshots), request.id, circumstances)
    return [Decision((request.instance_id,), f"a snapshot was requested: {reason}", result=Result.FAILED)]


def _primaries_by_volume(snapshots: Iterable[Snapshot]) -> dict[str, list[Snapshot]]:
    by_volume: dict[str, list[Snapshot]] = defaultdict(list)
    unique = {each.id: each for each in snapshots}.values()
    for snapshot in sorted(unique, key=lambda each: (each.started, each.id)):
        if snapshot.is_primary:
            by_volume[snapshot.volume_id].append(snapshot)
    return by_volume


def _plan_instance(
    instance: Instance,
    mine: Sequence[Volume],
    by_volume: Mapping[str, Sequence[Snapshot]],
    slot: str,
    circumstances: Circumstances,
) -> list[Decision]:
    decisions: list[Decision] = []
    wanted: dict[Volume, Tags] = {}
    for volume in mine:
        history = by_volume.get(volume.id, ())
        standing = [each for each in history if each.state != State.ERROR]
        filling = [each for each in standing if _fills(each, slot, instance, circumstances.now)]
        decisions += _plan_lineage(instance, volume, history)
        if volume.excluded:
            decisions.append(Decision((volume.id,), "the volume is tagged Backup=No"))
        elif filling:
            decisions.append(Decision((volume.id,), f"slot {slot} has {filling[0].id}"))
        else:
            whole = sum(not each.excluded for each in mine)
            wanted[volume] = _tags_for(instance, volume, slot, standing, circumstances, set_size=whole)
    return decisions + _create(instance, wanted, slot, circumstances.region)


def _fills(snapshot: Snapshot, slot: str, instance: Instance, now: datetime) -> bool:
    """Return whether the snapshot fills the slot: it was made for it, or asked for since the slot before it."""
    if snapshot.slot == slot:
        return True
    schedule = instance.policy.schedule
    current = current_slot(schedule, now)
    if not (schedule.on_request and snapshot.on_request and current and slot == tags.slot_value(current)):
        return False
    before = previous_slot(schedule, current)
    return before is not None and snapshot.started > before


def _tags_for(
    instance: Instance,
    volume: Volume,
    slot: str,
    standing: Iterable[Snapshot],
    circumstances: Circumstances,
    *,
    set_size: int,
) -> Tags:
    policy, today = instance.policy, circumstances.now.date()
    earlier = {each.started.date() for each in standing}
    expiry = delete_on(policy.retention, circumstances.fallback, today, earlier)
    copy_expiry = None
    if policy.destinations and policy.copy_retention:
        copy_expiry = delete_on(policy.copy_retention, circumstances.fallback, today, earlier)
    return tags.primary_tags(instance, volume, slot, expiry, copy_expiry, set_size=set_size)


def _create(instance: Instance, wanted: Mapping[Volume, Tags], slot: str, region: str) -> list[Decision]:
    """Return one call for one volume, one for a set, or one each where a set cannot be cut out."""
    reason = f"slot {slot} of {instance.id} has no snapshot"
    # What is stopped is at rest already, and nobody there would answer.
    consistency = instance.policy.consistency if instance.running else None
    left_out = [volume for volume in instance.volumes if volume not in wanted]
    data = tuple(each.id for each in left_out if each.device != instance.root_device)
    if len(wanted) > 1 and len(data) <= MOST_EXCLUDED:
        shared = frozenset.intersection(*(frozenset(each) for each in wanted.values()))
        own = tuple(
            (volume.id, tuple(tag for tag in all_tags if tag not in shared)) for volume, all_tags in wanted.items()
        )
        call = CreateSnapshots(
            instance_id=instance.id,
            exclude_boot=len(data) < len(left_out),
            exclude_data=data,
            description=tags.description(instance, region),
            tags=tuple(sorted(shared)),
            own_tags=own,
            consistency=consistency,
        )
        return [Decision(tuple(volume.id for volume in wanted), reason, call)]
    if len(wanted) > 1:
        reason += f"; taken one by one, as a set can leave out {MOST_EXCLUDED} volumes at most"
    return [
        Decision(
            (volume.id,),
            reason,
            CreateSnapshot(
                volume.id,
                tags.description(instance, region, volume),
                all_tags,
                instance.id,
                consistency,
                exclude_boot=len(data) < len(left_out),
                exclude_data=data,
            ),
        )
        for volume, all_tags in wanted.items()
    ]


def _plan_lineage(instance: Instance, volume: Volume, history: Iterable[Snapshot]) -> list[Decision]:
    decisions = []
    for snapshot in history:
        if snapshot.instance_id != instance.id:
            continue
        if lacking := tags.missing_lineage(snapshot, instance, volume):
            reason = "its lineage tags were not written when it was created"
            decisions.append(Decision((snapshot.id,), reason, CreateTags(snapshot.id, snapshot.region, lacking)))
    return decisions
