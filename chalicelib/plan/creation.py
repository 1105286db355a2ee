"""Creation: which volumes are due, and with which calls their snapshots are made. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from chalicelib import tags
from chalicelib.models import (
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    Instance,
    Snapshot,
    State,
    Tags,
    Volume,
)
from chalicelib.schedule import Retention, current_slot, delete_on, previous_slot

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html
MOST_EXCLUDED = 40


def slots_of_interest(instances: Iterable[Instance], now: datetime) -> tuple[str, ...]:
    """Return the slots that creation looks at: each schedule's current one, and the one before.

    The one before is read for the lineage tags that a run which was cut off may have left out.
    """
    slots: set[str] = set()
    for schedule in {each.policy.schedule for each in instances if each.policy.enabled}:
        slot = current_slot(schedule, now)
        slots |= {tags.slot_value(slot), tags.slot_value(previous_slot(schedule, slot))}
    return tuple(sorted(slots))


def history_of_interest(instances: Iterable[Instance], snapshots: Iterable[Snapshot], now: datetime) -> tuple[str, ...]:
    """Return the volumes that are due and whose expiry depends on which snapshots they have."""
    filled = {(each.volume_id, each.slot) for each in snapshots if each.is_primary and each.state != State.ERROR}
    return tuple(
        volume.id
        for instance in instances
        if instance.policy.enabled and _has_long_tiers(instance)
        for volume in instance.volumes
        if (volume.id, _slot(instance, now)) not in filled
    )


def _has_long_tiers(instance: Instance) -> bool:
    policy = instance.policy
    return any(
        tier.unit != "d"
        for retention in (policy.retention, policy.copy_retention)
        if retention
        for tier in retention.tiers
    )


def _slot(instance: Instance, now: datetime) -> str:
    return tags.slot_value(current_slot(instance.policy.schedule, now))


def plan_creation(
    instances: Iterable[Instance],
    snapshots: Iterable[Snapshot],
    region: str,
    now: datetime,
    fallback: Retention,
) -> list[Decision]:
    """Decide for every volume whether its snapshot for the current slot is to be created.

    ``snapshots`` are those of the slots of interest, and the history of volumes whose retention has
    tiers of weeks, months or years. A volume attached to two instances belongs to the first of them
    by id. Snapshots that lack their lineage tags are decided on as well.
    """
    ordered = sorted(instances, key=lambda each: each.id)
    by_volume = _primaries_by_volume(snapshots)
    decisions: list[Decision] = []
    taken: set[str] = set()
    for instance in sorted(ordered, key=lambda each: not each.policy.enabled):
        mine = [volume for volume in instance.volumes if volume.id not in taken]
        taken |= {volume.id for volume in mine}
        if not instance.policy.enabled:
            reason = f"{instance.id} is not tagged Backup=Yes"
            decisions += [Decision((volume.id,), reason) for volume in mine]
        else:
            decisions += _plan_instance(instance, mine, by_volume, region=region, now=now, fallback=fallback)
    return decisions


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
    *,
    region: str,
    now: datetime,
    fallback: Retention,
) -> list[Decision]:
    slot = _slot(instance, now)
    decisions: list[Decision] = []
    wanted: dict[Volume, Tags] = {}
    for volume in mine:
        history = by_volume.get(volume.id, ())
        standing = [each for each in history if each.state != State.ERROR]
        filling = [each for each in standing if each.slot == slot]
        decisions += _plan_lineage(instance, volume, history)
        if volume.excluded:
            decisions.append(Decision((volume.id,), "the volume is tagged Backup=No"))
        elif filling:
            decisions.append(Decision((volume.id,), f"slot {slot} has {filling[0].id}"))
        else:
            wanted[volume] = _tags_for(instance, volume, slot, standing, now=now, fallback=fallback)
    return decisions + _create(instance, wanted, slot, region)


def _tags_for(
    instance: Instance,
    volume: Volume,
    slot: str,
    standing: Iterable[Snapshot],
    *,
    now: datetime,
    fallback: Retention,
) -> Tags:
    policy, today = instance.policy, now.date()
    earlier = {each.started.date() for each in standing}
    expiry = delete_on(policy.retention, fallback, today, earlier)
    copy_expiry = None
    if policy.destinations and policy.copy_retention:
        copy_expiry = delete_on(policy.copy_retention, fallback, today, earlier)
    return tags.primary_tags(instance, volume, slot, expiry, copy_expiry)


def _create(instance: Instance, wanted: Mapping[Volume, Tags], slot: str, region: str) -> list[Decision]:
    """Return one call for one volume, one for a set, or one each where a set cannot be cut out."""
    reason = f"slot {slot} of {instance.id} has no snapshot"
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
        )
        return [Decision(tuple(volume.id for volume in wanted), reason, call)]
    if len(wanted) > 1:
        reason += f"; taken one by one, as a set can leave out {MOST_EXCLUDED} volumes at most"
    return [
        Decision(
            (volume.id,),
            reason,
            CreateSnapshot(volume.id, tags.description(instance, region, volume), all_tags),
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
