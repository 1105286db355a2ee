"""``explain`` as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib import tags
from chalicelib.models import Decision, Instance, Volume
from chalicelib.records import decision_data
from chalicelib.schedule import current_slot, next_slot
from chalicelib.wording import reason_text, retention_text, schedule_text
from reactor_cli.explained import Explained, Line
from reactor_cli.wording import action


def data_of(explained: Explained, now: datetime) -> dict[str, Any]:
    """Return everything that is explained; absent things are null."""
    family = explained.family
    return {
        "id": family.id,
        "found_in": family.found_in,
        "home": family.home,
        "instances": [_instance(each, explained, now) for each in family.instances],
        "volumes": {id: [_line(each) for each in lines] for id, lines in explained.lines.items()},
        "unreadable": dict(family.unreadable),
    }


def _instance(instance: Instance, explained: Explained, now: datetime) -> dict[str, Any]:
    policy = instance.policy
    slot, following = current_slot(policy.schedule, now), next_slot(policy.schedule, now)
    return {
        "id": instance.id,
        "name": policy.name,
        "running": instance.running,
        "backed_up": policy.enabled,
        "schedule": schedule_text(policy.schedule),
        "current_slot": tags.slot_value(slot) if slot and policy.enabled else None,
        "next_slot": tags.slot_value(following) if following and policy.enabled else None,
        "retention": retention_text(policy.retention),
        "consistency": policy.consistency.label if policy.consistency else "crash",
        "destinations": list(policy.destinations),
        "copy_retention": retention_text(policy.copy_retention) if policy.copy_retention else None,
        "copy_kms_key": policy.copy_kms_key,
        "volumes": [_volume(each, explained.creation.get(each.id)) for each in instance.volumes],
    }


def _volume(volume: Volume, decision: Decision | None) -> dict[str, Any]:
    return {
        "id": volume.id,
        "device": volume.device,
        "size_gib": volume.size_gib,
        "type": volume.type,
        "left_out": volume.excluded,
        "action": action(decision) if decision else None,
        "reason": reason_text(decision.reason) if decision else None,
    }


def _line(line: Line) -> dict[str, Any]:
    snapshot, fate = line.snapshot, line.fate
    return {
        "id": snapshot.id,
        "region": snapshot.region,
        "state": snapshot.state,
        "slot": snapshot.slot,
        "taken": snapshot.taken,
        "started": snapshot.started,
        "device": snapshot.device,
        "primary": snapshot.primary_id,
        "primary_region": snapshot.primary_region,
        "action": action(fate.today),
        "reason": reason_text(fate.today.reason),
        "goes_on": fate.goes,
        "then": reason_text(fate.then) if fate.then else None,
        "copies": [_line(each) for each in line.copies],
        "copying": [{**decision_data(each), "action": action(each)} for each in line.copying],
    }
