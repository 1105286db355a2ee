"""The sweeper, against the state of the emulated AWS."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import failures, ids, make

EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-22"}


def sweep(aws: LocalAWS) -> None:
    """Let what was made complete, and the sweeper's hour come."""
    aws.travel(hours=3)
    assert "sweep_snapshots" in {each.function for each in aws.invocations if each.region == HOME}


@pytest.mark.parametrize("day", ["2026-11-22", "2026-11-21", "2024-02-29"])
def test_what_has_expired_is_deleted_overdue_days_included(aws: LocalAWS, day: str) -> None:
    make(aws, HOME, EXPIRED | {"DeleteOn": day})
    sweep(aws)
    assert not aws.snapshots(HOME)
    assert not failures(aws)


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({}, id="no tags"),
        pytest.param({"DeleteOn": "2026-11-01"}, id="no Type"),
        pytest.param({"Type": "Manual", "DeleteOn": "2026-11-01"}, id="another Type"),
        pytest.param({"Type": "Automated"}, id="no DeleteOn"),
        pytest.param(EXPIRED | {"DeleteOn": "2026-11-23"}, id="tomorrow"),
        pytest.param(EXPIRED | {"DeleteOn": "2026-02-30"}, id="no such day"),
        pytest.param(EXPIRED | {"DeleteOn": "soon"}, id="no date"),
        pytest.param(EXPIRED | {"KeepForever": "Yes"}, id="KeepForever"),
        pytest.param(EXPIRED | {"keep-forever": "No"}, id="keep-forever"),
        pytest.param(EXPIRED | {"KEEP_FOREVER": ""}, id="KEEP_FOREVER"),
    ],
)
def test_what_is_kept(aws: LocalAWS, tags: dict[str, str]) -> None:
    made = make(aws, HOME, tags)
    sweep(aws)
    assert ids(aws, HOME) == {made}
    assert not failures(aws)


@pytest.mark.parametrize("order", list(itertools.permutations(("Type", "DeleteOn", "KeepForever"))))
def test_all_six_orders_of_the_tags_keep(aws: LocalAWS, order: tuple[str, ...]) -> None:
    values = EXPIRED | {"KeepForever": "Yes"}
    made = make(aws, HOME, {key: values[key] for key in order})
    sweep(aws)
    assert ids(aws, HOME) == {made}


def test_each_region_sweeps_its_own(aws: LocalAWS) -> None:
    aws.disable(AWAY, "sweep_snapshots")
    make(aws, HOME, EXPIRED)
    there = make(aws, AWAY, EXPIRED)
    sweep(aws)
    assert (ids(aws, HOME), ids(aws, AWAY)) == (set(), {there})


def test_a_failure_holds_up_no_other_and_is_heard(aws: LocalAWS) -> None:
    made = [make(aws, HOME, EXPIRED) for _ in range(5)]
    aws.fault("DeleteSnapshot", error="UnauthorizedOperation", message="no", times=9,
              match=lambda params: made[2] in str(params))  # fmt: skip
    sweep(aws)
    assert ids(aws, HOME) == {made[2]}
    errors = [str(each.error) for each in failures(aws)]
    assert all(made[2] in error and "UnauthorizedOperation: no" in error for error in errors)
    assert len(errors) == 3
    [letter] = aws.dead_letters
    assert letter


def test_what_is_gone_already_is_a_success(aws: LocalAWS) -> None:
    make(aws, HOME, EXPIRED)
    aws.fault("DeleteSnapshot", error="InvalidSnapshot.NotFound", carried_out=True)
    sweep(aws)
    assert not aws.snapshots(HOME)
    assert not failures(aws)


def test_what_an_image_uses_is_kept_and_no_failure(aws: LocalAWS) -> None:
    made = make(aws, HOME, EXPIRED)
    other = make(aws, HOME, EXPIRED)
    aws.travel(minutes=30)
    aws.client(HOME).register_image(
        Name="golden",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": made}}],
    )
    sweep(aws)
    assert ids(aws, HOME) == {made}
    assert other not in ids(aws, HOME)
    assert not failures(aws)


def test_a_throttled_deletion_is_retried(aws: LocalAWS) -> None:
    for _ in range(4):
        make(aws, HOME, EXPIRED)
    aws.fault("DeleteSnapshot", error="RequestLimitExceeded", times=3)
    sweep(aws)
    assert not aws.snapshots(HOME)
    assert not failures(aws)


def test_dry_run_deletes_nothing(aws: LocalAWS) -> None:
    made = make(aws, HOME, EXPIRED)
    aws.travel(minutes=30)
    summary = aws.invoke(HOME, "sweep_snapshots", {"dry_run": True})
    assert summary["counts"] == {"done": 1, "kept": 0, "deferred": 0, "failed": 0}
    assert ids(aws, HOME) == {made}


def test_other_peoples_snapshots_are_not_even_read(aws: LocalAWS) -> None:
    sweep(aws)
    described = [call for call in aws.calls if call.operation == "DescribeSnapshots" and call.function]
    assert described
    assert all("self" in str(call.params) for call in described)


def test_tag_problems_are_part_of_the_summary(aws: LocalAWS) -> None:
    bad = make(aws, HOME, EXPIRED | {"DeleteOn": "2026-02-30"})
    bare = make(aws, HOME, {"Type": "Automated"})
    problems = aws.invoke(HOME, "sweep_snapshots")["tag_problems"]
    assert {(each["target"], each["read"]) for each in problems} == {
        (bad, "DeleteOn=2026-02-30"),
        (bare, "no DeleteOn"),
    }


def test_a_month_of_daily_snapshots_stands_at_seven(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY})
    for _ in range(20):
        aws.travel(days=1)
    assert Counter(each["State"] for each in aws.snapshots(HOME)) == {"completed": 7}
    assert Counter(each["State"] for each in aws.snapshots(AWAY)) == {"completed": 7}
    assert not failures(aws)
