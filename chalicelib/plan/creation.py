"""Creation: which volumes are due, and when their snapshots expire. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from chalicelib import tags
from chalicelib.models import (
    Code,
    Decision,
    Instance,
    Reason,
    Snapshot,
    State,
    Volume,
    because,
)
from chalicelib.plan.circumstances import CREATABLE, Circumstances
from chalicelib.plan.creation_calls import creation_calls
from chalicelib.plan.history import primaries_by_volume
from chalicelib.plan.slots import slot_now
from chalicelib.plan.targets import of_volumes
from chalicelib.plan.turns import in_turn
from chalicelib.schedule import Retention, current_slot, delete_on, previous_slot, within


def plan_creation(
    instances: Iterable[Instance], snapshots: Iterable[Snapshot], circumstances: Circumstances
) -> list[Decision]:
    """Decide for every volume whether to create its snapshot for the current slot.

    ``snapshots`` are those of ``current_slots``, ``slots_before`` and ``history_of_interest``. A volume that is
    attached to two instances counts for the first one by id. Creations come in the order in which they are to be made:
    whoever has waited longest is first.
    """
    by_volume = primaries_by_volume(snapshots)
    decisions: list[Decision] = []
    seen: set[str] = set()
    for instance in sorted(instances, key=lambda instance: (not instance.policy.enabled, instance.id)):
        volumes = [volume for volume in instance.volumes if volume.id not in seen]
        seen |= {volume.id for volume in volumes}
        slot = slot_now(instance, circumstances.now)
        if not instance.policy.enabled:
            decisions += _leave(volumes, because(Code.INSTANCE_NOT_ENABLED, instance=instance.id), circumstances)
        elif instance.state not in CREATABLE:
            reason = because(Code.INSTANCE_STATE, instance=instance.id, state=instance.state)
            decisions += _leave(volumes, reason, circumstances)
        elif slot is None:
            decisions += _leave(volumes, because(Code.ON_REQUEST_ONLY, instance=instance.id), circumstances)
        else:
            decisions += plan_instance(instance, volumes, by_volume, slot, circumstances)
    return in_turn(decisions, by_volume, circumstances.now)


def _leave(volumes: Iterable[Volume], reason: Reason, circumstances: Circumstances) -> list[Decision]:
    return [Decision(of_volumes([volume], circumstances.region), reason) for volume in volumes]


def plan_instance(
    instance: Instance,
    volumes: Sequence[Volume],
    by_volume: Mapping[str, Sequence[Snapshot]],
    slot: str,
    circumstances: Circumstances,
) -> list[Decision]:
    """Decide on ``volumes`` of an enabled instance, for a slot."""
    decisions: list[Decision] = []
    due: list[Volume] = []
    members: list[Snapshot] = []
    for volume in volumes:
        history = by_volume.get(volume.id, ())
        filling = [
            snapshot
            for snapshot in history
            if snapshot.state != State.ERROR and _fills(snapshot, slot, instance, circumstances.now)
        ]
        members += filling
        targets = of_volumes([volume], circumstances.region)
        if volume.excluded:
            decisions.append(Decision(targets, because(Code.VOLUME_LEFT_OUT)))
        elif filling:
            decisions.append(Decision(targets, because(Code.SLOT_FILLED, slot=slot, snapshot=filling[0].id)))
        else:
            due.append(volume)
    expiry = _expiry_of_set(instance, due, members, by_volume, circumstances)
    set_volumes = [volume for volume in volumes if not volume.excluded]
    tags_by_volume = {
        volume: tags.primary_tags(instance, volume, slot, expiry.primary, expiry.copy, set_volumes=set_volumes)
        for volume in due
    }
    return decisions + creation_calls(instance, tags_by_volume, slot, circumstances.region, expiry.primary)


def _fills(snapshot: Snapshot, slot: str, instance: Instance, now: datetime) -> bool:
    """Return whether the snapshot fills the slot: it was created for it, or requested after the previous slot."""
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
    """The expiry of the snapshots of a set, and of their copies: None without ``Copy_Retention``."""

    primary: date
    copy: date | None


def _expiry_of_set(
    instance: Instance,
    due: Iterable[Volume],
    members: Iterable[Snapshot],
    by_volume: Mapping[str, Sequence[Snapshot]],
    circumstances: Circumstances,
) -> _Expiry:
    """Return the expiry that all snapshots of a set share: the latest of its volumes.

    ``members`` already fill the slot: the set does not expire before the day that their descriptions promise.
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
