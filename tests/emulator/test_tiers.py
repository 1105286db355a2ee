"""The archive tier: what archiving and restoring take, and what an archived snapshot is no good for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME
from tests.emulator.test_refusals import refused


@pytest.fixture
def snapshot(aws: LocalAWS) -> str:
    """A completed snapshot of 20 GiB."""
    ec2 = aws.client(HOME)
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=20)["VolumeId"]
    snapshot_id: str = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    aws.travel(hours=1)
    return snapshot_id


def archive(aws: LocalAWS, snapshot: str) -> None:
    aws.client(HOME).modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive")
    aws.travel(hours=2)


def described(aws: LocalAWS, snapshot: str) -> dict[str, Any]:
    [answer] = aws.client(HOME).describe_snapshots(SnapshotIds=[snapshot])["Snapshots"]
    return dict(answer)


def status(aws: LocalAWS) -> dict[str, Any]:
    [answer] = aws.client(HOME).describe_snapshot_tier_status()["SnapshotTierStatuses"]
    return dict(answer)


def test_an_archived_snapshot_can_be_used_until_archiving_has_ended(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    assert described(aws, snapshot)["StorageTier"] == "standard"
    ec2.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive")
    assert described(aws, snapshot)["StorageTier"] == "standard"
    assert status(aws)["LastTieringOperationStatus"] == "archival-in-progress"
    ec2.create_volume(AvailabilityZone=f"{HOME}a", SnapshotId=snapshot)
    aws.travel(hours=1)
    assert described(aws, snapshot)["StorageTier"] == "archive"
    assert aws.snapshots(HOME)[0]["StorageTier"] == "archive"
    before = status(aws)
    assert (before["LastTieringOperationStatus"], before["StorageTier"], before["LastTieringProgress"]) == (
        "archival-completed", "archive", 100,
    )  # fmt: skip
    assert before["ArchivalCompleteTime"] == aws.now
    assert ec2.describe_snapshots(OwnerIds=["self"], Filters=[{"Name": "storage-tier", "Values": ["archive"]}])[
        "Snapshots"
    ]


def test_an_archived_snapshot_can_be_neither_copied_nor_restored_from_nor_registered(
    aws: LocalAWS, snapshot: str
) -> None:
    archive(aws, snapshot)
    home, away = aws.client(HOME), aws.client(AWAY)
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    calls = [
        lambda: away.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot),
        lambda: home.create_volume(AvailabilityZone=f"{HOME}a", SnapshotId=snapshot),
        lambda: home.register_image(Name="web", RootDeviceName="/dev/sda1", BlockDeviceMappings=mapping),
        lambda: home.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive"),
    ]
    assert {refused(call) for call in calls} == {"IncorrectState"}
    home.delete_snapshot(SnapshotId=snapshot)
    assert not aws.snapshots(HOME)


def test_a_restore_for_good_takes_three_days(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    archive(aws, snapshot)
    answer = ec2.restore_snapshot_tier(SnapshotId=snapshot, PermanentRestore=True)
    assert answer["IsPermanentRestore"] is True
    aws.travel(hours=71)
    assert described(aws, snapshot)["StorageTier"] == "archive"
    assert refused(lambda: ec2.restore_snapshot_tier(SnapshotId=snapshot, PermanentRestore=True)) == "IncorrectState"
    aws.travel(hours=1)
    assert described(aws, snapshot)["StorageTier"] == "standard"
    assert "RestoreExpiryTime" not in described(aws, snapshot)
    aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot)


def test_a_temporary_restore_expires_and_can_be_prolonged(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    archive(aws, snapshot)
    answer = ec2.restore_snapshot_tier(SnapshotId=snapshot, TemporaryRestoreDays=5)
    assert (answer["RestoreDuration"], answer["IsPermanentRestore"]) == (5, False)
    aws.travel(hours=72)
    assert described(aws, snapshot)["StorageTier"] == "standard"
    assert described(aws, snapshot)["RestoreExpiryTime"] == aws.now + timedelta(days=5)
    ec2.create_volume(AvailabilityZone=f"{HOME}a", SnapshotId=snapshot)
    aws.travel(days=4)
    ec2.restore_snapshot_tier(SnapshotId=snapshot, TemporaryRestoreDays=3)
    aws.travel(days=2)
    assert described(aws, snapshot)["StorageTier"] == "standard"
    aws.travel(days=1)
    assert described(aws, snapshot)["StorageTier"] == "archive"
    assert "RestoreExpiryTime" not in described(aws, snapshot)


def test_a_temporary_restore_can_become_permanent(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    archive(aws, snapshot)
    ec2.restore_snapshot_tier(SnapshotId=snapshot)
    aws.travel(hours=72)
    ec2.restore_snapshot_tier(SnapshotId=snapshot, PermanentRestore=True)
    aws.travel(days=30)
    assert described(aws, snapshot)["StorageTier"] == "standard"


def test_archivals_restores_and_their_expiry_are_events(aws: LocalAWS, deployed: LocalAWS, snapshot: str) -> None:
    archive(aws, snapshot)
    aws.client(HOME).restore_snapshot_tier(SnapshotId=snapshot, TemporaryRestoreDays=1)
    aws.travel(days=5)
    details = [invocation.event["detail"] for invocation in deployed.invocations if invocation.function == "on_tier"]
    assert [(detail["event"], detail["result"]) for detail in details] == [
        ("archiveSnapshot", "succeeded"),
        ("restoreSnapshot", "succeeded"),
        ("restoreExpiry", "succeeded"),
    ]
    assert all(detail["snapshot_id"].endswith(f"/{snapshot}") for detail in details)
    assert details[1]["restoreExpiryTime"] == details[2]["endTime"]


def test_what_an_ami_uses_is_archived_only_once_the_ami_is_disabled(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    mapping = [{"DeviceName": "/dev/sda1", "Ebs": {"SnapshotId": snapshot}}]
    image = ec2.register_image(Name="web", RootDeviceName="/dev/sda1", BlockDeviceMappings=mapping)["ImageId"]
    with pytest.raises(ClientError, match="in use"):
        ec2.modify_snapshot_tier(SnapshotId=snapshot, StorageTier="archive")
    ec2.disable_image(ImageId=image)
    archive(aws, snapshot)
    assert described(aws, snapshot)["StorageTier"] == "archive"


def test_pending_foreign_and_unarchived_ones_are_refused(aws: LocalAWS, snapshot: str) -> None:
    ec2 = aws.client(HOME)
    volume = described(aws, snapshot)["VolumeId"]
    pending = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    foreign = next(
        snapshot for snapshot in ec2.describe_snapshots()["Snapshots"] if snapshot["OwnerId"] != "123456789012"
    )
    assert refused(lambda: ec2.modify_snapshot_tier(SnapshotId=pending, StorageTier="archive")) == "IncorrectState"
    assert refused(lambda: ec2.modify_snapshot_tier(SnapshotId=snapshot)) == "InvalidParameterValue"
    assert refused(lambda: ec2.restore_snapshot_tier(SnapshotId=snapshot)) == "IncorrectState"
    assert (
        refused(lambda: ec2.modify_snapshot_tier(SnapshotId=foreign["SnapshotId"], StorageTier="archive"))
        == "UnauthorizedOperation"
    )
    assert (
        refused(lambda: ec2.restore_snapshot_tier(SnapshotId=snapshot, TemporaryRestoreDays=1, PermanentRestore=True))
        == "InvalidParameterCombination"
    )
    assert (
        refused(lambda: ec2.restore_snapshot_tier(SnapshotId=snapshot, TemporaryRestoreDays=181))
        == "InvalidParameterValue"
    )


def test_at_most_25_snapshots_of_a_volume_are_archived_and_five_restored_at_a_time(
    aws: LocalAWS, snapshot: str
) -> None:
    ec2 = aws.client(HOME)
    volume = described(aws, snapshot)["VolumeId"]
    created = []
    for _ in range(26):
        created.append(ec2.create_snapshot(VolumeId=volume)["SnapshotId"])
        aws.travel(minutes=10)
    for snapshot_id in created[:25]:
        ec2.modify_snapshot_tier(SnapshotId=snapshot_id, StorageTier="archive")
    code = refused(lambda: ec2.modify_snapshot_tier(SnapshotId=created[25], StorageTier="archive"))
    assert code == "ResourceLimitExceeded"
    aws.travel(hours=2)
    assert refused(lambda: ec2.modify_snapshot_tier(SnapshotId=created[25], StorageTier="archive")) == code
    for snapshot_id in created[:5]:
        ec2.restore_snapshot_tier(SnapshotId=snapshot_id, PermanentRestore=True)
    assert refused(lambda: ec2.restore_snapshot_tier(SnapshotId=created[5], PermanentRestore=True)) == code
