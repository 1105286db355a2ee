"""What the app writes on snapshots and copies: tags and descriptions."""

from dataclasses import replace
from datetime import date

import pytest

from chalicelib import tags
from tests.pure.builders import ELSEWHERE, REGION, instance, snapshot, volume


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
