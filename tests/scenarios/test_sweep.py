"""The sweeper, against the state of the emulated AWS."""

from __future__ import annotations

import itertools
import shutil
from collections import Counter
from pathlib import Path

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import failures, ids, make, tag

EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-22"}


def sweep(aws: LocalAWS) -> None:
    """Let the next sweep come, at ten to the hour, and Lambda's retries of it."""
    aws.travel(minutes=(55 - aws.now.minute) % 60 or 60)
    assert "sweep_snapshots" in {invocation.function for invocation in aws.invocations if invocation.region == HOME}


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
    snapshot_id = make(aws, HOME, tags)
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_id}
    assert not failures(aws)


@pytest.mark.parametrize("order", list(itertools.permutations(("Type", "DeleteOn", "KeepForever"))))
def test_all_six_orders_of_the_tags_keep(aws: LocalAWS, order: tuple[str, ...]) -> None:
    values = EXPIRED | {"KeepForever": "Yes"}
    snapshot_id = make(aws, HOME, {key: values[key] for key in order})
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_id}


def test_each_region_sweeps_its_own(aws: LocalAWS) -> None:
    aws.disable(AWAY, "sweep_snapshots")
    make(aws, HOME, EXPIRED)
    there = make(aws, AWAY, EXPIRED)
    sweep(aws)
    assert (ids(aws, HOME), ids(aws, AWAY)) == (set(), {there})


def test_a_failure_holds_up_no_other_and_is_heard(aws: LocalAWS) -> None:
    snapshot_ids = [make(aws, HOME, EXPIRED) for _ in range(5)]
    aws.fault("DeleteSnapshot", error="UnauthorizedOperation", message="no", times=9,
              match=lambda params: snapshot_ids[2] in str(params))  # fmt: skip
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_ids[2]}
    errors = [str(failure.error) for failure in failures(aws)]
    assert all(snapshot_ids[2] in error and "UnauthorizedOperation: no" in error for error in errors)
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
    snapshot_id = make(aws, HOME, EXPIRED)
    other = make(aws, HOME, EXPIRED)
    aws.travel(minutes=4)
    aws.client(HOME).register_image(
        Name="golden",
        RootDeviceName="/dev/xvda",
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot_id}}],
    )
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_id}
    assert other not in ids(aws, HOME)
    assert not failures(aws)


def test_a_disabled_image_still_holds_its_snapshot(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags={})
    aws.travel(minutes=1)
    image = aws.client(HOME).create_image(InstanceId=web, Name="golden")["ImageId"]
    [snapshot_id] = ids(aws, HOME)
    aws.travel(minutes=4)
    for key, value in EXPIRED.items():
        tag(aws, HOME, snapshot_id, **{key: value})
    aws.client(HOME).disable_image(ImageId=image)
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_id}
    assert not [call for call in aws.calls if call.operation == "DeleteSnapshot"]
    assert not failures(aws)


def test_an_image_that_came_at_the_last_moment_is_kept_by_ec2_and_no_failure(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, EXPIRED)
    aws.fault("DeleteSnapshot", error="InvalidSnapshot.InUse", message="in use by ami-0a", times=9)
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_id}
    assert not failures(aws)


def test_a_locked_snapshot_is_kept(aws: LocalAWS) -> None:
    snapshot_id, other = make(aws, HOME, EXPIRED), make(aws, HOME, EXPIRED)
    aws.travel(minutes=4)
    aws.lock(HOME, snapshot_id)
    sweep(aws)
    assert ids(aws, HOME) == {snapshot_id}
    assert other not in ids(aws, HOME)
    assert not failures(aws)


def test_the_last_backup_of_a_volume_outlives_its_expiry(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Retention": "2", "Copy_Dest": AWAY})
    aws.travel(hours=2)
    aws.disable(HOME, "create_snapshots")
    aws.travel(days=30)
    [primary] = aws.snapshots(HOME)
    assert primary["Tags"]["DeleteOn"] == "2026-11-24"
    assert len(aws.snapshots(AWAY)) == 1
    aws.travel(days=3)
    # The copy's grace ends after 30 days: its Region cannot know whether there is still a volume to come.
    assert not aws.snapshots(AWAY)
    aws.enable(HOME, "create_snapshots")
    aws.travel(days=1)
    assert primary["SnapshotId"] not in ids(aws, HOME)


def test_what_is_no_longer_to_be_backed_up_runs_out(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Retention": "2"})
    aws.travel(hours=2)
    tag(aws, HOME, web, Backup="No")
    aws.travel(days=3)
    assert not aws.snapshots(HOME)


def test_too_many_at_once_deletes_none_and_says_what_to_set(aws: LocalAWS) -> None:
    snapshot_ids = {make(aws, HOME, EXPIRED) for _ in range(20)}
    sweep(aws)
    assert ids(aws, HOME) == snapshot_ids
    assert "more than MAX_DELETE_PERCENT=80 allows" in str(failures(aws)[0].error)
    aws.deploy(HOME, MAX_DELETE_PERCENT="100")
    aws.invoke(HOME, "sweep_snapshots")
    assert not ids(aws, HOME)


def test_a_run_ends_in_time_and_the_next_goes_on(aws: LocalAWS, tmp_path: Path) -> None:
    # The same app, with a minute for each function: half of that for work, as nothing starts in the last 30 s.
    (tmp_path / ".chalice").mkdir()
    (tmp_path / ".chalice" / "config.json").write_text('{"lambda_timeout": 60}')
    app = Path(shutil.copy(Path(__file__).parents[2] / "app.py", tmp_path))
    # One call at a time: what threads make of the emulated seconds depends on how busy the machine is.
    aws.deploy(HOME, app=app, MAX_DELETE_PERCENT="100", CONCURRENCY="1")
    snapshot_ids = {make(aws, HOME, EXPIRED) for _ in range(300)}
    aws.travel(minutes=4)
    aws.token_buckets = True
    started = aws.now
    first = aws.invoke(HOME, "sweep_snapshots")["counts"]
    took = (aws.now - started).total_seconds()
    # A burst of 95 to 100, and five a second.
    assert 95 + 5 * 29 <= first["done"] <= 100 + 5 * 31
    assert first["deferred"] == len(ids(aws, HOME)) == len(snapshot_ids) - first["done"]
    assert 30 <= took <= 35
    second = aws.invoke(HOME, "sweep_snapshots")["counts"]
    assert second == {"done": first["deferred"], "kept": 0, "deferred": 0, "failed": 0}
    assert not [call for call in aws.calls if call.error and call.function]


def test_a_deletion_throttled_by_others_is_never_lost(aws: LocalAWS) -> None:
    aws.deploy(HOME, MAX_DELETE_PERCENT="100")
    for _ in range(30):
        make(aws, HOME, EXPIRED)
    aws.fault("DeleteSnapshot", error="RequestLimitExceeded", times=60)
    sweep(aws)
    assert not aws.snapshots(HOME)
    assert not failures(aws)


def test_a_throttled_deletion_is_retried(aws: LocalAWS) -> None:
    for _ in range(4):
        make(aws, HOME, EXPIRED)
    aws.fault("DeleteSnapshot", error="RequestLimitExceeded", times=3)
    sweep(aws)
    assert not aws.snapshots(HOME)
    assert not failures(aws)


def test_dry_run_deletes_nothing(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, EXPIRED)
    aws.travel(minutes=4)
    summary = aws.invoke(HOME, "sweep_snapshots", {"dry_run": True})
    assert summary["counts"] == {"done": 0, "planned": 1, "kept": 0, "deferred": 0, "failed": 0}
    assert ids(aws, HOME) == {snapshot_id}


def test_other_peoples_snapshots_are_not_even_read(aws: LocalAWS) -> None:
    sweep(aws)
    described = [call for call in aws.calls if call.operation == "DescribeSnapshots" and call.function]
    assert described
    assert all("self" in str(call.params) for call in described)


def test_tag_problems_are_part_of_the_summary(aws: LocalAWS) -> None:
    bad = make(aws, HOME, EXPIRED | {"DeleteOn": "2026-02-30"})
    bare = make(aws, HOME, {"Type": "Automated"})
    problems = aws.invoke(HOME, "sweep_snapshots")["tag_problems"]
    assert {(problem["target"], problem["read"]) for problem in problems} == {
        (bad, "DeleteOn=2026-02-30"),
        (bare, "no DeleteOn"),
    }


def test_a_month_of_daily_snapshots_stands_at_seven(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": AWAY})
    for _ in range(20):
        aws.travel(days=1)
    aws.travel(hours=1)
    assert Counter(snapshot["State"] for snapshot in aws.snapshots(HOME)) == {"completed": 7}
    assert Counter(snapshot["State"] for snapshot in aws.snapshots(AWAY)) == {"completed": 7}
    assert not failures(aws)
