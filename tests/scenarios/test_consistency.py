"""Applications brought to rest, snapshots on request, and what becomes of both when scripts and functions fail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chalicelib.events import BadEvent
from chalicelib.publish import JobFailed
from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import by_volume, failures, tag, volumes_of

FROZEN = {"Backup": "Yes", "Consistency": "fsfreeze"}
Break = Callable[[LocalAWS, str], None]


def achieved(aws: LocalAWS) -> list[str]:
    return [each["Tags"]["Consistency"] for each in aws.snapshots(HOME)]


def first_failure(aws: LocalAWS) -> str:
    return str(failures(aws)[0].error)


@pytest.mark.parametrize("volumes", [(8,), (8, 100)], ids=["one volume", "a set"])
@pytest.mark.parametrize("wanted", ["fsfreeze", "ssm:My-Document", "fsfreeze, required"])
def test_frozen_before_and_thawed_as_soon_as_it_is_created(
    aws: LocalAWS, volumes: tuple[int, ...], wanted: str
) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": wanted, "team": "core"}, volumes=volumes)
    aws.travel(minutes=31)
    assert achieved(aws) == [wanted.removesuffix(", required")] * len(volumes)
    [freeze] = aws.freezes
    [started] = {each["StartTime"] for each in aws.snapshots(HOME)}
    assert (freeze.instance_id, freeze.thawed_by) == (db, "post-script")
    assert freeze.since <= started <= freeze.until
    # Two seconds each for the scripts, and at most one until the first is seen to have ended.
    assert freeze.until - started <= timedelta(seconds=3)
    assert not aws.frozen
    assert not failures(aws)
    assert {each["Tags"]["team"] for each in aws.snapshots(HOME)} == {"core"}
    assert set(by_volume(aws, HOME)) == set(volumes_of(aws, HOME, db).values())


@pytest.mark.parametrize(
    "document",
    ["arn:aws:ssm:eu-west-1:666666666666:document/ebs-snapshot-reactor-fsfreeze", "AWS-RunShellScript"],
    ids=["of another account", "of AWS"],
)
def test_no_document_from_outside_the_account_is_run(aws: LocalAWS, document: str) -> None:
    aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": f"ssm:{document}"})
    aws.travel(minutes=31)
    assert achieved(aws) == ["crash"]
    assert not aws.freezes
    assert not any(call.operation == "SendCommand" for call in aws.calls)


def test_a_frozen_instance_never_waits_for_another(aws: LocalAWS) -> None:
    for number in range(12):
        aws.launch(HOME, name=f"db{number}", tags=FROZEN, volumes=(8, 9))
    aws.travel(minutes=31)
    assert achieved(aws) == ["fsfreeze"] * 24
    assert len(aws.freezes) == 12
    # Nobody thawed by its timer. (A second that one thread sleeps passes on the emulated clock for all of them.)
    assert {each.thawed_by for each in aws.freezes} == {"post-script"}
    assert not aws.frozen


def fails_before(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).exits["pre-script"] = 201


def is_not_ready(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).exits["pre-script"] = 206


def never_answers(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).answers = False


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
        assert {len(found) for found in by_volume(aws, HOME).values()} == {1}


def test_required_is_tried_again_every_hour(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": "fsfreeze, required"})
    fails_before(aws, db)
    aws.travel(minutes=36)
    aws.agent(db).exits.clear()
    aws.travel(hours=1)
    assert achieved(aws) == ["fsfreeze"]


def test_a_thaw_that_came_too_early_is_told(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN)
    aws.agent(db).auto_thaw = 1
    aws.travel(minutes=31)
    assert achieved(aws) == ["crash"]
    assert "auto-thaw came before the post-script" in first_failure(aws)


def test_a_post_script_that_fails_is_told(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN)
    aws.agent(db).exits["post-script"] = 202
    aws.travel(minutes=31)
    assert achieved(aws) == ["crash"]
    assert "the post-script failed" in first_failure(aws)


@pytest.mark.parametrize("error", ["InternalError", "timeout", "RequestLimitExceeded", "InvalidParameterValue"])
def test_a_creation_that_fails_leaves_nothing_frozen(aws: LocalAWS, error: str) -> None:
    aws.launch(HOME, name="db", tags=FROZEN)
    aws.fault("CreateSnapshot", error=error, times=30 if error == "RequestLimitExceeded" else 3)
    aws.travel(minutes=45)
    assert not aws.frozen
    assert aws.freezes
    # The instance may be frozen a little longer for botocore's own tries, never beyond the auto-thaw.
    assert max(each.until - each.since for each in aws.freezes) <= timedelta(seconds=60)
    assert failures(aws)
    aws.travel(hours=2)
    assert len(aws.snapshots(HOME)) == 1


@pytest.mark.parametrize("step", ["SendCommand", "GetCommandInvocation", "CreateSnapshots", "CreateTags"])
@pytest.mark.parametrize("required", [False, True], ids=["wanted", "required"])
def test_a_call_that_never_answers_leaves_nothing_frozen(aws: LocalAWS, step: str, required: bool) -> None:
    wish = "fsfreeze, required" if required else "fsfreeze"
    aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": wish}, volumes=(8, 100))
    aws.fault(step, error="timeout", carried_out=True, times=99)
    aws.travel(minutes=50)
    assert not aws.frozen
    assert all(each.until - each.since <= timedelta(seconds=60) for each in aws.freezes)
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
    assert [each.attempt for each in failures(aws)] == [1]
    assert "FunctionKilled" in first_failure(aws)
    assert not aws.frozen
    assert all(each.until - each.since <= timedelta(seconds=60) for each in aws.freezes)
    # Lambda's next try makes up for it, one snapshot of each volume and no more.
    assert {len(found) for found in by_volume(aws, HOME).values()} == {1}
    assert len(aws.snapshots(HOME)) == 2


@pytest.mark.parametrize("state", ["stopped"])
def test_what_is_stopped_is_at_rest_already(aws: LocalAWS, state: str) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Consistency": "fsfreeze, required"})
    aws.client(HOME).stop_instances(InstanceIds=[db])
    aws.travel(minutes=31)
    assert achieved(aws) == [state]
    assert not failures(aws)


@pytest.mark.parametrize("volumes", [(8,), (8, 100)], ids=["one volume", "a set"])
def test_vss_makes_the_snapshots_and_the_app_completes_them(aws: LocalAWS, volumes: tuple[int, ...]) -> None:
    win = aws.launch(
        HOME, name="win", tags=FROZEN | {"Consistency": "vss", "team": "core", "Copy_Dest": AWAY}, volumes=volumes
    )
    aws.travel(hours=2)
    taken = by_volume(aws, HOME)
    devices = volumes_of(aws, HOME, win)
    assert {volume: len(found) for volume, found in taken.items()} == dict.fromkeys(devices.values(), 1)
    for device, volume in devices.items():
        [found] = taken[volume]
        assert found["Tags"]["Consistency"] == "vss"
        assert found["Tags"]["Name"] == f"win - {volume} ({device})"
        assert (found["Tags"]["team"], found["Tags"]["Source_Device"]) == ("core", device)
    assert len(aws.snapshots(AWAY)) == len(volumes)
    assert not failures(aws)
    assert not [call for call in aws.calls if call.operation in ("CreateSnapshot", "CreateSnapshots")]


def vss_fails(aws: LocalAWS, instance_id: str) -> None:
    aws.agent(instance_id).exits["vss"] = 1


@pytest.mark.parametrize("breaks", [vss_fails, never_answers])
@pytest.mark.parametrize("required", [False, True], ids=["wanted", "required"])
def test_vss_that_fails(aws: LocalAWS, breaks: Break, required: bool) -> None:
    win = aws.launch(
        HOME, name="win", tags=FROZEN | {"Consistency": "vss, required" if required else "vss"}, volumes=(8, 9)
    )
    breaks(aws, win)
    aws.travel(minutes=36)
    assert achieved(aws) == ([] if required else ["crash", "crash"])
    assert "crash-consistent only: VSS on" in first_failure(aws)


def test_vss_that_does_not_call_itself_consistent(aws: LocalAWS) -> None:
    win = aws.launch(HOME, name="win", tags=FROZEN | {"Consistency": "vss"})
    aws.agent(win).app_consistent = False
    aws.travel(minutes=31)
    assert achieved(aws) == ["crash"]
    assert "VSS does not call its snapshots consistent" in first_failure(aws)


def test_vss_cannot_leave_a_data_volume_out(aws: LocalAWS) -> None:
    win = aws.launch(HOME, name="win", tags=FROZEN | {"Consistency": "vss"}, volumes=(8, 9, 10))
    tag(aws, HOME, volumes_of(aws, HOME, win)["/dev/sdb"], Backup="No")
    aws.travel(minutes=31)
    assert achieved(aws) == ["crash", "crash"]
    assert "VSS takes all data volumes" in first_failure(aws)


def request(aws: LocalAWS, instance_id: str, event_id: str = "01234567-0123-0123-0123-0123456789ab") -> None:
    event = {
        "id": event_id,
        "source": "ebs-snapshot-reactor",
        "detail-type": "Snapshot Requested",
        "detail": {"instance-id": instance_id},
    }
    aws.send(HOME, event)
    aws.travel(minutes=5)


def test_a_snapshot_after_a_dump(aws: LocalAWS) -> None:
    db = aws.launch(
        HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request", "Copy_Dest": AWAY}, volumes=(8, 9)
    )
    aws.travel(hours=24)
    assert not aws.snapshots(HOME)
    request(aws, db)
    assert [each["Tags"]["Backup_Slot"] for each in aws.snapshots(HOME)] == ["01234567-0123-0123-0123-0123456789ab"] * 2
    # The same event comes twice: once is enough. Another one is another dump.
    request(aws, db)
    assert len(aws.snapshots(HOME)) == 2
    request(aws, db, "another1-0123-0123-0123-0123456789ab")
    assert len(aws.snapshots(HOME)) == 4
    aws.travel(hours=2)
    assert len(aws.snapshots(AWAY)) == 4
    assert not failures(aws)


def test_a_request_brings_the_application_to_rest_too(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags=FROZEN | {"Schedule": "on-request"})
    request(aws, db)
    assert achieved(aws) == ["fsfreeze"]
    assert len(aws.freezes) == 1


def disabled(aws: LocalAWS) -> str:
    return aws.launch(HOME, name="off", tags={"Backup": "No"})


def foreign(aws: LocalAWS) -> str:
    return aws.launch(AWAY, name="elsewhere", tags={"Backup": "Yes"})


def unknown(aws: LocalAWS) -> str:
    return "i-01234567"


@pytest.mark.parametrize(
    ("whose", "why"),
    [
        (disabled, "the instance is not tagged Backup=Yes"),
        (foreign, f"this account has no running or stopped instance with this id in {HOME}"),
        (unknown, f"this account has no running or stopped instance with this id in {HOME}"),
    ],
)
def test_a_request_that_cannot_be_met_is_a_failure(aws: LocalAWS, whose: Callable[[LocalAWS], str], why: str) -> None:
    instance_id = whose(aws)
    request(aws, instance_id)
    assert not aws.snapshots(HOME)
    assert why in first_failure(aws)
    assert instance_id in first_failure(aws)


@pytest.mark.parametrize("detail", [{}, {"instance-id": "web"}, {"instance-id": ["i-01234567"]}])
def test_a_request_that_names_nothing_is_refused(aws: LocalAWS, detail: dict[str, Any]) -> None:
    with pytest.raises(BadEvent, match=r"instance-id=.* accepted: an id such as"):
        aws.invoke(HOME, "create_on_request", detail)


def test_on_request_at_the_latest(aws: LocalAWS) -> None:
    db = aws.launch(HOME, name="db", tags={"Backup": "Yes", "Schedule": "on-request 05:00"})
    aws.travel(minutes=31)  # 03:01: yesterday's slot, which nobody filled
    aws.travel_to(datetime(2026, 11, 23, 4, 30, tzinfo=UTC))
    before = [each["Tags"]["Backup_Slot"] for each in aws.snapshots(HOME)]
    assert before == ["2026-11-21T05:00Z", "2026-11-22T05:00Z"]
    request(aws, db)
    aws.travel_to(datetime(2026, 11, 24, 4, 59, tzinfo=UTC))
    # Asked for at 04:30, so that of 05:00 is not taken as well; the next day nobody asks, and it is.
    assert len(aws.snapshots(HOME)) == 3
    aws.travel(hours=1)
    assert [each["Tags"]["Backup_Slot"] for each in aws.snapshots(HOME)][3:] == ["2026-11-24T05:00Z"]
    assert not failures(aws)


def test_dry_run_freezes_nothing(aws: LocalAWS) -> None:
    aws.launch(HOME, name="db", tags=FROZEN)
    aws.invoke(HOME, "create_snapshots", {"dry_run": True})
    assert not [call for call in aws.calls if call.operation == "SendCommand"]


def test_there_is_no_time_to_freeze(aws: LocalAWS) -> None:
    aws.deploy(HOME, CONSISTENCY_TIMEOUT="5")
    db = aws.launch(HOME, name="db", tags=FROZEN)
    aws.agent(db).seconds = 6
    with pytest.raises(JobFailed, match="no answer within 5 s"):
        aws.invoke(HOME, "create_snapshots")
    assert achieved(aws) == ["crash"]
