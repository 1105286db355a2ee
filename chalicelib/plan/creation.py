"""Creation: which volumes are due, and with which calls their snapshots are made. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib import tags
from chalicelib.models import (
    Code,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Decision,
    Instance,
    Kind,
    Reason,
    Request,
    Result,
    Snapshot,
    State,
    Tags,
    Target,
    Volume,
    because,
)
from chalicelib.plan.history import primaries_by_volume
from chalicelib.plan.targets import of_snapshot, of_volumes
from chalicelib.schedule import NO_LIMITS, Limits, Retention, current_slot, delete_on, previous_slot, within

# In the other states an instance starts, stops or ends: the next run finds out which.
CREATABLE = frozenset({"running", "stopped"})
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html
MAX_EXCLUDED = 40


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Where and when a creation is planned (``now`` aware, UTC), and the settings that it depends on.

    ``fallback`` is the retention that decides where no tag does.
    """

    region: str
    now: datetime
    fallback: Retention
    limits: Limits = NO_LIMITS
    requests_per_day: int = 24


def slots_of_interest(instances: Iterable[Instance], now: datetime) -> tuple[str, ...]:
    """Return the slots that creation looks at: each schedule's current one, and the one before.

    The one before is read for the lineage tags that a run which was cut off may have left out.
    """
    slots: set[str] = set()
    for schedule in {instance.policy.schedule for instance in instances if instance.policy.enabled}:
        if slot := current_slot(schedule, now):
            before = previous_slot(schedule, slot)
            slots |= {tags.slot_value(time) for time in (slot, before) if time}
    return tuple(sorted(slots))


def history_of_interest(instances: Iterable[Instance], snapshots: Iterable[Snapshot], now: datetime) -> tuple[str, ...]:
    """Return the volumes that seem due, and for which it matters which other snapshots they have.

    It does for the expiry if there are tiers of weeks, months or years, and for the slot if a snapshot that was asked
    for fills it.
    """
    filled = {
        (snapshot.volume_id, snapshot.slot)
        for snapshot in snapshots
        if snapshot.is_primary and snapshot.state != State.ERROR
    }
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
    by_volume = primaries_by_volume(snapshots)
    decisions: list[Decision] = []
    taken: set[str] = set()
    for instance in sorted(instances, key=lambda instance: (not instance.policy.enabled, instance.id)):
        mine = [volume for volume in instance.volumes if volume.id not in taken]
        taken |= {volume.id for volume in mine}
        slot = _slot(instance, circumstances.now)
        if not instance.policy.enabled:
            decisions += _leave(mine, because(Code.INSTANCE_NOT_ENABLED, instance=instance.id), circumstances)
        elif instance.state not in CREATABLE:
            reason = because(Code.INSTANCE_STATE, instance=instance.id, state=instance.state)
            decisions += _leave(mine, reason, circumstances)
        elif slot is None:
            decisions += _leave(mine, because(Code.ON_REQUEST_ONLY, instance=instance.id), circumstances)
        else:
            decisions += _plan_instance(instance, mine, by_volume, slot, circumstances)
    return decisions


def _leave(volumes: Iterable[Volume], reason: Reason, circumstances: Circumstances) -> list[Decision]:
    return [Decision(of_volumes([volume], circumstances.region), reason) for volume in volumes]


def plan_request(
    request: Request, instances: Iterable[Instance], snapshots: Iterable[Snapshot], circumstances: Circumstances
) -> list[Decision]:
    """Decide on the snapshots that were asked for; the request's id is their slot, so asking twice makes them once."""
    region = circumstances.region
    instance = {instance.id: instance for instance in instances}.get(request.instance_id)
    if instance is None or instance.state not in CREATABLE:
        reason = because(Code.REQUEST_WITHOUT_INSTANCE, region=region)
    elif not instance.policy.enabled:
        reason = because(Code.REQUEST_NOT_ENABLED)
    else:
        by_volume = primaries_by_volume(snapshots)
        limit = circumstances.requests_per_day
        if (count := _other_requests(request, by_volume, circumstances.now)) < limit:
            return _plan_instance(instance, instance.volumes, by_volume, request.id, circumstances)
        reason = because(Code.REQUEST_LIMIT, count=count, instance=instance.id, limit=limit)
    return [Decision((Target(Kind.INSTANCE, request.instance_id, region),), reason, result=Result.FAILED)]


def _other_requests(request: Request, by_volume: Mapping[str, Sequence[Snapshot]], now: datetime) -> int:
    """Return how many other requests were met for these volumes within 24 hours."""
    return len(
        {
            snapshot.slot
            for history in by_volume.values()
            for snapshot in history
            if snapshot.on_request and snapshot.slot != request.id and snapshot.started > now - timedelta(days=1)
        }
    )


def _plan_instance(
    instance: Instance,
    mine: Sequence[Volume],
    by_volume: Mapping[str, Sequence[Snapshot]],
    slot: str,
    circumstances: Circumstances,
) -> list[Decision]:
    decisions: list[Decision] = []
    due: list[Volume] = []
    members: list[Snapshot] = []
    for volume in mine:
        history = by_volume.get(volume.id, ())
        filling = [
            snapshot
            for snapshot in history
            if snapshot.state != State.ERROR and _fills(snapshot, slot, instance, circumstances.now)
        ]
        members += filling
        targets = of_volumes([volume], circumstances.region)
        decisions += _plan_lineage(instance, volume, history)
        if volume.excluded:
            decisions.append(Decision(targets, because(Code.VOLUME_LEFT_OUT)))
        elif filling:
            decisions.append(Decision(targets, because(Code.SLOT_FILLED, slot=slot, snapshot=filling[0].id)))
        else:
            due.append(volume)
    expiry = _expiry_of_set(instance, due, members, by_volume, circumstances)
    whole = sum(not volume.excluded for volume in mine)
    wanted = {
        volume: tags.primary_tags(instance, volume, slot, expiry.primary, expiry.copy, set_size=whole) for volume in due
    }
    return decisions + _create(instance, wanted, slot, circumstances.region, expiry.primary)


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


@dataclass(frozen=True, slots=True)
class _Expiry:
    """When the snapshots of a set expire, and when their copies do; None if their tags do not say so."""

    primary: date
    copy: date | None


def _expiry_of_set(
    instance: Instance,
    due: Iterable[Volume],
    members: Iterable[Snapshot],
    by_volume: Mapping[str, Sequence[Snapshot]],
    circumstances: Circumstances,
) -> _Expiry:
    """Return the one expiry that all snapshots of a set share: the latest that any volume of it earns.

    ``members`` already fill the slot; what was promised for them is promised for the set.
    """
    policy, today = instance.policy, circumstances.now.date()
    copied = policy.copy_retention if policy.destinations else None
    primary = [snapshot.promised for snapshot in members if snapshot.promised]
    copy = [snapshot.copy_delete_on for snapshot in members if snapshot.copy_delete_on and copied]
    for volume in due:
        history = by_volume.get(volume.id, ())
        earlier = {snapshot.started.date() for snapshot in history if snapshot.state != State.ERROR}
        primary.append(_expiry(policy.retention, earlier, circumstances))
        if copied:
            copy.append(_expiry(copied, earlier, circumstances))
    return _Expiry(max(primary, default=today), max(copy, default=None))


def _expiry(retention: Retention, earlier: Iterable[date], circumstances: Circumstances) -> date:
    today = circumstances.now.date()
    return within(delete_on(retention, circumstances.fallback, today, earlier), today, circumstances.limits)


def _create(instance: Instance, wanted: Mapping[Volume, Tags], slot: str, region: str, until: date) -> list[Decision]:
    """Return one call for one volume, one for a set, or one each where a set cannot be cut out."""
    name = instance.policy.name
    # The applications of a stopped instance are at rest, and no agent would answer.
    consistency = instance.policy.consistency if instance.running else None
    left_out = [volume for volume in instance.volumes if volume not in wanted]
    data = tuple(volume.id for volume in left_out if volume.device != instance.root_device)
    if len(wanted) > 1 and len(data) <= MAX_EXCLUDED:
        shared = frozenset.intersection(*(frozenset(all_tags) for all_tags in wanted.values()))
        own = tuple(
            (volume.id, tuple(tag for tag in all_tags if tag not in shared)) for volume, all_tags in wanted.items()
        )
        call = CreateSnapshots(
            instance_id=instance.id,
            exclude_boot=len(data) < len(left_out),
            exclude_data=data,
            description=tags.description(instance, region, until),
            tags=tuple(sorted(shared)),
            own_tags=own,
            consistency=consistency,
        )
        reason = because(Code.SLOT_EMPTY, slot=slot, instance=instance.id, name=name)
        return [Decision(of_volumes(wanted, region), reason, call)]
    reason = because(Code.SLOT_EMPTY, slot=slot, instance=instance.id, name=instance.policy.name)
    if len(wanted) > 1:
        reason = because(
            Code.SLOT_EMPTY_ONE_BY_ONE, slot=slot, instance=instance.id, name=instance.policy.name, limit=MAX_EXCLUDED
        )
    return [
        Decision(
            of_volumes([volume], region),
            reason,
            CreateSnapshot(
                volume.id,
                tags.description(instance, region, until, volume),
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
            call = CreateTags(snapshot.id, snapshot.region, lacking)
            decisions.append(Decision(of_snapshot(snapshot), because(Code.LINEAGE_TAGS_LACKING), call))
    return decisions
