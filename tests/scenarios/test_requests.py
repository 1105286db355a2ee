"""Snapshots on request: what a dump calls when it is done, and what a request cannot do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.events import BadEvent
from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import FROZEN, achieved, failures, first_failure


def request(
    aws: LocalAWS, instance_id: str, event_id: str = "01234567-0123-0123-0123-0123456789ab", wait: float = 5
) -> None:
    """Request the snapshots of an instance, and wait some minutes."""
    event = {
        "id": event_id,
        "source": "ebs-snapshot-reactor",
        "detail-type": "Snapshot Requested",
        "detail": {"instance-id": instance_id},
    }
    aws.send(HOME, event)
    aws.travel(minutes=wait)


def test_a_snapshot_after_a_dump(aws: LocalAWS) -> None:
    db = aws.launch(
        HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request", "Copy_Dest": AWAY}, volumes=(8, 9)
    )
    aws.travel(hours=24)
    assert not aws.snapshots(HOME)
    request(aws, db)
    assert [snapshot["Tags"]["Backup_Slot"] for snapshot in aws.snapshots(HOME)] == [
        "01234567-0123-0123-0123-0123456789ab"
    ] * 2
    # The same event comes twice: once is enough. Another one is another dump.
    request(aws, db)
    assert len(aws.snapshots(HOME)) == 2
    request(aws, db, "another1-0123-0123-0123-0123456789ab")
    assert len(aws.snapshots(HOME)) == 4
    aws.travel(hours=2)
    assert len(aws.snapshots(AWAY)) == 4
    assert not failures(aws)


def test_a_request_brings_the_application_to_rest_too(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Schedule": "on-request"}, volumes=(8, 100))
    request(aws, db)
    assert achieved(aws) == ["crash", "fsfreeze"]
    assert len(aws.freezes) == 1


def test_the_longest_scripts_that_a_setting_allows_fit_into_a_request(aws: LocalAWS) -> None:
    aws.deploy(HOME, CONSISTENCY_TIMEOUT="300")
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Schedule": "on-request"})
    aws.agent(db).answers = False
    request(aws, db)
    aws.travel(minutes=10)
    assert achieved(aws) == ["crash"]
    assert "crash-consistent only" in first_failure(aws)


def test_a_request_that_a_full_quota_defers_is_taken_up_by_the_retry(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request"}, volumes=(8, 9))
    aws.pending_snapshots = 0
    request(aws, db, wait=0.5)
    assert not aws.snapshots(HOME)
    assert "PendingSnapshotLimitExceeded" in first_failure(aws)
    aws.pending_snapshots = None
    aws.travel(minutes=5)
    assert len(aws.snapshots(HOME)) == 2
    assert not aws.dead_letters


def test_a_request_that_stays_deferred_reaches_a_person(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request"})
    aws.pending_snapshots = 0
    request(aws, db)
    assert [letter.event["detail"] for letter in aws.dead_letters] == [{"instance-id": db}]


def disabled(aws: LocalAWS) -> str:
    return aws.launch(HOME, name="off", tags={"Backup": "No"})


def foreign(aws: LocalAWS) -> str:
    return aws.launch(AWAY, name="elsewhere", tags={"Backup": "Yes"})


def unknown(aws: LocalAWS) -> str:
    return "i-01234567"


@pytest.mark.parametrize(
    ("whose", "why"),
    [
        (disabled, "the instance is not tagged Backup=Yes"),
        (foreign, f"this account has no running or stopped instance with this id in {HOME}"),
        (unknown, f"this account has no running or stopped instance with this id in {HOME}"),
    ],
)
def test_a_request_that_cannot_be_met_is_a_failure(aws: LocalAWS, whose: Callable[[LocalAWS], str], why: str) -> None:
    instance_id = whose(aws)
    request(aws, instance_id)
    assert not aws.snapshots(HOME)
    assert why in first_failure(aws)
    assert instance_id in first_failure(aws)


@pytest.mark.parametrize("detail", [{}, {"instance-id": "web"}, {"instance-id": ["i-01234567"]}])
def test_a_request_that_names_nothing_is_refused(aws: LocalAWS, detail: dict[str, Any]) -> None:
    with pytest.raises(BadEvent, match=r"instance-id=.* accepted: an id such as"):
        aws.invoke(HOME, "create_on_request", detail)


def test_on_request_at_the_latest(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request 05:00"})
    aws.travel(minutes=16)  # 03:01: yesterday's slot, which nobody filled
    aws.travel_to(datetime(2026, 11, 23, 4, 30, tzinfo=UTC))
    before = [snapshot["Tags"]["Backup_Slot"] for snapshot in aws.snapshots(HOME)]
    assert before == ["2026-11-21T05:00Z", "2026-11-22T05:00Z"]
    request(aws, db)
    aws.travel_to(datetime(2026, 11, 24, 4, 59, tzinfo=UTC))
    # Asked for at 04:30, so that of 05:00 is not taken as well; the next day nobody asks, and it is.
    assert len(aws.snapshots(HOME)) == 3
    aws.travel(hours=1)
    assert [snapshot["Tags"]["Backup_Slot"] for snapshot in aws.snapshots(HOME)][3:] == ["2026-11-24T05:00Z"]
    assert not failures(aws)
