"""What EventBridge sends: read, checked and turned into models. Pure.

An event is a hint: it says which snapshots to look at, and a job describes them again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.models import Completion, Request
from chalicelib.quoting import cut, printable, quoted

# https://docs.aws.amazon.com/eventbridge/latest/ref/overview-event-structure.html
_ENVELOPE: Mapping[str, type] = {
    "version": object, "id": str, "detail-type": str, "source": str, "account": str, "time": str, "region": str,
    "resources": list, "detail": dict,
}  # fmt: skip
_JSON_NAMES: Mapping[type, str] = {str: "a string", list: "a list", dict: "a JSON object"}

# ARNs come in both shapes: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
_SNAPSHOT_ARN = re.compile(r"arn:aws[a-z-]*:ec2:[a-z0-9-]*:[a-z0-9-]*:snapshot/(snap-[0-9a-f]{1,17})")

_INSTANCE_ID = re.compile(r"i-([0-9a-f]{8}|[0-9a-f]{17})")
_EVENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]+")
_LONGEST_CAUSE = 1000


class BadEvent(ValueError):
    """An event that is not understood: the message says what was read and what is accepted."""


def _bad(name: str, read: object, accepted: str) -> BadEvent:
    return BadEvent(f"{name}={quoted(read)} is not understood; accepted: {accepted}")


def check_envelope(event: object) -> None:
    """Return if an event has all that EventBridge puts around a detail; BadEvent names what is missing or odd."""
    if not isinstance(event, Mapping):
        raise _bad("event", event, "a JSON object, as EventBridge delivers it")
    if missing := [name for name in _ENVELOPE if name not in event]:
        accepted = f"an event as EventBridge delivers it; it lacks {', '.join(missing)}"
        raise _bad("event", event, accepted)
    for name, kind in _ENVELOPE.items():
        if not isinstance(event[name], kind):
            raise _bad(name, event[name], _JSON_NAMES[kind])
    _event_id(event["id"])
    wants_dry_run(event)


def _event_id(id: object) -> str:
    if not isinstance(id, str) or not _EVENT_ID.fullmatch(id):
        raise _bad("id", id, "the id that EventBridge gives an event")
    return id


def detail(event: Mapping[str, Any], region: str) -> Mapping[str, Any]:
    """Return the detail of an event of this Region; BadEvent if it is none."""
    if event.get("region") != region:
        raise _bad("region", event.get("region"), repr(region))
    found = event.get("detail")
    if not isinstance(found, Mapping):
        raise _bad("detail", found, "a JSON object")
    return found


def wants_dry_run(event: Mapping[str, Any]) -> bool:
    """Return whether the event's detail asks for a plan only; BadEvent if that is not clear.

    It is not clear either if the wish stands beside the detail, or is spelt in another way.
    """
    found = event.get("detail")
    inside = found if isinstance(found, Mapping) else {}
    for name in [*event, *(key for key in inside if key != "dry_run")]:
        if isinstance(name, str) and "".join(filter(str.isalpha, name)).casefold() == "dryrun":
            raise _bad("the key", name, "dry_run, spelt exactly so, in the detail of the event")
    asked = inside.get("dry_run", False)
    if not isinstance(asked, bool):
        raise _bad("dry_run", asked, "true or false")
    return asked


def read_completion(event: Mapping[str, Any], region: str) -> Completion:
    """Return which snapshots a ``createSnapshot`` or ``createSnapshots`` event speaks of.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
    """
    found = detail(event, region)
    cause = _cause(found.get("cause"))
    failed = _failed("result", found.get("result"), "succeeded", "failed")
    match found.get("event"):
        case "createSnapshot":
            return Completion(((_snapshot_id(found.get("snapshot_id")), failed),), cause)
        case "createSnapshots":
            return Completion(_members(found.get("snapshots")), cause)
        case other:
            raise _bad("event", other, "createSnapshot, createSnapshots")


def _cause(read: object) -> str:
    """Return what AWS says of a failure: a failure with an odd cause is a failure all the same."""
    text = read if isinstance(read, str) else quoted(read) if read else ""
    return cut(printable(text), _LONGEST_CAUSE)


@dataclass(frozen=True, slots=True)
class CopyEnd:
    """What a ``copySnapshot`` event says, in the destination: the source's Region, and whether the copy failed."""

    source_region: str
    snapshot_id: str
    failed: bool


def read_copy_end(event: Mapping[str, Any], region: str, regions: Collection[str] | None = None) -> CopyEnd:
    """Return which Region a copy came from. The Region stands in either of two places of the source's ARN.

    ``regions`` are those that are known, None if nobody knows.
    """
    found = detail(event, region)
    if found.get("event") != "copySnapshot":
        raise _bad("event", found.get("event"), "copySnapshot")
    failed = _failed("result", found.get("result"), "succeeded", "failed")
    return CopyEnd(_region_of(found.get("source"), regions), _snapshot_id(found.get("snapshot_id")), failed)


def _region_of(arn: object, regions: Collection[str] | None) -> str:
    fields = arn.split(":") if isinstance(arn, str) else []
    for field in fields[3:5]:
        if _REGION.fullmatch(field) and (regions is None or field in regions):
            return field
    raise _bad("source", arn, "the ARN of a snapshot in a Region that this version knows")


def read_request(event: Mapping[str, Any], region: str) -> Request:
    """Return which instance a ``Snapshot Requested`` event asks a snapshot of."""
    found = detail(event, region)
    instance_id = found.get("instance-id")
    if not isinstance(instance_id, str) or not _INSTANCE_ID.fullmatch(instance_id):
        raise _bad("instance-id", instance_id, "an id such as i-0123456789abcdef0")
    return Request(_event_id(event.get("id")), instance_id)


def read_tag_change(event: Mapping[str, Any], region: str) -> tuple[str, ...]:
    """Return the snapshots whose tags changed."""
    detail(event, region)
    resources = event.get("resources")
    if not isinstance(resources, list):
        raise _bad("resources", resources, "a list of ARNs of snapshots")
    return tuple(_snapshot_id(arn) for arn in resources)


def _members(snapshots: object) -> tuple[tuple[str, bool], ...]:
    if not isinstance(snapshots, list) or not all(isinstance(each, Mapping) for each in snapshots):
        raise _bad("snapshots", snapshots, "a list of objects")
    return tuple(
        (
            _snapshot_id(each.get("snapshot_id")),
            _failed("status", each.get("status"), "completed", "error"),
        )
        for each in snapshots
    )


def _failed(name: str, word: object, good: str, bad: str) -> bool:
    if word not in (good, bad):
        raise _bad(name, word, f"{good}, {bad}")
    return word == bad


def _snapshot_id(arn: object) -> str:
    found = _SNAPSHOT_ARN.fullmatch(arn) if isinstance(arn, str) else None
    if not found:
        raise _bad("snapshot_id", arn, "the ARN of a snapshot")
    return found[1]
