"""Many copies that end, or snapshots that complete, in one second: functions that run side by side do not see each other."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME, THIRD
from tests.scenarios.stories import copies, failures, make

MANAGED = {"Type": "Automated", "DeleteOn": "2026-12-24"}
TO_AWAY = MANAGED | {"Copy_Dest": AWAY}
# The time within which EC2 may not show what a function that runs at the same time has started.
LAG = timedelta(seconds=5)
QUARTER = timedelta(minutes=15)


def backlog(aws: LocalAWS, number: int, region: str = HOME) -> None:
    """Let many snapshots wait for a copy, while no job runs."""
    with aws.holding():
        for _ in range(number):
            make(aws, region, TO_AWAY)
        aws.travel(minutes=10)


def pages(aws: LocalAWS, function: str, since: int = 0) -> list[str]:
    return [call.operation for call in aws.calls[since:] if call.function == function]


def doubled(aws: LocalAWS, region: str = AWAY) -> int:
    return sum(len(siblings) - 1 for siblings in copies(aws, region).values())


def in_progress(aws: LocalAWS, region: str = AWAY) -> int:
    return sum(snapshot["State"] == "pending" for snapshot in aws.snapshots(region))


@pytest.fixture
def full(aws: LocalAWS) -> LocalAWS:
    """An account in which 20 copies were started at the same time, and 100 snapshots wait."""
    aws.copy_duration = lambda gib: QUARTER
    backlog(aws, 120)
    aws.invoke(HOME, "copy_missing")
    assert in_progress(aws) == 20
    aws.disable(HOME, "copy_missing")
    for region in (HOME, AWAY, THIRD):
        aws.disable(region, "create_snapshots")
    return aws


def test_twenty_ends_at_once_start_twenty_different_copies(full: LocalAWS) -> None:
    full.describe_lag = LAG
    full.travel(minutes=16)
    assert (len(copies(full, AWAY)), in_progress(full), doubled(full)) == (40, 20, 0)
    full.travel(minutes=15)
    assert (len(copies(full, AWAY)), in_progress(full), doubled(full)) == (60, 20, 0)
    assert not failures(full)


@pytest.mark.parametrize("seed", range(3))
def test_twenty_ends_at_once_in_any_interleaving(full: LocalAWS, seed: int) -> None:
    full.deploy(AWAY, CONCURRENCY="1")
    full.disable(AWAY, "create_snapshots")
    with full.holding() as ended:
        full.travel(minutes=16)
    assert len(ended) == 20
    order = random.Random(seed).choices(range(20), k=200)  # noqa: S311  # for repetition, not for secrets
    full.deliver(*ended, order=order)
    assert (len(copies(full, AWAY)), in_progress(full), doubled(full)) == (40, 20, 0)


def test_twenty_failures_at_once_start_twenty_other_copies(aws: LocalAWS) -> None:
    aws.copy_duration = lambda gib: QUARTER
    backlog(aws, 120)
    aws.fail_copy(AWAY, "An internal error occurred", times=20)
    aws.invoke(HOME, "copy_missing")
    aws.disable(HOME, "copy_missing")
    aws.describe_lag = LAG
    aws.travel(minutes=16)
    assert (len(copies(aws, AWAY)), in_progress(aws), doubled(aws)) == (40, 20, 0)


def test_a_late_event_takes_no_place_of_another(full: LocalAWS) -> None:
    full.describe_lag = LAG
    with full.holding() as ended:
        full.travel(minutes=16)
    full.deliver(ended[3])
    full.travel(seconds=1)
    full.deliver(ended[0])
    full.travel(minutes=4)
    for delivery in ended[4:]:
        full.deliver(delivery)
    assert doubled(full) <= 2
    assert in_progress(full) > 2


def test_a_slot_whose_event_was_lost_is_filled_by_a_later_end(aws: LocalAWS) -> None:
    minutes = iter([10.0] * 3 + [13 + number for number in range(17)] + [30] * 100)
    aws.copy_duration = lambda gib: timedelta(minutes=next(minutes))
    backlog(aws, 60)
    aws.invoke(HOME, "copy_missing")
    aws.disable(HOME, "copy_missing")
    with aws.holding():
        aws.travel(minutes=11)
    assert in_progress(aws) == 17
    aws.travel(minutes=5)
    assert in_progress(aws) == 20


def test_a_flood_of_completions_fills_the_slots_and_is_refused_little(aws: LocalAWS) -> None:
    aws.copy_duration = lambda gib: timedelta(minutes=5)
    start = aws.now
    ends = iter([start + timedelta(seconds=60 + number / 5) for number in range(100)])
    aws.snapshot_duration = lambda gib: next(ends) - aws.now
    for _ in range(100):
        make(aws, HOME, TO_AWAY)
    aws.travel(minutes=4)
    assert in_progress(aws) == 20
    aws.travel(minutes=40)
    asked = Counter(call.error for call in aws.calls if call.operation == "CopySnapshot")
    assert asked[None] == 100
    assert asked["ResourceLimitExceeded"] <= 0.05 * asked.total()
    assert (len(copies(aws, AWAY)), doubled(aws)) == (100, 0)


def busy(aws: LocalAWS, since: datetime, until: datetime, slots: int = 20) -> float:
    """Return which share of the slots' time was used in a time in which copies waited."""
    used: float = sum(
        (min(copy["CompletionTime"] or until, until) - max(copy["StartTime"], since)).total_seconds()
        for copy in aws.snapshots(AWAY)
        if "Source_SnapshotId" in copy["Tags"] and copy["StartTime"] < until
    )
    return used / slots / ((until - since) / timedelta(seconds=1))


def test_two_sources_share_a_destination_and_leave_no_slot_empty(aws: LocalAWS) -> None:
    """The second source comes later, when copies of the first one fill all slots."""
    aws.copy_duration = lambda gib: timedelta(minutes=5)
    for _ in range(60):
        make(aws, HOME, TO_AWAY)
    aws.travel(minutes=5)
    for _ in range(60):
        make(aws, THIRD, TO_AWAY)
    aws.travel(minutes=2)
    since = aws.now
    aws.travel(minutes=15)
    assert {copy[0]["Tags"]["Source_Region"] for copy in copies(aws, AWAY).values()} == {HOME, THIRD}
    aws.travel(hours=1)
    assert len(copies(aws, AWAY)) == 120
    last = max(copy["StartTime"] for copy in aws.snapshots(AWAY))
    assert busy(aws, since, last) >= 0.95


def test_a_run_that_finds_no_free_slot_costs_one_call(full: LocalAWS) -> None:
    event: dict[str, Any] = {}
    with full.holding() as ended:
        full.travel(minutes=16)
        event = dict(ended[0].event)
    for delivery in ended:
        full.deliver(delivery)
    assert in_progress(full) == 20
    before = len(full.calls)
    full.send(AWAY, event)
    full.travel(seconds=1)
    assert pages(full, "continue_copies", before) == ["DescribeSnapshots"]


def test_an_ended_copy_with_nothing_waiting_costs_three_pages(aws: LocalAWS) -> None:
    make(aws, HOME, TO_AWAY)
    aws.travel(minutes=10)
    assert pages(aws, "continue_copies") == ["DescribeSnapshots"] * 3


def test_copies_by_others_take_slots_too(aws: LocalAWS) -> None:
    aws.copy_duration = lambda gib: timedelta(hours=5)
    others = make(aws, HOME, {})
    aws.travel(minutes=2)
    for _ in range(20):
        aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=others)
    make(aws, HOME, TO_AWAY)
    aws.travel(hours=2)
    assert Counter(call.error for call in aws.calls if call.operation == "CopySnapshot") == {None: 20}
    aws.travel(hours=5)
    assert len(copies(aws, AWAY)) == 1
