"""Snapshots that Windows makes with VSS, and what becomes of them when VSS fails or is late."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import FROZEN, achieved, by_volume, failures, first_failure, never_answers, tag, volumes_of

Break = Callable[[LocalAWS, str], None]


@pytest.mark.parametrize("volumes", [(8,), (8, 100)], ids=["one volume", "a set"])
def test_vss_makes_the_snapshots_and_the_app_completes_them(aws: LocalAWS, volumes: tuple[int, ...]) -> None:
    win = aws.launch(
        HOME, name="win", tags=FROZEN | {"Consistency": "vss", "team": "core", "Copy_Dest": AWAY}, volumes=volumes
    )
    aws.travel(hours=2)
    taken = by_volume(aws, HOME)
    devices = volumes_of(aws, HOME, win)
    assert {volume: len(own) for volume, own in taken.items()} == dict.fromkeys(devices.values(), 1)
    for device, volume in devices.items():
        [own] = taken[volume]
        assert own["Tags"]["Consistency"] == "vss"
        assert own["Tags"]["Name"] == f"win - {volume} ({device})"
        assert (own["Tags"]["team"], own["Tags"]["Source_Device"]) == ("core", device)
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
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash"]
    assert "VSS does not call its snapshots consistent" in first_failure(aws)


def test_vss_cannot_leave_a_data_volume_out(aws: LocalAWS) -> None:
    win = aws.launch(HOME, name="win", tags=FROZEN | {"Consistency": "vss"}, volumes=(8, 9, 10))
    tag(aws, HOME, volumes_of(aws, HOME, win)["/dev/sdb"], Backup="No")
    aws.travel(minutes=16)
    assert achieved(aws) == ["crash", "crash"]
    assert "VSS takes all data volumes" in first_failure(aws)


@pytest.mark.parametrize(("setting", "copy_only"), [("", "True"), ("false", "False")], ids=["default", "full"])
def test_vss_leaves_sql_server_s_own_backups_alone(aws: LocalAWS, setting: str, copy_only: str) -> None:
    aws.deploy(HOME, VSS_COPY_ONLY=setting)
    aws.launch(HOME, name="win", tags=FROZEN | {"Consistency": "vss"})
    aws.invoke(HOME, "create_snapshots")
    assert [command.parameters["CopyOnly"] for command in aws.commands] == [[copy_only]]


def test_an_installation_of_packages_has_its_time(aws: LocalAWS) -> None:
    win = aws.launch(HOME, name="win", tags=FROZEN | {"Consistency": "vss"})
    aws.agent(win).seconds = 170
    aws.travel(minutes=35)
    assert achieved(aws) == ["vss"]
    assert not failures(aws)


@pytest.mark.parametrize("seconds", [185, 192], ids=["soon", "later"])
def test_snapshots_that_come_after_the_cancel_are_not_doubled(aws: LocalAWS, seconds: float) -> None:
    win = aws.launch(HOME, name="win", tags=FROZEN | {"Consistency": "vss"}, volumes=(8, 100))
    agent = aws.agent(win)
    agent.seconds, agent.cancels = seconds, False
    aws.travel(minutes=40)
    assert {len(history) for history in by_volume(aws, HOME).values()} == {1}
    assert "no answer within 180 s" in first_failure(aws)
    # They are what VSS says of them, late or not.
    assert achieved(aws) == ["vss", "vss"]


def test_vss_does_not_begin_what_it_cannot_end(aws: LocalAWS) -> None:
    aws.deploy(HOME, CONCURRENCY="1")
    for number in range(6):
        aws.agent(aws.launch(HOME, name=f"win{number}", tags=FROZEN | {"Consistency": "vss"})).seconds = 170
    aws.travel(minutes=90)
    assert achieved(aws) == ["vss"] * 6
    assert not failures(aws)


def test_the_tags_of_vss_are_not_carried(aws: LocalAWS) -> None:
    untrue = {"AppConsistent": "True", "AwsVssConfig": "{}", "Device": "/dev/sda1"}
    win = aws.launch(
        HOME, name="win", tags=FROZEN | untrue | {"Consistency": "vss"}, volumes=(8, 9), volume_tags=(untrue, untrue)
    )
    aws.agent(win).app_consistent = False
    plain = aws.launch(HOME, name="plain", tags={"Backup": "Yes"} | untrue, volume_tags=(untrue,))
    aws.travel(minutes=35)
    assert achieved(aws) == ["crash", "crash", "crash"]
    [snapshot] = by_volume(aws, HOME)[volumes_of(aws, HOME, plain)["/dev/xvda"]]
    assert not set(untrue) & set(snapshot["Tags"])
