"""What chaos found, told one by one."""

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
    """Two completed copies of one snapshot: two runs side by side each looked before the other had copied."""
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY})
    with aws.holding() as bag:
        network = Network(aws, bag)
        network.deliver(network.schedule(HOME, "create_snapshots"))
        aws.travel(minutes=2)
        twins = [network.schedule(HOME, "copy_missing") for _ in range(2)]
        network.deliver(*twins, order=[0, 1] * 6)
        aws.travel(minutes=2)
    [found] = copies(aws, AWAY).values()
    assert [one["State"] for one in found] == ["completed", "completed"]
    return found


def test_of_two_copies_the_one_that_somebody_wants_longer_stays(aws: LocalAWS) -> None:
    older, newer = doubled(aws)
    tag(aws, AWAY, newer["SnapshotId"], DeleteOn="2027-01-31")
    aws.invoke(HOME, "copy_missing")
    [found] = copies(aws, AWAY).values()
    assert [one["SnapshotId"] for one in found] == [older["SnapshotId"], newer["SnapshotId"]]


def test_of_two_copies_one_goes_once_the_other_stands_as_long(aws: LocalAWS) -> None:
    older, newer = doubled(aws)
    tag(aws, AWAY, newer["SnapshotId"], DeleteOn="2027-01-31")
    tag(aws, HOME, older["Tags"]["Source_SnapshotId"], DeleteOn="2027-01-31")
    for _ in range(2):
        aws.invoke(HOME, "copy_missing")
    [[stands]] = copies(aws, AWAY).values()
    assert (stands["SnapshotId"], stands["Tags"]["DeleteOn"]) == (older["SnapshotId"], "2027-01-31")
