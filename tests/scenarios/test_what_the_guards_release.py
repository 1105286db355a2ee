"""What a restore needs is kept, and nothing else: no guard keeps a snapshot for good when volumes change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import HOME
from tests.scenarios.stories import failures, tag, volumes_of

NIGHTLY = {"Backup": "Yes", "Retention": "1"}
DB, WEB, DATA = "/dev/xvda of db", "/dev/xvda of web", "/dev/sdb of db"


def leave_out(aws: LocalAWS, db: str, web: str, data: str) -> None:
    tag(aws, HOME, data, Backup="No")


def move(aws: LocalAWS, db: str, web: str, data: str) -> None:
    aws.detach(HOME, data)
    aws.client(HOME).attach_volume(VolumeId=data, InstanceId=web, Device="/dev/sdf")


def delete(aws: LocalAWS, db: str, web: str, data: str) -> None:
    aws.detach(HOME, data)
    aws.client(HOME).delete_volume(VolumeId=data)


def terminate(aws: LocalAWS, db: str, web: str, data: str) -> None:
    aws.client(HOME).terminate_instances(InstanceIds=[db])


def nothing(aws: LocalAWS, db: str, web: str, data: str) -> None:
    pass


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (nothing, {DB, WEB, DATA}),
        (leave_out, {DB, WEB}),
        (move, {DB, WEB, DATA}),
        (delete, {DB, WEB}),
        (terminate, {WEB}),
    ],
)
def test_three_days_after_a_change_only_the_last_night_is_left(
    aws: LocalAWS, change: Callable[[LocalAWS, str, str, str], None], left: set[str]
) -> None:
    db = aws.launch(HOME, name="db", tags=NIGHTLY, volumes=(8, 9))
    web = aws.launch(HOME, name="web", tags=NIGHTLY)
    of_db, of_web = volumes_of(aws, HOME, db), volumes_of(aws, HOME, web)
    names = {of_db["/dev/xvda"]: DB, of_db["/dev/sdb"]: DATA, of_web["/dev/xvda"]: WEB}
    aws.travel_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    change(aws, db, web, of_db["/dev/sdb"])
    aws.travel_to(datetime(2026, 11, 25, 12, tzinfo=UTC))
    standing = [(names[snapshot["VolumeId"]], snapshot["StartTime"].day) for snapshot in aws.snapshots(HOME)]
    assert sorted(standing) == sorted((name, 25) for name in left)
    assert not failures(aws)


def test_a_volume_that_was_added_keeps_no_earlier_set(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=NIGHTLY, volumes=(8, 9))
    aws.travel_to(datetime(2026, 11, 22, 12, tzinfo=UTC))
    new = aws.client(HOME).create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"]
    aws.client(HOME).attach_volume(VolumeId=new, InstanceId=db, Device="/dev/sdf")
    aws.travel_to(datetime(2026, 11, 25, 12, tzinfo=UTC))
    assert [snapshot["StartTime"].day for snapshot in aws.snapshots(HOME)] == [25, 25, 25]
