"""What is said where nobody says anything, and the words that EC2, logs and metrics share with the models."""

from __future__ import annotations

import pytest

from chalicelib.models import (
    Consistency,
    CreateSnapshot,
    Instance,
    Policy,
    Result,
    Snapshot,
    State,
    Volume,
)
from chalicelib.schedule import Schedule
from tests.pure.builders import ELSEWHERE, NOW, SEVEN_DAYS, at


def test_a_volume_is_taken_unless_it_is_left_out() -> None:
    disk = Volume("vol-0a", "/dev/sdb")
    assert (disk.excluded, disk.size_gib, disk.type, disk.iops, disk.throughput) == (False, 0, "", None, None)


def test_an_instance_is_running_unless_it_is_stopped() -> None:
    policy = Policy(False, "web", Schedule(()), SEVEN_DAYS)
    assert Instance("i-0a", policy, "/dev/xvda", ()).running


def test_the_snapshot_of_one_volume_leaves_none_out_and_asks_nobody() -> None:
    call = CreateSnapshot("vol-0a", "web", ())
    assert (call.instance_id, call.consistency, call.exclude_boot, call.exclude_data) == ("", None, False, ())


def test_states_are_called_as_ec2_calls_them() -> None:
    assert [*State] == ["pending", "completed", "error", "recoverable", "recovering"]


def test_results_are_called_as_logs_and_metrics_call_them() -> None:
    assert [*Result] == ["done", "planned", "kept", "deferred", "failed"]


@pytest.mark.parametrize(
    ("wish", "label"),
    [
        (Consistency("vss"), "vss"),
        (Consistency("fsfreeze", required=True), "fsfreeze"),
        (Consistency("ssm", "My-Document"), "ssm:My-Document"),
    ],
)
def test_what_was_achieved(wish: Consistency, label: str) -> None:
    assert wish.label == label
    assert not Consistency("vss").required


def snapshot(**more: object) -> Snapshot:
    return Snapshot("snap-0a", ELSEWHERE, "vol-0a", "completed", NOW, **more)  # type: ignore[arg-type]


def test_a_copy_holds_what_its_primary_held() -> None:
    yesterday, tomorrow = at("2026-11-21 03:00"), at("2026-11-23 03:00")
    assert snapshot().taken == NOW
    assert snapshot(primary_id="snap-0b").taken == NOW
    assert snapshot(primary_id="snap-0b", source_started=yesterday).taken == yesterday
    assert snapshot(primary_id="snap-0b", source_started=tomorrow).taken == NOW
    assert snapshot(source_started=yesterday).taken == NOW  # EC2's word counts for a primary, not the tag


@pytest.mark.parametrize(
    ("more", "is_copy"),
    [
        ({}, False),
        ({"source_volume_id": "vol-0a"}, False),
        ({"source_volume_id": "vol-0b"}, True),
        ({"primary_id": "snap-0b"}, True),
        ({"primary_id": "snap-0b", "source_volume_id": "vol-0a"}, True),
    ],
)
def test_what_is_a_copy(more: dict[str, object], is_copy: bool) -> None:
    assert snapshot(**more).is_copy is is_copy
    assert snapshot(managed=True, **more).is_primary is not is_copy
    assert not snapshot(**more).is_primary
