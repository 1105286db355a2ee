"""undelete: what is in the Recycle Bin, and how it comes back so that it stays."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.conftest import AWAY, HOME, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import ids, tag

AUTOMATED = {"Type": "Automated"}
UNKNOWN = "snap-0123456789abcdef0"


@pytest.fixture
def swept(company: Company) -> Company:
    """Three snapshots of db have expired, and the sweep has put them into the bin for ten days."""
    company.aws.keep_deleted(HOME, days=10, tags=AUTOMATED)
    company.aws.invoke(HOME, "sweep_snapshots")
    assert len(company.aws.recycled(HOME)) == 3
    return company


def binned(company: Company) -> list[str]:
    return [snapshot["SnapshotId"] for snapshot in company.aws.recycled(HOME)]


def tags_of(company: Company, snapshot: str) -> dict[str, str]:
    everything = company.aws.snapshots(HOME) + company.aws.recycled(HOME)
    [own] = [entry["Tags"] for entry in everything if entry["SnapshotId"] == snapshot]
    return dict(own)


def sweep(company: Company) -> None:
    company.aws.invoke(HOME, "sweep_snapshots")


def test_it_lists_what_is_in_the_bin_and_changes_nothing(swept: Company) -> None:
    calls = len(swept.aws.calls)
    result = swept.run("undelete")
    assert (result.code, result.err) == (0, "")
    assert_stored("undelete_list", result.out)
    assert swept.changes(calls) == ["ListSnapshotsInRecycleBin"]


def test_an_empty_bin_is_no_error(company: Company) -> None:
    result = company.run("undelete")
    assert (result.code, result.out) == (0, "eu-west-1  0 snapshots in the Recycle Bin\n")


def test_the_listing_as_data(swept: Company) -> None:
    first = swept.run("undelete", "--json").json["regions"][0]["snapshots"][0]
    [held] = [snapshot for snapshot in swept.aws.recycled(HOME) if snapshot["SnapshotId"] == first["snapshot"]]
    assert first == {
        "snapshot": held["SnapshotId"],
        "name": "db",
        "instance": swept.db,
        "volume": held["VolumeId"],
        "device": first["device"],
        "source_region": HOME,
        "promised": first["promised"],
        "description": held["Description"],
        "deleted": "2026-11-25T03:30:00Z",
        "in_bin_until": "2026-12-05T03:30:00Z",
        "delete_on": None,
        "protected": None,
        "restored": None,
        "failure": None,
    }


def test_an_undeleted_snapshot_stays_for_a_week_and_then_expires(swept: Company) -> None:
    snapshot = binned(swept)[0]
    result = swept.run("undelete", snapshot)
    assert result.code == 0
    assert_stored("undelete", result.out)
    assert tags_of(swept, snapshot)["DeleteOn"] == "2026-12-02"
    sweep(swept)
    assert snapshot in ids(swept.aws, HOME)
    swept.aws.travel(days=6)
    assert snapshot in ids(swept.aws, HOME)
    swept.aws.travel(days=2)
    assert snapshot not in ids(swept.aws, HOME)
    assert snapshot in binned(swept)


def test_for_so_many_days(swept: Company) -> None:
    snapshot = binned(swept)[0]
    data = swept.run("undelete", snapshot, "--days", "30", "--json").json
    [undeleted] = data["regions"][0]["snapshots"]
    assert (undeleted["delete_on"], undeleted["protected"], undeleted["restored"], undeleted["failure"]) == (
        "2026-12-25", False, True, None,
    )  # fmt: skip
    assert tags_of(swept, snapshot)["DeleteOn"] == "2026-12-25"


def test_keep_protects_it_for_good(swept: Company) -> None:
    snapshot = binned(swept)[0]
    old = tags_of(swept, snapshot)["DeleteOn"]
    result = swept.run("undelete", snapshot, "--keep")
    assert (result.code, "protected by KeepForever" in result.out) == (0, True)
    assert tags_of(swept, snapshot).items() >= {"KeepForever": "Yes", "DeleteOn": old}.items()
    swept.aws.travel(days=100)
    assert snapshot in ids(swept.aws, HOME)


def test_an_instance_or_a_volume_names_all_of_its_snapshots(swept: Company) -> None:
    expected = set(binned(swept))
    volume = swept.aws.recycled(HOME)[0]["VolumeId"]
    swept.aws.client(HOME).delete_snapshot(SnapshotId=swept.newest(HOME, Source_InstanceId=swept.web)["SnapshotId"])
    assert swept.run("undelete", swept.db, volume).code == 0
    assert expected <= ids(swept.aws, HOME)
    assert len(binned(swept)) == 1


def test_the_tags_come_first_so_that_no_sweep_comes_between(swept: Company) -> None:
    snapshot = binned(swept)[0]
    swept.aws.fault("RestoreSnapshotFromRecycleBin", error="InternalFailure", message="try again", times=9)
    result = swept.run("undelete", snapshot)
    assert result.code == 1
    assert "failed" in result.out
    assert snapshot in binned(swept)
    assert tags_of(swept, snapshot)["DeleteOn"] == "2026-12-02"
    swept.aws.clear_faults()
    assert swept.run("undelete", snapshot).code == 0
    sweep(swept)
    assert snapshot in ids(swept.aws, HOME)


def test_what_cannot_be_tagged_is_not_restored(swept: Company) -> None:
    first, second, _ = binned(swept)
    swept.aws.fault(
        "CreateTags", error="TagLimitExceeded", message="50 tags", match=lambda given: given["Resources"] == [first]
    )
    result = swept.run("undelete", first, second, "--keep")
    assert result.code == 1
    assert "TagLimitExceeded" in result.out
    assert first in binned(swept)
    assert second in ids(swept.aws, HOME)


def test_repeated_it_changes_nothing(swept: Company) -> None:
    snapshot = binned(swept)[0]
    swept.run("undelete", snapshot)
    before = swept.aws.snapshots(HOME)
    result = swept.run("undelete", snapshot)
    assert (result.code, "present" in result.out) == (0, True)
    assert swept.aws.snapshots(HOME) == before


def test_one_that_was_restored_by_other_means_is_deleted_again_unless_undelete_comes_before(swept: Company) -> None:
    left, saved, _ = binned(swept)
    for snapshot in (left, saved):
        swept.aws.client(HOME).restore_snapshot_from_recycle_bin(SnapshotId=snapshot)
    assert swept.run("undelete", saved).code == 0
    sweep(swept)
    assert left in binned(swept)
    assert saved in ids(swept.aws, HOME)


@pytest.mark.parametrize("options", [(), ("--days", "30")], ids=["", "days"])
def test_a_later_date_is_never_brought_forward(swept: Company, options: tuple[str, ...]) -> None:
    snapshot = binned(swept)[0]
    tag(swept.aws, HOME, snapshot, DeleteOn="2030-01-01")
    assert swept.run("undelete", snapshot, *options).code == 0
    assert tags_of(swept, snapshot)["DeleteOn"] == "2030-01-01"


def by_hand(company: Company, description: str, **tags: str) -> str:
    """A snapshot that somebody made and deleted; a rule keeps whatever is deleted."""
    company.aws.keep_deleted(HOME, days=5)
    specification = [{"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": tags[key]} for key in tags]}]
    volume = company.volumes()[0]["VolumeId"]
    ec2 = company.aws.client(HOME)
    more: dict[str, Any] = {"TagSpecifications": specification} if tags else {}
    snapshot_id: str = ec2.create_snapshot(VolumeId=volume, Description=description, **more)["SnapshotId"]
    company.aws.travel(minutes=10)
    ec2.delete_snapshot(SnapshotId=snapshot_id)
    return snapshot_id


def test_what_is_not_this_apps_is_restored_as_it_was_and_only_by_its_own_id(company: Company) -> None:
    snapshot = by_hand(company, "before the upgrade", Name="mine")
    assert f"{snapshot}  not of this app's form: before the" in company.run("undelete").out
    result = company.run("undelete", snapshot)
    assert (result.code, "it is not this app's" in result.out) == (0, True)
    assert tags_of(company, snapshot) == {"Name": "mine"}
    assert snapshot in ids(company.aws, HOME)


def test_a_forged_description_is_not_believed(company: Company) -> None:
    volume = company.volumes()[0]["VolumeId"]
    forged = by_hand(company, f"db ({company.db}) - {volume} (/dev/xvda) - eu-west-1 - until 2036-01-01", Name="mine")
    result = company.run("undelete", company.db)
    assert result.code == 1
    assert "it has no tag Type=Automated: name it by its own id to restore it" in " ".join(result.out.split())
    assert [snapshot["SnapshotId"] for snapshot in company.aws.recycled(HOME)] == [forged]
    assert company.run("undelete", forged).code == 0
    assert forged in ids(company.aws, HOME)


def test_an_id_that_is_nowhere_stops_the_command_before_it_changes_anything(swept: Company) -> None:
    snapshot = binned(swept)[0]
    result = swept.run("undelete", snapshot, UNKNOWN, swept.web)
    assert (result.code, result.out) == (2, "")
    assert f"not in the Recycle Bin of eu-west-1: {', '.join(sorted([UNKNOWN, swept.web]))}" in result.err
    assert snapshot in binned(swept)
    assert tags_of(swept, snapshot)["DeleteOn"] < "2026-11-26"


@pytest.mark.parametrize(
    ("words", "result"),
    [
        (["web"], "'web' is no id of a snapshot (snap-…), an instance (i-…) or a volume (vol-…)"),
        (["snap-*"], "'snap-*' is no id"),
        ([UNKNOWN, "--days", "0"], "0 is not in the range 1<=x<=36500"),
        ([UNKNOWN, "--days", "7", "--keep"], "--days and --keep exclude each other"),
        (["--keep"], "--days and --keep need the ID of what is to be restored"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else "",
)
def test_wrong_arguments(company: Company, words: list[str], result: str) -> None:
    output = company.run("undelete", *words)
    assert (output.code, output.out) == (2, "")
    assert result in output.err


def test_copies_are_found_in_their_region_and_a_region_that_is_down_is_told(company: Company) -> None:
    company.aws.keep_deleted(AWAY, days=3, tags=AUTOMATED)
    copy = company.newest(AWAY, Source_InstanceId=company.web)["SnapshotId"]
    company.aws.client(AWAY).delete_snapshot(SnapshotId=copy)
    regions = ["--region", HOME, "--region", AWAY]
    assert f"{copy}  web {company.web}" in company.run("undelete", *regions).out
    nothing, [listed] = [region["snapshots"] for region in company.run("undelete", *regions, "--json").json["regions"]]
    assert (nothing, listed["snapshot"], listed["instance"], listed["source_region"]) == ([], copy, company.web, HOME)
    assert company.run("undelete", company.web, *regions).code == 0
    assert copy in ids(company.aws, AWAY)
    company.aws.region_down(AWAY, hours=1)
    result = company.run("undelete", *regions)
    assert (result.code, result.out) == (2, "eu-west-1  0 snapshots in the Recycle Bin\n")
    assert "Error: us-east-1: " in result.err


def test_without_a_permission_it_says_which(swept: Company) -> None:
    swept.aws.fault("ListSnapshotsInRecycleBin", error="UnauthorizedOperation", message="You are not authorized")
    result = swept.run("undelete")
    assert (result.code, result.out) == (2, "")
    assert "no permission for ListSnapshotsInRecycleBin" in result.err


def test_a_region_whose_tags_cannot_be_read_is_a_failure_of_its_snapshots_only(swept: Company) -> None:
    snapshot = binned(swept)[0]
    swept.aws.fault("DescribeTags", error="UnauthorizedOperation", message="You are not authorized")
    result = swept.run("undelete", snapshot)
    assert (result.code, "no permission for DescribeTags" in result.out) == (1, True)
    assert snapshot in binned(swept)


def test_what_the_bin_dropped_meanwhile_is_a_failure(swept: Company) -> None:
    snapshot = binned(swept)[0]
    swept.aws.fault("RestoreSnapshotFromRecycleBin", error="InvalidSnapshot.NotFound", message="gone")
    result = swept.run("undelete", snapshot, "--json")
    [undeleted] = result.json["regions"][0]["snapshots"]
    assert (result.code, undeleted["restored"]) == (1, False)
    assert "InvalidSnapshot.NotFound" in undeleted["failure"]
