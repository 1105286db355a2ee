"""explain."""

from __future__ import annotations

from typing import Any

from tests.cli.conftest import AWAY, HOME, WEB, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import tag


def lines(data: Any) -> list[dict[str, Any]]:
    return [line for part in data["volumes"].values() for line in part]


def test_an_instance(company: Company) -> None:
    said = company.says("explain", company.web)
    assert (said.code, said.err) == (0, "")
    assert_stored("explain_instance", said.out)


def test_an_instance_as_json(company: Company) -> None:
    data = company.says("explain", company.web, "--json").json
    [instance] = data["instances"]
    assert (instance["schedule"], instance["current_slot"], instance["next_slot"]) == (
        "daily 03:00",
        "2026-11-25T03:00Z",
        "2026-11-26T03:00Z",
    )
    assert (instance["retention"], instance["copy_retention"], instance["destinations"]) == ("7d", "30d", [AWAY])
    assert [each["action"] for each in instance["volumes"]] == ["kept", "kept"]
    found = lines(data)
    assert {each["id"] for each in found} == {
        each["SnapshotId"] for each in company.aws.snapshots(HOME) if each["Tags"]["Source_InstanceId"] == company.web
    }
    assert {copy["id"] for each in found for copy in each["copies"]} == {
        each["SnapshotId"] for each in company.aws.snapshots(AWAY)
    }


def test_the_expected_deletion_is_what_the_sweep_then_does(company: Company) -> None:
    found = lines(company.says("explain", company.web, "--json").json)
    days = {each["id"]: each["expected_deletion"] for each in found}
    company.aws.travel_to(company.aws.now.replace(hour=23))
    for _ in range(3):
        company.aws.travel(days=1)
        left = {each["SnapshotId"] for each in company.aws.snapshots(HOME)}
        today = company.aws.now.date().isoformat()
        assert {id for id in days if id not in left} == {id for id, day in days.items() if day and day <= today}
    assert any(day is None for day in days.values())


def test_a_copy_leads_back_to_its_primary_from_any_region(company: Company) -> None:
    copy = company.newest(AWAY)
    primary = copy["Tags"]["Source_SnapshotId"]
    # Nobody said where it is: it is looked for everywhere.
    data = company.says("explain", copy["SnapshotId"], "--json").json
    assert (data["found_in"], data["home"]) == (AWAY, HOME)
    [line] = lines(data)
    assert (line["id"], line["copies"][0]["id"]) == (primary, copy["SnapshotId"])
    assert_stored("explain_copy", company.says("explain", copy["SnapshotId"], "--region", AWAY).out)


def test_a_copy_whose_primary_no_longer_exists(company: Company) -> None:
    copy = company.newest(AWAY)
    company.aws.client(HOME).delete_snapshot(SnapshotId=copy["Tags"]["Source_SnapshotId"])
    said = company.says("explain", copy["SnapshotId"])
    assert said.code == 0
    assert f"its primary {copy['Tags']['Source_SnapshotId']} in {HOME} no longer exists" in " ".join(said.out.split())


def test_a_primary_whose_region_does_not_answer_is_not_said_to_be_gone(company: Company) -> None:
    copy = company.newest(AWAY)
    company.aws.fault("DescribeSnapshots", error="AuthFailure", message="not enabled", times=99, region=HOME)
    said = company.says("explain", copy["SnapshotId"], "--region", AWAY)
    assert said.code == 2
    assert f"its primary {copy['Tags']['Source_SnapshotId']} in {HOME} could not be read" in " ".join(said.out.split())


def test_what_keeps_a_snapshot(company: Company) -> None:
    first, second, third, *_ = [
        each["SnapshotId"] for each in company.aws.snapshots(HOME) if each["Tags"]["Source_InstanceId"] == company.web
    ]
    tag(company.aws, HOME, first, keep_forever="audit")
    tag(company.aws, HOME, second, DeleteOn="soon")
    tag(company.aws, HOME, third, DeleteOn="2026-11-24")
    found = {each["id"]: each for each in lines(company.says("explain", company.web, "--json").json)}
    assert found[first]["reason"] == "KeepForever is set"
    assert (found[second]["reason"], found[second]["expected_deletion"]) == (
        "it has no DeleteOn that is understood",
        None,
    )
    assert found[third]["reason"].startswith("DeleteOn=2026-11-24 is before 2026-")


def test_the_snapshots_of_an_instance_that_no_longer_exists(company: Company) -> None:
    company.aws.client(HOME).terminate_instances(InstanceIds=[company.web])
    said = company.says("explain", company.web)
    assert said.code == 0
    assert f"{company.web}  no longer exists in {HOME}; its snapshots:" in said.out
    newest = company.newest(HOME, Source_InstanceId=company.web)
    [line] = [each for each in said.out.splitlines() if newest["SnapshotId"] in each]
    # The instance is not backed up any more, so its newest snapshot is deleted on its day as well.
    assert line.endswith("expires on 2026-12-02")


def test_one_volume_only(company: Company) -> None:
    [volume, *_] = [each for each in company.volumes() if each["Size"] == 100]
    said = company.says("explain", volume["VolumeId"])
    others = [each["VolumeId"] for each in company.volumes() if each is not volume]
    assert volume["VolumeId"] in said.out
    assert not [each for each in others if each in said.out and each != volume["VolumeId"]]


def test_a_copy_that_is_missing_and_one_that_failed(company: Company) -> None:
    company.aws.kms_keys[AWAY] = set()
    other = company.aws.launch(HOME, name="other", tags=WEB | {"Copy_KmsKey": "alias/missing"})
    company.aws.travel(days=2)
    said = company.says("explain", other)
    assert said.code == 1
    assert "Given key ID is not accessible" in " ".join(said.out.split())


def test_somebody_elses_snapshot(company: Company) -> None:
    [volume, *_] = company.volumes()
    made = company.aws.client(HOME).create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    said = company.says("explain", made)
    assert said.code == 0
    assert "Type is not Automated" in said.out


def test_an_instance_that_is_not_backed_up(company: Company) -> None:
    plain = company.aws.launch(HOME, name="plain")
    said = company.says("explain", plain)
    assert said.code == 0
    assert "not backed up: it is not tagged Backup=Yes" in said.out


def test_a_destination_that_does_not_answer_is_said(company: Company) -> None:
    company.aws.fault("DescribeSnapshots", error="AuthFailure", message="not enabled", times=99, region=AWAY)
    said = company.says("explain", company.web, "--json")
    assert said.code == 2
    assert list(said.json["unreadable"]) == [AWAY]
    assert lines(said.json)
