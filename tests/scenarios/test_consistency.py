"""Applications brought to rest for a snapshot, and what becomes of both when scripts and functions fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from chalicelib.publish import JobFailed
from emulator import LocalAWS
from tests.scenarios.conftest import HOME
from tests.scenarios.stories import FROZEN, achieved, by_volume, failures, first_failure, never_answers, volumes_of

Break = Callable[[LocalAWS, str], None]


@pytest.mark.parametrize("root", ["Yes", "No"], ids=["a set", "one volume"])
@pytest.mark.parametrize(
    ("wanted", "of_root"),
    [("fsfreeze", "crash"), ("fsfreeze, required", "crash"), ("ssm:My-Document", "ssm:My-Document")],
)
def test_frozen_before_and_thawed_as_soon_as_it_is_created(aws: LocalAWS, wanted: str, of_root: str, root: str) -> None:
    wish = FROZEN | {"Consistency": wanted, "team": "core"}
    db = aws.launch(HOME, name="db", tags=wish, volumes=(8, 100), volume_tags=({"Backup": root},))
    aws.travel(minutes=16)
    volumes = volumes_of(aws, HOME, db)
    expected = {volumes["/dev/sdb"]: wanted.removesuffix(", required")}
    if root == "Yes":
        expected[volumes["/dev/xvda"]] = of_root
    assert {snapshot["VolumeId"]: snapshot["Tags"]["Consistency"] for snapshot in aws.snapshots(HOME)} == expected
    [freeze] = aws.freezes
    [started] = {snapshot["StartTime"] for snapshot in aws.snapshots(HOME)}
    assert (freeze.instance_id, freeze.thawed_by) == (db, "post-script")
    assert freeze.since <= started <= freeze.until
    # Two seconds for the post-script, and at most one until the pre-script is seen to have ended.
    assert freeze.until - started <= timedelta(seconds=3)
    assert not aws.frozen
    assert not failures(aws)
    assert {snapshot["Tags"]["team"] for snapshot in aws.snapshots(HOME)} == {"core"}


@pytest.mark.parametrize(
    "document",
    ["arn:aws:ssm:eu-west-1:666666666666:document/ebs-snapshot-reactor-fsfreeze", "AWS-RunShellScript"],
    ids=["of another account", "of AWS"],
)
def test_no_document_from_outside_the_account_is_run(aws: LocalAWS, document: str) -> None:
    aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": f"ssm:{document}"})
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash"]
    assert not aws.freezes
    assert not any(call.operation == "SendCommand" for call in aws.calls)


@pytest.mark.parametrize("root", ["Yes", "No"], ids=["a set", "one volume"])
def test_what_was_achieved_is_written_as_soon_as_ec2_knows_the_snapshot(aws: LocalAWS, root: str) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100), volume_tags=({"Backup": root},))
    aws.tagging_lag = timedelta(seconds=20)
    aws.travel(minutes=16)
    assert achieved(aws)[-1] == "fsfreeze"
    assert not failures(aws)


def test_a_snapshot_that_is_never_known_is_told_and_claims_nothing(aws: LocalAWS) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.tagging_lag = timedelta(minutes=10)
    aws.travel(minutes=34)
    assert achieved(aws) == ["crash", "crash"]
    assert "InvalidSnapshot.NotFound" in first_failure(aws)
    assert len(aws.freezes) == 1


THROTTLES = pytest.mark.parametrize(("wanted", "volumes"), [("fsfreeze", (8, 100)), ("ssm:My-Document", (8,))])


@THROTTLES
@pytest.mark.parametrize("answers", [1, 4, 9])
def test_a_frozen_instance_does_not_wait_for_ec2_to_have_room(
    aws: LocalAWS, wanted: str, volumes: tuple[int, ...], answers: int
) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": wanted}, volumes=volumes)
    operation = "CreateSnapshots" if len(volumes) > 1 else "CreateSnapshot"
    aws.fault(operation, error="RequestLimitExceeded", times=answers)
    aws.travel(minutes=36)
    [freeze] = aws.freezes
    assert (freeze.instance_id, freeze.thawed_by) == (db, "post-script")
    # Two seconds for the post-script, and at most one until the pre-script is seen to have ended.
    assert freeze.until - freeze.since <= timedelta(seconds=3)
    # It is thawed, and then backed up all the same.
    assert achieved(aws) == ["crash"] * len(volumes)
    assert "EC2 throttled the call while the application was at rest" in first_failure(aws)


def test_a_frozen_instance_never_waits_for_another(aws: LocalAWS) -> None:
    for number in range(12):
        aws.launch(HOME, name=f"db{number}", tags=FROZEN, volumes=(8, 9))
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash"] * 12 + ["fsfreeze"] * 12
    assert len(aws.freezes) == 12
    # Nobody thawed by its timer. (A second that one thread sleeps passes on the emulated clock for all of them.)
    assert {freeze.thawed_by for freeze in aws.freezes} == {"post-script"}
    assert not aws.frozen


def fails_before(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).exits["pre-script"] = 201


def is_not_ready(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).exits["pre-script"] = 206


def answers_too_late(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).seconds = 200


def has_no_agent(aws: LocalAWS, instance_id: str) -> None:
    aws.fault("SendCommand", error="InvalidInstanceId", message="not managed", times=9)


@pytest.mark.parametrize(
    ("breaks", "why"),
    [
        (fails_before, "the pre-script failed"),
        (is_not_ready, "the application is not ready"),
        (never_answers, "status TimedOut"),
        (answers_too_late, "no answer within 60 s"),
        (has_no_agent, "not managed"),
    ],
)
@pytest.mark.parametrize("required", [False, True], ids=["wanted", "required"])
def test_a_backup_is_never_lost_to_a_script(aws: LocalAWS, breaks: Break, why: str, required: bool) -> None:
    wish = "fsfreeze, required" if required else "fsfreeze"
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": wish}, volumes=(8, 100))
    breaks(aws, db)
    aws.travel(minutes=36)
    assert achieved(aws) == ([] if required else ["crash", "crash"])
    assert why in first_failure(aws)
    assert ("not created; crash-consistent only" if required else "; crash-consistent only") in first_failure(aws)
    assert not aws.frozen
    if not required:
        # Lambda's second try finds the slot filled: heard once, and not taken twice.
        assert len(failures(aws)) == 1
        assert {len(history) for history in by_volume(aws, HOME).values()} == {1}


def test_required_is_tried_again_every_hour(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": "fsfreeze, required"}, volumes=(8, 100))
    fails_before(aws, db)
    aws.travel(minutes=36)
    aws.agent(db).exits.clear()
    aws.travel(hours=1)
    assert achieved(aws) == ["crash", "fsfreeze"]


def test_a_thaw_that_came_too_early_is_told(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.agent(db).auto_thaw = 1
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "crash"]
    assert "auto-thaw came before the post-script" in first_failure(aws)


def test_a_post_script_that_fails_is_told(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.agent(db).exits["post-script"] = 202
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "crash"]
    assert "the post-script failed" in first_failure(aws)


@pytest.mark.parametrize("error", ["InternalError", "timeout", "RequestLimitExceeded", "InvalidParameterValue"])
def test_a_creation_that_fails_leaves_nothing_frozen(aws: LocalAWS, error: str) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.fault("CreateSnapshots", error=error, times=30 if error == "RequestLimitExceeded" else 3)
    aws.travel(minutes=45)
    assert not aws.frozen
    assert aws.freezes
    # Nothing is tried again while the instance is frozen.
    assert max(freeze.until - freeze.since for freeze in aws.freezes) <= timedelta(seconds=3)
    assert failures(aws)
    aws.travel(hours=2)
    assert len(aws.snapshots(HOME)) == 2


@pytest.mark.parametrize("step", ["SendCommand", "GetCommandInvocation", "CreateSnapshots", "CreateTags"])
@pytest.mark.parametrize("required", [False, True], ids=["wanted", "required"])
def test_a_call_that_never_answers_leaves_nothing_frozen(aws: LocalAWS, step: str, required: bool) -> None:
    wish = "fsfreeze, required" if required else "fsfreeze"
    aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": wish}, volumes=(8, 100))
    aws.fault(step, error="timeout", carried_out=True, times=99)
    aws.travel(minutes=50)
    assert not aws.frozen
    assert all(freeze.until - freeze.since <= timedelta(seconds=60) for freeze in aws.freezes)
    assert failures(aws)
    if not required:
        assert aws.snapshots(HOME)


STEPS = ["DescribeInstances", "SendCommand", "GetCommandInvocation", "CreateSnapshots", "CreateTags"]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("carried_out", [False, True], ids=["just before", "just after"])
@pytest.mark.parametrize("required", [False, True], ids=["wanted", "required"])
def test_a_function_killed_at_any_call_leaves_nothing_frozen_for_long(
    aws: LocalAWS, step: str, carried_out: bool, required: bool
) -> None:
    wish = "fsfreeze, required" if required else "fsfreeze"
    aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": wish}, volumes=(8, 100))
    aws.fault(step, error="killed", carried_out=carried_out)
    aws.travel(minutes=34)
    assert [failure.attempt for failure in failures(aws)] == [1]
    assert "FunctionKilled" in first_failure(aws)
    assert not aws.frozen
    assert all(freeze.until - freeze.since <= timedelta(seconds=60) for freeze in aws.freezes)
    # Lambda's next try makes up for it, one snapshot of each volume and no more.
    assert {len(history) for history in by_volume(aws, HOME).values()} == {1}
    assert len(aws.snapshots(HOME)) == 2


@pytest.mark.parametrize("state", ["stopped"])
def test_what_is_stopped_is_at_rest_already(aws: LocalAWS, state: str) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": "fsfreeze, required"})
    aws.client(HOME).stop_instances(InstanceIds=[db])
    aws.travel(minutes=16)
    assert achieved(aws) == [state]
    assert not failures(aws)


def test_dry_run_freezes_nothing(aws: LocalAWS) -> None:
    aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.invoke(HOME, "create_snapshots", {"dry_run": True})
    assert not [call for call in aws.calls if call.operation == "SendCommand"]


def test_there_is_no_time_to_freeze(aws: LocalAWS) -> None:
    aws.deploy(HOME, CONSISTENCY_TIMEOUT="5")
    db = aws.launch(HOME, name="db", tags=FROZEN, volumes=(8, 100))
    aws.agent(db).seconds = 6
    with pytest.raises(JobFailed, match="no answer within 5 s"):
        aws.invoke(HOME, "create_snapshots")
    assert achieved(aws) == ["crash", "crash"]
