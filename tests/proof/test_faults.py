"""A sample of the faults; `make prove` runs all of them."""

from __future__ import annotations

import pytest

from emulator import LocalAWS
from tests.proof.faults import FAULTS, calls_of_story, run
from tests.proof.world import REGIONS, START, calm, deploy, judge, live

# The first call of each operation, each with a different fault.
SAMPLE = (
    "CreateSnapshots",
    "CreateTags",
    "CopySnapshot",
    "DeleteSnapshot",
    "SendCommand",
    "CreateSnapshot",
    "DescribeSnapshots",
)


def test_without_a_fault_the_judge_finds_nothing_and_every_operation_occurs() -> None:
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        world = deploy(aws)
        live(world)
        assert {call.operation for call in aws.calls if call.function} >= set(SAMPLE)
        calm(world)
        assert judge(world) == []


@pytest.mark.parametrize(("operation", "fault"), list(zip(SAMPLE, FAULTS, strict=True)))
def test_the_app_recovers_from_a_fault_at_a_call(operation: str, fault: str) -> None:
    calls = calls_of_story()
    number = next(index for index, call in enumerate(calls, 1) if call.operation == operation)
    assert run(number, fault).wrong == ()


def test_a_deletion_behind_the_apps_back_is_noticed() -> None:
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        world = deploy(aws)
        live(world)
        calm(world)
        [copy] = [
            snapshot
            for snapshot in aws.snapshots("eu-central-1")
            if snapshot["Tags"].get("Source_SnapshotId") and "KeepForever" in snapshot["Tags"]
        ]
        aws.client("eu-central-1").delete_snapshot(SnapshotId=copy["SnapshotId"])
        violations = " ".join(judge(world))
        assert (
            f"{copy['SnapshotId']} in eu-central-1: expected there, as the app did not delete it; is gone" in violations
        )
        assert "of web, to eu-central-1: expected 1 completed copy; is none" in violations
