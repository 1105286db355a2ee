"""An explanation as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib import tags
from chalicelib.models import Decision, Instance, Reason, Volume
from chalicelib.records import decision_data, reason_data
from chalicelib.schedule import current_slot, next_slot
from chalicelib.wording import reason_text, retention_text, schedule_text
from reactor_cli.explain.explanation import Explanation, SnapshotPlan
from reactor_cli.wording import action


def as_data(explanation: Explanation, now: datetime) -> dict[str, Any]:
    """Return an explanation at ``now`` (aware, UTC); what does not exist is null."""
    lineage = explanation.lineage
    return {
        "id": lineage.id,
        "found_in": lineage.found_in,
        "home": lineage.home,
        "instances": [_instance(instance, explanation, now) for instance in lineage.instances],
        "volumes": {
            volume_id: [_snapshot(planned) for planned in plans] for volume_id, plans in explanation.snapshots.items()
        },
        "unreadable": dict(lineage.unreadable),
    }


def _instance(instance: Instance, explanation: Explanation, now: datetime) -> dict[str, Any]:
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
        "volumes": [_volume(volume, explanation.creation.get(volume.id)) for volume in instance.volumes],
    }


def _volume(volume: Volume, decision: Decision | None) -> dict[str, Any]:
    return {
        "id": volume.id,
        "device": volume.device,
        "size_gib": volume.size_gib,
        "type": volume.type,
        "left_out": volume.excluded,
        "action": action(decision) if decision else None,
        **_reason(decision.reason if decision else None),
    }


def _snapshot(planned: SnapshotPlan) -> dict[str, Any]:
    snapshot, outlook = planned.snapshot, planned.outlook
    return {
        "id": snapshot.id,
        "region": snapshot.region,
        "state": snapshot.state,
        "archived": snapshot.archived,
        "slot": snapshot.slot,
        "taken": snapshot.taken,
        "started": snapshot.started,
        "device": snapshot.device,
        "primary": snapshot.primary_id,
        "primary_region": snapshot.primary_region,
        "action": action(outlook.today),
        **_reason(outlook.today.reason),
        "expected_deletion": outlook.deletion,
        "kept_after_expiry": _reason(outlook.kept_after_expiry) if outlook.kept_after_expiry else None,
        "copies": [_snapshot(copy) for copy in planned.copies],
        "copying": [{**decision_data(decision), "action": action(decision)} for decision in planned.copying],
    }


def _reason(reason: Reason | None) -> dict[str, Any]:
    if reason is None:
        return {"reason": None, "reason_code": None, "reason_parameters": None}
    data = reason_data(reason)
    return {"reason": reason_text(reason), "reason_code": data["code"], "reason_parameters": data["parameters"]}
