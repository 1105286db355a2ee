"""What is copied after it completed, and what becomes of a failed creation."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import plan
from chalicelib.models import (
    Completion,
    CopySnapshot,
    Result,
    Snapshot,
)
from tests.pure.builders import (
    ELSEWHERE,
    NOW,
    REGION,
    Said,
    said,
    snapshot,
)
from tests.pure.test_plan import TODAY, calls


def primary(id: str = "snap-0a", **changes: str) -> Snapshot:
    return snapshot(id, {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE} | changes)


def copy(of: str = "snap-0a", state: str = "completed", source: str = REGION) -> Snapshot:
    raw = {"Type": "Automated", "Source_SnapshotId": of, "Source_Region": source}
    return snapshot("snap-0c", raw, volume_id="vol-ffffffff", state=state, region=ELSEWHERE)


def copied(snapshots: list[Snapshot], copies: list[Snapshot] | None = None) -> list[Said]:
    return said(plan.plan_copies(snapshots, {ELSEWHERE: plan.Destination(tuple(copies or ()))}, NOW))


def test_a_copy_is_asked_for_with_all_it_needs() -> None:
    [decision] = copied([primary(Copy_KmsKey="alias/b")])
    assert decision.targets == ("snap-0a -> us-east-1",)
    assert isinstance(decision.call, CopySnapshot)
    assert (decision.call.destination, decision.call.kms_key) == (ELSEWHERE, "alias/b")
    assert dict(decision.call.tags)["Source_SnapshotId"] == "snap-0a"


@pytest.mark.parametrize(
    ("existing", "wanted"),
    [
        pytest.param([copy()], False, id="exists"),
        pytest.param([copy(state="pending")], False, id="is on its way"),
        pytest.param([copy(state="error")], False, id="has just failed"),
        pytest.param([copy(of="snap-0b")], True, id="another's"),
        pytest.param([copy(source="eu-central-1")], True, id="of another Region's namesake"),
    ],
)
def test_existing_copies(existing: list[Snapshot], wanted: bool) -> None:
    assert bool(calls(copied([primary()], existing))) is wanted


@pytest.mark.parametrize(
    ("existing", "reason"),
    [
        (primary(Type="Manual"), "not made by this app: Type is not Automated"),
        (primary(Source_SnapshotId="snap-0z"), "is a copy, and a copy is never copied"),
        (replace(primary(), state="pending"), "not completed: its state is pending"),
        (replace(primary(), state="error"), "not completed: its state is error"),
        (primary(Copy_Dest=REGION), "its tags name no Region to copy to"),
        (primary(DeleteOn="2026-11-22"), "a copy would already have expired on 2026-11-22"),
        (primary(Copy_DeleteOn="2026-11-20"), "a copy would already have expired on 2026-11-20"),
    ],
)
def test_why_a_snapshot_is_not_copied(existing: Snapshot, reason: str) -> None:
    assert copied([existing]) == [Said(("snap-0a",), reason)]
    assert plan.destinations_to_look_in([existing], TODAY) == {}


def test_a_protected_snapshot_is_copied_whatever_its_expiry() -> None:
    assert calls(copied([primary(DeleteOn="2026-11-01", KeepForever="Yes")]))


def test_destinations_are_independent() -> None:
    two = primary(Copy_Dest=f"eu-central-1 {ELSEWHERE}")
    looked_in = {ELSEWHERE: plan.Destination(), "eu-central-1": plan.Destination(unreadable="no answer")}
    decisions = said(plan.plan_copies([two], looked_in, NOW))
    assert [(decision.targets[0], decision.result, bool(decision.call)) for decision in decisions] == [
        ("snap-0a -> us-east-1", Result.KEPT, True),
        ("snap-0a -> eu-central-1", Result.FAILED, False),
    ]
    assert decisions[1].reason == "the copies in eu-central-1 cannot be read: no answer"


def test_the_newest_of_each_volume_comes_first() -> None:
    history = [
        replace(primary(f"snap-{disk}{age}"), volume_id=f"vol-{disk}", started=NOW - timedelta(days=age, minutes=minutes))
        for disk, minutes in (("a", 0), ("b", 5))
        for age in (2, 0, 1)
    ]  # fmt: skip
    order = [decision.targets[0].split(" ")[0] for decision in copied(history)]
    assert order == ["snap-b0", "snap-a0", "snap-b1", "snap-a1", "snap-b2", "snap-a2"]


def test_the_second_newest_comes_before_the_third_newest_of_another_volume() -> None:
    history = [
        replace(primary(f"snap-{disk}{age}"), volume_id=f"vol-{disk}", started=NOW - timedelta(days=age))
        for disk, ages in (("a", (0, 1, 2)), ("b", (0, 9)))
        for age in ages
    ]
    order = [decision.targets[0].split(" ")[0] for decision in copied(history)]
    assert order == ["snap-a0", "snap-b0", "snap-b9", "snap-a1", "snap-a2"]


@pytest.mark.parametrize(
    ("existing", "failed", "reason"),
    [
        pytest.param(replace(primary(), state="error", state_message="disk on fire"), True, "the snapshot of vol-0a failed: disk on fire", id="EC2 says why"),
        pytest.param(replace(primary(), state="error"), True, "the snapshot of vol-0a failed: cause", id="the event says why"),
        pytest.param(replace(primary(), state="pending"), True, "the snapshot of vol-0a failed: cause", id="EC2 does not know yet"),
        pytest.param(replace(primary(), state="error"), False, "the snapshot of vol-0a failed: cause", id="only EC2 knows"),
        pytest.param(None, True, "its creation failed (cause), and the snapshot no longer exists", id="gone"),
    ],
)  # fmt: skip
def test_a_failed_creation_is_a_failure(existing: Snapshot | None, failed: bool, reason: str) -> None:
    event = Completion((("snap-0a", failed),), "cause")
    decisions, copyable = plan.plan_completion(event, [existing] if existing else [], REGION)
    assert said(decisions) == [Said(("snap-0a",), reason, result=Result.FAILED)]
    assert copyable == []


@pytest.mark.parametrize(
    ("described", "reason"),
    [
        ([replace(primary(), state="error")], "the snapshot of vol-0a failed: AWS gave no cause"),
        ([], "its creation failed (AWS gave no cause), and the snapshot no longer exists"),
    ],
)
def test_a_failed_creation_whose_cause_aws_keeps_to_itself(described: list[Snapshot], reason: str) -> None:
    decisions, _ = plan.plan_completion(Completion((("snap-0a", True),)), described, REGION)
    assert said(decisions) == [Said(("snap-0a",), reason, result=Result.FAILED)]


@pytest.mark.parametrize(
    ("existing", "failed"),
    [
        pytest.param(primary(), True, id="completed after all"),
        pytest.param(replace(primary(), state="error", managed=False), True, id="somebody else's"),
        pytest.param(primary(), False, id="completed"),
    ],
)
def test_what_goes_on_to_be_copied(existing: Snapshot, failed: bool) -> None:
    event = Completion((("snap-0a", failed),))
    assert plan.plan_completion(event, [existing], REGION) == ([], [existing])


def test_a_snapshot_not_found_is_no_failure() -> None:
    decisions, _ = plan.plan_completion(Completion((("snap-0a", False),)), [], REGION)
    assert said(decisions) == [Said(("snap-0a",), "not found: it was deleted, or EC2 does not show it yet")]
