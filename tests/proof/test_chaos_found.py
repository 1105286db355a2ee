"""Bugs that the chaos found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator import LocalAWS
from tests.proof.network import Network
from tests.scenarios.stories import copies, tag

HOME, AWAY = "eu-west-1", "us-east-1"


@pytest.fixture
def aws() -> Iterator[LocalAWS]:
    with LocalAWS(start=datetime(2026, 11, 22, 2, 55, tzinfo=UTC), regions=(HOME, AWAY), seed=1) as local:
        local.deploy(HOME, AWAY, CONCURRENCY="1")
        yield local


def doubled(aws: LocalAWS) -> list[dict[str, Any]]:
    """Returns two completed copies of one snapshot: of two concurrent runs, each looked before the other had copied."""
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY})
    with aws.holding() as bag:
        network = Network(aws, bag)
        network.deliver(network.schedule(HOME, "create_snapshots"))
        aws.travel(minutes=2)
        runs = [network.schedule(HOME, "copy_missing") for _ in range(2)]
        network.deliver(*runs, order=[0, 1] * 6)
        aws.travel(minutes=2)
    [twins] = copies(aws, AWAY).values()
    assert [copy["State"] for copy in twins] == ["completed", "completed"]
    return twins


def test_of_two_copies_the_one_with_the_later_date_is_kept(aws: LocalAWS) -> None:
    older, newer = doubled(aws)
    tag(aws, AWAY, older["SnapshotId"], DeleteOn="2027-01-31")
    aws.invoke(HOME, "copy_missing")
    [twins] = copies(aws, AWAY).values()
    assert [copy["SnapshotId"] for copy in twins] == [older["SnapshotId"], newer["SnapshotId"]]


def test_of_two_copies_one_is_deleted_when_the_dates_are_the_same(aws: LocalAWS) -> None:
    older, newer = doubled(aws)
    tag(aws, AWAY, older["SnapshotId"], DeleteOn="2027-01-31")
    tag(aws, HOME, older["Tags"]["Source_SnapshotId"], DeleteOn="2027-01-31")
    for _ in range(2):
        aws.invoke(HOME, "copy_missing")
    [[stands]] = copies(aws, AWAY).values()
    assert (stands["SnapshotId"], stands["Tags"]["DeleteOn"]) == (newer["SnapshotId"], "2027-01-31")
