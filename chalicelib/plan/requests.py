"""Requests: the snapshots of one instance that an event asks for. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from chalicelib.models import (
    Code,
    Decision,
    Instance,
    Kind,
    Request,
    Result,
    Snapshot,
    Target,
    because,
)
from chalicelib.plan.circumstances import CREATABLE, Circumstances
from chalicelib.plan.creation import plan_instance
from chalicelib.plan.history import primaries_by_volume


def plan_request(
    request: Request, instances: Iterable[Instance], snapshots: Iterable[Snapshot], circumstances: Circumstances
) -> list[Decision]:
    """Decide on the requested snapshots. Their slot is the request's id, so a repeated event creates nothing more."""
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
            return plan_instance(instance, instance.volumes, by_volume, request.id, circumstances)
        reason = because(Code.REQUEST_LIMIT, count=count, instance=instance.id, limit=limit)
    return [Decision((Target(Kind.INSTANCE, request.instance_id, region),), reason, result=Result.FAILED)]


def _other_requests(request: Request, by_volume: Mapping[str, Sequence[Snapshot]], now: datetime) -> int:
    """Return for how many other requests of the last 24 hours these volumes have snapshots."""
    return len(
        {
            snapshot.slot
            for history in by_volume.values()
            for snapshot in history
            if snapshot.on_request and snapshot.slot != request.id and snapshot.started > now - timedelta(days=1)
        }
    )
