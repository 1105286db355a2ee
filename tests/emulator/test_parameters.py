"""A parameter that the emulator would ignore is an error, so that no test relies on it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME

UNKNOWN = "snap-0123456789abcdef0"

CALLS: dict[str, Callable[[Any], Any]] = {
    "time-based copy": lambda ec2: ec2.copy_snapshot(
        SourceRegion=AWAY, SourceSnapshotId=UNKNOWN, CompletionDurationMinutes=60
    ),
    "snapshot on an Outpost": lambda ec2: ec2.create_snapshot(
        VolumeId="vol-0123456789abcdef0", OutpostArn="arn:aws:outposts:eu-west-1:123456789012:outpost/op-1"
    ),
    "lock until a date": lambda ec2: ec2.lock_snapshot(
        SnapshotId=UNKNOWN, LockMode="governance", LockDuration=1, ExpirationDate="2026-12-24"
    ),
    "snapshots that others may restore": lambda ec2: ec2.describe_snapshots(RestorableByUserIds=["self"]),
    "volume restored at a set rate": lambda ec2: ec2.create_volume(
        AvailabilityZone=f"{HOME}a", SnapshotId=UNKNOWN, VolumeInitializationRate=300
    ),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_parameter_that_would_be_ignored_is_an_error(aws: LocalAWS, call: Callable[[Any], Any]) -> None:
    with pytest.raises(NotImplementedError, match="the emulator does not support"):
        call(aws.client(HOME))
