"""Two copies of one snapshot: one is deleted, and what that costs at the next copy."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import copies, ids, make, one_copy_each, tag

BACKUP = {"Backup": "Yes", "Copy_Dest": AWAY}
MANAGED = {"Type": "Automated", "DeleteOn": "2026-12-24", "Copy_Dest": AWAY}


def copy_again(aws: LocalAWS, first: dict[str, Any], **tags: str) -> str:
    """Copy a primary a second time, with the tags of its first copy and ``tags``; return the copy's id."""
    pairs = [{"Key": key, "Value": value} for key, value in (first["Tags"] | tags).items()]
    second: str = aws.client(AWAY).copy_snapshot(
        SourceRegion=HOME,
        SourceSnapshotId=first["Tags"]["Source_SnapshotId"],
        Description=first["Description"],
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": pairs}],
    )["SnapshotId"]
    return second


def test_of_two_completed_copies_the_newer_stays_so_that_the_next_is_incremental(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(100,))
    aws.travel(hours=2)
    [[first]] = copies(aws, AWAY).values()
    assert (first["Incremental"], first["MovedGiB"]) == (False, 100)
    second = copy_again(aws, first)
    aws.travel(hours=2)
    assert [copy["SnapshotId"] for siblings in copies(aws, AWAY).values() for copy in siblings] == [second]
    aws.travel(days=1)
    next_copy = aws.snapshots(AWAY)[-1]
    assert next_copy["Tags"]["Source_SnapshotId"] != first["Tags"]["Source_SnapshotId"]
    assert (next_copy["Incremental"], next_copy["MovedGiB"]) == (True, 5)


def test_the_copy_that_was_completed_last_stays_even_if_it_started_first(aws: LocalAWS) -> None:
    aws.copy_duration = lambda gib: timedelta(minutes=20)
    snapshot_id = make(aws, HOME, MANAGED)
    aws.travel(minutes=2)
    [[slow]] = copies(aws, AWAY).values()
    aws.copy_duration = lambda gib: timedelta(minutes=1)
    quick = copy_again(aws, slow)
    aws.travel(hours=2)
    assert [copy["SnapshotId"] for copy in copies(aws, AWAY)[snapshot_id]] == [slow["SnapshotId"]]
    assert quick != slow["SnapshotId"]


def test_an_archived_copy_replaces_no_other(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, MANAGED)
    aws.travel(hours=1)
    [first] = copies(aws, AWAY)[snapshot_id]
    for region, function in ((AWAY, "continue_copies"), (HOME, "copy_missing")):
        aws.disable(region, function)
    archived = copy_again(aws, first, KeepForever="x")
    aws.travel(minutes=2)
    aws.client(AWAY).modify_snapshot_tier(SnapshotId=archived, StorageTier="archive")
    aws.travel(hours=2)
    aws.invoke(HOME, "copy_missing")
    assert {copy["SnapshotId"] for copy in copies(aws, AWAY)[snapshot_id]} == {first["SnapshotId"], archived}


@pytest.mark.parametrize("lag", [5, 90], ids=lambda seconds: f"{seconds} s until a snapshot shows")
def test_of_two_copies_one_stays(aws: LocalAWS, lag: int) -> None:
    # Both events of a set arrive at once, and the second handler cannot see yet what the first one started.
    aws.describe_lag = timedelta(seconds=lag)
    aws.snapshot_duration = lambda gib: timedelta(minutes=5)
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 8))
    aws.travel(minutes=21)
    assert sum(len(copy) for copy in copies(aws, AWAY).values()) > 2
    aws.travel(hours=3)
    assert one_copy_each(aws, AWAY)
    assert {snapshot["State"] for snapshot in aws.snapshots(AWAY)} == {"completed"}


def test_of_two_copies_a_protected_one_stays_too(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, MANAGED)
    aws.travel(hours=1)
    [first] = copies(aws, AWAY)[snapshot_id]
    tag(aws, AWAY, first["SnapshotId"], KeepForever="x")
    second = copy_again(aws, first)
    aws.travel(hours=3)
    assert [copy["SnapshotId"] for copy in copies(aws, AWAY)[snapshot_id]] == [first["SnapshotId"], second]


@pytest.mark.parametrize("description", ["", "Created for policy: policy-0123456789abcdef0"])
def test_other_peoples_snapshots_that_are_tagged_as_copies_stay(aws: LocalAWS, description: str) -> None:
    """Whoever may only write tags makes other people's snapshots, and other copies, look like second copies."""
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8,))
    aws.travel(days=3)
    first, *others = (copy for siblings in copies(aws, AWAY).values() for copy in siblings)
    victims = {make(aws, AWAY, {}, description=description) for _ in range(2)}
    victims |= {copy["SnapshotId"] for copy in others}
    assert len(victims) > 3
    for victim in victims:
        tag(aws, AWAY, victim, Type="Automated", DeleteOn="2027-11-22",
            Source_SnapshotId=first["Tags"]["Source_SnapshotId"], Source_Region=HOME)  # fmt: skip
    aws.travel(hours=2)
    assert victims | {first["SnapshotId"]} <= ids(aws, AWAY)
