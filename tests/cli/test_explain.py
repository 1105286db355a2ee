"""explain."""

from __future__ import annotations

from typing import Any

from tests.cli.conftest import AWAY, HOME, WEB, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import tag


def lines(data: Any) -> list[dict[str, Any]]:
    return [line for part in data["volumes"].values() for line in part]


def test_an_instance(company: Company) -> None:
    result = company.run("explain", company.web)
    assert (result.code, result.err) == (0, "")
    assert_stored("explain_instance", result.out)


def test_an_instance_as_json(company: Company) -> None:
    data = company.run("explain", company.web, "--json").json
    [instance] = data["instances"]
    assert (instance["schedule"], instance["current_slot"], instance["next_slot"]) == (
        "daily 03:00",
        "2026-11-25T03:00Z",
        "2026-11-26T03:00Z",
    )
    assert (instance["retention"], instance["copy_retention"], instance["destinations"]) == ("7d", "30d", [AWAY])
    assert [volume["action"] for volume in instance["volumes"]] == ["kept", "kept"]
    in_json = lines(data)
    assert {line["id"] for line in in_json} == {
        snapshot["SnapshotId"]
        for snapshot in company.aws.snapshots(HOME)
        if snapshot["Tags"]["Source_InstanceId"] == company.web
    }
    assert {copy["id"] for line in in_json for copy in line["copies"]} == {
        snapshot["SnapshotId"] for snapshot in company.aws.snapshots(AWAY)
    }


def test_the_expected_deletion_is_what_the_sweep_then_does(company: Company) -> None:
    in_json = lines(company.run("explain", company.web, "--json").json)
    days = {line["id"]: line["expected_deletion"] for line in in_json}
    company.aws.travel_to(company.aws.now.replace(hour=23))
    for _ in range(3):
        company.aws.travel(days=1)
        left = {snapshot["SnapshotId"] for snapshot in company.aws.snapshots(HOME)}
        today = company.aws.now.date().isoformat()
        assert {id for id in days if id not in left} == {id for id, day in days.items() if day and day <= today}
    assert any(day is None for day in days.values())


def test_a_copy_leads_back_to_its_primary_from_any_region(company: Company) -> None:
    copy = company.newest(AWAY)
    primary = copy["Tags"]["Source_SnapshotId"]
    # Without --region, explain looks for it in all Regions.
    data = company.run("explain", copy["SnapshotId"], "--json").json
    assert (data["found_in"], data["home"]) == (AWAY, HOME)
    [line] = lines(data)
    assert (line["id"], line["copies"][0]["id"]) == (primary, copy["SnapshotId"])
    assert_stored("explain_copy", company.run("explain", copy["SnapshotId"], "--region", AWAY).out)


def test_a_copy_whose_primary_no_longer_exists(company: Company) -> None:
    copy = company.newest(AWAY)
    company.aws.client(HOME).delete_snapshot(SnapshotId=copy["Tags"]["Source_SnapshotId"])
    result = company.run("explain", copy["SnapshotId"])
    assert result.code == 0
    assert f"its primary {copy['Tags']['Source_SnapshotId']} in {HOME} no longer exists" in " ".join(result.out.split())


def test_a_primary_whose_region_does_not_answer_is_not_reported_as_gone(company: Company) -> None:
    copy = company.newest(AWAY)
    company.aws.fault("DescribeSnapshots", error="AuthFailure", message="not enabled", times=99, region=HOME)
    result = company.run("explain", copy["SnapshotId"], "--region", AWAY)
    assert result.code == 2
    assert f"its primary {copy['Tags']['Source_SnapshotId']} in {HOME} could not be read" in " ".join(
        result.out.split()
    )


def test_what_keeps_a_snapshot(company: Company) -> None:
    first, second, third, *_ = [
        snapshot["SnapshotId"]
        for snapshot in company.aws.snapshots(HOME)
        if snapshot["Tags"]["Source_InstanceId"] == company.web
    ]
    tag(company.aws, HOME, first, keep_forever="audit")
    tag(company.aws, HOME, second, DeleteOn="soon")
    tag(company.aws, HOME, third, DeleteOn="2026-11-24")
    by_id = {line["id"]: line for line in lines(company.run("explain", company.web, "--json").json)}
    assert by_id[first]["reason"] == "KeepForever is set"
    assert (by_id[second]["reason"], by_id[second]["expected_deletion"]) == (
        "it has no valid DeleteOn",
        None,
    )
    assert by_id[third]["reason"].startswith("DeleteOn=2026-11-24 is before 2026-")


def test_an_archived_snapshot_says_what_a_restore_takes(company: Company) -> None:
    newest = company.newest(HOME, Source_InstanceId=company.web)["SnapshotId"]
    company.aws.client(HOME).modify_snapshot_tier(SnapshotId=newest, StorageTier="archive")
    company.aws.travel(days=2)
    assert "archived: EC2 takes up to 72 hours to restore it" in " ".join(
        company.run("explain", newest, "--all").out.split()
    )
    by_id = {line["id"]: line["archived"] for line in lines(company.run("explain", company.web, "--json").json)}
    assert by_id[newest] is True


def test_the_snapshots_of_an_instance_that_no_longer_exists(company: Company) -> None:
    company.aws.client(HOME).terminate_instances(InstanceIds=[company.web])
    result = company.run("explain", company.web)
    assert result.code == 0
    assert f"{company.web}  no longer exists in {HOME}; its snapshots:" in result.out
    newest = company.newest(HOME, Source_InstanceId=company.web)
    [line] = [text for text in result.out.splitlines() if newest["SnapshotId"] in text]
    # The instance is not backed up any more, so its newest snapshot is deleted on its day as well.
    assert line.endswith("expires on 2026-12-02")


def test_one_volume_only(company: Company) -> None:
    [volume, *_] = [volume for volume in company.volumes() if volume["Size"] == 100]
    result = company.run("explain", volume["VolumeId"])
    others = [other["VolumeId"] for other in company.volumes() if other != volume]
    assert volume["VolumeId"] in result.out
    assert not [id for id in others if id in result.out]


def test_a_copy_that_is_missing_and_one_that_failed(company: Company) -> None:
    company.aws.kms_keys[AWAY] = set()
    other = company.aws.launch(HOME, name="other", tags=WEB | {"Copy_KmsKey": "alias/missing"})
    company.aws.travel(days=2)
    result = company.run("explain", other)
    assert result.code == 1
    assert "Given key ID is not accessible" in " ".join(result.out.split())


def test_a_snapshot_of_another_tool(company: Company) -> None:
    [volume, *_] = company.volumes()
    snapshot_id = company.aws.client(HOME).create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    result = company.run("explain", snapshot_id)
    assert result.code == 0
    assert "Type is not Automated" in result.out


def test_an_instance_that_is_not_backed_up(company: Company) -> None:
    plain = company.aws.launch(HOME, name="plain")
    result = company.run("explain", plain)
    assert result.code == 0
    assert "not backed up: it is not tagged Backup=Yes" in result.out


def test_a_destination_that_does_not_answer_is_reported(company: Company) -> None:
    company.aws.fault("DescribeSnapshots", error="AuthFailure", message="not enabled", times=99, region=AWAY)
    result = company.run("explain", company.web, "--json")
    assert result.code == 2
    assert list(result.json["unreadable"]) == [AWAY]
    assert lines(result.json)
