"""Runs at the same time, as Lambda may start them: no slot is filled twice."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator import Delivery, LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import FROZEN, by_volume, failures, make, never_answers

BACKUP = {"Backup": "Yes"}


@pytest.fixture(autouse=True)
def one_call_at_a_time(aws: LocalAWS) -> None:
    aws.deploy(HOME, AWAY, CONCURRENCY="1", MAX_DELETE_PERCENT="100")


def scheduled(aws: LocalAWS, function: str) -> Delivery:
    """Return the next delivery of a function's schedule."""
    with aws.holding() as held:
        aws.travel(hours=1)
    return next(delivery for delivery in held if (delivery.region, delivery.function) == (HOME, function))


def doubled(aws: LocalAWS) -> list[str]:
    return [volume for volume, snapshots in by_volume(aws, HOME).items() if len(snapshots) > 1]


@pytest.mark.parametrize("lead", range(12))
@pytest.mark.parametrize("lag", [0, 20])
def test_an_event_that_is_delivered_twice(aws: LocalAWS, lead: int, lag: int) -> None:
    for number in range(3):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP, volumes=(8, 9))
    delivery = scheduled(aws, "create_snapshots")
    aws.describe_lag = timedelta(seconds=lag)
    aws.deliver(delivery, delivery, order=(0,) * lead + (1, 0) * 20)
    assert len(by_volume(aws, HOME)) == 6
    assert not doubled(aws)
    assert not failures(aws)


def test_a_run_looks_again_at_what_another_one_created_meanwhile(aws: LocalAWS) -> None:
    never_answers(aws, aws.launch(HOME, name="dead", tags=FROZEN))
    for number in range(3):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP)
    aws.travel(days=1)
    delivery = scheduled(aws, "create_snapshots")
    # The second reads what is due. The first does everything, which takes a minute. Only then the second goes on.
    aws.deliver(delivery, delivery, order=(1,) * 3 + (0,) * 200)
    assert {volume: len(snapshots) for volume, snapshots in by_volume(aws, HOME).items()} == dict.fromkeys(
        by_volume(aws, HOME), 2
    )
    assert aws.invocations[-1].result["counts"] == {"done": 0, "kept": 4, "deferred": 0, "failed": 0}


def test_a_run_looks_again_before_every_hundredth_creation(aws: LocalAWS) -> None:
    for number in range(120):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP)
    delivery = scheduled(aws, "create_snapshots")
    before = len(aws.calls)
    aws.deliver(delivery)
    calls = [call for call in aws.calls[before:] if call.operation == "DescribeSnapshots"]
    assert len(calls) == 4
    [start_time] = [part for part in calls[-1].params["Filters"] if part["Name"] == "start-time"]
    assert len(start_time["Values"]) == 11


def test_a_scheduled_run_ends_if_another_one_is_creating(aws: LocalAWS) -> None:
    for number in range(2):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP)
    aws.pending_snapshots = 1
    delivery = scheduled(aws, "create_snapshots")
    aws.deliver(delivery)
    aws.pending_snapshots = None
    aws.travel(seconds=30)
    aws.deliver(delivery)
    assert aws.invocations[-1].result["counts"] == {"done": 0, "kept": 1, "deferred": 1, "failed": 0}
    aws.travel(seconds=40)
    aws.deliver(delivery)
    assert aws.invocations[-1].result["counts"] == {"done": 1, "kept": 1, "deferred": 0, "failed": 0}


def test_two_sweeps_at_once_do_not_do_the_work_twice(aws: LocalAWS) -> None:
    for _ in range(60):
        make(aws, HOME, {"Type": "Automated", "DeleteOn": "2026-11-01"})
    delivery = scheduled(aws, "sweep_snapshots")
    before = len(aws.calls)
    # The second reads what exists, and then the first deletes all of it.
    aws.deliver(delivery, delivery, order=(1,) * 5 + (0,) * 200)
    deletions = [call for call in aws.calls[before:] if call.operation == "DeleteSnapshot"]
    assert not aws.snapshots(HOME)
    assert 60 < len(deletions) <= 60 + 21
    assert aws.invocations[-1].result["counts"]["deferred"] == 40
