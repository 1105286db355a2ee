"""The creator, against the state of the emulated AWS."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import by_volume, failures, tag, volumes_of

BACKUP = {"Backup": "Yes"}


def test_a_day_in_the_life_of_a_tagged_instance(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100))
    aws.travel_to(datetime(2026, 11, 22, 2, 59, tzinfo=UTC))
    # Tagged today, before today's slot: yesterday's is still the current one, and is filled at once.
    aws.travel(minutes=15)
    taken = by_volume(aws, HOME)
    devices = volumes_of(aws, HOME, web)
    assert sorted(taken) == sorted(devices.values())
    [root], [data] = taken[devices["/dev/xvda"]], taken[devices["/dev/sdb"]]
    assert root["StartTime"] == data["StartTime"] == datetime(2026, 11, 22, 3, tzinfo=UTC)
    assert root["Description"] == f"web ({web}) - {HOME} - until 2026-11-29"
    assert data["Tags"] == {
        "Type": "Automated",
        "DeleteOn": "2026-11-29",
        "Backup_Slot": "2026-11-22T03:00Z",
        "Source_InstanceId": web,
        "Source_VolumeId": devices["/dev/sdb"],
        "Source_Device": "/dev/sdb",
        "Source_Volumes": "2",
        "Source_Volumes_1": " ".join(sorted(f"{id[4:]}:{device[4:]}:gp2" for device, id in devices.items())),
        "Consistency": "crash",
        "Name": f"web - {devices['/dev/sdb']} (/dev/sdb)",
    }
    aws.travel(days=1)
    assert {volume: len(history) for volume, history in by_volume(aws, HOME).items()} == dict.fromkeys(
        devices.values(), 2
    )
    assert not failures(aws)


def test_one_volume_is_described_by_its_volume(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP | {"team": "core"})
    aws.travel(hours=1)
    [[only]] = by_volume(aws, HOME).values()
    assert only["Description"] == f"web ({web}) - {only['VolumeId']} (/dev/xvda) - {HOME} - until 2026-11-29"
    assert only["Tags"]["team"] == "core"
    # One call with everything in it: nothing was tagged afterwards.
    assert not [call for call in aws.calls if call.operation == "CreateTags" and call.function]


def test_who_is_backed_up(aws: LocalAWS) -> None:
    running = aws.launch(HOME, name="running", tags=BACKUP)
    stopped = aws.launch(HOME, name="stopped", tags={"Backup": "true"})
    terminated = aws.launch(HOME, name="terminated", tags=BACKUP)
    aws.launch(HOME, name="untagged")
    aws.launch(HOME, name="refused", tags={"Backup": "No"})
    aws.launch(AWAY, name="elsewhere")
    expected = {*volumes_of(aws, HOME, running).values(), *volumes_of(aws, HOME, stopped).values()}
    aws.client(HOME).stop_instances(InstanceIds=[stopped])
    aws.client(HOME).terminate_instances(InstanceIds=[terminated])
    aws.travel(hours=1)
    assert set(by_volume(aws, HOME)) == expected
    assert not by_volume(aws, AWAY)


@pytest.mark.parametrize("left_out", ["/dev/xvda", "/dev/sdb"])
def test_a_volume_tagged_no_is_left_out_of_the_set(aws: LocalAWS, left_out: str) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100, 200))
    devices = volumes_of(aws, HOME, web)
    tag(aws, HOME, devices[left_out], Backup="No")
    aws.travel(hours=1)
    assert set(by_volume(aws, HOME)) == set(devices.values()) - {devices[left_out]}
    assert len({snapshot["StartTime"] for snapshot in aws.snapshots(HOME)}) == 1


def test_more_excluded_volumes_than_one_call_accepts(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 9))
    wanted = set(volumes_of(aws, HOME, web).values())
    for number in range(41):
        aws.attach(HOME, web, size=1, device=f"/dev/xvdb{chr(97 + number % 26)}{number}", tags={"Backup": "No"})
    aws.travel(hours=1)
    assert set(by_volume(aws, HOME)) == wanted
    assert not failures(aws)


def test_running_again_in_the_same_slot_creates_nothing(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100))
    aws.launch(HOME, name="db", tags=BACKUP)
    aws.travel(hours=1)
    assert len(aws.snapshots(HOME)) == 3
    for _ in range(3):
        assert aws.invoke(HOME, "create_snapshots")["counts"] == {"done": 0, "kept": 3, "deferred": 0, "failed": 0}
    aws.travel(hours=22)
    assert len(aws.snapshots(HOME)) == 3


def test_a_volume_added_to_an_instance_already_done_is_taken_alone(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100))
    aws.travel(hours=1)
    added = aws.attach(HOME, web, size=5, device="/dev/sdf")
    aws.travel(hours=1)
    assert {volume: len(history) for volume, history in by_volume(aws, HOME).items()} == dict.fromkeys(
        volumes_of(aws, HOME, web).values(), 1
    )
    assert by_volume(aws, HOME)[added][0]["Tags"]["Backup_Slot"] == "2026-11-22T03:00Z"


def test_a_day_on_which_the_creator_did_not_run_is_made_up_for(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.travel(hours=2)
    aws.disable(HOME, "create_snapshots")
    aws.travel(hours=30)
    assert len(aws.snapshots(HOME)) == 1
    aws.enable(HOME, "create_snapshots")
    aws.travel(hours=1)
    assert [snapshot["Tags"]["Backup_Slot"] for snapshot in aws.snapshots(HOME)] == [
        "2026-11-22T03:00Z",
        "2026-11-23T03:00Z",
    ]


def test_a_failed_snapshot_is_an_error_somebody_hears_of_and_is_taken_again(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP)
    [volume] = volumes_of(aws, HOME, web).values()
    aws.fail_snapshot(volume, "An internal error occurred")
    aws.travel(hours=2)
    assert [snapshot["State"] for snapshot in by_volume(aws, HOME)[volume]] == ["error", "completed"]
    heard = [failure for failure in failures(aws) if failure.function == "copy_on_completion"]
    assert f"the snapshot of {volume} failed: An internal error occurred" in str(heard[0].error)
    assert len(aws.dead_letters) == 1


def test_one_instance_that_fails_holds_up_no_other(aws: LocalAWS) -> None:
    first = aws.launch(HOME, name="first", tags=BACKUP, volumes=(8, 9))
    second = aws.launch(HOME, name="second", tags=BACKUP, volumes=(8, 9))
    broken = min(first, second)

    def of_broken(params: object) -> bool:
        return broken in str(params)

    aws.fault("CreateSnapshots", error="InternalError", times=9, match=of_broken)
    aws.travel(minutes=15)
    assert {snapshot["Tags"]["Source_InstanceId"] for snapshot in aws.snapshots(HOME)} == {first, second} - {broken}
    [failure] = failures(aws)
    assert "JobFailed" in str(failure.error)
    assert "InternalError" in str(failure.error)
    # The answer that never said whether it was carried out was not asked for again within the run.
    assert Counter(call.error for call in aws.calls if call.operation == "CreateSnapshots")["InternalError"] == 1


def test_a_lost_answer_creates_no_second_snapshot(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 9))
    aws.fault("CreateSnapshots", error="timeout", carried_out=True)
    aws.travel(hours=3)
    assert {volume: len(history) for volume, history in by_volume(aws, HOME).items()} == dict.fromkeys(
        by_volume(aws, HOME), 1
    )
    assert {len(snapshot["Tags"]) for snapshot in aws.snapshots(HOME)} == {10}


def test_a_full_quota_of_pending_snapshots_defers(aws: LocalAWS) -> None:
    for number in range(3):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP)
    aws.pending_snapshots = 2
    aws.travel(minutes=15)
    created = [
        invocation.result
        for invocation in aws.invocations
        if invocation.region == HOME and invocation.function == "create_snapshots"
    ]
    assert created[0]["counts"] == {"done": 2, "kept": 0, "deferred": 1, "failed": 0}
    aws.travel(hours=1)
    assert len(aws.snapshots(HOME)) == 3
    assert not failures(aws)


def test_a_throttled_call_is_retried(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.fault("CreateSnapshot", error="RequestLimitExceeded", times=2)
    aws.travel(minutes=16)
    assert len(aws.snapshots(HOME)) == 1
    assert not failures(aws)


def test_dry_run_creates_nothing(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    summary = aws.invoke(HOME, "create_snapshots", {"dry_run": True})
    assert (summary["dry_run"], summary["counts"]["planned"]) == (True, 1)
    assert not aws.snapshots(HOME)


def test_nothing_new_is_started_when_time_is_nearly_up(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    # Throttled reads, and their back-off, eat the invocation's time.
    aws.fault("DescribeInstances", error="RequestLimitExceeded", times=4)
    aws.invoke(HOME, "create_snapshots")
    assert len(aws.snapshots(HOME)) == 1


def test_tag_problems_are_part_of_the_summary(aws: LocalAWS) -> None:
    bad = aws.launch(HOME, name="bad", tags={"Backup": "Yse"})
    odd = aws.launch(HOME, name="odd", tags=BACKUP | {"Retention": "seven"})
    [volume] = volumes_of(aws, HOME, odd).values()
    tag(aws, HOME, volume, backup="No")
    summary = aws.invoke(HOME, "create_snapshots")
    assert {(problem["target"], problem["read"]) for problem in summary["tag_problems"]} == {
        (bad, "Backup=Yse"),
        (odd, "Retention=seven"),
        (volume, "backup=No"),
    }
    # The bad one is not backed up; the odd one is, with the default retention.
    [only] = aws.snapshots(HOME)
    assert (only["VolumeId"], only["Tags"]["DeleteOn"]) == (volume, "2026-11-29")


def test_more_volumes_than_one_call_can_be_asked_about(aws: LocalAWS) -> None:
    for number in range(67):
        aws.launch(HOME, name=f"web{number}", tags=BACKUP, volumes=(8, 9, 10))
    assert aws.invoke(HOME, "create_snapshots")["counts"]["done"] == 201
    assert len(aws.snapshots(HOME)) == 201


@pytest.mark.parametrize("instances", [1, 7])
def test_what_a_run_costs_in_calls(aws: LocalAWS, instances: int) -> None:
    for number in range(instances):
        aws.launch(HOME, name=f"one{number}", tags=BACKUP)
        aws.launch(HOME, name=f"two{number}", tags=BACKUP, volumes=(8, 9))
    before = len(aws.calls)
    aws.invoke(HOME, "create_snapshots")
    calls = Counter(call.operation for call in aws.calls[before:])
    # A page of each description, of the slots before, and of the history of who has none of these; then a call per
    # instance, however many volumes it has.
    assert calls == {
        "DescribeInstances": 1,
        "DescribeVolumes": 1,
        "DescribeSnapshots": 3,
        "CreateSnapshot": instances,
        "CreateSnapshots": instances,
    }


def test_a_run_with_nothing_due_only_describes(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.travel(hours=1)
    before = len(aws.calls)
    aws.invoke(HOME, "create_snapshots")
    assert sorted(call.operation for call in aws.calls[before:]) == [
        "DescribeInstances", "DescribeSnapshots", "DescribeVolumes",
    ]  # fmt: skip


def test_tiers_look_at_what_the_volume_has(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP | {"Retention": "2d 2w"})
    aws.travel(days=3)
    # Sunday's is the first of its ISO week, and so is Monday's of the next.
    assert [snapshot["Tags"]["DeleteOn"] for snapshot in aws.snapshots(HOME)] == [
        "2026-12-06",
        "2026-12-07",
        "2026-11-26",
    ]
