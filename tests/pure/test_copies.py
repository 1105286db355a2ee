"""What becomes of copies that exist: failed, doubled, lagging behind their primary."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib import plan
from chalicelib.models import CopySnapshot, CreateTags, Decision, DeleteSnapshot, Result, Snapshot
from tests.pure.builders import ELSEWHERE, NOW, REGION, snapshot

TODAY = NOW.date()
PRIMARY = {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE, "Name": "web",
           "Source_Device": "/dev/xvda", "Source_InstanceId": "i-0a"}  # fmt: skip


def primary(id: str = "snap-0a", **changes: str) -> Snapshot:
    return snapshot(id, PRIMARY | changes)


def copy(
    id: str, state: str = "completed", age: int = 0, tags: dict[str, str] | None = None, **changes: str
) -> Snapshot:
    raw = PRIMARY | {"Source_SnapshotId": "snap-0a", "Source_Region": REGION} | (tags or {}) | changes
    return snapshot(
        id,
        raw,
        volume_id="vol-ffffffff",
        state=state,
        started=NOW - timedelta(minutes=age),
        region=ELSEWHERE,
        state_message="Given key ID is not accessible" if state == "error" else "",
    )


def planned(
    *copies: Snapshot, of: Snapshot | None = None, slots: int | None = None, daily: bool = False
) -> list[Decision]:
    looked_in = {ELSEWHERE: plan.Destination(copies, slots)}
    return plan.plan_copies([of or primary()], looked_in, TODAY, report_given_up=daily)


def deleted(decisions: list[Decision]) -> list[str]:
    return [each.targets[0] for each in decisions if isinstance(each.call, DeleteSnapshot)]


@pytest.mark.parametrize(
    ("copies", "gone"),
    [
        pytest.param([copy("snap-1")], [], id="one"),
        pytest.param([copy("snap-1", age=9), copy("snap-2")], ["snap-2"], id="the older stays"),
        pytest.param([copy("snap-1"), copy("snap-2")], ["snap-2"], id="of one age, the first id"),
        pytest.param([copy("snap-1", "pending", 9), copy("snap-2")], [], id="one is on its way"),
        pytest.param([copy("snap-1", "pending", 9), copy("snap-2", "pending")], [], id="both are"),
        pytest.param([copy("snap-1", "error", 9), copy("snap-2")], ["snap-1"], id="one failed"),
        pytest.param(
            [copy("snap-1", "error", 9), copy("snap-2", "pending")], ["snap-1"], id="one failed, one is on its way"
        ),
        pytest.param([copy("snap-1", age=9), copy("snap-2", KeepForever="")], [], id="the other is protected"),
        pytest.param([copy("snap-1", age=9), copy("snap-2", Type="Manual")], [], id="the other is not ours"),
        pytest.param([copy("snap-1", age=9), copy("snap-2", age=5), copy("snap-3")], ["snap-2", "snap-3"], id="three"),
    ],
)
def test_exactly_one_copy_stays(copies: list[Snapshot], gone: list[str]) -> None:
    decisions = planned(*copies)
    assert deleted(decisions) == gone
    assert not [each for each in decisions if isinstance(each.call, CopySnapshot)]
    assert {each.call.region for each in decisions if isinstance(each.call, DeleteSnapshot)} <= {ELSEWHERE}


def test_a_failed_copy_is_reported_and_made_again() -> None:
    report, again = planned(copy("snap-1", "error"))
    assert report == Decision(
        ("snap-1",),
        "the copy snap-1 of snap-0a to us-east-1 failed at try 1: Given key ID is not accessible",
        result=Result.FAILED,
    )
    assert (again.targets, again.reason) == (("snap-0a -> us-east-1",), "try 2 of 4")
    assert isinstance(again.call, CopySnapshot)
    assert dict(again.call.tags)["Copy_Try"] == "2"


def test_the_message_names_the_key() -> None:
    report, _ = planned(copy("snap-1", "error"), of=primary(Copy_KmsKey="alias/gone"))
    assert "to us-east-1 with alias/gone failed at try 1: Given key ID is not accessible" in report.reason


def test_tries_are_counted_over_all_failed_copies() -> None:
    decisions = planned(copy("snap-1", "error", Copy_Try="3"), copy("snap-2", "error", Copy_Try="2"))
    [again] = [each.call for each in decisions if isinstance(each.call, CopySnapshot)]
    assert dict(again.tags)["Copy_Try"] == "4"
    assert deleted(decisions) == ["snap-2"]


@pytest.mark.parametrize(("daily", "result"), [(True, Result.FAILED), (False, Result.KEPT)])
def test_after_the_last_try_it_is_only_reported(daily: bool, result: Result) -> None:
    [given_up] = planned(copy("snap-1", "error", Copy_Try="4"), daily=daily)
    assert given_up.call is None
    assert given_up.result == result
    assert given_up.reason.startswith("given up: the copy snap-1 of snap-0a to us-east-1 failed at try 4")


@pytest.mark.parametrize("unreadable", ["0", "-1", "x", "100"])
def test_an_unreadable_count_is_the_first_try(unreadable: str) -> None:
    assert copy("snap-1", Copy_Try=unreadable).tries == 1


@pytest.mark.parametrize(("slots", "acts"), [(None, 3), (20, 3), (2, 2), (0, 0), (-4, 0)])
def test_copies_beyond_the_free_slots_are_deferred(slots: int | None, acts: int) -> None:
    looked_in = {ELSEWHERE: plan.Destination((), slots)}
    decisions = plan.plan_copies([primary(f"snap-0{n}") for n in range(3)], looked_in, TODAY)
    assert [bool(each.call) for each in decisions] == [True] * acts + [False] * (3 - acts)
    assert all(each.result == Result.DEFERRED for each in decisions if not each.call)
    assert all("no free slot in us-east-1" in each.reason for each in decisions if not each.call)


def mirrored(decisions: list[Decision]) -> dict[str, dict[str, str]]:
    return {each.targets[0]: dict(each.call.tags) for each in decisions if isinstance(each.call, CreateTags)}


@pytest.mark.parametrize(
    ("on_primary", "on_copy", "added"),
    [
        pytest.param({}, {}, {}, id="nothing"),
        pytest.param({"keep-forever": "a"}, {}, {"keep-forever": "a"}, id="protection"),
        pytest.param({"KeepForever": "a"}, {"keep_forever": "b"}, {}, id="protected in another spelling"),
        pytest.param({}, {"KeepForever": "b"}, {}, id="never unprotected"),
        pytest.param({"DeleteOn": "2027-01-01"}, {}, {"DeleteOn": "2027-01-01"}, id="a later expiry"),
        pytest.param({"DeleteOn": "2026-11-25"}, {}, {}, id="never shortened"),
        pytest.param({"DeleteOn": "2027-01-01"}, {"DeleteOn": "soon"}, {}, id="an expiry that is not understood"),
        pytest.param({"DeleteOn": "2027-01-01", "Copy_DeleteOn": "2026-11-29"}, {}, {}, id="an expiry of its own"),
        pytest.param({"Copy_DeleteOn": "2027-02-01"}, {}, {"DeleteOn": "2027-02-01"}, id="a later one of its own"),
        pytest.param({"Name": "renamed"}, {}, {}, id="a name is not changed"),
    ],
)
def test_what_goes_along_to_a_copy(on_primary: dict[str, str], on_copy: dict[str, str], added: dict[str, str]) -> None:
    decisions = planned(copy("snap-1", tags=on_copy), of=primary(**on_primary))
    assert mirrored(decisions) == ({"snap-1": added} if added else {})


def test_what_is_deleted_is_not_tagged_as_well() -> None:
    decisions = planned(copy("snap-1", age=9), copy("snap-2"), of=primary(KeepForever="audit"))
    assert deleted(decisions) == ["snap-2"]
    assert mirrored(decisions) == {"snap-1": {"KeepForever": "audit"}}


def test_lineage_that_was_lost_goes_along() -> None:
    bare = snapshot(
        "snap-1",
        {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_SnapshotId": "snap-0a", "Source_Region": REGION},
        volume_id="vol-ffffffff",
        region=ELSEWHERE,
    )
    assert mirrored(planned(bare)) == {
        "snap-1": {"Name": "web", "Source_Device": "/dev/xvda", "Source_InstanceId": "i-0a"}
    }


def test_protection_goes_before_lineage_when_fifty_tags_are_too_few() -> None:
    full = snapshot(
        "snap-1",
        {"Type": "Automated", "Source_SnapshotId": "snap-0a", "Source_Region": REGION}
        | {f"k{n:02}": "x" for n in range(46)},
        volume_id="vol-ffffffff",
        region=ELSEWHERE,
    )
    assert mirrored(planned(full, of=primary(KeepForever="Yes"))) == {"snap-1": {"KeepForever": "Yes"}}


def test_protection_is_planned_for_every_destination() -> None:
    both = primary(KeepForever="Yes", Copy_Dest=f"{ELSEWHERE} eu-central-1")
    looked_in = {
        ELSEWHERE: plan.Destination((copy("snap-1"), copy("snap-2", KeepForever="x"))),
        "eu-central-1": plan.Destination(unreadable="no answer"),
    }
    decisions = plan.plan_protection([both], looked_in)
    assert mirrored(decisions) == {"snap-1": {"KeepForever": "Yes"}}
    [failed] = [each for each in decisions if each.result == Result.FAILED]
    assert failed.reason == "the copies in eu-central-1 cannot be read: no answer"


@pytest.mark.parametrize(
    "found",
    [primary(), primary(KeepForever="", Source_SnapshotId="snap-0z"), primary(KeepForever="", Type="Manual")],
    ids=["not protected", "a copy", "not ours"],
)
def test_what_hands_no_protection_on(found: Snapshot) -> None:
    decisions = plan.plan_protection([found], {ELSEWHERE: plan.Destination((copy("snap-1"),))})
    assert decisions == [Decision(("snap-0a",), "no KeepForever to hand on")]
