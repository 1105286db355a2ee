"""DescribeSnapshots: owners, filters and pages, and the same response with and without the cache."""

from typing import Any

import pytest

from emulator import LocalAWS
from tests.emulator.conftest import HOME, START

MINE: dict[str, Any] = {"OwnerIds": ["self"]}


@pytest.fixture
def fleet(aws: LocalAWS) -> LocalAWS:
    """Twelve snapshots a day apart, the last one pending; the tags differ."""
    aws.snapshot_duration = lambda gib: START.resolution * gib
    aws.launch(HOME, name="web")
    ec2 = aws.client(HOME)
    volume = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
    for day in range(12):
        own = [{"Key": "Day", "Value": f"Day {day}"}, {"Key": "A*", "Value": "é<&>\r\n\"'"}][: 1 + day % 2]
        tags = [{"ResourceType": "snapshot", "Tags": own}]
        ec2.create_snapshot(VolumeId=volume, Description=f"<{day}> & co", TagSpecifications=tags)
        aws.travel(days=1 if day < 11 else 0)
    return aws


def named(answer: dict[str, Any]) -> list[str]:
    return [snapshot["Description"] for snapshot in answer["Snapshots"]]


FILTERS: dict[str, tuple[str, list[str], int]] = {
    "tag": ("tag:Day", ["Day 3"], 1),
    "tag, other case of the value": ("tag:Day", ["day 3"], 0),
    "tag, other case of the key": ("tag:day", ["Day 3"], 0),
    "several values": ("tag:Day", ["Day 3", "Day 4", "no"], 2),
    "star": ("tag:Day", ["Day 1*"], 3),
    "star alone": ("tag:Day", ["*"], 12),
    "question mark": ("tag:Day", ["Day ?"], 10),
    "escaped star": ("tag-key", ["A\\*"], 6),
    "bracket is no wildcard": ("tag:Day", ["Day [0-9]"], 0),
    "tag key": ("tag-key", ["A*"], 6),
    "tag key absent": ("tag-key", ["B"], 0),
    "status": ("status", ["completed"], 11),
    "status pending": ("status", ["pending"], 1),
    "start time": ("start-time", ["2026-11-03T*"], 1),
    "snapshot id absent": ("snapshot-id", ["snap-0123456789abcdef0"], 0),
    "volume size": ("volume-size", ["8"], 12),
    "volume id absent": ("volume-id", ["vol-ffffffff"], 0),
    "description": ("description", ["<1*"], 3),
    "encrypted": ("encrypted", ["true"], 0),
    "progress": ("progress", ["100%"], 11),
}


@pytest.mark.parametrize(("name", "values", "count"), FILTERS.values(), ids=FILTERS.keys())
def test_filters(fleet: LocalAWS, name: str, values: list[str], count: int) -> None:
    answer = fleet.client(HOME).describe_snapshots(**MINE, Filters=[{"Name": name, "Values": values}])
    assert len(answer["Snapshots"]) == count


def test_all_filters_must_match(fleet: LocalAWS) -> None:
    both = [{"Name": "tag-key", "Values": ["A*"]}, {"Name": "tag:Day", "Values": ["Day 3", "Day 4"]}]
    assert named(fleet.client(HOME).describe_snapshots(Filters=both)) == ["<3> & co"]


def test_without_owners_public_snapshots_of_others_are_listed(fleet: LocalAWS) -> None:
    ec2 = fleet.client(HOME)
    everything = ec2.describe_snapshots()["Snapshots"]
    assert len(everything) == 12 + 5
    assert len(ec2.describe_snapshots(OwnerIds=["amazon"])["Snapshots"]) == 2
    assert {snapshot["OwnerId"] for snapshot in ec2.describe_snapshots(**MINE)["Snapshots"]} == {"123456789012"}
    assert len(fleet.snapshots(HOME)) == 12


def test_no_page_skips_a_snapshot_when_others_are_deleted_between_pages(fleet: LocalAWS) -> None:
    ec2 = fleet.client(HOME)
    first = ec2.describe_snapshots(**MINE, MaxResults=5)
    assert len(first["Snapshots"]) == 5
    for snapshot in first["Snapshots"]:
        ec2.delete_snapshot(SnapshotId=snapshot["SnapshotId"])
    second = ec2.describe_snapshots(**MINE, MaxResults=5, NextToken=first["NextToken"])
    third = ec2.describe_snapshots(**MINE, MaxResults=5, NextToken=second["NextToken"])
    assert "NextToken" not in third
    assert named(first) + named(second) + named(third) == [f"<{day}> & co" for day in range(12)]


def test_a_token_is_valid_for_the_same_request_only(fleet: LocalAWS) -> None:
    ec2 = fleet.client(HOME)
    token = ec2.describe_snapshots(**MINE, MaxResults=5)["NextToken"]
    with pytest.raises(ec2.exceptions.ClientError, match="another request"):
        ec2.describe_snapshots(MaxResults=5, NextToken=token)


def test_a_response_has_at_most_1000_snapshots(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    aws.snapshot_duration = lambda gib: START.resolution
    for _ in range(26):
        instance = aws.launch(HOME, name="web", volumes=(1,) * 20)
        for _ in range(2):
            ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})
            aws.travel(minutes=1)
    answer = ec2.describe_snapshots(**MINE)
    assert len(answer["Snapshots"]) == 1000
    pages = ec2.get_paginator("describe_snapshots").paginate(**MINE)
    assert len({snapshot["SnapshotId"] for page in pages for snapshot in page["Snapshots"]}) == 1040


@pytest.mark.parametrize("operation", ["describe_volumes", "describe_instances"])
def test_volumes_and_instances_have_pages(aws: LocalAWS, operation: str) -> None:
    for number in range(7):
        aws.launch(HOME, name=str(number))
    pages = list(aws.client(HOME).get_paginator(operation).paginate(PaginationConfig={"PageSize": 5}))
    key = "Volumes" if operation == "describe_volumes" else "Reservations"
    assert [len(page[key]) for page in pages] == [5, 2]


QUESTIONS: dict[str, tuple[str, dict[str, Any]]] = {
    "everything": ("DescribeSnapshots", {}),
    "one page": ("DescribeSnapshots", {**MINE, "MaxResults": 5}),
    "nothing": ("DescribeSnapshots", {"Filters": [{"Name": "tag-key", "Values": ["none"]}]}),
    "volumes": ("DescribeVolumes", {}),
    "instances": ("DescribeInstances", {}),
}


@pytest.mark.parametrize(("operation", "params"), QUESTIONS.values(), ids=QUESTIONS.keys())
def test_the_cache_returns_what_botocore_parses(fleet: LocalAWS, operation: str, params: dict[str, Any]) -> None:
    ec2 = fleet.client(HOME)
    call = getattr(ec2, {"S": "describe_snapshots", "V": "describe_volumes", "I": "describe_instances"}[operation[8]])
    short = [call(**params) for _ in range(2)][-1]
    # With a fault for this operation in another Region, no request is answered from the cache.
    fleet.fault(operation, error="InternalError", region="us-east-1")
    long = call(**params)
    assert long["ResponseMetadata"] != short["ResponseMetadata"]
    for answer in (short, long):
        del answer["ResponseMetadata"]
    assert short == long


def test_a_caller_may_change_a_response(fleet: LocalAWS) -> None:
    ec2 = fleet.client(HOME)
    first = ec2.describe_snapshots(**MINE)
    first["Snapshots"][0]["Tags"][0]["Value"] = "scribbled"
    first["Snapshots"].pop()
    again = ec2.describe_snapshots(**MINE)["Snapshots"]
    assert len(again) == 12
    assert again[0]["Tags"][0]["Value"] == "Day 0"


def test_a_change_is_visible_at_once(fleet: LocalAWS) -> None:
    ec2 = fleet.client(HOME)
    last = ec2.describe_snapshots(**MINE)["Snapshots"][-1]
    assert (last["State"], last["Progress"]) == ("pending", "0%")
    fleet.travel(hours=1)
    assert ec2.describe_snapshots(**MINE)["Snapshots"][-1]["State"] == "completed"
    ec2.create_tags(Resources=[last["SnapshotId"]], Tags=[{"Key": "New", "Value": "1"}])
    assert {"Key": "New", "Value": "1"} in ec2.describe_snapshots(**MINE)["Snapshots"][-1]["Tags"]
    ec2.delete_snapshot(SnapshotId=last["SnapshotId"])
    assert len(ec2.describe_snapshots(**MINE)["Snapshots"]) == 11
    instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
    ec2.create_tags(Resources=[instance], Tags=[{"Key": "New", "Value": "1"}])
    assert {"Key": "New", "Value": "1"} in ec2.describe_instances()["Reservations"][0]["Instances"][0]["Tags"]


def test_a_new_snapshot_is_visible_after_the_lag(fleet: LocalAWS) -> None:
    ec2 = fleet.client(HOME)
    fleet.travel(hours=1)
    fleet.describe_lag = START.resolution * 5_000_000
    volume = fleet.snapshots(HOME)[0]["VolumeId"]
    snapshot_id = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    assert len(ec2.describe_snapshots(**MINE)["Snapshots"]) == 12
    with pytest.raises(ec2.exceptions.ClientError, match=r"InvalidSnapshot\.NotFound"):
        ec2.describe_snapshots(SnapshotIds=[snapshot_id])
    fleet.travel(seconds=5)
    assert len(ec2.describe_snapshots(**MINE)["Snapshots"]) == 13
    assert len(ec2.describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"]) == 1


def test_a_call_takes_time_if_a_test_says_so(fleet: LocalAWS) -> None:
    ec2, before = fleet.client(HOME), fleet.now
    ec2.describe_snapshots(**MINE)
    assert fleet.now == before
    fleet.call_duration = START.resolution * 20_000
    for _ in range(2):  # the second answer is from the cache
        ec2.describe_snapshots(**MINE)
    ec2.create_tags(Resources=[fleet.snapshots(HOME)[0]["SnapshotId"]], Tags=[{"Key": "New", "Value": "1"}])
    assert fleet.now - before == 3 * fleet.call_duration


def test_every_read_is_recorded(fleet: LocalAWS) -> None:
    before = len(fleet.calls)
    for _ in range(3):
        fleet.client(HOME).describe_snapshots(**MINE)
    assert [(call.operation, call.params, call.function) for call in fleet.calls[before:]] == [
        ("DescribeSnapshots", MINE, None)
    ] * 3


def test_pages_can_be_cut_before_they_are_filtered(aws: LocalAWS) -> None:
    aws.filters_after_paging = True
    ec2 = aws.client(HOME)
    volumes = [ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"] for _ in range(11)]
    for volume in volumes:
        ec2.create_snapshot(VolumeId=volume)
    wanted = {"OwnerIds": ["self"], "Filters": [{"Name": "volume-id", "Values": volumes[-1:]}]}
    pages = list(ec2.get_paginator("describe_snapshots").paginate(**wanted, PaginationConfig={"PageSize": 5}))
    assert [len(page["Snapshots"]) for page in pages] == [0, 0, 1]
