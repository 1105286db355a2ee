"""Instances in, snapshots and copies out: by the deployed functions and the event bus alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from .conftest import DESTINATION, HOME
from .region import Region, Snapshot, eventually, tags_of

pytestmark = pytest.mark.e2e


def copies_of(primary: Snapshot, destination: Region) -> list[Snapshot]:
    return destination.snapshots({"tag:Source_SnapshotId": primary["SnapshotId"]})


def backed_up(home: Region, instance_id: str, volumes: int) -> list[Snapshot]:
    """The instance's snapshots, once all of them are complete and have the tags of their volume."""

    def look() -> list[Snapshot]:
        completed = home.completed({"tag:Source_InstanceId": instance_id})
        tagged = [snapshot for snapshot in completed if "Source_VolumeId" in tags_of(snapshot)]
        return tagged if len(tagged) >= volumes else []

    return eventually(look, f"{instance_id} has {volumes} completed snapshots")


def completed_copy_of(primary: Snapshot, destination: Region) -> Snapshot:
    filters = {"tag:Source_SnapshotId": primary["SnapshotId"]}
    eventually(lambda: destination.completed(filters), f"{primary['SnapshotId']} has a completed copy")
    (copy,) = destination.snapshots(filters)
    return copy


# This is the first test: other copies that ended within two minutes would come before its own in the queue.
def test_the_end_of_a_copy_starts_the_next_missing_one(home: Region, destination: Region) -> None:
    missed = home.instance("missed", Backup="Yes", Copy_Dest=DESTINATION)
    with silent(home, "copy_on_completion"):
        home.invoke("create_snapshots")
        (unheard,) = backed_up(home, missed, 1)
    assert not copies_of(unheard, destination)
    heard = home.instance("heard", Backup="Yes", Copy_Dest=DESTINATION)

    home.invoke("create_snapshots")

    (primary,) = backed_up(home, heard, 1)
    completed_copy_of(primary, destination)
    # Nobody asked for this one: continue_copies did, in the destination, when the other one's copy had ended.
    assert_is_copy(completed_copy_of(unheard, destination), unheard)


@pytest.mark.parametrize("volumes", [1, 2])
def test_a_tagged_instance_is_backed_up_and_copied(home: Region, destination: Region, volumes: int) -> None:
    name = f"web-{volumes}"
    instance_id = home.instance(name, volumes, Backup="Yes", Copy_Dest=DESTINATION)

    assert home.invoke("create_snapshots")["counts"]["done"] >= 1

    primaries = backed_up(home, instance_id, volumes)
    assert len(primaries) == len({p["VolumeId"] for p in primaries}) == volumes
    assert len({p["StartTime"] for p in primaries}) == 1
    for primary in primaries:
        assert_is_primary(primary, name, instance_id)
        machine, until = f"{name} ({instance_id})", f"{HOME} - until {tags_of(primary)['DeleteOn']}"
        described = f"{machine} - {place(primary)} - {until}"
        assert primary["Description"] == (described if volumes == 1 else f"{machine} - {until}")
        copy = completed_copy_of(primary, destination)
        assert copy["Description"] == described
        assert_is_copy(copy, primary)


def assert_is_primary(snapshot: Snapshot, name: str, instance_id: str) -> None:
    tags = tags_of(snapshot)
    assert tags["Type"] == "Automated"
    assert datetime.fromisoformat(tags["DeleteOn"]).date() > datetime.now(UTC).date()
    assert tags["Copy_Dest"] == DESTINATION
    assert tags["Source_VolumeId"] == snapshot["VolumeId"]
    assert tags["Name"] == f"{name} - {place(snapshot)}"
    assert tags["Source_InstanceId"] == instance_id


def assert_is_copy(copy: Snapshot, primary: Snapshot) -> None:
    tags, inherited = tags_of(copy), tags_of(primary)
    assert tags["Source_SnapshotId"] == primary["SnapshotId"]
    assert tags["Source_Region"] == HOME
    for key in (
        "Type",
        "DeleteOn",
        "Name",
        "Source_InstanceId",
        "Source_VolumeId",
        "Source_Device",
    ):
        assert tags[key] == inherited[key]


def place(snapshot: Snapshot) -> str:
    return f"{snapshot['VolumeId']} ({tags_of(snapshot)['Source_Device']})"


def test_run_again_nothing_is_created_and_nothing_is_copied(home: Region, destination: Region) -> None:
    instance_id = home.instance("again", 2, Backup="Yes", Copy_Dest=DESTINATION)
    home.invoke("create_snapshots")
    for primary in backed_up(home, instance_id, 2):
        completed_copy_of(primary, destination)
    before = {region.name: ids(region) for region in (home, destination)}

    for function in ("create_snapshots", "copy_missing", "sweep_snapshots"):
        assert home.invoke(function)["counts"]["done"] == 0

    assert {region.name: ids(region) for region in (home, destination)} == before


def ids(region: Region) -> set[str]:
    return {snapshot["SnapshotId"] for snapshot in region.snapshots({})}


def test_an_instance_without_the_tag_is_left_alone(home: Region) -> None:
    instance_id = home.instance("laptop")
    (volume,) = home.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}])[
        "Volumes"
    ]

    home.invoke("create_snapshots")

    assert not home.snapshots({"volume-id": volume["VolumeId"]})


def test_a_copy_whose_event_was_missed_is_made_by_the_hourly_run(home: Region, destination: Region) -> None:
    instance_id = home.instance("unheard", Backup="Yes", Copy_Dest=DESTINATION)
    with silent(home, "copy_on_completion"):
        home.invoke("create_snapshots")
        (primary,) = backed_up(home, instance_id, 1)
    assert not copies_of(primary, destination)

    assert home.invoke("copy_missing")["counts"]["done"] == 1

    (copy,) = copies_of(primary, destination)
    assert_is_copy(copy, primary)


def test_protection_is_handed_on_to_the_copy(home: Region, destination: Region) -> None:
    instance_id = home.instance("audited", Backup="Yes", Copy_Dest=DESTINATION)
    home.invoke("create_snapshots")
    (primary,) = backed_up(home, instance_id, 1)
    completed_copy_of(primary, destination)

    home.ec2.create_tags(Resources=[primary["SnapshotId"]], Tags=[{"Key": "KeepForever", "Value": "audit"}])

    def protected() -> bool:
        return all(tags_of(copy).get("KeepForever") == "audit" for copy in copies_of(primary, destination))

    eventually(protected, "the copy is protected")


@contextmanager
def silent(region: Region, function: str) -> Iterator[None]:
    """No event reaches the function meanwhile."""
    events = region.client("events")
    rules = events.list_rule_names_by_target(TargetArn=region.deployment.functions(region.name)[function])["RuleNames"]
    for rule in rules:
        events.disable_rule(Name=rule)
    try:
        yield
    finally:
        for rule in rules:
            events.enable_rule(Name=rule)


def test_only_what_has_expired_and_is_not_protected_is_deleted(home: Region) -> None:
    today = datetime.now(UTC).date()
    yesterday, tomorrow = (str(today + timedelta(days=days)) for days in (-1, 1))
    volume_id = home.volume()
    described = f"old (i-0123456789abcdef0) - {HOME} - until"
    due = {"Type": "Automated", "DeleteOn": yesterday}
    expired = home.snapshot(volume_id, f"{described} {yesterday}", **due)
    kept = {
        home.snapshot(volume_id, f"{described} {yesterday}", **due, KeepForever="Yes"),
        home.snapshot(volume_id, f"{described} {yesterday}", DeleteOn=yesterday),
        home.snapshot(volume_id),
        # Its date was brought forward, and this app did not make that one at all.
        home.snapshot(volume_id, f"{described} {tomorrow}", **due),
        home.snapshot(volume_id, "by hand", **due),
        home.snapshot(volume_id, f"{described} {tomorrow}", Type="Automated", DeleteOn=tomorrow),
    }
    all_of_it = {"volume-id": volume_id}
    eventually(lambda: len(home.completed(all_of_it)) == 1 + len(kept), "the snapshots complete")

    assert home.invoke("sweep_snapshots")["counts"]["done"] == 1

    assert {s["SnapshotId"] for s in home.snapshots(all_of_it)} == kept, f"{expired} should be gone"
