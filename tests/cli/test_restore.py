"""restore, and drill."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import AWAY, HOME, THIRD, WEB, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import volumes_of

RESTORED = {"Restored_For": "restore"}


def tags_of(volume: dict[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in volume.get("Tags", ())}


def named(given: dict[str, str]) -> dict[str, str]:
    """What the aws command line calls --volume-id is VolumeId to EC2."""
    return {"VolumeId": given["--volume-id"], "InstanceId": given["--instance-id"], "Device": given["--device"]}


def test_without_yes_it_only_shows(company: Company) -> None:
    calls = len(company.aws.calls)
    said = company.says("restore", company.web)
    assert (said.code, said.err) == (0, "")
    assert_stored("restore_plan", said.out)
    assert company.changes(calls) == []


def test_the_newest_set_at_home(company: Company) -> None:
    said = company.says("restore", company.web, "--yes")
    assert said.code == 0
    assert_stored("restore", said.out)
    made = company.volumes(**RESTORED)
    assert sorted(each["Size"] for each in made) == [8, 100]
    assert {each["AvailabilityZone"] for each in made} == {"eu-west-1a"}
    assert not any(each["Attachments"] for each in made)
    for each in made:
        tags = tags_of(each)
        assert tags["Restored_From"] == each["SnapshotId"]
        assert tags["Source_InstanceId"] == company.web
        assert tags["Source_Device"] in said.out


def test_the_commands_it_prints_attach_the_volumes(company: Company) -> None:
    data = company.says("restore", company.web, "--yes", "--json").json
    ec2 = company.aws.client(HOME)
    company.aws.travel(minutes=1)
    for line in data["attach"]:
        words = line.split()
        given = dict(zip(words[3::2], words[4::2], strict=False))
        match words[2]:
            case "stop-instances":
                ec2.stop_instances(InstanceIds=[given["--instance-ids"]])
            case "detach-volume":
                ec2.detach_volume(**named(given))
            case "attach-volume":
                ec2.attach_volume(**named(given))
            case "start-instances":
                ec2.start_instances(InstanceIds=[given["--instance-ids"]])
    wanted = {each["device"]: each["volume"] for each in data["volumes"]}
    assert volumes_of(company.aws, HOME, company.web) == wanted


def test_type_iops_and_throughput_are_those_of_the_volume(company: Company) -> None:
    ec2 = company.aws.client(HOME)
    fast = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=50, VolumeType="gp3", Iops=6000, Throughput=400)
    io = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=60, VolumeType="io2", Iops=9000)
    for number, each in enumerate((fast, io)):
        ec2.attach_volume(VolumeId=each["VolumeId"], InstanceId=company.web, Device=f"/dev/sd{'xy'[number]}")
    company.aws.travel(days=1)
    assert company.says("restore", company.web, "--region", AWAY, "--zone", "us-east-1b", "--yes").code == 0
    made = {tags_of(each)["Source_Device"]: each for each in company.volumes(AWAY, **RESTORED)}
    assert set(made) == {"/dev/xvda", "/dev/sdb", "/dev/sdx", "/dev/sdy"}
    found = made["/dev/sdx"]
    assert (found["VolumeType"], found["Iops"], found["Throughput"]) == ("gp3", 6000, 400)
    assert (made["/dev/sdy"]["VolumeType"], made["/dev/sdy"]["Iops"]) == ("io2", 9000)
    assert made["/dev/xvda"]["VolumeType"] == "gp2"


def test_from_copies_while_the_source_is_down(company: Company) -> None:
    for operation in ("DescribeSnapshots", "DescribeInstances", "DescribeVolumes"):
        company.aws.fault(operation, error="timeout", times=99, region=HOME)
    said = company.says("restore", company.web, "--region", AWAY, "--zone", "us-east-1a", "--yes", "--json")
    assert said.code == 0
    assert {each["size_gib"] for each in said.json["volumes"]} == {8, 100}
    assert said.json["taken"] == "2026-11-25T03:00:00Z"
    assert "--instance-id INSTANCE_ID" in said.json["attach"][-1]


TIMES = {
    "2026-11-23": "2026-11-23T03:00:00Z",
    "2026-11-23 02:59": "2026-11-22T03:00:00Z",
    "2026-11-23T03:00Z": "2026-11-23T03:00:00Z",
    "2026-11-23T04:30:00+02:00": "2026-11-22T03:00:00Z",
}


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_at_a_time(company: Company, region: str) -> None:
    for at, taken in TIMES.items():
        said = company.says("restore", company.web, "--at", at, "--region", region, "--zone", f"{region}a", "--json")
        assert (at, said.code, said.json["taken"]) == (at, 0, taken)


def test_a_set_that_is_not_whole_is_passed_over_and_said(company: Company) -> None:
    newest = company.newest(AWAY)
    company.aws.client(AWAY).delete_snapshot(SnapshotId=newest["SnapshotId"])
    said = company.says("restore", company.web, "--region", AWAY, "--zone", "us-east-1a")
    assert said.code == 0
    assert "as of 2026-11-24 03:00 UTC" in said.out
    assert "not from slot 2026-11-25T03:00Z, which is newer: it has 1 of 2 volumes" in said.out


def test_nothing_whole_is_said(company: Company) -> None:
    for each in company.aws.snapshots(AWAY)[::2]:
        company.aws.client(AWAY).delete_snapshot(SnapshotId=each["SnapshotId"])
    said = company.says("restore", company.web, "--region", AWAY, "--zone", "us-east-1a")
    assert said.code == 2
    assert "no whole set" in said.err
    assert "slot 2026-11-25T03:00Z has 1 of 2 volumes" in said.err


def test_one_snapshot_and_its_copy_elsewhere(company: Company) -> None:
    primary = company.newest(HOME, Source_InstanceId=company.web)["SnapshotId"]
    said = company.says("restore", primary, "--region", AWAY, "--zone", "us-east-1a", "--yes", "--json")
    assert said.code == 0
    [volume] = company.volumes(AWAY, **RESTORED)
    [copy] = [each for each in company.aws.snapshots(AWAY) if each["Tags"]["Source_SnapshotId"] == primary]
    assert volume["SnapshotId"] == copy["SnapshotId"] == said.json["volumes"][0]["snapshot"]


def test_what_was_created_before_a_failure_is_told(company: Company) -> None:
    company.aws.fault("CreateVolume", error="VolumeLimitExceeded", message="too many", times=9,
                      match=lambda params: params["Size"] == 8)  # fmt: skip
    said = company.says("restore", company.web, "--yes")
    assert said.code == 1
    [made] = company.volumes(**RESTORED)
    assert f"→ {made['VolumeId']}" in said.out
    assert "VolumeLimitExceeded" in said.out


WRONG = (
    (["vol-01234567"], "is no id of an instance (i-…) or a snapshot (snap-…)"),
    (["i-01234567"], "no snapshot and no copy of i-01234567 in eu-west-1"),
    (["snap-01234567"], "no such snapshot in eu-west-1"),
    (["WEB", "--at", "noon"], "'noon' is not understood; accepted: 2026-11-22"),
    (["WEB", "--at", "2026-11-01"], "the oldest is of 2026-11-20"),
    (["WEB", "--zone", "eu-west-1z"], "no such zone in eu-west-1: eu-west-1z"),
    (["WEB", "--region", AWAY], "the instance is not in us-east-1: give --zone, one of us-east-1a"),
    (["WEB", "--region", AWAY, "--region", HOME], "give one --region"),
    (["WEB", "--region", THIRD], f"no snapshot and no copy of WEB in {THIRD}"),
)


def test_what_cannot_be_restored(company: Company) -> None:
    before = len(company.aws.calls)
    for words, said in WRONG:
        found = company.says("restore", *(company.web if each == "WEB" else each for each in words), "--yes")
        assert (words, found.code) == (words, 2)
        assert said.replace("WEB", company.web) in " ".join(found.err.split())
    assert company.changes(before) == []


def test_a_drill_restores_the_newest_copy_and_leaves_nothing(company: Company) -> None:
    said = company.says("drill", company.web)
    assert said.code == 0
    assert_stored("drill", said.out)
    assert company.volumes(AWAY) == []
    before = len(company.aws.calls)
    [data] = company.says("drill", company.web, "--region", AWAY, "--json").json["drills"]
    newest = company.newest(AWAY)
    assert (data["copy"], data["deleted"], data["failure"]) == (newest["SnapshotId"], True, None)
    assert data["seconds"] > 0
    assert company.changes(before) == ["CreateVolume", "DeleteVolume"]
    deleted = [each for each in company.aws.calls[before:] if each.operation == "DeleteVolume"]
    assert [each.params["VolumeId"] for each in deleted] == [data["volume"]]


def test_a_drill_that_fails_says_what_it_left_behind(company: Company) -> None:
    company.aws.fault("DeleteVolume", error="UnauthorizedOperation", message="no", times=9)
    said = company.says("drill", company.web)
    [left] = company.volumes(AWAY)
    assert said.code == 1
    assert f"{left['VolumeId']} was not deleted and costs money" in " ".join(said.out.split())


def test_a_drill_that_cannot_create_deletes_nothing(company: Company) -> None:
    company.aws.fault("CreateVolume", error="VolumeLimitExceeded", message="too many", times=9)
    before = len(company.aws.calls)
    said = company.says("drill", company.web, "--json")
    assert said.code == 1
    assert "too many" in said.json["drills"][0]["failure"]
    assert "DeleteVolume" not in company.changes(before)


def test_a_drill_without_copies(company: Company) -> None:
    said = company.says("drill", company.db)
    assert (said.code, said.err) == (2, f"Error: no completed copy of {company.db} in {HOME}\n")
    assert company.says("drill", "web").code == 2


def test_what_was_restored_is_backed_up_as_any_other_volume(company: Company) -> None:
    other = company.aws.launch(HOME, name="other", tags=WEB)
    data = company.says("restore", company.web, "--yes", "--json").json
    company.aws.travel(minutes=1)
    made = data["volumes"][0]["volume"]
    company.aws.client(HOME).attach_volume(VolumeId=made, InstanceId=other, Device="/dev/sdz")
    company.aws.travel(hours=1)
    snapshot = company.newest(HOME, Source_VolumeId=made)
    assert snapshot["Tags"]["Source_InstanceId"] == other
    assert not [key for key in snapshot["Tags"] if key.startswith("Restored_")]
