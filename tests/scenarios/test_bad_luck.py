"""Bad luck at the sweep, and people's mistakes: what a restore needs, and what is owed, outlives them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME, THIRD
from tests.scenarios.stories import UNDATED, copies, failures, ids, make, problems, tag, volumes_of

# Each backup has expired at the first sweeps of the next day, and the next one is made after them.
EARLY = {"Backup": "Yes", "Retention": "1", "Schedule": "daily 06:00"}
NIGHTLY = {"Backup": "Yes", "Retention": "1", "Schedule": "daily 03:00"}
YEARLY = {"Backup": "Yes", "Retention": "2", "Copy_Dest": AWAY, "Copy_Retention": "365"}


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026, UTC."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def standing(aws: LocalAWS, region: str = HOME) -> list[datetime]:
    """When the completed snapshots that stand in a Region were begun, to the minute."""
    return [
        snapshot["StartTime"].replace(second=0, microsecond=0)
        for snapshot in aws.snapshots(region)
        if snapshot["State"] == "completed"
    ]


# The only backup


@pytest.mark.parametrize("state", ["pending", "stopping", "stopped", "shutting-down", "terminated"])
def test_retention_1_and_daily_0600_with_an_instance_in_any_state_at_the_sweep(aws: LocalAWS, state: str) -> None:
    """A terminated one still has its volume for a moment: it may have been terminated while the sweep was reading."""
    web = aws.launch(HOME, name="web", tags=EARLY)
    aws.travel_to(at(23, 0, 40))
    aws.set_instance_state(HOME, web, state)
    aws.travel_to(at(23, 5, 55))
    assert standing(aws) == [at(22, 6)]
    aws.set_instance_state(HOME, web, "running")
    aws.travel_to(at(24, 5, 20))
    assert standing(aws) == [at(23, 6)]


def test_retention_1_and_daily_0600_of_an_instance_that_was_terminated(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=EARLY)
    aws.travel_to(at(22, 12))
    aws.client(HOME).terminate_instances(InstanceIds=[web])
    aws.travel_to(at(23, 5, 20))
    assert standing(aws) == []


def test_retention_1_and_a_volume_that_is_detached_for_maintenance(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=NIGHTLY, volumes=(8, 9))
    devices = volumes_of(aws, HOME, db)
    aws.travel_to(at(22, 12))
    aws.detach(HOME, devices["/dev/sdb"])
    aws.travel_to(at(25, 12))
    # The root goes on being backed up; of the other volume the last backup waits for the next one.
    assert standing(aws) == [at(22, 3), at(25, 3)]
    [data, _] = aws.snapshots(HOME)
    assert data["VolumeId"] == devices["/dev/sdb"]
    aws.client(HOME).attach_volume(VolumeId=devices["/dev/sdb"], InstanceId=db, Device="/dev/sdb")
    aws.travel_to(at(27, 12))
    assert standing(aws) == [at(27, 3), at(27, 3)]


@pytest.mark.parametrize(
    ("own", "until"),
    [
        pytest.param({"Name": "data"}, 26, id="for longer than the days of grace"),
        pytest.param({"Backup": "No"}, 23, id="and says that it wants no backup"),
    ],
)
def test_retention_1_and_a_volume_that_stays_detached(aws: LocalAWS, own: dict[str, str], until: int) -> None:
    aws.deploy(HOME, LAST_COPY_GRACE_DAYS="3")
    db = aws.launch(HOME, name="db", tags=NIGHTLY, volumes=(8, 9))
    data = volumes_of(aws, HOME, db)["/dev/sdb"]
    aws.travel_to(at(22, 12))
    aws.detach(HOME, data)
    tag(aws, HOME, data, **own)
    aws.travel_to(at(until, 0, 40))
    assert data in {snapshot["VolumeId"] for snapshot in aws.snapshots(HOME)}
    aws.travel_to(at(until, 4))
    assert data not in {snapshot["VolumeId"] for snapshot in aws.snapshots(HOME)}


def test_backup_yse(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=NIGHTLY)
    aws.travel_to(at(22, 12))
    tag(aws, HOME, web, Backup="Yse")
    aws.travel_to(at(27, 12))
    assert standing(aws) == [at(22, 3)]
    assert (web, "value") in problems(aws, "sweep_snapshots")
    tag(aws, HOME, web, Backup="No")
    aws.travel_to(at(28, 12))
    assert standing(aws) == []


def test_a_backup_tag_that_was_removed(aws: LocalAWS) -> None:
    aws.deploy(HOME, LAST_COPY_GRACE_DAYS="3")
    web = aws.launch(HOME, name="web", tags=NIGHTLY)
    aws.travel_to(at(22, 12))
    aws.client(HOME).delete_tags(Resources=[web], Tags=[{"Key": "Backup"}])
    aws.travel_to(at(25, 12))
    assert standing(aws) == [at(22, 3)]
    aws.travel_to(at(26, 12))
    assert standing(aws) == []


# The last whole set


def test_a_set_whose_second_volume_fails_for_a_week(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=NIGHTLY, volumes=(8, 9))
    second = volumes_of(aws, HOME, db)["/dev/sdb"]
    aws.travel_to(at(22, 12))
    aws.disable(HOME, "create_snapshots")
    for day in range(23, 30):
        aws.travel_to(at(day, 2, 50))
        aws.fail_snapshot(second, "An internal error occurred")
        aws.enable(HOME, "create_snapshots")
        aws.travel_to(at(day, 3, 1))
        aws.disable(HOME, "create_snapshots")  # the next run would create it again
        aws.travel_to(at(day, 12))
        assert standing(aws) == [at(22, 3), at(22, 3)]
    assert len({failure.at.date() for failure in failures(aws)}) == 7
    aws.enable(HOME, "create_snapshots")
    aws.travel_to(at(30, 12))
    assert standing(aws) == [at(30, 3), at(30, 3)]


def test_a_set_of_which_one_snapshot_was_archived_each_day(aws: LocalAWS) -> None:
    aws.archive_duration = lambda gib: timedelta(minutes=5)
    db = aws.launch(HOME, name="db", tags=NIGHTLY, volumes=(8, 9))
    second = volumes_of(aws, HOME, db)["/dev/sdb"]
    aws.travel_to(at(22, 12))
    for day in (23, 24, 25):
        aws.travel_to(at(day, 3, 30))
        archive(aws, [snapshot for snapshot in aws.snapshots(HOME) if snapshot["VolumeId"] == second][-1])
    aws.travel_to(at(25, 12))
    assert standing(aws)[:2] == [at(22, 3), at(22, 3)]


def archive(aws: LocalAWS, snapshot: dict[str, Any]) -> None:
    aws.client(HOME).modify_snapshot_tier(SnapshotId=snapshot["SnapshotId"], StorageTier="archive")


def test_an_archived_newest_snapshot(aws: LocalAWS) -> None:
    aws.archive_duration = lambda gib: timedelta(minutes=5)
    aws.launch(HOME, name="web", tags=NIGHTLY)
    aws.travel_to(at(23, 3, 30))
    older, newest = aws.snapshots(HOME)
    archive(aws, newest)
    aws.disable(HOME, "create_snapshots")
    aws.travel_to(at(26, 12))
    # The archived one has expired and goes; the one that can be restored at once stays.
    assert ids(aws, HOME) == {older["SnapshotId"]}
    archive(aws, older)
    aws.travel_to(at(29, 12))
    # There is no other.
    assert ids(aws, HOME) == {older["SnapshotId"]}


def test_an_archived_snapshot_is_not_copied(aws: LocalAWS) -> None:
    aws.archive_duration = lambda gib: timedelta(minutes=5)
    aws.event_loss = 1.0
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY})
    aws.travel_to(at(22, 3, 5))
    [snapshot] = aws.snapshots(HOME)
    archive(aws, snapshot)
    aws.travel_to(at(22, 12))
    assert not aws.snapshots(AWAY)
    assert not [call for call in aws.calls if call.operation == "CopySnapshot"]
    assert not failures(aws)


# What is owed


def test_retention_2_and_copy_retention_365_with_copies_that_fail_for_eight_days(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=YEARLY)
    aws.fail_copy(AWAY, "An internal error occurred", times=10**6)
    aws.travel_to(at(30, 12))
    primaries = ids(aws, HOME)
    assert standing(aws) == [at(day, 3) for day in range(22, 31)]
    assert standing(aws, AWAY) == []
    assert {failure.at.date() for failure in failures(aws)} == {at(day, 0).date() for day in range(22, 31)}
    aws.clear_faults()
    aws.travel(days=2)
    existing = copies(aws, AWAY)
    assert existing.keys() > primaries
    states = [[copy["State"] for copy in of_one] for of_one in existing.values()]
    assert {of_one.count("completed") for of_one in states} == {1}
    assert {state for of_one in states for state in of_one} <= {"completed", "error"}
    # What is copied goes on its own date.
    assert len(standing(aws)) == 2


def test_what_is_owed_for_longer_than_the_days_of_grace(aws: LocalAWS) -> None:
    aws.deploy(HOME, LAST_COPY_GRACE_DAYS="1")
    web = aws.launch(HOME, name="web", tags=YEARLY)
    aws.fail_copy(AWAY, "An internal error occurred", times=10**6)
    aws.travel_to(at(26, 12))
    # DeleteOn is two days after the snapshot, and a day of grace follows.
    assert standing(aws) == [at(24, 3), at(25, 3), at(26, 3)]
    # The newest waits for its copy for as long as that would be kept, even if nobody wants backups any more.
    tag(aws, HOME, web, Backup="No")
    aws.travel_to(at(30, 12))
    assert standing(aws) == [at(26, 3)]


@pytest.mark.parametrize("refusal", ["not enabled", "not allowed"])
def test_nothing_is_owed_to_a_region_that_is_not_open(aws: LocalAWS, refusal: str) -> None:
    aws.launch(HOME, name="web", tags=YEARLY)
    aws.fail_copy(AWAY, "An internal error occurred", times=10**6)
    aws.travel_to(at(26, 4))
    assert standing(aws) == [at(day, 3) for day in range(22, 27)]
    if refusal == "not enabled":
        aws.disabled_regions = {AWAY}
    else:
        aws.deploy(HOME, ALLOWED_DESTINATIONS=THIRD)
    aws.travel_to(at(26, 12))
    assert standing(aws) == [at(25, 3), at(26, 3)]


# The breaker, and dates that were promised


def test_hourly_with_retention_1_and_a_missed_sweep(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Schedule": "hourly", "Retention": "1"})
    aws.travel_to(at(24, 4))
    aws.disable(HOME, "sweep_snapshots")
    aws.travel_to(at(26, 4))
    assert len(standing(aws)) > 50
    aws.enable(HOME, "sweep_snapshots")
    aws.travel_to(at(26, 5, 20))
    assert standing(aws) == [at(26, hour) for hour in range(6)]
    assert not failures(aws)


def test_dates_that_were_brought_forward(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Retention": "3"})
    aws.travel_to(at(24, 12))
    first, second, third = (snapshot["SnapshotId"] for snapshot in aws.snapshots(HOME))
    tag(aws, HOME, first, DeleteOn="2026-11-20")
    tag(aws, HOME, second, DeleteOn="2026-11-25")
    tag(aws, HOME, third, DeleteOn="2026-12-24")
    aws.travel_to(at(27, 12))
    # It is not deleted on the promised day either: somebody has to look at it.
    assert ids(aws, HOME) >= {first, second, third}
    assert problems(aws, "sweep_snapshots") == {(first, "brought-forward"), (second, "brought-forward")}
    tag(aws, HOME, first, DeleteOn="2026-11-25")
    tag(aws, HOME, second, DeleteOn="2026-11-26")
    aws.travel(days=1)
    assert ids(aws, HOME) & {first, second, third} == {third}


def test_a_stranger_who_tags_other_peoples_snapshots(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes"})
    aws.travel_to(at(22, 4))
    others = {
        make(aws, HOME, {}, description=text)
        for text in ("", "before the upgrade", "Created by CreateImage(i-0123456789abcdef0) for ami-0a", UNDATED)
    }
    for snapshot in others:
        tag(aws, HOME, snapshot, Type="Automated", DeleteOn="2026-11-22")
    aws.travel_to(at(24, 12))
    assert others <= ids(aws, HOME)
    for function in ("sweep_snapshots", "report"):
        assert problems(aws, function) == {(snapshot, "unproven") for snapshot in others}
