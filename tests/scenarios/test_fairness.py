"""Nobody starves: whoever has waited longest is backed up first, and agents that never answer hold up nobody."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import boto3
import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import HOME
from tests.scenarios.stories import FROZEN, by_volume, never_answers, volumes_of

BACKUP = {"Backup": "Yes"}


def test_a_quota_that_is_always_full_starves_nobody(aws: LocalAWS) -> None:
    """Two snapshots may be pending at a time, and each takes five hours: that is too little for all instances.

    With one worker, as workers side by side may get the last free places in another order.
    """
    aws.deploy(HOME, CONCURRENCY="1")
    for number in range(12):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP)
    aws.pending_snapshots = 2
    aws.snapshot_duration = lambda _: timedelta(hours=5)
    aws.travel(days=5)
    counts = Counter({volume["VolumeId"]: 0 for volume in aws.client(HOME).describe_volumes()["Volumes"]})
    counts.update({volume: len(snapshots) for volume, snapshots in by_volume(aws, HOME).items()})
    assert max(counts.values()) - min(counts.values()) <= 1, counts


@pytest.fixture
def silent_until_others_are_done() -> Iterator[threading.Event]:
    """Systems Manager answers no call until the event is set: no other thread can take a place of one that waits."""
    done = threading.Event()

    def hold(**_: Any) -> None:
        done.wait(timeout=20)

    session = boto3.DEFAULT_SESSION
    assert session is not None
    session.events.register("before-call.ssm.SendCommand", hold)
    yield done
    session.events.unregister("before-call.ssm.SendCommand", hold)


def test_agents_that_never_answer_hold_up_no_other_instance(
    aws: LocalAWS, silent_until_others_are_done: threading.Event
) -> None:
    dead = [aws.launch(HOME, name=f"dead{number}", tags=FROZEN) for number in range(20)]
    for instance_id in dead:
        never_answers(aws, instance_id)
    ordinary = {volume for number in range(40) for volume in _launch(aws, f"web{number}")}
    created: set[str] = set()

    def count(parsed: dict[str, Any], **_: Any) -> None:
        created.add(parsed.get("VolumeId", ""))
        if created >= ordinary:
            silent_until_others_are_done.set()

    session = boto3.DEFAULT_SESSION
    assert session is not None
    session.events.register("after-call.ec2.CreateSnapshot", count)
    try:
        aws.travel(minutes=16)
    finally:
        session.events.unregister("after-call.ec2.CreateSnapshot", count)
    first = min(snapshot["StartTime"] for snapshot in aws.snapshots(HOME))
    late = [
        s for s in aws.snapshots(HOME) if s["VolumeId"] in ordinary and s["StartTime"] > first + timedelta(minutes=1)
    ]
    assert {snapshot["VolumeId"] for snapshot in aws.snapshots(HOME)} >= ordinary
    assert not late


def _launch(aws: LocalAWS, name: str) -> set[str]:
    return set(volumes_of(aws, HOME, aws.launch(HOME, name=name, tags=BACKUP)).values())
