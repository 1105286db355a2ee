"""The Recycle Bin: what a rule keeps, what can be done with it there, and how it comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME
from tests.emulator.test_refusals import UNKNOWN, refused, tagged, tags

AUTOMATED = {"Type": "Automated"}


@pytest.fixture
def snapshot(aws: LocalAWS) -> str:
    """A completed snapshot of this app's kind."""
    snapshot_ids = make(aws, Type="Automated", DeleteOn="2026-11-02")
    aws.travel(hours=1)
    return snapshot_ids


def make(aws: LocalAWS, **own: str) -> str:
    ec2 = aws.client(HOME)
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"]
    snapshot_ids: str = ec2.create_snapshot(
        VolumeId=volume, Description="db <1>", TagSpecifications=tags(*own.items())
    )["SnapshotId"]
    return snapshot_ids


def listed(aws: LocalAWS, **params: Any) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = aws.client(HOME).list_snapshots_in_recycle_bin(**params)["Snapshots"]
    return entries


def test_without_a_rule_deleted_is_gone(aws: LocalAWS, snapshot: str) -> None:
    aws.keep_deleted(AWAY, days=7)
    aws.keep_deleted(HOME, days=7, tags={"Type": "Manual", "type": "Automated"})
    aws.client(HOME).delete_snapshot(SnapshotId=snapshot)
    assert listed(aws) == aws.recycled(HOME) == []


def test_a_rule_keeps_what_is_deleted_for_its_days_and_lists_it_without_tags(aws: LocalAWS, snapshot: str) -> None:
    aws.keep_deleted(HOME, days=7, tags=AUTOMATED)
    volume = aws.snapshots(HOME)[0]["VolumeId"]
    aws.client(HOME).delete_snapshot(SnapshotId=snapshot)
    deleted = aws.now
    assert listed(aws) == [
        {
            "SnapshotId": snapshot,
            "RecycleBinEnterTime": deleted,
            "RecycleBinExitTime": deleted + timedelta(days=7),
            "Description": "db <1>",
            "VolumeId": volume,
        }
    ]
    assert aws.snapshots(HOME) == []
    assert [deletion.snapshot["SnapshotId"] for deletion in aws.deletions] == [snapshot]
    aws.travel(days=7, seconds=-1)
    assert listed(aws)
    aws.travel(seconds=1)
    assert listed(aws) == aws.recycled(HOME) == []
    assert refused(lambda: aws.client(HOME).restore_snapshot_from_recycle_bin(SnapshotId=snapshot)) == (
        "InvalidSnapshot.NotFound"
    )


def test_it_can_be_tagged_there_and_comes_back_with_its_tags(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    later = make(aws, Note="x")
    aws.travel(hours=1)
    aws.keep_deleted(HOME, days=7, tags=AUTOMATED)
    ec2.delete_snapshot(SnapshotId=snapshot)
    assert aws.recycled(HOME)[0]["Tags"]["aws:recycle-bin:resource-in-bin"] == "true"
    ec2.create_tags(Resources=[snapshot], Tags=tagged(("DeleteOn", "2026-12-24"), ("Note", "x")))
    ec2.delete_tags(Resources=[snapshot], Tags=[{"Key": "Note"}])
    described = ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [snapshot, later, UNKNOWN]}])["Tags"]
    assert {(tag["ResourceId"], tag["Key"], tag["Value"]) for tag in described} == {
        (snapshot, "Type", "Automated"),
        (snapshot, "DeleteOn", "2026-12-24"),
        (snapshot, "aws:recycle-bin:resource-in-bin", "true"),
        (later, "Note", "x"),
    }
    assert {tag["ResourceType"] for tag in described} == {"snapshot"}
    aws_key = [{"Key": "aws:recycle-bin:resource-in-bin"}]
    assert refused(lambda: ec2.delete_tags(Resources=[snapshot], Tags=aws_key)) == "InvalidParameterValue"
    answer = ec2.restore_snapshot_from_recycle_bin(SnapshotId=snapshot)
    assert (answer["SnapshotId"], answer["State"], answer["Description"]) == (snapshot, "completed", "db <1>")
    [back, _] = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert back["Tags"] == tagged(("Type", "Automated"), ("DeleteOn", "2026-12-24"))
    assert [snapshot["SnapshotId"] for snapshot in aws.snapshots(HOME)] == [snapshot, later]
    aws.travel(days=8)
    assert [snapshot["SnapshotId"] for snapshot in aws.snapshots(HOME)] == [snapshot, later]


def test_in_the_bin_it_can_be_used_for_nothing_else(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    aws.keep_deleted(HOME, days=7)
    ec2.delete_snapshot(SnapshotId=snapshot)
    calls = [
        lambda: ec2.describe_snapshots(SnapshotIds=[snapshot]),
        lambda: ec2.delete_snapshot(SnapshotId=snapshot),
        lambda: ec2.create_volume(AvailabilityZone=f"{HOME}a", SnapshotId=snapshot),
        lambda: aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot),
        lambda: ec2.lock_snapshot(SnapshotId=snapshot, LockMode="governance", LockDuration=1),
        lambda: ec2.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive"),
        lambda: ec2.restore_snapshot_from_recycle_bin(SnapshotId=UNKNOWN),
        lambda: ec2.list_snapshots_in_recycle_bin(SnapshotIds=[UNKNOWN]),
    ]
    assert {refused(call) for call in calls} == {"InvalidSnapshot.NotFound"}
    assert refused(lambda: ec2.restore_snapshot_from_recycle_bin(SnapshotId=snapshot, DryRun=True)) == "DryRunOperation"
    assert [snapshot["SnapshotId"] for snapshot in aws.recycled(HOME)] == [snapshot]


def test_a_pending_snapshot_enters_the_bin_when_it_has_ended(aws: LocalAWS) -> None:
    aws.keep_deleted(HOME, days=1, tags=AUTOMATED)
    pending = make(aws, Type="Automated")
    aws.client(HOME).delete_snapshot(SnapshotId=pending)
    assert listed(aws) == []
    aws.travel(hours=1)
    assert [snapshot["SnapshotId"] for snapshot in listed(aws)] == [pending]


def test_a_rule_by_tags_comes_before_one_for_all_and_the_longest_of_these_counts(aws: LocalAWS, snapshot: str) -> None:
    aws.keep_deleted(HOME, days=365)
    aws.keep_deleted(HOME, days=2, tags=AUTOMATED)
    aws.keep_deleted(HOME, days=3, tags={"DeleteOn": "2026-11-02"})
    other = make(aws, Note="x")
    aws.travel(hours=1)
    for id in (snapshot, other):
        aws.client(HOME).delete_snapshot(SnapshotId=id)
    days = {
        snapshot["SnapshotId"]: snapshot["RecycleBinExitTime"] - snapshot["RecycleBinEnterTime"]
        for snapshot in listed(aws)
    }
    assert days == {snapshot: timedelta(days=3), other: timedelta(days=365)}


def test_a_second_stay_in_the_bin_is_counted_anew(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    aws.keep_deleted(HOME, days=2)
    ec2.delete_snapshot(SnapshotId=snapshot)
    aws.travel(days=1)
    ec2.restore_snapshot_from_recycle_bin(SnapshotId=snapshot)
    ec2.delete_snapshot(SnapshotId=snapshot)
    aws.travel(days=1, hours=1)
    assert [snapshot["SnapshotId"] for snapshot in aws.recycled(HOME)] == [snapshot]


def test_the_listing_comes_in_pages(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    aws.keep_deleted(HOME, days=2)
    snapshot_ids = [make(aws, Note="x") for _ in range(7)]
    aws.travel(hours=1)
    for id in reversed(snapshot_ids):
        ec2.delete_snapshot(SnapshotId=id)
    pages = [[snapshot["SnapshotId"] for snapshot in page["Snapshots"]] for page in
             ec2.get_paginator("list_snapshots_in_recycle_bin").paginate(PaginationConfig={"PageSize": 5})]  # fmt: skip
    assert pages == [snapshot_ids[:5], snapshot_ids[5:]]


@pytest.mark.parametrize("days", [0, 366])
def test_a_rule_has_1_to_365_days(aws: LocalAWS, days: int) -> None:
    with pytest.raises(ValueError, match="1 to 365"):
        aws.keep_deleted(HOME, days=days)
