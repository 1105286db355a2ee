"""The same seed gives the same run; and a large account can be used."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME, START


def run(stub: Path, seed: int) -> tuple[list[Any], list[Any]]:
    with LocalAWS(start=START, regions=(HOME, AWAY), seed=seed) as aws:
        aws.deploy(HOME, AWAY, app=stub, GREETING="x")
        aws.event_loss = aws.event_duplication = 0.3
        aws.event_jitter = timedelta(minutes=5)
        for number in range(5):
            instance = aws.launch(HOME, name=str(number), volumes=(8, 9))
            aws.client(HOME).create_snapshots(InstanceSpecification={"InstanceId": instance})
        aws.travel(hours=12)
        return aws.snapshots(HOME), [
            (invocation.at, invocation.function, invocation.event) for invocation in aws.invocations
        ]


def test_the_same_seed_gives_the_same_ids_and_order(stub: Path) -> None:
    first = run(stub, 1)
    with LocalAWS(start=START, regions=("ap-southeast-2", HOME), seed=1) as aws:
        aws.launch("ap-southeast-2", name="a Region that no run before this one had")
    again, other = run(stub, 1), run(stub, 2)
    assert first == again
    assert {snapshot["SnapshotId"] for snapshot in first[0]}.isdisjoint(snapshot["SnapshotId"] for snapshot in other[0])
    assert len(first[0]) == 10


def test_ten_thousand_snapshots_can_be_read(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    instance = aws.launch(HOME, name="web", volumes=(1,) * 20)
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": f"key{n}", "Value": "value"} for n in range(10)]}]
    for _ in range(500):
        ec2.create_snapshots(InstanceSpecification={"InstanceId": instance}, TagSpecifications=tags)
        aws.travel(minutes=5)
    before = time.perf_counter()
    filters = [{"Name": "tag:key1", "Values": ["value"]}]
    pages = ec2.get_paginator("describe_snapshots").paginate(OwnerIds=["self"], Filters=filters)
    assert sum(len(page["Snapshots"]) for page in pages) == 10_000
    assert time.perf_counter() - before < 5
