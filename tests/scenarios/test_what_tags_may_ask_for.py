"""What the administrator's settings say is above what a tag or an event asks for, and a misspelt tag is reported."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME, THIRD
from tests.scenarios.stories import copies, failures, problems, tag, volumes_of


def test_60_requests_in_an_hour(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request"})
    ask(aws, db, 60)
    assert len(aws.snapshots(HOME)) == 24
    refused = {failure.event["id"] for failure in failures(aws)}
    assert len(refused) == 36
    assert all("24" in str(failure.error) for failure in failures(aws))
    # A day after them there is room again.
    aws.travel(days=1)
    ask(aws, db, 2)
    assert len(aws.snapshots(HOME)) == 26


def ask(aws: LocalAWS, instance_id: str, number: int) -> None:
    """Send some requests, one a minute."""
    for place in range(number):
        event = {
            "id": f"{aws.now:%d%H%M}00-0000-0000-0000-{place:012d}",
            "source": "ebs-snapshot-reactor",
            "detail-type": "Snapshot Requested",
            "detail": {"instance-id": instance_id},
        }
        aws.send(HOME, event)
        aws.travel(minutes=1)
    aws.travel(minutes=10)


def test_requests_of_one_instance_leave_those_of_another_alone(aws: LocalAWS) -> None:
    aws.deploy(HOME, REQUESTS_PER_DAY="2")
    greedy, other = (
        aws.launch(HOME, name=name, tags={"Backup": "Yes", "Schedule": "on-request"}) for name in ("greedy", "other")
    )
    ask(aws, greedy, 5)
    ask(aws, other, 1)
    assert [snapshot["Tags"]["Source_InstanceId"] for snapshot in aws.snapshots(HOME)] == [greedy, greedy, other]


def test_allowed_destinations(aws: LocalAWS) -> None:
    aws.deploy(HOME, ALLOWED_DESTINATIONS=AWAY)
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"})
    aws.travel(hours=3)
    [primary] = aws.snapshots(HOME)
    # Somebody writes the other Region on the snapshot itself.
    tag(aws, HOME, primary["SnapshotId"], Copy_Dest=f"{AWAY} {THIRD}")
    aws.travel(hours=3)
    assert list(copies(aws, AWAY)) == [primary["SnapshotId"]]
    assert aws.snapshots(THIRD) == []
    assert (web, "not-allowed") in problems(aws, "create_snapshots")
    assert (primary["SnapshotId"], "not-allowed") in problems(aws, "copy_missing")
    assert not failures(aws)


@pytest.mark.parametrize(
    ("asked", "settings", "days"),
    [
        ("1", {"MIN_RETENTION": "3"}, 3),
        ("3650", {"MAX_RETENTION": "30"}, 30),
        ("7", {"MIN_RETENTION": "3", "MAX_RETENTION": "30"}, 7),
    ],
)
def test_limits_of_retention(aws: LocalAWS, asked: str, settings: dict[str, str], days: int) -> None:
    aws.deploy(HOME, **settings)  # type: ignore[arg-type]
    tags = {"Backup": "Yes", "Retention": asked, "Copy_Dest": AWAY, "Copy_Retention": asked}
    web = aws.launch(HOME, name="web", tags=tags)
    aws.travel(hours=3)
    [primary], [copy] = aws.snapshots(HOME), aws.snapshots(AWAY)
    day = f"{primary['StartTime'].date() + timedelta(days=days)}"
    assert (primary["Tags"]["DeleteOn"], copy["Tags"]["DeleteOn"]) == (day, day)
    assert primary["Description"].endswith(f" - until {day}")
    assert ((web, "not-allowed") in problems(aws, "create_snapshots")) == (int(asked) != days)


@pytest.mark.parametrize("misspelt", ["KeepForevr", "Keep", "KeepForeverr"])
def test_a_misspelt_keep_forever_is_reported_wherever_it_is(aws: LocalAWS, misspelt: str) -> None:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", misspelt: "Yes"})
    volume = volumes_of(aws, HOME, web)["/dev/xvda"]
    tag(aws, HOME, volume, **{misspelt: "Yes"})
    aws.travel(hours=1)
    [snapshot] = aws.snapshots(HOME)
    tag(aws, HOME, snapshot["SnapshotId"], **{misspelt: "Yes"})
    aws.travel(days=1)
    assert {(web, "key"), (volume, "key")} <= problems(aws, "create_snapshots")
    assert (snapshot["SnapshotId"], "key") in problems(aws, "sweep_snapshots")


def test_keep_forever_on_an_instance_or_a_volume_has_no_effect_and_is_reported(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "KeepForever": "Yes"})
    volume = volumes_of(aws, HOME, web)["/dev/xvda"]
    tag(aws, HOME, volume, Keep_Forever="Yes")
    aws.travel(hours=1)
    assert problems(aws, "create_snapshots") == {(web, "misplaced"), (volume, "misplaced")}
