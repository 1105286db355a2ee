"""Protection, expiry and lineage that a primary gives to its copies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib import plan
from chalicelib.models import CreateTags, Result, Snapshot
from tests.pure.builders import ELSEWHERE, REGION, Said, said, snapshot
from tests.pure.test_copies import TODAY, copy, deleted, planned, primary


def mirrored(decisions: list[Said]) -> dict[str, dict[str, str]]:
    return {
        decision.targets[0]: dict(decision.call.tags) for decision in decisions if isinstance(decision.call, CreateTags)
    }


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


def test_why_and_where_tags_go_along() -> None:
    _, along = planned(copy("snap-1"), of=primary(KeepForever="audit", DeleteOn="2027-01-01"))
    tags = (("DeleteOn", "2027-01-01"), ("KeepForever", "audit"))
    reason = "propagate DeleteOn, KeepForever from snap-0a"
    assert along == Said(("snap-1",), reason, CreateTags("snap-1", ELSEWHERE, tags))


def test_what_is_deleted_is_not_tagged_as_well() -> None:
    decisions = planned(copy("snap-1"), copy("snap-2", age=9), of=primary(KeepForever="audit"))
    assert deleted(decisions) == ["snap-2"]
    assert mirrored(decisions) == {"snap-1": {"KeepForever": "audit"}}


def test_lineage_that_was_lost_goes_along() -> None:
    bare = snapshot(
        "snap-1",
        {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_SnapshotId": "snap-0a", "Source_Region": REGION},
        volume_id="vol-ffffffff",
        region=ELSEWHERE,
    )
    lost = {"Name": "web", "Source_Device": "/dev/xvda", "Source_InstanceId": "i-0a"}
    named = lost | {"Name": "web - vol-0a (/dev/xvda)"}
    assert mirrored(planned(bare, of=primary(**lost))) == {"snap-1": named}


def with_tags(count: int) -> Snapshot:
    """A copy without lineage that has this many tags."""
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Source_SnapshotId": "snap-0a", "Source_Region": REGION}
    raw |= {f"k{n:02}": "x" for n in range(count - len(raw))}
    return snapshot("snap-1", raw, volume_id="vol-ffffffff", region=ELSEWHERE)


@pytest.mark.parametrize(
    ("count", "on_primary", "added"),
    [
        pytest.param(49, {"keep-forever": "Yes"}, {"keep-forever": "Yes"}, id="protection goes before lineage"),
        pytest.param(
            49,
            {"keep-forever": "Yes", "DeleteOn": "2027-01-01"},
            {"keep-forever": "Yes", "DeleteOn": "2027-01-01"},
            id="an expiry that is there already takes no room",
        ),
        pytest.param(50, {"DeleteOn": "2027-01-01"}, {"DeleteOn": "2027-01-01"}, id="nor among fifty"),
        pytest.param(
            50, {"KeepForever": "Yes", "DeleteOn": "2027-01-01"}, {"DeleteOn": "2027-01-01"}, id="never a fifty-first"
        ),
        pytest.param(50, {"KeepForever": "Yes"}, {}, id="not even for protection"),
    ],
)
def test_when_fifty_tags_are_too_few(count: int, on_primary: dict[str, str], added: dict[str, str]) -> None:
    decisions = planned(with_tags(count), of=primary(**on_primary))
    assert mirrored(decisions) == ({"snap-1": added} if added else {})


def test_protection_that_finds_no_room_is_a_failure() -> None:
    _, later, failure = planned(with_tags(50), of=primary(KeepForever="Yes", DeleteOn="2027-01-01"))
    along = CreateTags("snap-1", ELSEWHERE, (("DeleteOn", "2027-01-01"),))
    assert later == Said(("snap-1",), "propagate DeleteOn from snap-0a", along)
    reason = "cannot add KeepForever from snap-0a: the copy already has 50 tags; remove one"
    assert failure == Said(("snap-1",), reason)
    # Once a day somebody hears of it.
    daily = planned(with_tags(50), of=primary(KeepForever="Yes"), daily=True)
    assert daily[1:] == [replace(failure, result=Result.FAILED)]
    protected = replace(with_tags(50), protected=True)
    assert len(planned(protected, of=primary(KeepForever="Yes"))) == 1


def test_protection_is_planned_for_every_destination() -> None:
    both = primary(KeepForever="Yes", Copy_Dest=f"{ELSEWHERE} eu-central-1")
    looked_in = {
        ELSEWHERE: plan.Destination((copy("snap-1"), copy("snap-2", KeepForever="x"))),
        "eu-central-1": plan.Destination(unreadable="no answer"),
    }
    decisions = said(plan.plan_protection([both], looked_in))
    assert mirrored(decisions) == {"snap-1": {"KeepForever": "Yes"}}
    reason = "the copies in eu-central-1 cannot be read: no answer"
    assert decisions[-1] == Said(("snap-0a -> eu-central-1",), reason, result=Result.FAILED)


def test_protection_without_room_is_a_failure_at_once_but_not_on_a_failed_copy() -> None:
    existing = primary(KeepForever="Yes")
    reason = "cannot add KeepForever from snap-0a: the copy already has 50 tags; remove one"
    [failure] = said(plan.plan_protection([existing], {ELSEWHERE: plan.Destination((with_tags(50),))}))
    assert failure == Said(("snap-1",), reason, result=Result.FAILED)
    failed = replace(with_tags(50), state="error")
    [kept] = said(plan.plan_protection([existing], {ELSEWHERE: plan.Destination((failed,))}))
    assert kept == Said(("snap-0a -> us-east-1",), "all of its 0 copies have KeepForever")


def test_one_destination_that_cannot_be_read_and_one_primary_without_protection_hold_up_no_other() -> None:
    bare = primary("snap-0a")
    both = primary("snap-0b", KeepForever="Yes", Copy_Dest=f"eu-central-1 {ELSEWHERE}")
    alone = primary("snap-0c", KeepForever="Yes")
    looked_in = {
        ELSEWHERE: plan.Destination((replace(copy("snap-1"), primary_id="snap-0b"),)),
        "eu-central-1": plan.Destination(unreadable="no answer"),
    }
    along = CreateTags("snap-1", ELSEWHERE, (("KeepForever", "Yes"),))
    assert said(plan.plan_protection([alone, both, bare], looked_in)) == [
        Said(("snap-0a",), "it has no KeepForever to propagate"),
        Said(
            ("snap-0b -> eu-central-1",),
            "the copies in eu-central-1 cannot be read: no answer",
            result=Result.FAILED,
        ),
        Said(("snap-1",), "propagate KeepForever from snap-0b", along),
        Said(("snap-0c -> us-east-1",), "all of its 0 copies have KeepForever"),
    ]


def test_where_to_look_and_for_which() -> None:
    snapshots = [primary("snap-0b", Copy_Dest=f"{ELSEWHERE} eu-central-1"), primary("snap-0a")]
    wanted = plan.destinations_to_look_in(snapshots, TODAY)
    assert list(wanted.items()) == [("eu-central-1", ("snap-0b",)), (ELSEWHERE, ("snap-0a", "snap-0b"))]


@pytest.mark.parametrize(
    "existing",
    [primary(), primary(KeepForever="", Source_SnapshotId="snap-0z"), primary(KeepForever="", Type="Manual")],
    ids=["not protected", "a copy", "not ours"],
)
def test_what_hands_no_protection_on(existing: Snapshot) -> None:
    decisions = said(plan.plan_protection([existing], {ELSEWHERE: plan.Destination((copy("snap-1"),))}))
    assert decisions == [Said(("snap-0a",), "it has no KeepForever to propagate")]
