import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chalicelib import events
from chalicelib.models import Completion, Request
from chalicelib.quoting import quoted

REGION = "us-east-1"


COPY_STARTED = datetime(2026, 11, 22, 3, 8, tzinfo=UTC)


def sample(name: str, **detail: Any) -> dict[str, Any]:
    text = (Path(__file__).parents[1] / "events" / f"{name}.json").read_text()
    event: dict[str, Any] = json.loads(text)
    event["detail"] |= detail
    return event


@pytest.mark.parametrize(
    ("event", "completion"),
    [
        (sample("createSnapshot-succeeded"), Completion((("snap-01234567", False),))),
        (
            sample("createSnapshot-failed"),
            Completion((("snap-01234567", True),), "An internal error occurred"),
        ),
        (
            sample("createSnapshots-succeeded"),
            Completion((("snap-01234567", False), ("snap-012345678", False))),
        ),
        (
            sample("createSnapshots-succeeded", result="failed", cause="An internal error occurred"),
            Completion((("snap-01234567", False), ("snap-012345678", False)), "An internal error occurred"),
        ),
        (
            sample(
                "createSnapshot-succeeded",
                snapshot_id="arn:aws-cn:ec2:cn-north-1::snapshot/snap-0123456789abcdef0",
            ),
            Completion((("snap-0123456789abcdef0", False),)),
        ),
    ],
    ids=["one", "failed", "set", "set with a cause", "the other shape of ARN"],
)
def test_read_completion(event: Mapping[str, Any], completion: Completion) -> None:
    assert events.read_completion(event, REGION) == completion


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (sample("createSnapshot-succeeded", event="copySnapshot"), "event='copySnapshot' is not understood; accepted: createSnapshot, createSnapshots"),
        (sample("createSnapshot-succeeded", result="done"), "result='done' is not understood; accepted: succeeded, failed"),
        (sample("createSnapshot-succeeded", snapshot_id=None), "snapshot_id=None is not understood; accepted: the ARN of a snapshot"),
        (sample("createSnapshot-succeeded", snapshot_id="snap-01234567"), "snapshot_id='snap-01234567' is not understood; accepted: the ARN of a snapshot"),
        (sample("createSnapshots-succeeded", snapshots="all"), "snapshots='all' is not understood; accepted: a list of objects"),
        (sample("createSnapshots-succeeded", snapshots=[1]), "snapshots=[1] is not understood; accepted: a list of objects"),
        (sample("createSnapshots-succeeded", snapshots=[{"snapshot_id": "arn:aws:ec2::us-east-1:snapshot/snap-1", "status": "?"}]), "status='?' is not understood; accepted: completed, error"),
        ({"region": REGION, "detail": []}, "detail=[] is not understood; accepted: a JSON object"),
        ({"region": "eu-west-1", "detail": {}}, "region='eu-west-1' is not understood; accepted: 'us-east-1'"),
    ],
)  # fmt: skip
def test_a_bad_event_says_what_was_read(event: Mapping[str, Any], message: str) -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.read_completion(event, REGION)
    assert str(refusal.value) == message


@pytest.mark.parametrize(("detail", "dry_run"), [({}, False), ({"dry_run": True}, True), ({"dry_run": False}, False)])
def test_dry_run(detail: dict[str, Any], dry_run: bool) -> None:
    assert events.wants_dry_run({"detail": detail}) is dry_run


@pytest.mark.parametrize("event", [{}, {"detail": None}, {"detail": ["dry_run"]}])
def test_an_event_without_detail_asks_for_no_dry_run(event: dict[str, Any]) -> None:
    assert events.wants_dry_run(event) is False


UNCLEAR: list[Any] = ["yes", 1, None, {}]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        *(
            ({"detail": {"dry_run": asked}}, f"dry_run={asked!r} is not understood; accepted: true or false")
            for asked in UNCLEAR
        ),
        *(
            (event, f"the key={name!r} is not understood; accepted: dry_run, spelt exactly like this, in the detail of the event")
            for name in ("Dry_Run", "dry-run", "DRYRUN", "dry run", "dry_run:2")
            for event in ({name: False}, {"detail": {1: 2, "dry_run": False, name: False}})
        ),
        ({"dry_run": True}, "the key='dry_run' is not understood; accepted: dry_run, spelt exactly like this, in the detail of the event"),
    ],
)  # fmt: skip
def test_a_dry_run_that_is_not_clear_is_refused(event: dict[str, Any], message: str) -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.wants_dry_run(event)
    assert str(refusal.value) == message


def envelope(**changes: Any) -> dict[str, Any]:
    whole = {"version": "0", "id": "01234567-0123-0123-0123-012345678901", "detail-type": "Scheduled Event",
             "source": "aws.events", "account": "123456789012", "time": "2026-11-22T04:00:00Z", "region": REGION,
             "resources": [], "detail": {}}  # fmt: skip
    return whole | changes


@pytest.mark.parametrize(
    "changes", [{}, {"id": "a"}, {"version": 0}, {"id": "Z-9" + "a" * 61}, {"detail": {"dry_run": True}}]
)
def test_what_is_an_event(changes: dict[str, Any]) -> None:
    events.check_envelope(envelope(**changes))


def without(*names: str) -> dict[str, Any]:
    return {key: value for key, value in envelope().items() if key not in names}


ID = "the id that EventBridge gives an event"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([1], "event=[1] is not understood; accepted: a JSON object, as EventBridge delivers it"),
        ({}, "event={} is not understood; accepted: an event as EventBridge delivers it; it lacks version, id, detail-type, source, account, time, region, resources, detail"),
        *((without(name), f"event={quoted(without(name))} is not understood; accepted: an event as EventBridge delivers it; it lacks {name}") for name in envelope()),
        *((envelope(**{name: 1}), f"{name}=1 is not understood; accepted: a string") for name in [*envelope()][1:7]),
        (envelope(resources={}), "resources={} is not understood; accepted: a list"),
        (envelope(detail=[]), "detail=[] is not understood; accepted: a JSON object"),
        (envelope(id=""), f"id='' is not understood; accepted: {ID}"),
        (envelope(id="a" * 65), f"id='{'a' * 65}' is not understood; accepted: {ID}"),
        (envelope(id="01234567\n"), f"id='01234567\\n' is not understood; accepted: {ID}"),
        (envelope(dryrun=True), "the key='dryrun' is not understood; accepted: dry_run, spelt exactly like this, in the detail of the event"),
    ],
)  # fmt: skip
def test_what_is_no_event_says_what_was_read(event: object, message: str) -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.check_envelope(event)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (None, ""),
        ({}, ""),
        (["a\nb"], r"['a\nb']"),
        ("a\nb\x1b", "a?b?"),
        ("x" * 1000, "x" * 1000),
        ("x" * 1001, "x" * 1000 + "…"),
    ],
)
def test_a_failure_with_an_odd_cause_is_one_all_the_same(cause: object, said: str) -> None:
    completion = events.read_completion(sample("createSnapshot-failed", cause=cause), REGION)
    assert completion == Completion((("snap-01234567", True),), said)


@pytest.mark.parametrize(
    ("event", "end"),
    [
        (sample("copySnapshot-succeeded"), events.CopyEnd("us-east-1", "snap-0aaaaaaa", False, COPY_STARTED)),
        (sample("copySnapshot-failed"), events.CopyEnd("us-east-1", "snap-0aaaaaaa", True, COPY_STARTED)),
        (
            sample("copySnapshot-succeeded", source="arn:aws-us-gov:ec2:us-gov-west-1::snapshot/snap-1"),
            events.CopyEnd("us-gov-west-1", "snap-0aaaaaaa", False, COPY_STARTED),
        ),
        (
            sample("copySnapshot-succeeded", source="arn:aws:ec2::ap-east-12:snapshot/snap-1"),
            events.CopyEnd("ap-east-12", "snap-0aaaaaaa", False, COPY_STARTED),
        ),
    ],
    ids=["the Region in the account's field", "the Region in its own field", "a Region of GovCloud", "a newer Region"],
)
def test_read_copy_end(event: Mapping[str, Any], end: events.CopyEnd) -> None:
    assert events.read_copy_end(event, "us-west-2", lambda name: True) == end


@pytest.mark.parametrize("text", ["soon", 17, None, "2026-11-22T03:08:00"])
def test_a_start_that_is_not_understood_is_none(text: object) -> None:
    event = sample("copySnapshot-succeeded", startTime=text)
    assert events.read_copy_end(event, "us-west-2", lambda name: True).started is None


TWO_REGIONS = "arn:aws:ec2:us-west-2:us-east-1:snapshot/snap-1:2:3"


@pytest.mark.parametrize(
    ("reachable", "region"), [({"us-west-2", "us-east-1"}, "us-west-2"), ({"us-east-1"}, "us-east-1")]
)
def test_a_copy_comes_from_a_region_of_this_partition(reachable: set[str], region: str) -> None:
    event = sample("copySnapshot-succeeded", source=TWO_REGIONS)
    assert events.read_copy_end(event, "us-west-2", reachable.__contains__).source_region == region


def test_a_copy_from_a_region_of_another_partition_is_refused() -> None:
    event = sample("copySnapshot-succeeded", source=TWO_REGIONS)
    with pytest.raises(events.BadEvent) as refusal:
        events.read_copy_end(event, "us-west-2", {"eu-west-1", TWO_REGIONS, ""}.__contains__)
    message = f"source='{TWO_REGIONS}' is not understood; accepted: the ARN of a snapshot in a Region of this partition"
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"event": "createSnapshot"}, "event='createSnapshot' is not understood; accepted: copySnapshot"),
        ({"result": "done"}, "result='done' is not understood; accepted: succeeded, failed"),
        ({"source": "arn:aws:ec2:::us-east-1"}, "source='arn:aws:ec2:::us-east-1' is not understood; accepted: the ARN of a snapshot in a Region of this partition"),
        ({"source": None}, "source=None is not understood; accepted: the ARN of a snapshot in a Region of this partition"),
        ({"source": "arn:aws:ec2:::snapshot/snap-1"}, "source='arn:aws:ec2:::snapshot/snap-1' is not understood; accepted: the ARN of a snapshot in a Region of this partition"),
    ],
)  # fmt: skip
def test_a_bad_copy_event_says_what_was_read(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.read_copy_end(sample("copySnapshot-succeeded", **changes), "us-west-2", lambda name: True)
    assert str(refusal.value) == message


def test_read_tag_change() -> None:
    assert events.read_tag_change(sample("tagChange-snapshot"), REGION) == ("snap-01234567",)


def test_a_tag_change_without_resources_says_what_was_read() -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.read_tag_change(sample("tagChange-snapshot") | {"resources": {}}, REGION)
    assert str(refusal.value) == "resources={} is not understood; accepted: a list of ARNs of snapshots"


def request(**changes: Any) -> dict[str, Any]:
    whole = {"id": "01234567-0123-0123-0123-012345678901", "region": REGION, "detail": {"instance-id": "i-01234567"}}
    return whole | changes


def test_read_request() -> None:
    assert events.read_request(request(), REGION) == Request("01234567-0123-0123-0123-012345678901", "i-01234567")
    longer = request(detail={"instance-id": "i-0123456789abcdef0"})
    assert events.read_request(longer, REGION).instance_id == "i-0123456789abcdef0"


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (request(detail={}), "instance-id=None is not understood; accepted: an id such as i-0123456789abcdef0"),
        (request(detail={"instance-id": "web"}), "instance-id='web' is not understood; accepted: an id such as i-0123456789abcdef0"),
        (request(id="2026-11-22T03:00Z"), "id='2026-11-22T03:00Z' is not understood; accepted: the id that EventBridge gives an event"),
    ],
)  # fmt: skip
def test_a_bad_request_says_what_was_read(event: Mapping[str, Any], message: str) -> None:
    with pytest.raises(events.BadEvent) as refusal:
        events.read_request(event, REGION)
    assert str(refusal.value) == message
