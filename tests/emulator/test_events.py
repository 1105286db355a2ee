"""The events have the form of the documented samples."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME

SAMPLES = Path(__file__).parent.parent / "events"


def shape(value: Any) -> Any:
    """The keys and types of an event, with one element standing for a list."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def sent(aws: LocalAWS, event: str, region: str = HOME) -> list[dict[str, Any]]:
    received = [
        invocation
        for invocation in aws.invocations
        if invocation.function in ("on_end", "on_tag") and invocation.region == region
    ]
    return [
        dict(invocation.event) for invocation in received if invocation.event["detail"].get("event", "tags") == event
    ]


def story(aws: LocalAWS) -> None:
    """A set, a copy of each of its snapshots, one that fails, and a change of tags."""
    instance = aws.launch(HOME, name="web", volumes=(8, 100))
    ec2 = aws.client(HOME)
    ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})
    aws.travel(hours=1)
    aws.fail_copy(AWAY, "Source snapshot ID is not valid")
    for snapshot in [snapshot for snapshot in aws.snapshots(HOME) if snapshot["State"] == "completed"]:
        aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot["SnapshotId"])
    aws.travel(hours=1)
    volume = aws.snapshots(HOME)[0]["VolumeId"]
    aws.fail_snapshot(volume, "An internal error occurred")
    ec2.create_snapshot(VolumeId=volume)
    aws.travel(hours=1)
    ec2.create_tags(
        Resources=[aws.snapshots(HOME)[0]["SnapshotId"]],
        Tags=[{"Key": key, "Value": "Yes"} for key in ("KeepForever", "Type", "DeleteOn")],
    )
    aws.travel(hours=1)


@pytest.mark.parametrize(
    ("sample", "region", "result"),
    [
        ("createSnapshot-succeeded", HOME, "succeeded"),
        ("createSnapshot-failed", HOME, "failed"),
        ("createSnapshots-succeeded", HOME, "succeeded"),
        ("copySnapshot-succeeded", AWAY, "succeeded"),
        ("copySnapshot-failed", AWAY, "failed"),
        ("tagChange-snapshot", HOME, None),
    ],
)
def test_an_event_has_the_shape_of_its_sample(deployed: LocalAWS, sample: str, region: str, result: str | None) -> None:
    story(deployed)
    wanted = json.loads((SAMPLES / f"{sample}.json").read_text())
    events = [
        event
        for event in sent(deployed, wanted["detail"].get("event", "tags"), region)
        if event["detail"].get("result") == result
    ]
    assert events
    for event in events:
        assert shape(event) == shape(wanted)
        assert event["detail-type"] == wanted["detail-type"]
        assert event["source"] == wanted["source"]
        assert bool(event["detail"].get("cause")) == (result == "failed")


def test_both_forms_of_arns_occur_and_ids_are_unique(deployed: LocalAWS) -> None:
    for _ in range(3):
        story(deployed)
    events = [
        event
        for region in (HOME, AWAY)
        for kind in ("createSnapshot", "copySnapshot")
        for event in sent(deployed, kind, region)
    ]
    sources = [event["detail"]["source"].split(":") for event in events]
    assert {bool(parts[3]) for parts in sources} == {True, False}
    assert {bool(parts[4]) for parts in sources} == {True, False}
    assert len({event["id"] for event in events}) == len(events)
    copies = sent(deployed, "copySnapshot", AWAY)
    assert all(HOME in copy["detail"]["source"] and AWAY in copy["detail"]["snapshot_id"] for copy in copies)
    assert sent(deployed, "copySnapshot", HOME) == []


@pytest.mark.parametrize("individual", [True, False])
def test_snapshots_of_a_set_can_send_events_of_their_own(deployed: LocalAWS, individual: bool) -> None:
    deployed.individual_events_of_sets = individual
    instance = deployed.launch(HOME, name="web", volumes=(8, 100))
    deployed.client(HOME).create_snapshots(InstanceSpecification={"InstanceId": instance})
    deployed.travel(hours=1)
    assert len(sent(deployed, "createSnapshot")) == (2 if individual else 0)
    assert len(sent(deployed, "createSnapshots")) == 1


def test_the_event_of_a_failed_set_names_each_snapshot_as_failed(deployed: LocalAWS) -> None:
    instance = deployed.launch(HOME, name="web", volumes=(8, 100))
    deployed.fail_snapshot(deployed.client(HOME).describe_volumes()["Volumes"][0]["VolumeId"], "broken")
    deployed.client(HOME).create_snapshots(InstanceSpecification={"InstanceId": instance})
    deployed.travel(hours=1)
    (event,) = sent(deployed, "createSnapshots")
    assert (event["detail"]["result"], event["detail"]["cause"]) == ("failed", "broken")
    assert [snapshot["status"] for snapshot in event["detail"]["snapshots"]] == ["error", "error"]


def test_the_event_is_sent_when_the_snapshot_has_ended(deployed: LocalAWS) -> None:
    deployed.launch(HOME, name="web", volumes=(8,))
    volume = deployed.client(HOME).describe_volumes()["Volumes"][0]["VolumeId"]
    start = deployed.now
    deployed.client(HOME).create_snapshot(VolumeId=volume)
    deployed.travel(hours=1)
    (call,) = [invocation for invocation in deployed.invocations if invocation.function == "on_end"]
    assert (call.at - start).total_seconds() == 60 + 2 * 8
    assert call.event["detail"]["endTime"] == "2026-11-01T00:01:16Z"


def test_an_unchanged_tag_sends_no_event(deployed: LocalAWS) -> None:
    story(deployed)
    before = len(sent(deployed, "tags"))
    snapshot = deployed.snapshots(HOME)[0]["SnapshotId"]
    deployed.client(HOME).create_tags(Resources=[snapshot], Tags=[{"Key": "KeepForever", "Value": "Yes"}])
    deployed.travel(minutes=1)
    assert len(sent(deployed, "tags")) == before
    deployed.client(HOME).delete_tags(Resources=[snapshot], Tags=[{"Key": "KeepForever"}])
    deployed.travel(minutes=1)
    assert sent(deployed, "tags")[-1]["detail"]["tags"] == {"Type": "Yes", "DeleteOn": "Yes"}
