"""The commands on sets whose snapshots never get the tags of single volumes: they say and do the same."""

from __future__ import annotations

from typing import Any

import pytest

from emulator import LocalAWS
from tests.cli.conftest import AWAY, HOME, Company
from tests.scenarios.stories import volumes_of


@pytest.fixture
def company(aws: LocalAWS, request: pytest.FixtureRequest) -> Company:
    aws.fault("CreateTags", error="UnauthorizedOperation", times=9_999)
    return request.getfixturevalue("whole_company")  # type: ignore[no-any-return]


def test_all_of_them_are_bare(company: Company) -> None:
    of_web = [one for one in company.aws.snapshots(HOME) if one["Tags"]["Source_InstanceId"] == company.web]
    assert len(of_web) == 12
    assert not any({"Source_VolumeId", "Source_Device"} & set(one["Tags"]) for one in of_web)


def tags_of(volume: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in volume.get("Tags", ())}


@pytest.mark.parametrize("region", [HOME, AWAY])
def test_restore(company: Company, region: str) -> None:
    words = () if region == HOME else ("--region", AWAY, "--zone", "us-east-1b")
    restored = company.run("restore", company.web, *words, "--yes", "--json").json["volumes"]
    volumes = volumes_of(company.aws, HOME, company.web)
    assert {volume["device"] for volume in restored} == set(volumes)
    assert {volume["type"] for volume in restored} == {"gp2"}
    written = {
        tags_of(volume)["Source_Device"]: tags_of(volume) for volume in company.volumes(region, Restored_For="restore")
    }
    for device, volume_id in volumes.items():
        assert written[device]["Source_VolumeId"] == volume_id
        assert written[device]["Name"] == f"web - {volume_id} ({device})"


def test_restore_of_one_snapshot(company: Company) -> None:
    snapshot = company.newest(HOME, Source_InstanceId=company.web)
    [volume] = company.run("restore", snapshot["SnapshotId"], "--yes", "--json").json["volumes"]
    assert volumes_of(company.aws, HOME, company.web)[volume["device"]] == snapshot["VolumeId"]


def test_a_set_without_one_of_its_snapshots_is_passed_over(company: Company) -> None:
    snapshot = company.newest(HOME, Source_InstanceId=company.web)
    company.aws.client(HOME).delete_snapshot(SnapshotId=snapshot["SnapshotId"])
    result = company.run("restore", company.web)
    assert "as of 2026-11-24 03:00 UTC" in result.out
    assert "not from slot 2026-11-25T03:00Z, which is newer: it has 1 of 2 volumes" in result.out


def test_explain_by_any_id(company: Company) -> None:
    data = volumes_of(company.aws, HOME, company.web)["/dev/sdb"]
    by_instance = company.run("explain", company.web, "--all", "--json").json["volumes"]
    by_volume = company.run("explain", data, "--all", "--json").json["volumes"]
    assert set(by_instance) == set(volumes_of(company.aws, HOME, company.web).values())
    assert by_volume[data] == by_instance[data]
    assert [snapshot["device"] for snapshot in by_volume[data]] == ["/dev/sdb"] * 6
    assert all(len(snapshot["copies"]) == 1 for snapshot in by_volume[data])


def test_report(company: Company) -> None:
    report = company.run("report", "--json").json
    volumes = [volume for instance in report["instances"] for volume in instance["volumes"]]
    assert [volume["cover"] for volume in volumes] == ["covered"] * 3
    assert all(copy["good"] for volume in volumes for copy in volume["copies"])
    assert report["orphans"] == []
    company.aws.client(HOME).terminate_instances(InstanceIds=[company.web])
    orphans = company.run("report", "--json").json["orphans"]
    assert {(orphan["name"], orphan["copies"]) for orphan in orphans} == {("web", 6)}


def test_lint(company: Company) -> None:
    assert company.run("lint", "--json").json["regions"][0]["findings"] == []
