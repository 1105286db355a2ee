"""Work that is left when the time of a run is up goes on at once, in a next run."""

from __future__ import annotations

import pytest

from chalicelib.events import BadEvent
from chalicelib.plan import MAX_CONTINUATIONS
from emulator import Invocation, LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import copies, failures, make

BACKUP = {"Backup": "Yes"}
EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-01"}


@pytest.fixture(autouse=True)
def one_call_at_a_time(aws: LocalAWS) -> None:
    """EC2 allows 5 calls a second after a burst of 100, and a run has 10 seconds for calls."""
    aws.deploy(HOME, AWAY, CONCURRENCY="1", MAX_DELETE_PERCENT="100")
    aws.token_buckets = True
    for function in ("create_snapshots", "sweep_snapshots", "copy_missing"):
        aws.set_timeout(HOME, function, seconds=40)


def runs(aws: LocalAWS, function: str) -> list[Invocation]:
    return [run for run in aws.invocations if (run.region, run.function) == (HOME, function)]


def launch(aws: LocalAWS, number: int, **tags: str) -> None:
    for index in range(number):
        aws.launch(HOME, name=f"web{index}", tags=BACKUP | tags)


def test_creations_go_on_at_once_until_none_is_left(aws: LocalAWS) -> None:
    launch(aws, 210)
    aws.travel(minutes=19)
    assert len(aws.snapshots(HOME)) == 210
    first, *others = [run for run in runs(aws, "create_snapshots") if run.result["counts"]["done"]]
    assert first.event["detail-type"] == "Scheduled Event"
    assert [run.event["detail"] for run in others] == [{"continuations": number + 1} for number in range(len(others))]
    assert {run.event["id"] for run in others} == {first.event["id"]}
    assert len(others) >= 2
    last = max(snapshot["StartTime"] for snapshot in aws.snapshots(HOME))
    assert (last - first.at).total_seconds() < 60  # 110 calls beyond the burst take EC2 22 seconds
    assert not failures(aws)


def test_deletions_go_on_at_once(aws: LocalAWS) -> None:
    instance = aws.launch(HOME, name="past", tags={"Backup": "No"}, volumes=(8,) * 20)
    for _ in range(12):
        aws.client(HOME).create_snapshots(
            InstanceSpecification={"InstanceId": instance},
            TagSpecifications=[
                {"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in EXPIRED.items()]}
            ],
        )
        aws.travel(minutes=2)
    aws.travel(minutes=50)
    assert not aws.snapshots(HOME)
    assert any("continuations" in run.event["detail"] for run in runs(aws, "sweep_snapshots"))


def test_copies_that_the_hourly_run_has_no_time_for_go_on_at_once(aws: LocalAWS) -> None:
    aws.disable(HOME, "copy_on_completion")
    aws.disable(AWAY, "continue_copies")
    aws.copy_slots = 200
    aws.deploy(HOME, CONCURRENCY="1", COPY_SLOTS="200")
    aws.set_timeout(HOME, "copy_missing", seconds=40)
    aws.disable(HOME, "copy_on_completion")
    launch(aws, 130, Copy_Dest=AWAY)
    aws.travel(minutes=46)
    assert len(copies(aws, AWAY)) == 130
    assert any("continuations" in run.event["detail"] for run in runs(aws, "copy_missing"))


def test_a_run_that_could_do_nothing_is_a_failure_and_not_repeated(aws: LocalAWS) -> None:
    launch(aws, 2)
    aws.set_timeout(HOME, "create_snapshots", seconds=20)
    aws.travel(minutes=16)
    assert not aws.snapshots(HOME)
    assert "the time of this run was up before it could do anything for 2 targets" in str(failures(aws)[0].error)
    assert not [run for run in runs(aws, "create_snapshots") if "continuations" in run.event["detail"]]


def test_a_chain_of_runs_ends_with_a_failure(aws: LocalAWS) -> None:
    launch(aws, 160)
    with pytest.raises(Exception, match=f"targets are left after {MAX_CONTINUATIONS} runs"):
        aws.invoke(HOME, "create_snapshots", {"continuations": MAX_CONTINUATIONS})
    aws.travel(minutes=1)
    assert len(runs(aws, "create_snapshots")) == 1


@pytest.mark.parametrize("number", [-1, 101, 10**9, True, "3", None, [1]])
def test_a_number_that_the_app_does_not_write_is_refused_before_anything_is_done(aws: LocalAWS, number: object) -> None:
    launch(aws, 1)
    with pytest.raises(BadEvent, match="a number from 0 to 100"):
        aws.invoke(HOME, "create_snapshots", {"continuations": number})
    assert not aws.snapshots(HOME)


def test_a_dry_run_continues_nothing(aws: LocalAWS) -> None:
    launch(aws, 3)
    aws.set_timeout(HOME, "create_snapshots", seconds=20)
    assert aws.invoke(HOME, "create_snapshots", {"dry_run": True})["counts"]["planned"] == 3
    aws.travel(minutes=1)
    assert len(runs(aws, "create_snapshots")) == 1


def test_if_lambda_does_not_take_the_event_the_run_fails_and_is_tried_again(aws: LocalAWS) -> None:
    launch(aws, 180)
    aws.fault("Invoke", error="TooManyRequestsException")
    aws.travel(minutes=19)
    assert "TooManyRequestsException" in str(failures(aws)[0].error)
    assert len(aws.snapshots(HOME)) == 180
    assert max(run.attempt for run in runs(aws, "create_snapshots")) == 2


def test_a_snapshot_that_is_not_due_is_not_counted_as_left(aws: LocalAWS) -> None:
    make(aws, HOME, EXPIRED | {"KeepForever": "audit"})
    aws.travel(hours=2)
    assert not [run for run in runs(aws, "sweep_snapshots") if "continuations" in run.event["detail"]]
