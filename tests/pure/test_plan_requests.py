"""Snapshots that an event requests."""

from dataclasses import replace

import pytest

from chalicelib import plan
from chalicelib.models import (
    Consistency,
    CreateSnapshot,
    CreateSnapshots,
    Instance,
    Request,
    Result,
    Snapshot,
)
from tests.pure.builders import (
    NOW,
    REGION,
    SEVEN_DAYS,
    Said,
    at,
    instance,
    said,
    snapshot,
)
from tests.pure.test_plan import DATA, ROOT, calls, created, filling

REQUEST = "01234567-0123-0123-0123-012345678901"


def requested(instances: list[Instance], snapshots: list[Snapshot]) -> list[Said]:
    return said(
        plan.plan_request(Request(REQUEST, "i-0a"), instances, snapshots, plan.Circumstances(REGION, NOW, SEVEN_DAYS))
    )


def test_a_request_is_a_slot_of_its_own() -> None:
    [call] = calls(requested([instance(volumes=[ROOT])], [filling()]))
    assert isinstance(call, CreateSnapshot)
    assert dict(call.tags)["Backup_Slot"] == REQUEST
    assert calls(requested([instance(volumes=[ROOT])], [filling(slot=REQUEST)])) == []


@pytest.mark.parametrize(
    ("instances", "reason"),
    [
        ([], "a snapshot was requested, but this account has no running or stopped instance with this id in eu-west-1"),
        (
            [instance("i-0b")],
            "a snapshot was requested, but this account has no running or stopped instance with this id in eu-west-1",
        ),
        ([instance(raw={"Backup": "No"})], "a snapshot was requested, but the instance is not tagged Backup=Yes"),
    ],
)
def test_a_request_that_cannot_be_met_is_a_failure(instances: list[Instance], reason: str) -> None:
    assert requested(instances, []) == [Said(("i-0a",), reason, result=Result.FAILED)]


@pytest.mark.parametrize(
    ("slot", "started", "due"),
    [
        pytest.param(REQUEST, "2026-11-22 02:00", False, id="asked for since the last slot"),
        pytest.param(REQUEST, "2026-11-21 02:59", True, id="asked for before it"),
        pytest.param(REQUEST, "2026-11-21 03:00", True, id="begun with it"),
        pytest.param("2026-11-21T03:00Z", "2026-11-21 05:00", True, id="the last slot's, taken late"),
        pytest.param("2026-11-22T03:00Z", "2026-11-22 03:00", False, id="this slot's"),
    ],
)
def test_on_request_at_the_latest(slot: str, started: str, due: bool) -> None:
    owner = instance(raw={"Backup": "Yes", "Schedule": "on-request 03:00"}, volumes=[ROOT])
    existing = snapshot(
        "snap-1",
        {"Type": "Automated", "Backup_Slot": slot, "Source_VolumeId": "vol-0a"},
        started=at(started),
    )
    assert (
        bool([decision for decision in created([owner], [existing]) if isinstance(decision.call, CreateSnapshot)])
        is due
    )


def test_on_request_only() -> None:
    owner = instance(raw={"Backup": "Yes", "Schedule": "on-request"}, volumes=[ROOT])
    assert created([owner], []) == [Said(("vol-0a",), "i-0a is backed up on request only")]
    assert plan.current_slots([owner], NOW) == plan.slots_before([owner], NOW) == ()
    assert plan.instances_due([owner], [], NOW) == ()
    latest = instance(raw={"Backup": "Yes", "Schedule": "on-request 03:00"}, volumes=[ROOT])
    assert plan.history_of_interest([latest], [], NOW) == ("vol-0a",)


def test_what_is_stopped_is_at_rest_already() -> None:
    raw = {"Backup": "Yes", "Consistency": "fsfreeze, required"}
    running = replace(instance(raw=raw, volumes=[ROOT, DATA]))
    [call] = calls(created([running], []))
    assert isinstance(call, CreateSnapshots)
    assert call.consistency == Consistency("fsfreeze", required=True)
    [call] = calls(created([replace(running, state="stopped")], []))
    assert isinstance(call, CreateSnapshots)
    assert call.consistency is None
    assert dict(call.tags)["Consistency"] == "stopped"
