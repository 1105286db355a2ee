from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from chalicelib import tags
from chalicelib.models import Consistency, Instance, Policy, Snapshot, Volume, Wish
from chalicelib.schedule import Retention, Schedule, Tier
from chalicelib.wording import accepted_text, read_text
from tests.pure.builders import ACCOUNT, CONTRACT, ELSEWHERE, NOW, REGION, instance, snapshot, told, volume


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


SPELLINGS = ["KeepForever", "keepforever", "KEEP_FOREVER", "keep-forever", "Keep Forever",
             "_keep__Forever-", "\uff2beep\uff26orever", "Keep\u3164Forever", "KeepForever\u115f"]  # fmt: skip


@pytest.mark.parametrize("key", SPELLINGS)
@pytest.mark.parametrize("value", ["Yes", "No", ""])
def test_keep_forever_in_any_spelling_protects(key: str, value: str) -> None:
    assert snapshot(raw={"Type": "Automated", "DeleteOn": "2026-01-01", key: value}).protected


LOOKALIKES = {
    "k": "\u043a\u03ba\u1d0b", "e": "\u0435\u03b5\u1d07", "p": "\u0440\u03c1\u1d18", "f": "\u0493\u03dd\ua730",
    "o": "\u043e\u03bf\u1d0f\u00f8", "r": "\u0433\u0280\u1d26", "v": "\u0475\u03bd\u1d20",
}  # fmt: skip


@pytest.mark.parametrize("letter", LOOKALIKES)
def test_keep_forever_in_letters_that_look_like_its_own_protects(letter: str) -> None:
    for other in LOOKALIKES[letter]:
        assert snapshot(raw={"Type": "Automated", "keepforever".replace(letter, other): ""}).protected


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-29", date(2026, 11, 29)),
        (" 2026-11-29 ", date(2026, 11, 29)),
        ("9999-12-31", date(9999, 12, 31)),
    ],
)
def test_delete_on(text: str, read: date) -> None:
    assert snapshot(raw={"Type": "Automated", "DeleteOn": text}).delete_on == read


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "20261129", "2026-W48-7", "29.11.2026", "0000-01-01", "2026-11-29T00:00", "soon",
     "", "٢٠٢٦-١١-٢٩"],
)  # fmt: skip
def test_an_unreadable_date_is_reported_and_keeps(text: str) -> None:
    raw = {"Type": "Automated", "DeleteOn": text}
    read, problems = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=snapshot().started
    )
    assert read.delete_on is None
    assert told(problems) == [f"snap-0a: read DeleteOn={text}; accepted: a date such as 2026-11-29"]


def test_a_managed_snapshot_without_expiry_is_reported() -> None:
    _, problems = tags.read_snapshot(
        "snap-0a",
        {"Type": "Automated"},
        CONTRACT,
        volume_id="vol-0a",
        state="completed",
        started=snapshot().started,
    )
    assert told(problems) == ["snap-0a: read no DeleteOn; accepted: a date such as 2026-11-29, or KeepForever"]


def test_a_snapshot_of_somebody_else_is_not_reported() -> None:
    _, problems = tags.read_snapshot(
        "snap-0a",
        {"DeleteOn": "soon"},
        CONTRACT,
        volume_id="vol-0a",
        state="completed",
        started=snapshot().started,
    )
    assert problems == []


def test_what_is_carried_is_neither_awss_nor_the_apps() -> None:
    raw = {"aws:cloudformation:stack-name": "x", "AWS:y": "x", "Type": "db", "Backup": "Yes",
           "keep-forever": "1", "team": "core", "Name": "web", "DeleteOn": "2020-01-01"}  # fmt: skip
    assert tags.carried(raw) == (("team", "core"),)


ON_INSTANCES = ["Backup", "Retention", "Schedule", "Copy_Dest", "Copy_Retention", "Copy_KmsKey", "Consistency"]
ON_SNAPSHOTS = [
    "Type", "DeleteOn", "KeepForever", "Copy_Dest", "Copy_KmsKey", "Copy_DeleteOn", "Backup_Slot", "Source_InstanceId",
    "Source_VolumeId", "Source_Device", "Consistency", "Source_SnapshotId", "Source_Region", "Copy_Try", "Name",
    "Source_VolumeType", "Source_Iops", "Source_Throughput", "Source_Volumes", "Source_Volumes_1", "Source_StartTime",
    "Copy_After", "Copies_Wait",
]  # fmt: skip
ON_RESTORED_VOLUMES = ["Restored_From", "Restored_For"]


@pytest.mark.parametrize("key", ["Device", "AppConsistent", "AwsVssConfig", "appconsistent"])
def test_what_vss_says_of_its_snapshots_is_never_said_of_others(key: str) -> None:
    assert tags.carried({key: "True", "team": "core"}) == (("team", "core"),)
    of_a_restored_volume = tags.restored_tags(snapshot(raw={key: "True", "team": "core"}), "drill")
    assert key not in dict(of_a_restored_volume)
    assert "team" in dict(of_a_restored_volume)


def test_the_keys_that_the_app_reads_and_writes_are_never_carried() -> None:
    assert sorted(tags.INSTANCE_KEYS) == sorted(ON_INSTANCES)
    assert sorted(tags.SNAPSHOT_KEYS) == sorted(ON_SNAPSHOTS)
    assert tags.carried(dict.fromkeys([*ON_INSTANCES, *ON_SNAPSHOTS, *ON_RESTORED_VOLUMES], "x")) == ()


KEY = "arn:aws-us-gov:kms:us-gov-west-1:123456789012:"


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("alias/My_backup-2", True),
        (f"{KEY}key/1a-2b", True),
        (f"{KEY}alias/My_backup-2", True),
        ("backup", False),
        ("alias/", False),
        ("alias/a b", False),
        (f"{KEY}key1a-2b", False),
        (f"{KEY}key/", False),
        (f"{KEY}grant/1a-2b", False),
        ("arn:aws:kms:eu-west-1:1234:key/1a-2b", False),
        ("arn:aws:kms:eu-west-1:666666666666:key/1a-2b", False),
        ("arn:aws:kms:eu-west-1:666666666666:alias/backup", False),
        ("arn:aws:kms:eu-west-1::key/1a-2b", False),
        ("arn:aws:sns:eu-west-1:123456789012:key/1a-2b", False),
    ],
)
def test_a_key_to_copy_with(text: str, understood: bool) -> None:
    raw = {"Backup": "Yes", "Copy_KmsKey": text}
    assert instance(raw=raw).policy.copy_kms_key == (text if understood else None)
    assert bool(problems_of_instance(raw)) is not understood
    assert snapshot(raw=raw).copy_kms_key == (text if understood else None)


@pytest.mark.parametrize("account", ["", "666666666666"])
def test_no_key_of_another_account(account: str) -> None:
    raw = {"Type": "Automated", "Copy_KmsKey": f"{KEY}key/1a-2b", "DeleteOn": "2026-11-29"}
    read, problems = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=NOW, account=account
    )
    assert read.copy_kms_key is None
    assert [accepted_text(problem) for problem in problems] == ["alias/NAME or the ARN of a key of this account"]


def test_tags_of_a_primary() -> None:
    owner = instance(
        raw={"Backup": "Yes", "Name": "web", "Copy_Dest": f"{ELSEWHERE}, eu-central-1", "Copy_KmsKey": "alias/b",
             "team": "core", "stage": "live"}
    )  # fmt: skip
    disk = replace(volume(raw={"team": "disks"}), type="gp3", iops=4000, throughput=250)
    others = [volume("vol-0b", "/dev/sdb"), volume("vol-0c", "/dev/sdc")]
    expiry, of_copies = date(2026, 11, 29), date(2026, 12, 6)
    written = dict(tags.primary_tags(owner, disk, "2026-11-22T03:00Z", expiry, of_copies, set_volumes=[disk, *others]))
    assert written == {
        "Type": "Automated",
        "DeleteOn": "2026-11-29",
        "Copy_Dest": f"{ELSEWHERE} eu-central-1",
        "Copy_KmsKey": "alias/b",
        "Copy_DeleteOn": "2026-12-06",
        "Backup_Slot": "2026-11-22T03:00Z",
        "Source_InstanceId": "i-0a",
        "Source_VolumeId": "vol-0a",
        "Source_Device": "/dev/xvda",
        "Source_Volumes": "3",
        "Source_Volumes_1": "0a:/xvda:gp3:4000:250+ 0b:/sdb+ 0c:/sdc+",
        "Consistency": "crash",
        "Name": "web - vol-0a (/dev/xvda)",
        "team": "disks",
        "stage": "live",
    }


def test_the_apps_own_tags_win_when_fifty_are_too_few_and_the_volumes_come_next() -> None:
    owner = instance(raw={"Backup": "Yes"} | {f"i{n:02}": "x" for n in range(45)})
    disk = volume(raw={f"v{n:02}": "x" for n in range(30)})
    written = dict(tags.primary_tags(owner, disk, "slot", date(2026, 11, 29), None))
    assert len(written) == 50
    assert written["Type"] == "Automated"
    assert sum(key.startswith("v") for key in written) == 30
    assert written["Source_Volumes"] == "1"


def test_a_copy_of_a_snapshot_with_fifty_tags_loses_none_of_the_apps_own() -> None:
    own = dict(tags.primary_tags(instance(), volume(), "slot", date(2026, 11, 29), None)) | {"keep-forever": ""}
    primary = snapshot(raw=own | {f"A{n:02}": "x" for n in range(50 - len(own))})
    copy = dict(tags.copy_tags(primary))
    assert len(copy) == 50
    added = {"Source_SnapshotId": "snap-0a", "Source_Region": REGION, "Source_StartTime": "2026-11-22T03:00:00Z"}
    assert (own | added).items() <= copy.items()


def test_one_spelling_that_protects_goes_before_what_a_copy_has_no_room_for() -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "KeepForever": "", "keep-forever": ""}
    copy = dict(tags.copy_tags(snapshot(raw=raw | {f"A{n:02}": "x" for n in range(46)})))
    lineage = ["Source_SnapshotId", "Source_Region", "Source_StartTime", "Source_VolumeId"]
    assert sorted(copy) == sorted(["Type", "DeleteOn", "KeepForever", *lineage, *(f"A{n:02}" for n in range(43))])


def test_long_names_are_cut_to_what_ec2_takes() -> None:
    owner = instance(raw={"Backup": "Yes", "Name": "n" * 256})
    disk = volume("vol-0123456789abcdef0")
    written = dict(tags.primary_tags(owner, disk, "slot", date(2026, 11, 29), None))
    assert len(written["Name"]) == 256
    assert written["Name"].endswith("n - vol-0123456789abcdef0 (/dev/xvda)")
    text = tags.description(owner, REGION, date(2026, 11, 29), disk)
    assert len(text) == 255
    assert text.endswith("n (i-0a) - vol-0123456789abcdef0 (/dev/xvda) - eu-west-1 - until 2026-11-29")


def test_a_copy_carries_all_tags_lineage_and_its_own_expiry() -> None:
    primary = snapshot(
        raw={"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_DeleteOn": "2026-12-29",
             "Copy_Dest": ELSEWHERE, "keep-forever": "", "team": "core", "aws:x": "y"}
    )  # fmt: skip
    assert dict(tags.copy_tags(primary)) == {
        "Type": "Automated",
        "DeleteOn": "2026-12-29",
        "Copy_DeleteOn": "2026-12-29",
        "Copy_Dest": ELSEWHERE,
        "keep-forever": "",
        "team": "core",
        "Source_SnapshotId": "snap-0a",
        "Source_Region": REGION,
        "Source_StartTime": "2026-11-22T03:00:00Z",
        "Source_VolumeId": "vol-0a",
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("web (i-0a) - eu-west-1", "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1 - until 2026-11-29"),
        (
            "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1",
            "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1 - until 2026-11-29",
        ),
        (
            "web (i-0a) - eu-west-1 - until 2026-11-23",
            "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1 - until 2026-11-29",
        ),
        ("by hand", "by hand - until 2026-11-29"),
    ],
)
def test_the_description_of_a_copy_names_its_volume(before: str, after: str) -> None:
    primary = snapshot(raw={"Source_Device": "/dev/xvda", "DeleteOn": "2026-11-29"}, description=before)
    assert tags.copy_description(primary) == after


def test_a_long_description_is_cut_so_that_the_place_of_a_copy_stands() -> None:
    primary = snapshot(raw={}, description=f"{'n' * 243} - eu-west-1")
    text = tags.copy_description(primary)
    assert len(text) == 255
    assert text.endswith("n - vol-0a (?) - eu-west-1")


@pytest.mark.parametrize(
    ("device", "said"), [("x" * 100, "x" * 100), ("x" * 101, "x" * 100 + "…"), ("a\nb\x1b", "a?b?"), ("", "")]
)
def test_a_device_that_is_none_leaves_room_for_the_description_of_a_copy(device: str, said: str) -> None:
    primary = snapshot(raw={"Source_Device": device}, description="web (i-0a) - eu-west-1")
    assert tags.copy_description(primary) == f"web (i-0a) - vol-0a ({said}) - eu-west-1"


def test_a_name_writes_no_line_into_a_description() -> None:
    owner = instance(raw={"Backup": "Yes", "Name": "a\nb\u202ec"})
    text = tags.description(owner, REGION, date(2026, 11, 29))
    assert text == "a?b?c (i-0a) - eu-west-1 - until 2026-11-29"


def test_what_a_restore_needs_is_read() -> None:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_Device": "/dev/sdb", "Source_VolumeType": "gp3",
           "Source_Iops": "4000", "Source_Throughput": "many", "Source_Volumes": "3",
           "Source_SnapshotId": "snap-0b", "Source_StartTime": "2026-11-22T02:00:07Z"}  # fmt: skip
    read, problems = tags.read_snapshot(
        "snap-0a", raw, CONTRACT, volume_id="vol-0a", state="completed", started=snapshot().started, volume_gib=8
    )
    assert (read.device, read.volume_type, read.iops, read.throughput) == ("/dev/sdb", "gp3", 4000, None)
    assert (read.set_size, read.volume_gib, read.taken.isoformat()) == (3, 8, "2026-11-22T02:00:07+00:00")
    assert [read_text(problem) for problem in problems] == ["Source_Throughput=many"]


@pytest.mark.parametrize(
    ("raw", "volume_id", "is_copy"),
    [
        ({"Source_VolumeId": "vol-0a"}, "vol-0a", False),
        ({}, "vol-0a", False),
        ({"Source_SnapshotId": "snap-0b"}, "vol-ffffffff", True),
        ({"Source_VolumeId": "vol-0a"}, "vol-ffffffff", True),
    ],
)
def test_a_copy_is_known_by_its_lineage(raw: dict[str, str], volume_id: str, is_copy: bool) -> None:
    existing = snapshot(raw={"Type": "Automated", **raw}, volume_id=volume_id)
    assert existing.is_copy is is_copy
    assert existing.is_primary is not is_copy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("crash", None),
        (" Crash ", None),
        ("fsfreeze", Consistency("fsfreeze")),
        ("FSFREEZE , Required", Consistency("fsfreeze", required=True)),
        ("vss, required", Consistency("vss", required=True)),
        ("ssm:My-Document", Consistency("ssm", "My-Document")),
        ("ssm: my.document_2, required", Consistency("ssm", "my.document_2", required=True)),
        ("ssm:ebs-snapshot-reactor-fsfreeze", Consistency("ssm", "ebs-snapshot-reactor-fsfreeze")),
        ("ssm:" + "x" * 128, Consistency("ssm", "x" * 128)),
        ("ssm:" + "x" * 129, None),
        ("ssm:arn:aws:ssm:eu-west-1:666666666666:document/ebs-snapshot-reactor-fsfreeze", None),
        ("ssm:arn:aws:ssm:eu-west-1:123456789012:document/Mine", None),
        ("ssm:arn:aws:ssm:eu-west-1::document/AWS-RunShellScript", None),
        ("ssm:666666666666:document/Mine", None),
        ("ssm:document/Mine", None),
        ("ssm:AWS-RunShellScript", None),
        ("ssm:aws-runshellscript", None),
        ("ssm:AWSEC2-VssInstallAndSnapshot", None),
        ("ssm:Amazon-Mine", None),
        ("ssm:AMZN-Mine", None),
        ("ssm:My-AWS-Document", Consistency("ssm", "My-AWS-Document")),
        ("crash, required", None),
        ("fsfreeze:x", None),
        ("ssm", None),
        ("ssm:", None),
        ("ssm:a b c", None),
        ("vss,", None),
        ("vss, maybe", None),
        ("", None),
    ],
)
def test_consistency(text: str, expected: Consistency | None) -> None:
    raw = {"Backup": "Yes", "Consistency": text}
    assert instance(raw=raw).policy.consistency == expected
    assert bool(problems_of_instance(raw)) is (expected is None and text.strip().casefold() != "crash")


def test_what_was_achieved_is_said_in_the_words_of_the_wish() -> None:
    assert dict(tags.achieve((("a", "b"),), Consistency("ssm", "Doc")))["Consistency"] == "ssm:Doc"
    assert dict(tags.achieve((), Consistency("vss", required=True))) == {"Consistency": "vss"}


def test_what_vss_cannot_express_does_not_travel() -> None:
    odd = [("odd", f"a{mark}b") for mark in ";,=\"'"] + [(f"a{mark}b", "odd") for mark in ";,=\"'"]
    assert tags.for_vss((("Type", "Automated"), *odd, ("Xen", "X"))) == "Key=Type,Value=Automated;Key=Xen,Value=X"


def test_a_description_is_no_part_of_a_script() -> None:
    said = "web-1 _é.:/@+() - vol-0a"
    assert tags.text_for_vss(said) == said
    assert tags.text_for_vss("a;b,c=d'e\"f`g$h|i&j<k>l{m}n#o\np\u2019q[r") == "a_b_c_d_e_f_g_h_i_j_k_l_m_n_o_p_q_r"


@pytest.mark.parametrize(
    ("raw", "consistent"),
    [
        ({"AppConsistent": "True"}, True),
        ({"AppConsistent": "False"}, False),
        ({"appconsistent": "True"}, False),
        ({"AppConsistent": ""}, False),
        ({}, False),
    ],
)
def test_what_vss_says_of_its_snapshots(raw: dict[str, str], consistent: bool) -> None:
    assert tags.is_app_consistent(snapshot(raw=raw)) is consistent


@pytest.mark.parametrize(
    ("id", "key"),
    [("i-0a", "Source_InstanceId"), ("vol-0a", "Source_VolumeId"), ("snap-0a", "Source_SnapshotId")],
)
def test_by_which_tag_a_snapshot_names_its_source(id: str, key: str) -> None:
    assert tags.source_key(id) == key


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ({"Name": "web - db - vol-0a (/dev/xvda)", "Source_VolumeId": "vol-0a"}, "web - db"),
        ({"Name": "by hand", "Source_VolumeId": "vol-0a"}, "by hand"),
        ({"Source_VolumeId": "vol-0a"}, ""),
    ],
)
def test_the_name_of_an_instance_as_its_snapshot_says_it(raw: dict[str, str], name: str) -> None:
    assert tags.name_of(snapshot(raw=raw)) == name


def test_the_slot_that_a_snapshot_is_to_fill() -> None:
    assert tags.slot_of((("Backup_Slot", "2026-11-22T03:00Z"), ("Type", "Automated"))) == "2026-11-22T03:00Z"


@pytest.mark.parametrize(
    ("slot", "on_request"), [("2026-11-22T03:00Z", False), ("01234567-0123-0123-0123-012345678901", True), ("", True)]
)
def test_a_slot_that_is_no_time_was_a_request(slot: str, on_request: bool) -> None:
    assert snapshot(raw={"Type": "Automated", "Backup_Slot": slot}).on_request is on_request


MANAGED = {"Type": "Automated", "DeleteOn": "2026-11-29"}


@pytest.mark.parametrize("known", ["KeepForever", "Keep_Forever", "keep-forever"])
def test_of_several_spellings_of_keep_forever_a_full_copy_gets_one_that_the_policies_know(known: str) -> None:
    others = {f"A{number:02}": "x" for number in range(45)}
    primary = snapshot(raw=MANAGED | others | {"KEEP FOREVER": "a", known: "b", "K eep-Forever": "c"})
    assert [key for key, _ in tags.copy_tags(primary) if key[0].casefold() == "k"] == [known]
    copy = snapshot("snap-0b", MANAGED | {f"tag-{number}": "x" for number in range(47)})
    assert tags.mirrored(primary, copy) == ((known, "b"),)


def test_protection_in_a_spelling_that_the_policies_do_not_know_goes_before_lineage() -> None:
    primary = snapshot(raw=MANAGED | {"KEEP FOREVER": "a", "Name": "web"})
    copy = snapshot("snap-0b", MANAGED | {f"tag-{number}": "x" for number in range(47)})
    assert tags.mirrored(primary, copy) == (("KEEP FOREVER", "a"),)
