"""Copies of one volume's snapshots: which are incremental, what they move, and what the event says of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME

KEY = "alias/backup"


def snapshot(aws: LocalAWS, volume_id: str) -> str:
    snapshot_id: str = aws.client(HOME).create_snapshot(VolumeId=volume_id)["SnapshotId"]
    aws.travel(minutes=10)
    return snapshot_id


def copy(aws: LocalAWS, snapshot_id: str, minutes: int = 10, **more: Any) -> dict[str, Any]:
    copied = aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot_id, **more)["SnapshotId"]
    aws.travel(minutes=minutes)
    [result] = [other for other in aws.snapshots(AWAY) if other["SnapshotId"] == copied]
    return result


def volume(aws: LocalAWS, size: int = 100) -> str:
    volume_id: str = aws.client(HOME).create_volume(AvailabilityZone=f"{HOME}a", Size=size)["VolumeId"]
    return volume_id


def moved(copied: dict[str, Any]) -> tuple[bool, float]:
    return copied["Incremental"], copied["MovedGiB"]


def test_the_first_copy_of_a_volume_is_full_and_the_next_is_not(aws: LocalAWS) -> None:
    web, other = volume(aws), volume(aws)
    first, second, stranger = snapshot(aws, web), snapshot(aws, web), snapshot(aws, other)
    assert moved(copy(aws, first)) == (False, 100)
    assert moved(copy(aws, second)) == (True, 5)
    assert moved(copy(aws, second)) == (True, 0)
    assert moved(copy(aws, stranger)) == (False, 100)


def test_a_copy_that_is_not_completed_helps_no_other(aws: LocalAWS) -> None:
    web = volume(aws)
    first, second = snapshot(aws, web), snapshot(aws, web)
    copy(aws, first, minutes=1)
    assert moved(copy(aws, second)) == (False, 100)


def test_a_failed_copy_helps_no_other(aws: LocalAWS) -> None:
    web = volume(aws)
    first, second = snapshot(aws, web), snapshot(aws, web)
    aws.fail_copy(AWAY, "An internal error occurred")
    copy(aws, first)
    assert moved(copy(aws, second)) == (False, 100)


def delete(aws: LocalAWS, id: str) -> None:
    aws.client(AWAY).delete_snapshot(SnapshotId=id)


def archive(aws: LocalAWS, id: str) -> None:
    aws.client(AWAY).modify_snapshot_tier(SnapshotId=id, StorageTier="archive")
    aws.travel(hours=2)


@pytest.mark.parametrize("lose", [delete, archive])
def test_without_the_newest_copy_the_next_is_full(aws: LocalAWS, lose: Callable[[LocalAWS, str], None]) -> None:
    web = volume(aws)
    first, second, third = (snapshot(aws, web) for _ in range(3))
    oldest, newest = copy(aws, first), copy(aws, second)
    lose(aws, oldest["SnapshotId"])
    assert moved(copy(aws, third)) == (True, 5)
    for copied in aws.snapshots(AWAY):
        if copied["SnapshotId"] not in (oldest["SnapshotId"], newest["SnapshotId"]):
            lose(aws, copied["SnapshotId"])
    assert moved(copy(aws, third)) == (False, 100)


def test_with_another_key_a_copy_is_full(aws: LocalAWS) -> None:
    aws.kms_keys[AWAY].add(KEY)
    web = volume(aws)
    first, second = snapshot(aws, web), snapshot(aws, web)
    copy(aws, first)
    encrypted = copy(aws, second, Encrypted=True, KmsKeyId=KEY)
    assert moved(encrypted) == (False, 100)
    assert moved(copy(aws, second, Encrypted=True, KmsKeyId=KEY)) == (True, 0)


def test_describe_shows_when_a_copy_was_completed(aws: LocalAWS) -> None:
    copied = copy(aws, snapshot(aws, volume(aws, 8)), minutes=1)
    describe = aws.client(AWAY).describe_snapshots
    [pending] = describe(SnapshotIds=[copied["SnapshotId"]])["Snapshots"]
    assert "CompletionTime" not in pending
    aws.travel(minutes=10)
    [completed] = describe(SnapshotIds=[copied["SnapshotId"]])["Snapshots"]
    assert completed["CompletionTime"] - completed["StartTime"] == timedelta(seconds=76)
