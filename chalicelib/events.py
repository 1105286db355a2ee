"""What EventBridge sends: read, checked and turned into models. Pure.

An event is a hint: it says which snapshots to look at, and a job describes them again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.models import Completion, Request

# ARNs come in both shapes: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
_SNAPSHOT_ARN = re.compile(r"arn:aws[a-z-]*:ec2:[a-z0-9-]*:[a-z0-9-]*:snapshot/(snap-[0-9a-f]+)")

_INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
_EVENT_ID = re.compile(r"[0-9A-Za-z-]{8,64}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")


class BadEvent(ValueError):
    """An event that is not understood: the message says what was read and what is accepted."""


def detail(event: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """Return the detail of an event of this Region; BadEvent if it is none."""
    if event.get("region") != region:
        raise BadEvent(f"region={event.get('region')!r} is not understood; accepted: {region!r}")
    found = event.get("detail")
    if not isinstance(found, Mapping):
        raise BadEvent(f"detail={found!r} is not understood; accepted: a JSON object")
    return found


def wants_dry_run(event: Mapping[str, Any]) -> bool:
    """Return whether the event's detail asks for a plan only; BadEvent if that is not clear."""
    found = event.get("detail")
    asked = found.get("dry_run", False) if isinstance(found, Mapping) else False
    if not isinstance(asked, bool):
        raise BadEvent(f"dry_run={asked!r} is not understood; accepted: true or false")
    return asked


def read_completion(event: Mapping[str, Any], region: str) -> Completion:
    """Return which snapshots a ``createSnapshot`` or ``createSnapshots`` event speaks of.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
    """
    found = detail(event, region)
    cause = str(found.get("cause") or "")
    failed = _failed("result", found.get("result"), "succeeded", "failed")
    match found.get("event"):
        case "createSnapshot":
            return Completion(((_snapshot_id(found.get("snapshot_id")), failed),), cause)
        case "createSnapshots":
            return Completion(_members(found.get("snapshots")), cause)
        case other:
            raise BadEvent(f"event={other!r} is not understood; accepted: createSnapshot, createSnapshots")


@dataclass(frozen=True, slots=True)
class CopyEnd:
    """What a ``copySnapshot`` event says, in the destination: the source's Region, and whether the copy failed."""

    source_region: str
    snapshot_id: str
    failed: bool


def read_copy_end(event: Mapping[str, Any], region: str) -> CopyEnd:
    """Return which Region a copy came from. The Region stands in either of two places of the source's ARN."""
    found = detail(event, region)
    if found.get("event") != "copySnapshot":
        raise BadEvent(f"event={found.get('event')!r} is not understood; accepted: copySnapshot")
    failed = _failed("result", found.get("result"), "succeeded", "failed")
    return CopyEnd(_region_of(found.get("source")), _snapshot_id(found.get("snapshot_id")), failed)


def _region_of(arn: object) -> str:
    fields = arn.split(":") if isinstance(arn, str) else []
    for field in fields[3:5]:
        if _REGION.fullmatch(field):
            return field
    raise BadEvent(f"source={arn!r} is not understood; accepted: the ARN of a snapshot, with its Region")


def read_request(event: Mapping[str, Any], region: str) -> Request:
    """Return which instance a ``Snapshot Requested`` event asks a snapshot of."""
    found = detail(event, region)
    instance_id, event_id = found.get("instance-id"), event.get("id")
    if not isinstance(instance_id, str) or not _INSTANCE_ID.fullmatch(instance_id):
        raise BadEvent(f"instance-id={instance_id!r} is not understood; accepted: an id such as i-0123456789abcdef0")
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        raise BadEvent(f"id={event_id!r} is not understood; accepted: the id that EventBridge gives an event")
    return Request(event_id, instance_id)


def read_tag_change(event: Mapping[str, Any], region: str) -> tuple[str, ...]:
    """Return the snapshots whose tags changed."""
    detail(event, region)
    resources = event.get("resources")
    if not isinstance(resources, list):
        raise BadEvent(f"resources={resources!r} is not understood; accepted: a list of ARNs of snapshots")
    return tuple(_snapshot_id(arn) for arn in resources)


def _members(snapshots: object) -> tuple[tuple[str, bool], ...]:
    if not isinstance(snapshots, list) or not all(isinstance(each, Mapping) for each in snapshots):
        raise BadEvent(f"snapshots={snapshots!r} is not understood; accepted: a list of objects")
    return tuple(
        (
            _snapshot_id(each.get("snapshot_id")),
            _failed("status", each.get("status"), "completed", "error"),
        )
        for each in snapshots
    )


def _failed(name: str, word: object, good: str, bad: str) -> bool:
    if word not in (good, bad):
        raise BadEvent(f"{name}={word!r} is not understood; accepted: {good}, {bad}")
    return word == bad


def _snapshot_id(arn: object) -> str:
    found = _SNAPSHOT_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if not found:
        raise BadEvent(f"snapshot_id={arn!r} is not understood; accepted: the ARN of a snapshot")
    return found[1]
