"""Slots: which snapshots a scheduled creation has to read. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from chalicelib import tags
from chalicelib.models import (
    Instance,
    Snapshot,
    State,
)
from chalicelib.schedule import current_slot, previous_slot


def slots_of_interest(instances: Iterable[Instance], now: datetime) -> tuple[str, ...]:
    """Return the slots whose snapshots a creation reads: the current and the previous one of each schedule.

    Who has no snapshot of the previous slot has waited for longer.
    """
    slots: set[str] = set()
    for schedule in {instance.policy.schedule for instance in instances if instance.policy.enabled}:
        if slot := current_slot(schedule, now):
            before = previous_slot(schedule, slot)
            slots |= {tags.slot_value(time) for time in (slot, before) if time}
    return tuple(sorted(slots))


def history_of_interest(instances: Iterable[Instance], snapshots: Iterable[Snapshot], now: datetime) -> tuple[str, ...]:
    """Return the volumes that seem due and whose other snapshots have to be read, too.

    With tiers of weeks, months or years, the expiry depends on them. With ``on-request``, a requested snapshot may fill
    the slot. A volume without a snapshot for the previous slot has waited for longer than that.
    """
    filled = {
        (snapshot.volume_id, snapshot.slot)
        for snapshot in snapshots
        if snapshot.is_primary and snapshot.state != State.ERROR
    }
    return tuple(
        volume.id
        for instance in instances
        if instance.policy.enabled and (current := current_slot(instance.policy.schedule, now))
        for volume in instance.volumes
        if not volume.excluded
        and (volume.id, tags.slot_value(current)) not in filled
        and (_needs_history(instance) or (volume.id, _slot_before(instance, current)) not in filled)
    )


def _needs_history(instance: Instance) -> bool:
    policy = instance.policy
    return policy.schedule.on_request or any(
        tier.unit != "d"
        for retention in (policy.retention, policy.copy_retention)
        if retention
        for tier in retention.tiers
    )


def _slot_before(instance: Instance, slot: datetime) -> str | None:
    before = previous_slot(instance.policy.schedule, slot)
    return tags.slot_value(before) if before else None


def slot_now(instance: Instance, now: datetime) -> str | None:
    """Return the current slot of an instance, as its tag says it; None if its schedule has no slots."""
    slot = current_slot(instance.policy.schedule, now)
    return tags.slot_value(slot) if slot else None
