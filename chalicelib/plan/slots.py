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
from chalicelib.plan.circumstances import CREATABLE
from chalicelib.schedule import current_slot, previous_slot


def current_slots(instances: Iterable[Instance], now: datetime) -> tuple[str, ...]:
    """Return the current slot of each schedule of the instances that are to be backed up."""
    schedules = {instance.policy.schedule for instance in instances if instance.policy.enabled}
    slots = {current_slot(schedule, now) for schedule in schedules}
    return tuple(sorted(tags.slot_value(slot) for slot in slots if slot))


def slots_before(instances: Iterable[Instance], now: datetime) -> tuple[str, ...]:
    """Return the slot before the current one of each schedule of the instances."""
    slots = {_slot_before(instance, now) for instance in instances}
    return tuple(sorted(slot for slot in slots if slot))


def instances_due(instances: Iterable[Instance], snapshots: Iterable[Snapshot], now: datetime) -> tuple[Instance, ...]:
    """Return the instances that seem due: a volume of theirs is in none of the ``snapshots`` of the current slots."""
    filled = _filled(snapshots)
    return tuple(
        instance
        for instance in instances
        if instance.policy.enabled
        and instance.state in CREATABLE
        and (slot := slot_now(instance, now))
        and any(not volume.excluded and (volume.id, slot) not in filled for volume in instance.volumes)
    )


def history_of_interest(due: Iterable[Instance], snapshots: Iterable[Snapshot], now: datetime) -> tuple[str, ...]:
    """Return the volumes of instances that seem due, of which all snapshots have to be read.

    ``snapshots`` are those of the current slots and of the slots before. With tiers of weeks, months or years, the
    expiry depends on the others. With ``on-request``, a requested snapshot may fill the slot. A volume without a
    snapshot for the slot before has waited for longer than that.
    """
    filled = _filled(snapshots)
    return tuple(
        volume.id
        for instance in due
        for volume in instance.volumes
        if not volume.excluded
        and (volume.id, slot_now(instance, now)) not in filled
        and (_needs_history(instance) or (volume.id, _slot_before(instance, now)) not in filled)
    )


def _filled(snapshots: Iterable[Snapshot]) -> set[tuple[str, str | None]]:
    return {
        (snapshot.volume_id, snapshot.slot)
        for snapshot in snapshots
        if snapshot.is_primary and snapshot.state != State.ERROR
    }


def _needs_history(instance: Instance) -> bool:
    policy = instance.policy
    return policy.schedule.on_request or any(
        tier.unit != "d"
        for retention in (policy.retention, policy.copy_retention)
        if retention
        for tier in retention.tiers
    )


def _slot_before(instance: Instance, now: datetime) -> str | None:
    current = current_slot(instance.policy.schedule, now)
    before = previous_slot(instance.policy.schedule, current) if current else None
    return tags.slot_value(before) if before else None


def slot_now(instance: Instance, now: datetime) -> str | None:
    """Return the current slot of an instance, as its tag says it; None if its schedule has no slots."""
    slot = current_slot(instance.policy.schedule, now)
    return tags.slot_value(slot) if slot else None
