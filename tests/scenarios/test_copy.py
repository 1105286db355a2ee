"""The copiers, against the state of the emulated AWS."""

from __future__ import annotations

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.events import BadEvent
from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME, THIRD
from tests.scenarios.stories import by_volume, copies, failures, make, tag, volumes_of

BACKUP = {"Backup": "Yes", "Copy_Dest": AWAY}
MANAGED = {"Type": "Automated", "DeleteOn": "2026-12-24", "Copy_Dest": AWAY}


def runs(aws: LocalAWS, function: str) -> list[Any]:
    return [
        invocation for invocation in aws.invocations if invocation.function == function and invocation.region == HOME
    ]


def test_a_completed_snapshot_is_copied_at_once(aws: LocalAWS) -> None:
    aws.disable(HOME, "copy_missing")
    aws.launch(HOME, name="web", tags=BACKUP | {"team": "core", "Copy_Retention": "30"})
    aws.travel(minutes=50)
    [[primary]] = by_volume(aws, HOME).values()
    [copy] = copies(aws, AWAY)[primary["SnapshotId"]]
    assert (copy["State"], copy["VolumeId"]) == ("completed", "vol-ffffffff")
    stem = primary["Description"].removesuffix(primary["Tags"]["DeleteOn"])
    assert copy["Description"] == stem + copy["Tags"]["DeleteOn"]
    assert copy["Tags"] == primary["Tags"] | {
        "Source_SnapshotId": primary["SnapshotId"],
        "Source_Region": HOME,
        "Source_StartTime": "2026-11-22T03:00:00Z",
        "DeleteOn": "2026-12-22",
    }
    assert primary["Tags"]["DeleteOn"] == "2026-11-29"
    assert not failures(aws)


@pytest.mark.parametrize("individual_events", [True, False])
def test_every_snapshot_of_a_set_is_copied_once(aws: LocalAWS, individual_events: bool) -> None:
    aws.individual_events_of_sets = individual_events
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100))
    aws.travel(hours=3)
    primaries = aws.snapshots(HOME)
    existing = copies(aws, AWAY)
    assert {id: len(made_there) for id, made_there in existing.items()} == {
        primary["SnapshotId"]: 1 for primary in primaries
    }
    for primary in primaries:
        place = f"{primary['VolumeId']} ({primary['Tags']['Source_Device']})"
        assert place in existing[primary["SnapshotId"]][0]["Description"]


def test_each_of_several_destinations_gets_a_copy(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY}, {THIRD}"})
    aws.travel(hours=2)
    assert (len(copies(aws, AWAY)), len(copies(aws, THIRD))) == (1, 1)


def test_a_destination_that_fails_holds_up_no_other_and_is_made_up_for(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY}, {THIRD}"})
    aws.fault("DescribeSnapshots", error="AuthFailure", message="not enabled", times=3, region=AWAY,
              match=lambda params: "Source_SnapshotId" in str(params))  # fmt: skip
    aws.travel(minutes=44)
    assert (len(copies(aws, AWAY)), len(copies(aws, THIRD))) == (0, 1)
    heard = failures(aws)
    assert "the copies in us-east-1 cannot be read" in str(heard[0].error)
    aws.travel(hours=1)
    assert (len(copies(aws, AWAY)), len(copies(aws, THIRD))) == (1, 1)


def test_keep_forever_goes_along(aws: LocalAWS) -> None:
    aws.disable(HOME, "copy_on_completion")
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.travel(minutes=59)
    [[primary]] = by_volume(aws, HOME).values()
    tag(aws, HOME, primary["SnapshotId"], KEEP_forever="audit")
    aws.travel(hours=1)
    [[copy]] = copies(aws, AWAY).values()
    assert copy["Tags"]["KEEP_forever"] == "audit"


def test_a_duplicate_event_copies_nothing(aws: LocalAWS) -> None:
    aws.event_duplication = 1.0
    aws.disable(HOME, "copy_missing")
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.travel(hours=1)
    assert len(runs(aws, "copy_on_completion")) >= 2
    assert [len(snapshot) for snapshot in copies(aws, AWAY).values()] == [1]


def test_a_lost_event_is_made_up_for_by_the_hourly_pass(aws: LocalAWS) -> None:
    aws.event_loss = 1.0
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100))
    aws.travel(minutes=20 + 10)
    assert not copies(aws, AWAY)
    aws.travel(hours=1)
    assert not runs(aws, "copy_on_completion")
    assert [len(snapshot) for snapshot in copies(aws, AWAY).values()] == [1, 1]


@pytest.mark.parametrize(
    "tags",
    [
        pytest.param({}, id="no tags"),
        pytest.param({"Copy_Dest": AWAY, "DeleteOn": "2026-12-24"}, id="no Type"),
        pytest.param(MANAGED | {"Type": "Manual"}, id="another Type"),
        pytest.param(MANAGED | {"Source_SnapshotId": "snap-01234567"}, id="a copy"),
        pytest.param(MANAGED | {"Copy_Dest": "mars"}, id="an unknown Region"),
        pytest.param(MANAGED | {"Copy_Dest": HOME}, id="the source itself"),
        pytest.param(MANAGED | {"DeleteOn": "2026-11-20"}, id="expired"),
    ],
)
def test_what_is_not_copied(aws: LocalAWS, tags: dict[str, str]) -> None:
    make(aws, HOME, tags)
    aws.travel(hours=3)
    assert runs(aws, "copy_on_completion")
    assert not aws.snapshots(AWAY)
    assert not failures(aws)


def test_a_copy_is_never_copied_whatever_its_tags_say(aws: LocalAWS) -> None:
    # Copies carry Copy_Dest with all other tags: two Regions that name each other must not play ping-pong.
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"})
    aws.launch(AWAY, name="db", tags={"Backup": "Yes", "Copy_Dest": f"{HOME} {THIRD}"})
    aws.travel(days=2)
    primaries = sum(len(by_volume(aws, region)) for region in (HOME, AWAY, THIRD))
    assert primaries == 2
    for region, sources in ((HOME, 1), (AWAY, 1), (THIRD, 2)):
        assert {len(siblings) for siblings in copies(aws, region).values()} == {1}
        assert len({snapshot[0]["Tags"]["Source_VolumeId"] for snapshot in copies(aws, region).values()}) == sources


def test_a_pending_snapshot_is_left_for_later(aws: LocalAWS) -> None:
    aws.snapshot_duration = lambda gib: timedelta(hours=5)
    snapshot_id = make(aws, HOME, MANAGED)
    event = json.loads((Path(__file__).parents[1] / "events" / "createSnapshot-succeeded.json").read_text())
    event["region"] = HOME
    event["detail"]["snapshot_id"] = f"arn:aws:ec2::{HOME}:snapshot/{snapshot_id}"
    aws.send(HOME, event)
    aws.travel(hours=2)
    assert runs(aws, "copy_on_completion")
    assert not aws.snapshots(AWAY)
    aws.travel(hours=5)
    assert len(copies(aws, AWAY)[snapshot_id]) == 1


def test_a_full_destination_defers_and_is_no_failure(aws: LocalAWS) -> None:
    aws.copy_slots = 1
    aws.copy_duration = lambda gib: timedelta(minutes=70)
    snapshot_ids = [make(aws, HOME, MANAGED) for _ in range(3)]
    aws.travel(hours=1)
    assert len(aws.snapshots(AWAY)) == 1
    aws.travel(hours=8)
    assert {id: len(made_there) for id, made_there in copies(aws, AWAY).items()} == dict.fromkeys(snapshot_ids, 1)
    assert not failures(aws)
    assert any(invocation.result["counts"]["deferred"] for invocation in runs(aws, "copy_missing"))


def test_the_newest_of_each_volume_is_copied_first(aws: LocalAWS) -> None:
    aws.deploy(HOME, AWAY, COPY_SLOTS="1")
    aws.event_loss = 1.0
    web = aws.launch(HOME, name="web", tags={})
    [volume] = volumes_of(aws, HOME, web).values()
    snapshot_ids = []
    for _ in range(3):
        snapshot_ids.append(make(aws, HOME, MANAGED, volume))
        aws.travel(minutes=9)
    aws.copy_slots = 1
    aws.copy_duration = lambda gib: timedelta(minutes=30)
    aws.travel(hours=4)
    order = [snapshot["Tags"]["Source_SnapshotId"] for snapshot in aws.snapshots(AWAY)]
    assert order == snapshot_ids[::-1]


def test_a_lost_answer_makes_no_second_copy(aws: LocalAWS) -> None:
    aws.fault("CopySnapshot", error="timeout", carried_out=True)
    snapshot_id = make(aws, HOME, MANAGED)
    aws.travel(hours=3)
    assert len(copies(aws, AWAY)[snapshot_id]) == 1
    assert failures(aws)


def test_an_event_costs_one_describe_and_two_for_each_destination(aws: LocalAWS) -> None:
    aws.disable(HOME, "copy_missing")
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Copy_Dest": f"{AWAY} {THIRD}"})
    aws.travel(hours=1)
    mine = [call for call in aws.calls if call.function == "copy_on_completion" and call.region != "?"]
    assert Counter(call.operation for call in mine) == {"DescribeSnapshots": 5, "CopySnapshot": 2}


def test_tag_problems_of_snapshots_are_part_of_the_summary(aws: LocalAWS) -> None:
    snapshot_id = make(aws, HOME, MANAGED | {"Copy_Dest": f"mars {AWAY}"})
    aws.travel(hours=1)
    for run in (runs(aws, "copy_on_completion")[-1], runs(aws, "copy_missing")[-1]):
        [problem] = run.result["tag_problems"]
        assert (problem["target"], problem["read"]) == (snapshot_id, f"mars in Copy_Dest=mars {AWAY}")
    assert len(copies(aws, AWAY)[snapshot_id]) == 1


def test_dry_run_copies_nothing(aws: LocalAWS) -> None:
    aws.disable(HOME, "copy_on_completion")
    make(aws, HOME, MANAGED)
    aws.travel(minutes=29)
    assert aws.invoke(HOME, "copy_missing", {"dry_run": True})["counts"]["planned"] == 1
    assert not aws.snapshots(AWAY)


def test_an_event_of_another_shape_is_refused_with_a_message(aws: LocalAWS) -> None:
    with pytest.raises(BadEvent, match=r"event=None is not understood; accepted: createSnapshot, createSnapshots"):
        aws.invoke(HOME, "copy_on_completion", {"result": "succeeded"})
