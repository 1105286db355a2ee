"""The tags of single volumes, which the snapshots of a set get after their creation: when they come, and if they never do."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import by_volume, copies, failures, tag, volumes_of

BACKUP = {"Backup": "Yes", "team": "core"}
COPIED = BACKUP | {"Copy_Dest": AWAY}
OWN = ({"team": "os"}, {"team": "data", "tier": "gold"})


def launch(aws: LocalAWS, tags: dict[str, str] = COPIED, **more: Any) -> str:
    return aws.launch(HOME, name="web", tags=tags, volumes=(8, 100), **more)


def expected(aws: LocalAWS, web: str, own: tuple[dict[str, str], ...] = OWN) -> dict[str, dict[str, str]]:
    """Return by volume the tags that its snapshot has in the end, and no other snapshot of its set."""
    return {
        volume: {
            "Source_VolumeId": volume,
            "Source_Device": device,
            "Name": f"web - {volume} ({device})",
            **of_volume,
        }
        for (device, volume), of_volume in zip(
            sorted(volumes_of(aws, HOME, web).items(), reverse=True), own, strict=True
        )
    }


def assert_tagged(history: dict[str, dict[str, str]], wanted: dict[str, dict[str, str]]) -> None:
    assert history.keys() == wanted.keys()
    for volume, tags in wanted.items():
        assert tags.items() <= history[volume].items()


def tags_at_home(aws: LocalAWS) -> dict[str, dict[str, str]]:
    return {volume: history[-1]["Tags"] for volume, history in by_volume(aws, HOME).items()}


def tags_of_copies(aws: LocalAWS) -> dict[str, dict[str, str]]:
    """Return the tags of the copies by the volume of their primary, as EC2 knows it."""
    volume_of = {snapshot["SnapshotId"]: snapshot["VolumeId"] for snapshot in aws.snapshots(HOME)}
    history = copies(aws, AWAY)
    return {volume: history[primary][-1]["Tags"] for primary, volume in volume_of.items()}


def test_they_come_as_soon_as_the_set_is_completed(aws: LocalAWS) -> None:
    web = launch(aws, volume_tags=OWN)
    aws.travel(minutes=16)
    shared = {"team", "tier", "Source_VolumeId", "Source_Device"}
    assert all(not shared & set(snapshot["Tags"]) for snapshot in aws.snapshots(HOME))
    assert {snapshot["Tags"]["Name"] for snapshot in aws.snapshots(HOME)} == {f"web ({web})"}
    aws.travel(minutes=10)
    assert_tagged(tags_at_home(aws), expected(aws, web))
    assert_tagged(tags_of_copies(aws), expected(aws, web))
    assert not failures(aws)


def test_nothing_is_read_for_what_the_set_says_itself(aws: LocalAWS) -> None:
    web = launch(aws, volume_tags=({"tier": "gold"}, {"tier": "gold"}))
    aws.travel(minutes=50)
    assert_tagged(tags_at_home(aws), expected(aws, web, ({"tier": "gold", "team": "core"},) * 2))
    calls = Counter(call.operation for call in aws.calls if call.function == "copy_on_completion")
    del calls["DescribeSnapshots"]
    assert calls == {"CreateTags": 2, "CopySnapshot": 2}


@pytest.mark.parametrize("tags", [COPIED, BACKUP], ids=["copied", "not copied"])
def test_they_come_hourly_if_no_event_does(aws: LocalAWS, tags: dict[str, str]) -> None:
    web = launch(aws, tags, volume_tags=OWN)
    aws.event_loss = 1.0
    aws.travel(minutes=44)
    assert not any("Source_VolumeId" in snapshot["Tags"] for snapshot in aws.snapshots(HOME))
    aws.travel(minutes=2)
    assert_tagged(tags_at_home(aws), expected(aws, web))
    before = len(aws.calls)
    aws.travel(hours=2)
    assert not [call for call in aws.calls[before:] if call.operation == "CreateTags"]
    aws.travel(hours=1)
    if tags is COPIED:
        assert_tagged(tags_of_copies(aws), expected(aws, web))


def test_somebodys_name_stays_part_of_it(aws: LocalAWS) -> None:
    launch(aws)
    aws.travel(minutes=16)
    for snapshot in aws.snapshots(HOME):
        tag(aws, HOME, snapshot["SnapshotId"], Name="golden")
    aws.travel(minutes=20)
    assert all(snapshot["Tags"]["Name"].startswith("golden - vol-") for snapshot in aws.snapshots(HOME))


def test_an_instance_that_is_gone_leaves_what_its_set_says(aws: LocalAWS) -> None:
    web = launch(aws, volume_tags=OWN)
    aws.travel(minutes=16)
    wanted = expected(aws, web, ({}, {}))
    aws.client(HOME).terminate_instances(InstanceIds=[web])
    aws.travel(minutes=30)
    assert_tagged(tags_at_home(aws), wanted)
    assert_tagged(tags_of_copies(aws), wanted)
    assert not failures(aws)


@pytest.mark.parametrize("operation", ["DescribeInstances", "DescribeVolumes"])
def test_tags_that_cannot_be_read_hold_up_no_copy(aws: LocalAWS, operation: str) -> None:
    web = launch(aws, volume_tags=OWN)
    aws.travel(minutes=16)
    wanted = expected(aws, web)
    aws.fault(operation, error="UnauthorizedOperation", message="not today", times=99)
    aws.travel(minutes=20)
    assert len(aws.snapshots(AWAY)) == 2
    said = f"the tags of {min(wanted)}, which its snapshot is to get, cannot be read"
    heard = [str(snapshot.error) for snapshot in failures(aws) if snapshot.function == "copy_on_completion"]
    assert any(said in error and "not today" in error for error in heard)
    aws.clear_faults()
    aws.travel(hours=1)
    assert_tagged(tags_at_home(aws), wanted)


def test_without_them_everything_else_is_as_it_is_with_them(aws: LocalAWS) -> None:
    """Ten days in which no snapshot is ever tagged after its creation."""
    web = launch(aws, COPIED | {"Retention": "3", "Copy_Retention": "5"}, volume_tags=OWN)
    aws.fault("CreateTags", error="UnauthorizedOperation", times=9_999)
    aws.travel(days=10, hours=4)
    volumes = sorted(volumes_of(aws, HOME, web).values())
    assert not any("Source_VolumeId" in snapshot["Tags"] for snapshot in aws.snapshots(HOME))
    # Each slot is filled once, and what has expired is gone.
    days = [f"2026-{day}T03:00Z" for day in ("11-30", "12-01", "12-02")]
    filled = {
        volume: [snapshot["Tags"]["Backup_Slot"] for snapshot in history]
        for volume, history in by_volume(aws, HOME).items()
    }
    assert filled == dict.fromkeys(volumes, days)
    # Copies have all tags, those of their volume too.
    assert_tagged(tags_of_copies(aws), expected(aws, web))
    assert {len(history) for history in copies(aws, AWAY).values()} == {1}


def test_the_newest_whole_set_stays_without_them(aws: LocalAWS) -> None:
    web = launch(aws, BACKUP | {"Retention": "1"})
    aws.fault("CreateTags", error="UnauthorizedOperation", times=9_999)
    aws.travel(minutes=45)
    whole = {snapshot["SnapshotId"] for snapshot in aws.snapshots(HOME)}
    data = volumes_of(aws, HOME, web)["/dev/sdb"]
    for _ in range(4):
        aws.travel(days=1)
        # Somebody deletes half of each new set, before the sweep: the first one is the last that a restore of the instance could use.
        aws.client(HOME).delete_snapshot(SnapshotId=by_volume(aws, HOME)[data][-1]["SnapshotId"])
    left = {snapshot["SnapshotId"]: snapshot["Tags"]["Backup_Slot"] for snapshot in aws.snapshots(HOME)}
    assert len(whole) == 2
    assert whole < left.keys()
    assert "2026-11-23T03:00Z" not in left.values()


def test_a_set_of_forty_volumes(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=COPIED, volumes=(8,))
    for number in range(39):
        aws.attach(HOME, db, size=1, device=f"/dev/xvd{chr(98 + number // 26)}{chr(97 + number % 26)}")
    aws.snapshot_duration = lambda gib: timedelta(minutes=5)
    aws.travel(minutes=16)
    calls = [call.operation for call in aws.calls if call.function == "create_snapshots"]
    assert calls.count("CreateSnapshots") == 1
    assert "CreateTags" not in calls
    [first, *_] = aws.snapshots(HOME)
    assert sum(key.startswith("Source_Volumes_") for key in first["Tags"]) <= 7
    assert max(len(snapshot["Tags"]) for snapshot in aws.snapshots(HOME)) <= 50
    aws.travel(hours=3)
    devices = volumes_of(aws, HOME, db)
    assert {snapshot["Tags"]["Source_Device"]: snapshot["VolumeId"] for snapshot in aws.snapshots(HOME)} == devices
    assert {
        snapshot["Tags"]["Source_Device"]: snapshot["Tags"]["Source_VolumeId"] for snapshot in aws.snapshots(AWAY)
    } == devices
    assert not failures(aws)
