"""Full quotas, failed copies, duplicates, keys and protection, against the state of the emulated AWS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME, THIRD
from tests.scenarios.stories import by_volume, copies, failures, make, one_copy_each, tag, volumes_of

BACKUP = {"Backup": "Yes", "Copy_Dest": AWAY}
MANAGED = {"Type": "Automated", "DeleteOn": "2026-12-24", "Copy_Dest": AWAY}


def runs(aws: LocalAWS, function: str, region: str) -> list[Any]:
    return [
        invocation for invocation in aws.invocations if (invocation.function, invocation.region) == (function, region)
    ]


def fleet(aws: LocalAWS, number: int, tags: dict[str, str]) -> None:
    for index in range(number):
        aws.launch(HOME, name=f"web{index}", tags=tags, volumes=(8 + index % 3,))


def ten_minutes(gib: int) -> timedelta:
    return timedelta(minutes=gib)


def test_the_end_of_one_copy_starts_the_next(aws: LocalAWS) -> None:
    aws.disable(HOME, "copy_missing")
    aws.copy_slots = 3
    aws.copy_duration = ten_minutes
    fleet(aws, 12, BACKUP)
    aws.travel(hours=3)
    assert one_copy_each(aws, AWAY)
    assert not failures(aws)
    started = Counter(snapshot["StartTime"] for snapshot in aws.snapshots(AWAY))
    assert max(started.values()) <= 3
    # No slot waited for an hourly pass: each start but the first three is the end of another copy.
    ends = {snapshot["StartTime"] + ten_minutes(snapshot["VolumeSize"]) for snapshot in aws.snapshots(AWAY)}
    assert sum(start in ends for start in started) >= len(started) - 1


def test_a_chain_that_lost_its_events_is_started_again_by_the_hourly_pass(aws: LocalAWS) -> None:
    aws.copy_slots = 2
    aws.copy_duration = ten_minutes
    fleet(aws, 6, BACKUP)
    aws.travel(minutes=16)
    aws.event_loss = 1.0
    aws.travel(hours=1)
    assert not one_copy_each(aws, AWAY)
    aws.event_loss = 0.0
    aws.travel(hours=2)
    assert one_copy_each(aws, AWAY)
    assert not failures(aws)


def test_copies_on_their_way_count_so_that_the_app_stops_asking(aws: LocalAWS) -> None:
    aws.deploy(HOME, COPY_SLOTS="2")
    aws.event_loss = 1.0
    aws.copy_duration = lambda gib: timedelta(hours=5)
    fleet(aws, 5, BACKUP)
    aws.travel(hours=3)
    asked = Counter(call.error for call in aws.calls if call.operation == "CopySnapshot")
    assert asked == {None: 2}
    [*_, last] = runs(aws, "copy_missing", HOME)
    assert last.result["counts"]["deferred"] == 3


def test_one_full_destination_holds_up_no_other(aws: LocalAWS) -> None:
    aws.copy_slots = 1
    aws.copy_duration = lambda gib: timedelta(hours=30)
    make(aws, THIRD, MANAGED)
    aws.travel(minutes=25)
    aws.copy_duration = lambda gib: timedelta(minutes=1)
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"})
    aws.travel(hours=2)
    [[primary]] = by_volume(aws, HOME).values()
    assert primary["SnapshotId"] not in copies(aws, AWAY)
    assert len(copies(aws, THIRD)[primary["SnapshotId"]]) == 1
    assert not failures(aws)


def test_continue_copies_serves_a_backlog_older_than_yesterday(aws: LocalAWS) -> None:
    aws.event_loss = 1.0
    aws.disable(HOME, "copy_missing")
    fleet(aws, 6, BACKUP | {"Retention": "30"})
    aws.travel(hours=1)
    for name in ("create_snapshots", "copy_missing"):
        aws.disable(HOME, name)
    aws.travel(days=4)
    aws.copy_slots = 2
    aws.event_loss = 0.0
    aws.enable(HOME, "copy_missing")
    aws.travel(hours=1)
    aws.disable(HOME, "copy_missing")
    aws.travel(hours=3)
    assert one_copy_each(aws, AWAY)


def test_a_failed_copy_is_reported_deleted_and_made_again(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, MANAGED)
    aws.fail_copy(AWAY, "An internal error occurred")
    aws.travel(hours=3)
    [copy] = copies(aws, AWAY)[snapshot_id]
    assert (copy["State"], copy["Tags"]["Copy_Try"]) == ("completed", "2")
    reports = failures(aws)
    assert {invocation.function for invocation in reports} <= {"continue_copies", "copy_missing"}
    assert f"of {snapshot_id} to {AWAY} with the default key failed at try 1: An internal error occurred" in str(
        reports[0].error
    )


def test_a_failed_copy_whose_event_was_lost_is_made_again_by_the_hourly_pass(aws: LocalAWS) -> None:
    aws.event_loss = 1.0
    snapshot_id = make(aws, HOME, MANAGED)
    aws.fail_copy(AWAY, "An internal error occurred")
    aws.travel(hours=4)
    assert [snapshot["State"] for snapshot in copies(aws, AWAY)[snapshot_id]] == ["completed"]


def test_an_outage_of_minutes_costs_no_copy(aws: LocalAWS) -> None:
    """Without the key, 30 copies fail within minutes; each is there a few hours after the key came back."""
    for number in range(30):
        aws.launch(HOME, name=f"web-{number}", tags=BACKUP | {"Copy_KmsKey": "alias/backup"})
    aws.disable(HOME, "sweep_snapshots")
    aws.travel(minutes=45)
    assert {copy["State"] for siblings in copies(aws, AWAY).values() for copy in siblings} == {"error"}
    aws.disable(HOME, "create_snapshots")
    aws.kms_keys[AWAY].add("alias/backup")
    aws.travel(hours=8)
    states = [[copy["State"] for copy in siblings] for siblings in copies(aws, AWAY).values()]
    assert states == [["completed"]] * 30


def test_a_key_that_is_away_for_days_is_tried_daily_and_reported_daily(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP | {"Copy_KmsKey": "alias/missing"})
    aws.disable(HOME, "sweep_snapshots")
    aws.travel(hours=1)
    aws.disable(HOME, "create_snapshots")
    aws.travel(days=4)
    [[primary]] = by_volume(aws, HOME).values()
    [last] = copies(aws, AWAY)[primary["SnapshotId"]]
    assert last["State"] == "error"
    started = [call.at for call in aws.calls if call.operation == "CopySnapshot"]
    assert [round((after - before).total_seconds() / 3600) for before, after in pairwise(started)] == [1, 4, 24, 24, 24]
    days = {failure.at.date() for failure in failures(aws) if "next try at" in str(failure.error)}
    assert len(days) == 5
    # It is copied as soon as the next try finds the key.
    aws.kms_keys[AWAY].add("alias/missing")
    aws.travel(days=1, hours=2)
    [copy] = copies(aws, AWAY)[primary["SnapshotId"]]
    assert copy["State"] == "completed"


def test_a_key_goes_from_the_instance_to_the_copy(aws: LocalAWS) -> None:
    aws.kms_keys[AWAY].add("alias/backup")
    aws.launch(HOME, name="secret", tags=BACKUP | {"Copy_KmsKey": "alias/backup"})
    aws.launch(HOME, name="plain", tags=BACKUP)
    aws.travel(hours=2)
    by_name = {copy[0]["Tags"]["Name"].split(" ")[0]: copy[0] for copy in copies(aws, AWAY).values()}
    assert by_name["secret"]["Encrypted"] is True
    assert by_name["secret"]["KmsKeyId"].startswith(f"arn:aws:kms:{AWAY}:")
    assert by_name["plain"]["Encrypted"] is False


def test_a_key_by_its_arn_is_one_of_this_account(aws: LocalAWS) -> None:
    own, foreign = (f"arn:aws:kms:{AWAY}:{account}:key/1a-2b" for account in ("123456789012", "666666666666"))
    aws.kms_keys[AWAY] |= {own, foreign}
    aws.launch(HOME, name="own", tags=BACKUP | {"Copy_KmsKey": own})
    aws.launch(HOME, name="foreign", tags=BACKUP | {"Copy_KmsKey": foreign})
    # Whoever may tag a snapshot asks for it there.
    tagged = make(aws, HOME, MANAGED | {"Copy_KmsKey": foreign})
    aws.travel(hours=2)
    by_name = {copy[0]["Tags"].get("Name", "").split(" ")[0]: copy[0] for copy in copies(aws, AWAY).values()}
    assert by_name["own"]["KmsKeyId"] == own
    assert by_name["foreign"]["Encrypted"] is False
    assert copies(aws, AWAY)[tagged][0]["Encrypted"] is False


@pytest.mark.parametrize("spelling", ["KeepForever", "keep_forever", "KEEP-FOREVER"])
def test_protection_is_handed_on_at_once(aws: LocalAWS, spelling: str) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"})
    aws.travel(hours=2)
    aws.disable(HOME, "copy_missing")
    [[primary]] = by_volume(aws, HOME).values()
    tag(aws, HOME, primary["SnapshotId"], **{spelling: "audit"})
    aws.travel(minutes=5)
    for region in (AWAY, THIRD):
        [[copy]] = copies(aws, region).values()
        assert copy["Tags"][spelling] == "audit"
    # What was written on the copies called nobody again.
    assert [len(runs(aws, "mirror_protection", region)) for region in (HOME, AWAY, THIRD)] == [1, 0, 0]
    aws.travel(days=10)
    assert primary["SnapshotId"] in copies(aws, AWAY)


def unprotect(aws: LocalAWS, snapshot_id: str) -> None:
    aws.client(HOME).delete_tags(Resources=[snapshot_id], Tags=[{"Key": "KeepForever"}])


def shorten(aws: LocalAWS, snapshot_id: str) -> None:
    tag(aws, HOME, snapshot_id, DeleteOn="2026-11-23")


@pytest.mark.parametrize("change", [unprotect, shorten])
def test_nothing_is_unprotected_or_shortened_from_afar(aws: LocalAWS, change: Callable[[LocalAWS, str], None]) -> None:
    snapshot_id = make(aws, HOME, MANAGED | {"KeepForever": "audit"})
    aws.travel(hours=2)
    [before] = copies(aws, AWAY)[snapshot_id]
    change(aws, snapshot_id)
    aws.travel(hours=3)
    [after] = copies(aws, AWAY)[snapshot_id]
    assert after["Tags"] == before["Tags"]


def test_lost_protection_and_a_later_expiry_are_healed_hourly(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, MANAGED)
    other = make(aws, HOME, MANAGED)
    aws.travel(hours=1)
    aws.event_loss = 1.0
    tag(aws, HOME, snapshot_id, KeepForever="audit")
    tag(aws, HOME, other, DeleteOn="2027-06-01")
    aws.travel(hours=1)
    existing = copies(aws, AWAY)
    assert existing[snapshot_id][0]["Tags"]["KeepForever"] == "audit"
    assert existing[other][0]["Tags"]["DeleteOn"] == "2027-06-01"
    assert not runs(aws, "mirror_protection", HOME)


def test_lineage_from_any_copy_and_from_any_primary(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"}, volumes=(8, 9))
    devices = volumes_of(aws, HOME, web)
    aws.travel(hours=2)
    primaries = {snapshot["SnapshotId"]: snapshot for snapshot in aws.snapshots(HOME)}
    for region in (AWAY, THIRD):
        existing = copies(aws, region)
        assert set(existing) == set(primaries)
        for [copy] in existing.values():
            lineage = copy["Tags"]
            primary = primaries[lineage["Source_SnapshotId"]]
            assert lineage["Source_Region"] == HOME
            assert lineage["Source_InstanceId"] == web
            assert lineage["Source_VolumeId"] == primary["VolumeId"] == devices[lineage["Source_Device"]]


def test_copies_expire_on_their_own_date(aws: LocalAWS) -> None:
    aws.deploy(AWAY, LAST_COPY_GRACE_DAYS="0")
    web = aws.launch(HOME, name="web", tags=BACKUP | {"Retention": "2", "Copy_Retention": "4"})
    aws.travel(hours=2)
    tag(aws, HOME, web, Backup="No")
    aws.travel(days=3)
    assert not aws.snapshots(HOME)
    assert len(aws.snapshots(AWAY)) == 1
    aws.travel(days=2)
    assert not aws.snapshots(AWAY)


@pytest.mark.parametrize("slots", [20, 5])
@pytest.mark.parametrize("chaos", [False, True], ids=["calm", "chaos"])
def test_a_fleet_converges(aws: LocalAWS, slots: int, chaos: bool) -> None:
    aws.copy_slots = slots
    aws.copy_duration = lambda gib: timedelta(minutes={8: 1, 9: 12, 10: 40}[gib])
    if chaos:
        aws.event_loss, aws.event_duplication, aws.event_jitter = 0.1, 0.1, timedelta(minutes=3)
    fleet(aws, 60, {"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"})
    aws.travel(hours=7 if slots == 5 else 4)
    assert one_copy_each(aws, AWAY)
    assert one_copy_each(aws, THIRD)
    assert not failures(aws)
