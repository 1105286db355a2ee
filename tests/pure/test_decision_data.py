"""Decisions and tag problems as data: their targets and reasons, which logs, JSON and sentences are made from."""

from __future__ import annotations

from datetime import timedelta

from chalicelib import plan, tags
from chalicelib.models import (
    Code,
    Completion,
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
from chalicelib.plan.sweep import Guards, plan_sweep
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
