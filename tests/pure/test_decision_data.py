"""Decisions and tag problems as data: their targets and reasons, which logs, JSON and sentences are made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from chalicelib import plan, tags
from chalicelib.models import (
    Code,
    Completion,
    CreateSnapshot,
    Instance,
    Kind,
    Request,
    Snapshot,
    TagProblem,
    Target,
    Wrong,
    because,
)
from chalicelib.plan.creation_calls import MAX_EXCLUDED
from chalicelib.plan.history import newest_completed
from chalicelib.plan.sweep import Guards, plan_sweep, unproven_problems
from chalicelib.schedule import NO_LIMITS, Limits, Schedule, Tier
from tests.pure.builders import CONTRACT, ELSEWHERE, NOW, REGION, SEVEN_DAYS, instance, snapshot, volume

SLOT = "2026-11-22T03:00Z"
CIRCUMSTANCES = plan.Circumstances(REGION, NOW, SEVEN_DAYS)
EXPIRED = {"Type": "Automated", "DeleteOn": "2026-11-01"}


def created(owner: Instance) -> list[tuple[tuple[Target, ...], object]]:
    """Return the targets and the reason of each creation."""
    decisions = plan.plan_creation([owner], [], CIRCUMSTANCES)
    return [(decision.targets, decision.reason) for decision in decisions if decision.call]


def target(id: str) -> Target:
    return Target(Kind.VOLUME, id, REGION)


def test_a_creation_names_the_slot_and_the_instance_by_id_and_name() -> None:
    reason = because(Code.SLOT_EMPTY, slot=SLOT, instance="i-0a", name="web")
    assert created(instance(volumes=[volume()])) == [((target("vol-0a"),), reason)]
    two = [volume(), volume("vol-0b", "/dev/sdb")]
    assert created(instance(volumes=two)) == [((target("vol-0a"), target("vol-0b")), reason)]


def test_creations_one_by_one_say_why() -> None:
    left_out = [volume(f"vol-1{n:02}", f"/dev/sd{n}", {"Backup": "No"}) for n in range(MAX_EXCLUDED + 1)]
    owner = instance(volumes=[volume(), volume("vol-0b", "/dev/sdb"), *left_out])
    reason = because(Code.SLOT_EMPTY_ONE_BY_ONE, slot=SLOT, instance="i-0a", name="web", limit=MAX_EXCLUDED)
    assert created(owner) == [((target("vol-0a"),), reason), ((target("vol-0b"),), reason)]


def test_what_is_not_created_names_its_volume() -> None:
    off = instance("i-0b", {"Backup": "No"}, [volume("vol-0b")])
    left_out = instance(volumes=[volume(raw={"Backup": "No"})])
    decisions = plan.plan_creation([left_out, off], [], CIRCUMSTANCES)
    assert [decision.targets for decision in decisions] == [(target("vol-0a"),), (target("vol-0b"),)]


def test_a_request_without_an_instance_names_the_instance() -> None:
    [decision] = plan.plan_request(Request("request", "i-0a"), [], [], CIRCUMSTANCES)
    assert decision.targets == (Target(Kind.INSTANCE, "i-0a", REGION),)


def test_a_snapshot_that_is_not_found_is_named_with_its_region() -> None:
    decisions, _ = plan.plan_completion(Completion((("snap-0a", False), ("snap-0b", True)), "cause"), [], REGION)
    assert [decision.targets for decision in decisions] == [
        (Target(Kind.SNAPSHOT, "snap-0a", REGION),),
        (Target(Kind.SNAPSHOT, "snap-0b", REGION),),
    ]


def test_a_deletion_says_since_when_the_snapshot_has_expired() -> None:
    old = snapshot(raw=EXPIRED, region=ELSEWHERE)
    [decision] = plan_sweep([old], NOW.date(), Guards(0, 100), ELSEWHERE)
    assert decision.targets == (Target(Kind.SNAPSHOT, "snap-0a", ELSEWHERE),)
    assert decision.reason == because(Code.EXPIRED, on=old.delete_on or "")


def test_the_breaker_names_the_region() -> None:
    old = [snapshot(f"snap-{n}", EXPIRED, started=NOW - timedelta(days=n)) for n in range(20)]
    *_, failure = plan_sweep(old, NOW.date(), Guards(0, 80), REGION)
    assert failure.targets == (Target(Kind.REGION, REGION, REGION),)


def test_the_newest_completed_snapshot_of_a_history() -> None:
    states = ["completed", "completed", "error", "pending"]
    history = [snapshot(f"snap-{n}", state=state) for n, state in enumerate(states)]
    assert newest_completed(history) == history[1]
    assert newest_completed(history[2:]) is None


def test_the_spellings_in_the_policies_come_before_other_spellings_and_other_tags() -> None:
    added = [("team", "KeepForever"), ("Keep Forever", ""), ("KEEP-FOREVER", "team")]
    assert sorted(added, key=tags.known_to_iam_first) == added[::-1]


def problems(**raw: str) -> list[TagProblem]:
    return tags.read_instance("i-0a", {"Backup": "Yes"} | raw, "", (), CONTRACT)[1]


def managed(**raw: str) -> tuple[Snapshot, list[TagProblem]]:
    return tags.read_snapshot(
        "snap-0a", {"Type": "Automated"} | raw, CONTRACT, volume_id="vol-0a", state="completed", started=NOW
    )


def test_a_tag_problem_has_what_was_written_and_what_is_wrong_with_it() -> None:
    assert problems(Retention="seven") == [TagProblem("i-0a", "Retention", "seven", Wrong.VALUE, "Retention")]
    assert problems(Copy_Dest=" , ") == [TagProblem("i-0a", "Copy_Dest", " , ", Wrong.VALUE, "Copy_Dest")]
    assert problems(Copy_Dest="mars") == [TagProblem("i-0a", "Copy_Dest", "mars", Wrong.WORD, "Copy_Dest", "mars")]
    assert managed()[1] == [TagProblem("snap-0a", "DeleteOn", "", Wrong.ABSENT, "DeleteOn")]


def call_tags(*owners: Instance, snapshots: Sequence[Snapshot] = (), limits: Limits = NO_LIMITS) -> dict[str, str]:
    """Return the tags of the only creation that is planned."""
    circumstances = plan.Circumstances(REGION, NOW, SEVEN_DAYS, limits)
    [call] = [decision.call for decision in plan.plan_creation(owners, snapshots, circumstances) if decision.call]
    assert isinstance(call, CreateSnapshot)
    return dict(call.tags)


def test_an_instance_that_changes_its_state_waits_and_the_next_one_does_not() -> None:
    stopping = replace(instance("i-0b", volumes=[volume("vol-0b")]), state="stopping")
    off = instance("i-0c", {"Backup": "No"}, [volume("vol-0c")])
    decisions = plan.plan_creation([instance(volumes=[volume()]), stopping, off], [], CIRCUMSTANCES)
    reasons = {decision.targets: decision.reason for decision in decisions}
    assert reasons.keys() == {(target("vol-0a"),), (target("vol-0b"),), (target("vol-0c"),)}
    assert reasons[target("vol-0b"),] == because(Code.INSTANCE_STATE, instance="i-0b", state="stopping")


def member(id: str, volume_id: str, promised: date, **raw: str) -> Snapshot:
    existing = snapshot(
        id, {"Type": "Automated", "DeleteOn": "2026-12-31", "Backup_Slot": SLOT} | raw, volume_id=volume_id
    )
    return replace(existing, promised=promised)


def test_a_volume_that_joins_a_set_expires_with_the_latest_of_its_members() -> None:
    owner = instance(volumes=[volume(), volume("vol-0b", "/dev/sdb"), volume("vol-0c", "/dev/sdc")])
    members = [member("snap-a", "vol-0a", date(2026, 12, 24)), member("snap-b", "vol-0b", date(2026, 12, 1))]
    assert call_tags(owner, snapshots=members)["DeleteOn"] == "2026-12-24"


def test_copies_have_an_expiry_of_their_own_only_if_there_are_copies() -> None:
    raw = {"Backup": "Yes", "Copy_Retention": "30"}
    volumes = [volume(), volume("vol-0b", "/dev/sdb")]
    members = [member("snap-a", "vol-0a", date(2026, 12, 1), Copy_DeleteOn="2027-01-01")]
    assert "Copy_DeleteOn" not in call_tags(instance(raw=raw, volumes=volumes), snapshots=members)
    copied = instance(raw=raw | {"Copy_Dest": ELSEWHERE}, volumes=volumes)
    assert call_tags(copied, snapshots=members)["Copy_DeleteOn"] == "2027-01-01"
    without = [member("snap-a", "vol-0a", date(2026, 12, 1))]
    assert call_tags(copied, snapshots=without)["Copy_DeleteOn"] == "2026-12-22"


def test_the_settings_limit_what_a_snapshot_gets() -> None:
    assert call_tags(instance(volumes=[volume()]), limits=Limits(least=Tier(30, "d")))["DeleteOn"] == "2026-12-22"
    assert call_tags(instance(volumes=[volume()]), limits=Limits(most=Tier(2, "d")))["DeleteOn"] == "2026-11-24"


@pytest.mark.parametrize(("number", "refused"), [(2, False), (3, True), (4, True)])
def test_requests_are_limited_in_a_day(number: int, refused: bool) -> None:
    circumstances = replace(CIRCUMSTANCES, requests_per_day=3)
    earlier = [
        snapshot(f"snap-{n}", EXPIRED | {"Backup_Slot": f"request-{n}"}, started=NOW - timedelta(hours=n))
        for n in range(1, number + 1)
    ]
    owner = instance(volumes=[volume()])
    [*_, decision] = plan.plan_request(Request("request", "i-0a"), [owner], earlier, circumstances)
    reason = because(Code.REQUEST_LIMIT, count=number, instance="i-0a", limit=3)
    assert (decision.reason == reason) is refused


def test_whose_copies_the_sweep_has_to_read() -> None:
    raw = EXPIRED | {"Copy_Dest": f"{ELSEWHERE} eu-central-1", "Copy_DeleteOn": "2027-01-01"}
    ids = ("snap-b", "snap-a")
    expected = {"eu-central-1": ("snap-a", "snap-b"), ELSEWHERE: ("snap-a", "snap-b")}
    owing = plan.owing([snapshot(id, raw) for id in ids], NOW.date())
    assert list(owing.items()) == list(expected.items())
    assert plan.owing([snapshot(raw=raw | {"Copy_DeleteOn": "2026-11-22"})], NOW.date()) == {}


UNDATED = "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1"


def test_a_snapshot_that_this_app_did_not_make_is_a_tag_problem() -> None:
    oldest = replace(snapshot("snap-b", EXPIRED), promised=date(2026, 11, 29))
    later = snapshot("snap-c", EXPIRED, started=NOW + timedelta(hours=1), description=UNDATED)
    twin = snapshot("snap-a", EXPIRED, description=UNDATED)
    assert unproven_problems([later, twin, oldest]) == (
        TagProblem("snap-c", "Type", "Automated", Wrong.UNPROVEN, "Type"),
    )


def test_a_retention_beyond_the_settings_is_a_tag_problem() -> None:
    limited = replace(CONTRACT, limits=Limits(most=Tier(10, "d")))
    raw = {"Backup": "Yes", "Retention": "30", "Copy_Retention": "5"}
    _, problems = tags.read_instance("i-0a", raw, "", (), limited)
    assert problems == [TagProblem("i-0a", "Retention", "30", Wrong.NOT_ALLOWED, "Retention", limit="at most 10d")]
    # What the settings say themselves is no problem of a tag.
    strict = replace(CONTRACT, limits=Limits(least=Tier(10, "d")))
    assert tags.read_instance("i-0a", {"Backup": "Yes"}, "", (), strict)[1] == []


def test_a_tag_of_a_volume_without_effect_is_a_problem_of_the_volume() -> None:
    raw = {"Backup": "Yes", "Retention": "30", "Schedule": "hourly"}
    disk = volume(raw={"Backup": "No", "Retention": "7", "Schedule": "hourly"})
    _, problems = tags.read_instance("i-0a", raw, "", [disk], CONTRACT)
    assert problems == [TagProblem("vol-0a", "Retention", "7", Wrong.MISPLACED, "Retention", limit="the instance")]


def test_daily_is_at_the_time_of_the_settings() -> None:
    raw = {"Backup": "Yes", "Schedule": "daily"}
    late = replace(CONTRACT, daily_at=time(22, 30))
    policy = tags.read_instance("i-0a", raw, "", (), late)[0].policy
    assert policy.schedule == Schedule.daily(time(22, 30))


def test_a_destination_that_the_settings_forbid_is_a_tag_problem() -> None:
    some = replace(CONTRACT, allowed=frozenset({ELSEWHERE, "ap-south-1"}))
    raw = {"Backup": "Yes", "Copy_Dest": f"{ELSEWHERE} eu-central-1"}
    owner, problems = tags.read_instance("i-0a", raw, "", (), some)
    limit = f"ap-south-1 {ELSEWHERE}"
    problem = TagProblem("i-0a", "Copy_Dest", raw["Copy_Dest"], Wrong.NOT_ALLOWED, "Copy_Dest", "eu-central-1", limit)
    assert (owner.policy.destinations, problems) == ((ELSEWHERE,), [problem])


def test_an_expiry_of_copies_beyond_the_settings_is_a_tag_problem() -> None:
    limited = replace(CONTRACT, limits=Limits(most=Tier(10, "d")))
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_DeleteOn": "2027-01-01"}
    read, problems = tags.read_snapshot("snap-0a", raw, limited, volume_id="vol-0a", state="completed", started=NOW)
    problem = TagProblem(
        "snap-0a", "Copy_DeleteOn", "2027-01-01", Wrong.NOT_ALLOWED, "Copy_DeleteOn", limit="at most 10d"
    )
    assert (read.copy_delete_on, problems) == (date(2026, 12, 2), [problem])


@pytest.mark.parametrize(("day", "wrong"), [("2026-11-28", True), ("2026-11-29", False), ("2026-11-30", False)])
def test_a_date_before_the_promised_one_is_a_tag_problem(day: str, wrong: bool) -> None:
    _, problems = tags.read_snapshot(
        "snap-0a",
        {"Type": "Automated", "DeleteOn": day},
        CONTRACT,
        volume_id="vol-0a",
        state="completed",
        started=NOW,
        description=f"{UNDATED} - until 2026-11-29",
    )
    problem = TagProblem("snap-0a", "DeleteOn", day, Wrong.BROUGHT_FORWARD, "DeleteOn", limit="2026-11-29")
    assert problems == ([problem] if wrong else [])


def test_an_archived_snapshot_is_read_with_the_end_of_its_restore() -> None:
    until = NOW + timedelta(days=3)
    read, _ = tags.read_snapshot(
        "snap-0a",
        {},
        CONTRACT,
        volume_id="vol-0a",
        state="completed",
        started=NOW,
        archived=True,
        restored_until=until,
    )
    assert (read.archived, read.restored_until) == (True, until)
