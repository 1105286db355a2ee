"""restore, and drill."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend, Zone

from tests.cli.conftest import AWAY, HOME, THIRD, WEB, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import volumes_of

RESTORED = {"Restored_For": "restore"}


def tags_of(volume: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in volume.get("Tags", ())}


def named(given: dict[str, str]) -> dict[str, str]:
    """What the aws command line calls --volume-id is VolumeId to EC2."""
    return {"VolumeId": given["--volume-id"], "InstanceId": given["--instance-id"], "Device": given["--device"]}


def test_without_yes_it_only_shows(company: Company) -> None:
    calls = len(company.aws.calls)
    result = company.run("restore", company.web)
    assert (result.code, result.err) == (0, "")
    assert_stored("restore_plan", result.out)
    assert company.changes(calls) == []


def test_the_newest_set_at_home(company: Company) -> None:
    result = company.run("restore", company.web, "--yes")
    assert result.code == 0
    assert_stored("restore", result.out)
    volumes = company.volumes(**RESTORED)
    assert sorted(volume["Size"] for volume in volumes) == [8, 100]
    assert {volume["AvailabilityZone"] for volume in volumes} == {"eu-west-1a"}
    assert not any(volume["Attachments"] for volume in volumes)
    for volume in volumes:
        tags = tags_of(volume)
        assert tags["Restored_From"] == volume["SnapshotId"]
        assert tags["Source_InstanceId"] == company.web
        assert tags["Source_Device"] in result.out


def test_the_commands_it_prints_attach_the_volumes(company: Company) -> None:
    data = company.run("restore", company.web, "--yes", "--json").json
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
    wanted = {volume["device"]: volume["volume"] for volume in data["volumes"]}
    assert volumes_of(company.aws, HOME, company.web) == wanted


def test_volumes_in_another_zone_are_for_another_instance(company: Company) -> None:
    """The instance is in eu-west-1a: no command stops it, as nothing could be attached to it."""
    data = company.run("restore", company.web, "--zone", "eu-west-1b", "--yes", "--json").json
    text = "\n".join(data["attach"])
    assert company.web not in text
    assert "stop-instances" not in text
    assert "detach-volume" not in text
    assert "--instance-id INSTANCE_ID" in data["attach"][-1]


def test_type_iops_and_throughput_are_those_of_the_volume(company: Company) -> None:
    ec2 = company.aws.client(HOME)
    fast = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=50, VolumeType="gp3", Iops=6000, Throughput=400)
    io = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=60, VolumeType="io2", Iops=9000)
    for device, volume in (("/dev/sdx", fast), ("/dev/sdy", io)):
        ec2.attach_volume(VolumeId=volume["VolumeId"], InstanceId=company.web, Device=device)
    company.aws.travel(days=1)
    assert company.run("restore", company.web, "--region", AWAY, "--zone", "us-east-1b", "--yes").code == 0
    restored = {tags_of(volume)["Source_Device"]: volume for volume in company.volumes(AWAY, **RESTORED)}
    assert set(restored) == {"/dev/xvda", "/dev/sdb", "/dev/sdx", "/dev/sdy"}
    gp3, io2 = restored["/dev/sdx"], restored["/dev/sdy"]
    assert (gp3["VolumeType"], gp3["Iops"], gp3["Throughput"]) == ("gp3", 6000, 400)
    assert (io2["VolumeType"], io2["Iops"]) == ("io2", 9000)
    assert restored["/dev/xvda"]["VolumeType"] == "gp2"


def test_from_copies_while_the_source_is_down(company: Company) -> None:
    for operation in ("DescribeSnapshots", "DescribeInstances", "DescribeVolumes"):
        company.aws.fault(operation, error="timeout", times=99, region=HOME)
    result = company.run("restore", company.web, "--region", AWAY, "--zone", "us-east-1a", "--yes", "--json")
    assert result.code == 0
    assert {volume["size_gib"] for volume in result.json["volumes"]} == {8, 100}
    assert result.json["taken"] == "2026-11-25T03:00:00Z"
    assert "--instance-id INSTANCE_ID" in result.json["attach"][-1]


TIMES = {
    "2026-11-23": "2026-11-23T03:00:00Z",
    "2026-11-23 02:59": "2026-11-22T03:00:00Z",
    "2026-11-23T03:00Z": "2026-11-23T03:00:00Z",
    "2026-11-23T04:30:00+02:00": "2026-11-22T03:00:00Z",
}


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_at_a_time(company: Company, region: str) -> None:
    for at, taken in TIMES.items():
        result = company.run("restore", company.web, "--at", at, "--region", region, "--zone", f"{region}a", "--json")
        assert (at, result.code, result.json["taken"]) == (at, 0, taken)


def test_a_set_that_is_not_whole_is_skipped_and_reported(company: Company) -> None:
    newest = company.newest(AWAY)
    company.aws.client(AWAY).delete_snapshot(SnapshotId=newest["SnapshotId"])
    result = company.run("restore", company.web, "--region", AWAY, "--zone", "us-east-1a")
    assert result.code == 0
    assert "as of 2026-11-24 03:00 UTC" in result.out
    assert "not from slot 2026-11-25T03:00Z, which is newer: it has 1 of 2 volumes" in result.out


def test_a_volume_that_joins_later_takes_no_set_away(company: Company) -> None:
    """A disk is added at 09:00, and a quarter of an hour later it fills the slot of 03:00, too."""
    ec2 = company.aws.client(HOME)
    company.aws.travel_to(datetime(2026, 11, 25, 9, tzinfo=UTC))
    disk = ec2.create_volume(AvailabilityZone="eu-west-1a", Size=50, VolumeType="gp3")["VolumeId"]
    ec2.attach_volume(VolumeId=disk, InstanceId=company.web, Device="/dev/sdx")
    company.aws.travel(hours=5)
    assert company.newest(HOME, Source_VolumeId=disk)["Tags"]["Backup_Slot"] == "2026-11-25T03:00Z"
    before = company.run("restore", company.web, "--at", "2026-11-25 06:00", "--json").json
    assert (before["taken"], len(before["volumes"]), before["skipped"]) == ("2026-11-25T03:00:00Z", 2, [])
    now = company.run("restore", company.web, "--json").json
    assert (now["taken"], now["first_taken"], len(now["volumes"])) == (
        "2026-11-25T03:00:00Z", "2026-11-25T03:00:00Z", 2,
    )  # fmt: skip
    [skipped] = now["skipped"]
    assert skipped["slot"] == "2026-11-25T03:00Z"
    assert "which are not one point in time" in skipped["has"]


def test_a_slot_of_different_times_is_restored_only_if_there_is_nothing_better(company: Company) -> None:
    """On each day one of the volumes was taken a minute later: nothing here is of one time."""
    for snapshot in company.aws.snapshots(AWAY):
        if snapshot["VolumeSize"] == 8:
            began = datetime.fromisoformat(snapshot["Tags"]["Source_StartTime"]) + timedelta(minutes=1)
            company.aws.client(AWAY).create_tags(
                Resources=[snapshot["SnapshotId"]],
                Tags=[{"Key": "Source_StartTime", "Value": began.strftime("%Y-%m-%dT%H:%M:%SZ")}],
            )
    words = ("restore", company.web, "--region", AWAY, "--zone", "us-east-1a")
    data = company.run(*words, "--json").json
    assert (data["first_taken"], data["taken"]) == ("2026-11-25T03:00:00Z", "2026-11-25T03:01:00Z")
    text = " ".join(company.run(*words).out.split())
    assert "as of 2026-11-25 03:00 UTC to 2026-11-25 03:01 UTC: not one point in time" in text


def test_an_instance_without_a_whole_set(company: Company) -> None:
    for snapshot in company.aws.snapshots(AWAY)[::2]:
        company.aws.client(AWAY).delete_snapshot(SnapshotId=snapshot["SnapshotId"])
    result = company.run("restore", company.web, "--region", AWAY, "--zone", "us-east-1a")
    assert result.code == 2
    assert "no whole set" in result.err
    assert "slot 2026-11-25T03:00Z has 1 of 2 volumes" in result.err


def test_one_snapshot_and_its_copy_elsewhere(company: Company) -> None:
    primary = company.newest(HOME, Source_InstanceId=company.web)["SnapshotId"]
    result = company.run("restore", primary, "--region", AWAY, "--zone", "us-east-1a", "--yes", "--json")
    assert result.code == 0
    [volume] = company.volumes(AWAY, **RESTORED)
    [copy] = [snapshot for snapshot in company.aws.snapshots(AWAY) if snapshot["Tags"]["Source_SnapshotId"] == primary]
    assert volume["SnapshotId"] == copy["SnapshotId"] == result.json["volumes"][0]["snapshot"]


def test_what_was_created_before_a_failure_is_reported(company: Company) -> None:
    company.aws.fault("CreateVolume", error="VolumeLimitExceeded", message="too many", times=9,
                      match=lambda params: params["Size"] == 8)  # fmt: skip
    result = company.run("restore", company.web, "--yes")
    assert result.code == 1
    [created] = company.volumes(**RESTORED)
    assert f"→ {created['VolumeId']}" in result.out
    assert "VolumeLimitExceeded" in result.out


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
    for words, message in WRONG:
        result = company.run("restore", *(company.web if word == "WEB" else word for word in words), "--yes")
        assert (words, result.code) == (words, 2)
        assert message.replace("WEB", company.web) in " ".join(result.err.split())
    assert company.changes(before) == []


def test_a_drill_restores_the_newest_copy_and_leaves_nothing(company: Company) -> None:
    result = company.run("drill", company.web)
    assert result.code == 0
    assert_stored("drill", result.out)
    assert company.volumes(AWAY) == []
    before = len(company.aws.calls)
    [data] = company.run("drill", company.web, "--region", AWAY, "--json").json["drills"]
    newest = company.newest(AWAY)
    assert (data["copy"], data["deleted"], data["failure"]) == (newest["SnapshotId"], True, None)
    assert data["seconds"] > 0
    assert company.changes(before) == ["CreateVolume", "DeleteVolume"]
    deleted = [call for call in company.aws.calls[before:] if call.operation == "DeleteVolume"]
    assert [call.params["VolumeId"] for call in deleted] == [data["volume"]]


def test_a_drill_that_cannot_delete_says_which_volume_remains(company: Company) -> None:
    company.aws.fault("DeleteVolume", error="UnauthorizedOperation", message="no", times=9)
    result = company.run("drill", company.web)
    [left] = company.volumes(AWAY)
    assert result.code == 1
    assert f"{left['VolumeId']} was not deleted and costs money" in " ".join(result.out.split())


def test_a_drill_takes_no_local_zone(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    local = Zone("us-east-1-atl-1a", AWAY, "use1-atl1-az1", "local-zone")
    monkeypatch.setitem(RegionsAndZonesBackend.zones, AWAY, [local, *RegionsAndZonesBackend.zones[AWAY]])
    [data] = company.run("drill", company.web, "--json").json["drills"]
    assert (data["zone"], data["failure"]) == ("us-east-1a", None)
    assert company.run("drill", company.web, "--zone", "us-east-1-atl-1a").code == 0


def test_a_drill_waits_until_ec2_knows_the_new_volume(company: Company) -> None:
    for operation in ("DescribeVolumes", "DeleteVolume"):
        company.aws.fault(operation, error="InvalidVolume.NotFound", times=2, region=AWAY)
    [data] = company.run("drill", company.web, "--json").json["drills"]
    assert (data["failure"], data["deleted"]) == (None, True)
    assert data["seconds"] >= 10
    assert company.volumes(AWAY) == []


def test_a_volume_that_vanished_is_not_left_behind(company: Company) -> None:
    """EC2 deletes a volume during its creation if it cannot use the key of the snapshot."""
    volumes = company.aws.client(AWAY)

    def vanish(params: Any) -> bool:
        for volume in volumes.describe_volumes()["Volumes"] if "VolumeIds" in params else ():
            company.aws.travel(minutes=1)
            volumes.delete_volume(VolumeId=volume["VolumeId"])
        return False

    company.aws.fault("DescribeVolumes", error="never", times=99, region=AWAY, match=vanish)
    result = company.run("drill", company.web, "--json")
    [data] = result.json["drills"]
    assert result.code == 1
    assert "vanished while EC2 created it" in data["failure"]
    assert "costs money" not in data["failure"]
    assert (data["deleted"], company.volumes(AWAY)) == (True, [])


def test_a_drill_that_cannot_create_deletes_nothing(company: Company) -> None:
    company.aws.fault("CreateVolume", error="VolumeLimitExceeded", message="too many", times=9)
    before = len(company.aws.calls)
    result = company.run("drill", company.web, "--json")
    assert result.code == 1
    assert "too many" in result.json["drills"][0]["failure"]
    assert "DeleteVolume" not in company.changes(before)


def test_a_drill_without_copies(company: Company) -> None:
    result = company.run("drill", company.db)
    assert (result.code, result.err) == (2, f"Error: no completed copy of {company.db} in {HOME}\n")
    assert company.run("drill", "web").code == 2


def test_what_was_restored_is_backed_up_as_any_other_volume(company: Company) -> None:
    other = company.aws.launch(HOME, name="other", tags=WEB)
    data = company.run("restore", company.web, "--yes", "--json").json
    company.aws.travel(minutes=1)
    restored = data["volumes"][0]["volume"]
    company.aws.client(HOME).attach_volume(VolumeId=restored, InstanceId=other, Device="/dev/sdz")
    company.aws.travel(hours=1)
    snapshot = company.newest(HOME, Source_VolumeId=restored)
    assert snapshot["Tags"]["Source_InstanceId"] == other
    assert not [key for key in snapshot["Tags"] if key.startswith("Restored_")]
