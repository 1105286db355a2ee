"""Which snapshots make up a whole backup, and what volumes are made of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from chalicelib.models import Snapshot
from chalicelib.plan.sets import sets_of, slots_of
from reactor_cli.restore.volumes import CreateVolume, missing_text, newest_restorable, times_text, volumes_to_create
from tests.pure.builders import ELSEWHERE, NOW, REGION, at, snapshot

SLOT = "2026-11-22T03:00Z"


def taken(
    id: str, volume: str, slot: str = SLOT, size: str = "2", *, state: str = "completed", **tags: str
) -> Snapshot:
    raw = {"Type": "Automated", "Backup_Slot": slot, "Source_VolumeId": volume, "Source_Volumes": size} | tags
    return snapshot(id, raw, volume_id=volume, state=state, started=at(slot.replace("T", " ").removesuffix("Z")))


BEFORE = (taken("snap-1", "vol-0a", "2026-11-21T03:00Z"), taken("snap-2", "vol-0b", "2026-11-21T03:00Z"))


def test_the_newest_set_is_taken() -> None:
    sets = sets_of([*BEFORE, taken("snap-3", "vol-0a"), taken("snap-4", "vol-0b")])
    assert [set_.slot for set_ in sets] == [SLOT, "2026-11-21T03:00Z"]
    whole = newest_restorable(sets)
    assert times_text(sets[0]) == "2026-11-22 03:00 UTC"
    assert newest_restorable([]) is None
    assert whole
    assert [snapshot.id for snapshot in whole.snapshots] == ["snap-3", "snap-4"]


def test_a_set_that_lacks_a_volume_or_its_completion_is_not_whole() -> None:
    for newest in (
        [taken("snap-3", "vol-0a")],
        [taken("snap-3", "vol-0a"), taken("snap-4", "vol-0b", state="pending")],
    ):
        sets = sets_of([*BEFORE, *newest])
        assert missing_text(sets[0]) == "1 of 2 volumes"
        assert newest_restorable(sets) == sets[1]


def test_an_archived_snapshot_cannot_be_restored_at_once() -> None:
    archived = replace(taken("snap-3", "vol-0a"), archived=True)
    sets = sets_of([*BEFORE, archived, taken("snap-4", "vol-0b")])
    assert missing_text(sets[0]) == "1 of 2 volumes, 1 archived: EC2 takes up to 72 hours to restore one"
    assert newest_restorable(sets) == sets[1]
    ready = replace(archived, restored_until=NOW + timedelta(days=1))
    assert not missing_text(sets_of([ready, taken("snap-4", "vol-0b")])[0])


def copied(id: str, volume: str, **tags: str) -> Snapshot:
    raw = {"Type": "Automated", "Backup_Slot": SLOT, "Source_VolumeId": volume, "Source_SnapshotId": "snap-9",
           "Source_Region": REGION} | tags  # fmt: skip
    return snapshot(id, raw, volume_id="vol-ffffffff", started=at("2026-11-22 04:00"), region=ELSEWHERE)


def test_copies_are_told_apart_by_the_volume_that_their_tags_name() -> None:
    [whole] = sets_of([copied("snap-3", "vol-0a"), copied("snap-4", "vol-0b")])
    assert [snapshot.id for snapshot in whole.snapshots] == ["snap-3", "snap-4"]


def test_a_primary_goes_before_a_copy_of_the_same_volume_and_slot() -> None:
    copy = copied("snap-3", "vol-0a", Source_StartTime="2026-11-22T03:00:00Z")
    [whole] = sets_of([copy, taken("snap-4", "vol-0a")])
    assert [snapshot.id for snapshot in whole.snapshots] == ["snap-4"]


def test_a_set_is_in_the_order_of_its_devices() -> None:
    devices = {"snap-1": "/dev/sdb", "snap-2": "/dev/sda", "snap-3": "/dev/sda"}
    snapshots = [taken(id, f"vol-{id}", Source_Device=device) for id, device in devices.items()]
    [whole] = sets_of([*snapshots, taken("snap-4", "vol-0d")])
    assert [snapshot.id for snapshot in whole.snapshots] == ["snap-4", "snap-2", "snap-3", "snap-1"]


def test_of_several_snapshots_of_a_volume_the_completed_one_is_taken() -> None:
    [whole] = sets_of([taken("snap-3", "vol-0a", size="1"), taken("snap-4", "vol-0a", size="1", state="error")])
    assert [snapshot.id for snapshot in whole.snapshots] == ["snap-3"]
    assert not missing_text(whole)


def test_the_time_of_a_copy_is_that_of_its_primary() -> None:
    raw = {"Type": "Automated", "Backup_Slot": "request-1", "Source_SnapshotId": "snap-1", "Source_Region": REGION,
           "Source_VolumeId": "vol-0a", "Source_StartTime": "2026-11-22T02:00:00Z"}  # fmt: skip
    copy = snapshot("snap-9", raw, volume_id="vol-ffffffff", region=ELSEWHERE)
    [whole] = sets_of([copy])
    assert whole.taken == at("2026-11-22 02:00")


def later(snapshot: Snapshot, minutes: int) -> Snapshot:
    return replace(snapshot, started=snapshot.started + timedelta(minutes=minutes))


TWO = (taken("snap-3", "vol-0a"), taken("snap-4", "vol-0b"))
JOINED = later(taken("snap-5", "vol-0c", size="3"), 7 * 60)


def test_a_volume_that_joins_a_slot_later_does_not_make_its_set_newer() -> None:
    joined, first = sets_of([*TWO, JOINED])
    assert (first.taken, first.is_whole, [snapshot.id for snapshot in first.snapshots]) == (
        NOW, True, ["snap-3", "snap-4"],
    )  # fmt: skip
    assert (joined.taken, missing_text(joined)) == (NOW + timedelta(hours=7), "1 of 3 volumes")


def test_a_slot_of_different_times_is_named_as_such() -> None:
    [slot] = slots_of([*TWO, JOINED])
    assert slot.is_restorable
    assert missing_text(slot) == (
        "snapshots of 2026-11-22 03:00 UTC to 2026-11-22 10:00 UTC, which are not one point in time"
    )


def test_what_an_agent_took_within_seconds_is_one_point_in_time() -> None:
    one, other = TWO
    [whole] = sets_of([one, replace(other, started=other.started + timedelta(seconds=10))])
    assert whole.is_whole
    assert len(sets_of([one, replace(other, started=other.started + timedelta(seconds=11))])) == 2


def test_snapshots_from_before_the_size_of_a_set_was_recorded_count_as_many_as_they_are() -> None:
    old = snapshot("snap-1", {"Type": "Automated", "Backup_Slot": SLOT, "Source_VolumeId": "vol-0a"})
    [whole] = sets_of([old])
    assert (whole.expected, missing_text(whole)) == (1, "")


def test_a_volume_is_as_its_tags_say_that_it_was() -> None:
    fast = taken("snap-3", "vol-0a", Source_Device="/dev/sdb", Source_VolumeType="gp3", Source_Iops="6000",
                 Source_Throughput="400", team="core", Name="web - vol-0a (/dev/sdb)")  # fmt: skip
    tags = (
        ("Name", "web - vol-0a (/dev/sdb)"),
        ("Restored_For", "restore"),
        ("Restored_From", "snap-3"),
        ("Source_Device", "/dev/sdb"),
        ("Source_VolumeId", "vol-0a"),
        ("team", "core"),
    )
    assert volumes_to_create([replace(fast, volume_gib=8)], "eu-west-1a", "restore") == [
        CreateVolume("snap-3", "eu-west-1a", "/dev/sdb", 8, "gp3", 6000, 400, tags)
    ]


def test_what_a_type_does_not_take_is_not_asked_for_and_a_guess_is_marked() -> None:
    odd = taken("snap-3", "vol-0a", Source_VolumeType="gp2", Source_Iops="6000", Source_Throughput="400")
    bare = taken("snap-4", "vol-0b")
    first, second = volumes_to_create([odd, bare], "eu-west-1a", "restore")
    assert (first.iops, first.throughput) == (None, None)
    assert (second.type, second.type_recorded, second.device) == ("gp3", False, "")
