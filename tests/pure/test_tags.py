from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from chalicelib import tags
from chalicelib.models import Instance, Policy, Snapshot, Volume, Wish
from chalicelib.schedule import Retention, Schedule, Tier
from tests.pure.builders import ACCOUNT, CONTRACT, ELSEWHERE, NOW, REGION, instance, told, volume


def problems_of_instance(raw: dict[str, str]) -> list[str]:
    return told(tags.read_instance("i-0a", raw, "", (), CONTRACT, account=ACCOUNT)[1])


@pytest.mark.parametrize(
    ("raw", "enabled"),
    [
        ({"Backup": "Yes"}, True),
        ({"Backup": " yES "}, True),
        ({"Backup": "true"}, True),
        ({"Backup": "ON"}, True),
        ({"Backup": "No"}, False),
        ({"Backup": "off"}, False),
        ({"Backup": "Yse"}, False),
        ({"Backup": ""}, False),
        ({"backup": "Yes"}, False),
        ({"Backups": "Yes"}, False),
        ({}, False),
    ],
)
def test_enabled(raw: dict[str, str], enabled: bool) -> None:
    assert instance(raw=raw).policy.enabled is enabled


def test_defaults_of_an_enabled_instance() -> None:
    policy = instance(raw={"Backup": "Yes"}).policy
    assert policy.name == "i-0a"
    assert policy.schedule == Schedule.daily(time(3))
    assert policy.retention == CONTRACT.retention
    assert (policy.destinations, policy.copy_retention, policy.copy_kms_key) == ((), None, None)


def test_everything_asked_for() -> None:
    policy = instance(
        raw={
            "Backup": "Yes",
            "Name": " db ",
            "Schedule": "every 6h",
            "Retention": "7d 4w",
            "Copy_Dest": f"{ELSEWHERE}, EU-Central-1,{ELSEWHERE}",
            "Copy_Retention": "30",
            "Copy_KmsKey": "alias/backup",
            "Consistency": "Crash",
        }
    ).policy
    assert policy.name == "db"
    assert policy.schedule.minutes == (0, 360, 720, 1080)
    assert policy.retention == Retention((Tier(7, "d"), Tier(4, "w")))
    assert policy.destinations == (ELSEWHERE, "eu-central-1")
    assert policy.copy_retention == Retention((Tier(30, "d"),))
    assert policy.copy_kms_key == "alias/backup"


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ({"Backup": "Yse"}, "i-0a: read Backup=Yse; accepted: Yes, true or on; No, false or off"),
        ({"backup": "Yes"}, "i-0a: read backup=Yes; accepted: the key Backup, spelt exactly like this"),
        ({"Backups": "1"}, "i-0a: read Backups=1; accepted: the key Backup, spelt exactly like this"),
        ({"BACK-UP": "1"}, "i-0a: read BACK-UP=1; accepted: the key Backup, spelt exactly like this"),
        (
            {"Backup": "Yes", "copy-dest": ELSEWHERE},
            "i-0a: read copy-dest=us-east-1; accepted: the key Copy_Dest, spelt exactly like this",
        ),
        (
            {"Backup": "Yes", "Retention": "seven"},
            "i-0a: read Retention=seven; accepted: days such as 7 or 7d, or tiers such as 7d 4w 12m 3y, up to a hundred years",
        ),
        (
            {"Backup": "Yes", "Schedule": "weekly"},
            "i-0a: read Schedule=weekly; accepted: daily, daily HH:MM, hourly, every Nh where N divides 24, on-request, on-request HH:MM (UTC)",
        ),
        (
            {"Backup": "Yes", "Copy_Dest": "us-east-9"},
            "i-0a: read us-east-9 in Copy_Dest=us-east-9; accepted: Regions such as eu-west-1, separated by spaces or commas",
        ),
        (
            {"Backup": "Yes", "Copy_Dest": " , "},
            "i-0a: read Copy_Dest= , ; accepted: Regions such as eu-west-1, separated by spaces or commas",
        ),
        (
            {"Backup": "Yes", "Copy_Dest": REGION},
            "i-0a: read eu-west-1 in Copy_Dest=eu-west-1; accepted: Regions other than the source, eu-west-1",
        ),
        (
            {"Backup": "Yes", "Copy_Retention": "0"},
            "i-0a: read Copy_Retention=0; accepted: days such as 7 or 7d, or tiers such as 7d 4w 12m 3y, up to a hundred years",
        ),
        (
            {"Backup": "Yes", "Copy_KmsKey": "backup"},
            "i-0a: read Copy_KmsKey=backup; accepted: alias/NAME or the ARN of a key of this account",
        ),
        (
            {"Backup": "Yes", "Consistency": "fsfreze"},
            'i-0a: read Consistency=fsfreze; accepted: crash, fsfreeze, vss, ssm:DOCUMENT with the name of a document of this account; all except crash can be followed by ", required"',
        ),
        (
            {"Backup": "Yes", "keep_forever": "1"},
            "i-0a: read keep_forever=1; accepted: KeepForever on a snapshot: here it has no effect",
        ),
    ],
)
def test_what_is_not_understood_is_reported(raw: dict[str, str], message: str) -> None:
    assert problems_of_instance(raw) == [message]


def test_an_instance_is_read_whole() -> None:
    raw = {"Backup": "No", "Name": " web ", "Retention": "3y", "team": "core", "aws:x": "y"}
    disks = [volume("vol-0b"), volume("vol-0a")]
    read, problems = tags.read_instance("i-0a", raw, "/dev/sda1", disks, CONTRACT, state="stopped")
    assert read == Instance(
        "i-0a",
        Policy(False, "web", Schedule((180,)), CONTRACT.retention),
        "/dev/sda1",
        (disks[1], disks[0]),
        (("team", "core"),),
        state="stopped",
        policy_keys=("Backup", "Retention"),
        wish=Wish.NO,
    )
    assert problems == []
    assert tags.read_instance("i-0b", {}, "", (), CONTRACT)[0].policy.name == "i-0b"


def test_an_instance_asks_with_the_apps_own_keys() -> None:
    keys = ("Backup", "Retention", "Schedule", "Copy_Dest", "Copy_Retention", "Copy_KmsKey", "Consistency")
    raw = dict.fromkeys((*keys, "Name", "Type", "team"), "x")
    assert instance(raw=raw).policy_keys == keys


def test_a_volume_is_read_whole() -> None:
    read, problems = tags.read_volume(
        "vol-0a", "/dev/sdb", {"Backup": "no", "team": "core"}, 8, type="gp3", iops=4000, throughput=250
    )
    assert read == Volume("vol-0a", "/dev/sdb", Wish.NO, (("team", "core"),), 8, "gp3", 4000, 250, (("Backup", "no"),))
    assert problems == []
    assert volume("vol-0a", "/dev/sdb") == Volume("vol-0a", "/dev/sdb", Wish.ABSENT, (), 0, "", None, None)


def test_a_snapshot_is_read_whole() -> None:
    raw = {
        "Type": " AUTOMATED ",
        "DeleteOn": "2026-11-29",
        "Keep_Forever": "",
        "Copy_Dest": ELSEWHERE,
        "Copy_KmsKey": f"arn:aws-us-gov:kms:us-gov-west-1:{ACCOUNT}:key/1a-2b",
        "Copy_DeleteOn": "2026-12-29",
        "Backup_Slot": "2026-11-22T03:00Z",
        "Source_InstanceId": "i-0a",
        "Source_VolumeId": "vol-0a",
        "Source_Region": "eu-central-1",
        "Copy_Try": "12",
        "Source_Device": "/dev/sdb",
        "Source_VolumeType": "gp3",
        "Source_Iops": "4000",
        "Source_Throughput": "250",
        "Source_Volumes": "3",
        "Source_StartTime": "2026-11-22T02:00:07Z",
        "team": "core",
    }
    read, problems = tags.read_snapshot(
        "snap-0a",
        raw | {"aws:x": "y"},
        CONTRACT,
        volume_id="vol-0b",
        state="completed",
        started=NOW,
        account=ACCOUNT,
        description="web",
        state_message="well",
        size_gib=1.5,
        volume_gib=8,
    )
    assert problems == []
    assert read == Snapshot(
        id="snap-0a",
        region=REGION,
        volume_id="vol-0b",
        state="completed",
        started=NOW,
        description="web",
        state_message="well",
        managed=True,
        protected=True,
        delete_on=date(2026, 11, 29),
        destinations=(ELSEWHERE,),
        copy_kms_key="arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1a-2b",
        copy_delete_on=date(2026, 12, 29),
        slot="2026-11-22T03:00Z",
        instance_id="i-0a",
        source_volume_id="vol-0a",
        primary_region="eu-central-1",
        tries=12,
        tags=tuple(sorted(raw.items())),
        size_gib=1.5,
        volume_gib=8,
        device="/dev/sdb",
        volume_type="gp3",
        iops=4000,
        throughput=250,
        set_size=3,
        source_started=datetime(2026, 11, 22, 2, 0, 7, tzinfo=UTC),
    )


def test_a_snapshot_that_says_nothing_is_nobodys() -> None:
    read, problems = tags.read_snapshot("snap-0a", {}, CONTRACT, volume_id="vol-0a", state="pending", started=NOW)
    assert read == Snapshot("snap-0a", REGION, "vol-0a", "pending", NOW)
    assert problems == []


def test_a_copy_is_read_as_one_that_is_copied_nowhere() -> None:
    copied = {"Type": "Automated", "Copy_Dest": f"{ELSEWHERE} {REGION}", "Source_SnapshotId": "snap-0b"}
    read, problems = tags.read_snapshot(
        "snap-0a", copied | {"KeepForever": ""}, CONTRACT, volume_id="vol-0a", state="completed", started=NOW
    )
    assert (read.primary_id, read.destinations, problems) == ("snap-0b", (), [])


def test_the_contract_of_another_region() -> None:
    there = CONTRACT.in_region(ELSEWHERE)
    assert there == replace(CONTRACT, region=ELSEWHERE)
    assert there.in_region(ELSEWHERE) == there


@pytest.mark.parametrize(
    ("key", "value", "accepted"),
    [
        ("DeleteOn", "soon", "a date such as 2026-11-29"),
        ("Copy_DeleteOn", "soon", "a date such as 2026-11-29"),
        ("Copy_KmsKey", "backup", "alias/NAME or the ARN of a key of this account"),
        ("Copy_Try", "0", "a number such as 2"),
        ("Source_Iops", "0", "a number such as 3000"),
        ("Source_Throughput", "many", "a number such as 125"),
        ("Source_Volumes", "10000000", "a number such as 2"),
        ("Source_StartTime", "2026-11-22 03:00:07", "a time such as 2026-11-22T03:00:07Z"),
    ],
)
def test_what_is_not_understood_of_a_snapshot_is_reported(key: str, value: str, accepted: str) -> None:
    raw = {"Type": "Automated", "KeepForever": "", key: value}
    _, problems = tags.read_snapshot("snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=NOW)
    assert told(problems) == [f"snap-0a: read {key}={value}; accepted: {accepted}"]


def test_a_bad_destination_does_not_lose_the_good_one() -> None:
    assert instance(raw={"Backup": "Yes", "Copy_Dest": f"us-east-9 {ELSEWHERE}"}).policy.destinations == (ELSEWHERE,)


def test_tags_of_instances_that_are_not_backed_up_are_other_peoples() -> None:
    assert problems_of_instance({"Schedule": "office-hours", "retention": "seven"}) == []
    assert problems_of_instance({"Backup": "No", "Schedule": "office-hours"}) == []


@pytest.mark.parametrize(
    ("raw", "excluded", "wrong"),
    [
        ({}, False, []),
        ({"Backup": "No"}, True, []),
        ({"Backup": " FALSE"}, True, []),
        ({"Backup": "off"}, True, []),
        ({"Backup": "Yes"}, False, []),
        ({"Backup": "Noo"}, False, ["vol-0a: read Backup=Noo; accepted: Yes, true or on; No, false or off"]),
        ({"backup": "No"}, False, ["vol-0a: read backup=No; accepted: the key Backup, spelt exactly like this"]),
    ],
)
def test_a_volume_is_backed_up_in_doubt(raw: dict[str, str], excluded: bool, wrong: list[str]) -> None:
    read, problems = tags.read_volume("vol-0a", "/dev/xvda", raw)
    assert read.excluded is excluded
    assert told(problems) == wrong
