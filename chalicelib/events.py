"""What EventBridge sends: read, checked and turned into models. Pure.

An event is a hint: it says which snapshots to look at, and a job describes them again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.identifiers import INSTANCE, is_id, is_region, snapshot_in_arn
from chalicelib.models import Completion, Request
from chalicelib.quoting import cut, printable, quoted

# https://docs.aws.amazon.com/eventbridge/latest/ref/overview-event-structure.html
_ENVELOPE: Mapping[str, type] = {
    "version": object, "id": str, "detail-type": str, "source": str, "account": str, "time": str, "region": str,
    "resources": list, "detail": dict,
}  # fmt: skip
_JSON_NAMES: Mapping[type, str] = {str: "a string", list: "a list", dict: "a JSON object"}

# The source of this app's own events, and the detail-type of one that continues a run whose time was up.
SOURCE, WORK_LEFT = "ebs-snapshot-reactor", "Work Left"
MAX_CONTINUATIONS_READ = 100

_EVENT_ID = re.compile(r"[0-9A-Za-z-]{1,64}")
_MAX_CAUSE_LENGTH = 1000


class BadEvent(ValueError):
    """An event that is not understood: the message says what was read and what is accepted."""


def _bad(name: str, read: object, accepted: str) -> BadEvent:
    return BadEvent(f"{name}={quoted(read)} is not understood; accepted: {accepted}")


def check_envelope(event: object) -> None:
    """Raise BadEvent, which names what is missing or wrong, unless an event has the fields that EventBridge sends."""
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
    """Return the detail of an event of this Region; BadEvent if the event comes from another one or has no detail."""
    if event.get("region") != region:
        raise _bad("region", event.get("region"), repr(region))
    event_detail = event.get("detail")
    if not isinstance(event_detail, Mapping):
        raise _bad("detail", event_detail, "a JSON object")
    return event_detail


def wants_dry_run(event: Mapping[str, Any]) -> bool:
    """Return whether the event's detail asks for a plan only; BadEvent if that is not clear.

    ``dry_run`` outside the detail, or in another spelling, is refused too: nobody gets a real run who asked for none.
    """
    value = event.get("detail")
    event_detail = value if isinstance(value, Mapping) else {}
    for name in [*event, *(key for key in event_detail if key != "dry_run")]:
        if isinstance(name, str) and "".join(filter(str.isalpha, name)).casefold() == "dryrun":
            raise _bad("the key", name, "dry_run, spelt exactly like this, in the detail of the event")
    dry_run = event_detail.get("dry_run", False)
    if not isinstance(dry_run, bool):
        raise _bad("dry_run", dry_run, "true or false")
    return dry_run


def is_scheduled(event: Mapping[str, Any]) -> bool:
    """Return whether a schedule started the run."""
    return event.get("detail-type") == "Scheduled Event"


def read_continuations(event: Mapping[str, Any]) -> int:
    """Return how many runs before this one left work in a row: 0 for one that a schedule or a person started."""
    number = event["detail"].get("continuations", 0)
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= MAX_CONTINUATIONS_READ:
        raise _bad("continuations", number, f"a number from 0 to {MAX_CONTINUATIONS_READ}")
    return number


def continued(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event that continues a run; its id is the same, so that the logs of these runs belong together."""
    own = {**event["detail"], "continuations": read_continuations(event) + 1}
    return {**event, "source": SOURCE, "detail-type": WORK_LEFT, "detail": own}


def read_completion(event: Mapping[str, Any], region: str) -> Completion:
    """Return the snapshots that a ``createSnapshot`` or ``createSnapshots`` event is about.

    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
    """
    event_detail = detail(event, region)
    cause = _cause(event_detail.get("cause"))
    failed = _failed("result", event_detail.get("result"), "succeeded", "failed")
    match event_detail.get("event"):
        case "createSnapshot":
            return Completion(((_snapshot_id(event_detail.get("snapshot_id")), failed),), cause)
        case "createSnapshots":
            return Completion(_members(event_detail.get("snapshots")), cause)
        case other:
            raise _bad("event", other, "createSnapshot, createSnapshots")


def _cause(read: object) -> str:
    """Return the cause that AWS gives for a failure. A cause of a wrong type does not hide the failure."""
    text = read if isinstance(read, str) else quoted(read) if read else ""
    return cut(printable(text), _MAX_CAUSE_LENGTH)


@dataclass(frozen=True, slots=True)
class CopyEnd:
    """What a ``copySnapshot`` event says, in the destination: source's Region, copy, whether it failed, its start."""

    source_region: str
    snapshot_id: str
    failed: bool
    started: datetime | None = None


def read_copy_end(event: Mapping[str, Any], region: str, is_reachable: Callable[[str], bool]) -> CopyEnd:
    """Return which Region a copy came from: the source's ARN has the Region in the field for the Region or the account.

    ``is_reachable`` says whether a Region is in this partition.
    """
    event_detail = detail(event, region)
    if event_detail.get("event") != "copySnapshot":
        raise _bad("event", event_detail.get("event"), "copySnapshot")
    failed = _failed("result", event_detail.get("result"), "succeeded", "failed")
    source_region = _region_of(event_detail.get("source"), is_reachable)
    snapshot_id = _snapshot_id(event_detail.get("snapshot_id"))
    return CopyEnd(source_region, snapshot_id, failed, _time(event_detail.get("startTime")))


def _time(text: object) -> datetime | None:
    """Return a time as events write it, in UTC; None for anything else."""
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _region_of(arn: object, is_reachable: Callable[[str], bool]) -> str:
    fields = arn.split(":") if isinstance(arn, str) else []
    for field in fields[3:5]:
        if is_region(field) and is_reachable(field):
            return field
    raise _bad("source", arn, "the ARN of a snapshot in a Region of this partition")


def read_request(event: Mapping[str, Any], region: str) -> Request:
    """Return the instance that a ``Snapshot Requested`` event asks to back up."""
    instance_id = detail(event, region).get("instance-id")
    if not isinstance(instance_id, str) or not is_id(instance_id, INSTANCE):
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
    if not isinstance(snapshots, list) or not all(isinstance(snapshot, Mapping) for snapshot in snapshots):
        raise _bad("snapshots", snapshots, "a list of objects")
    return tuple(
        (
            _snapshot_id(snapshot.get("snapshot_id")),
            _failed("status", snapshot.get("status"), "completed", "error"),
        )
        for snapshot in snapshots
    )


def _failed(name: str, word: object, good: str, bad: str) -> bool:
    if word not in (good, bad):
        raise _bad(name, word, f"{good}, {bad}")
    return word == bad


def _snapshot_id(arn: object) -> str:
    snapshot_id = snapshot_in_arn(arn) if isinstance(arn, str) else None
    if not snapshot_id:
        raise _bad("snapshot_id", arn, "the ARN of a snapshot")
    return snapshot_id
