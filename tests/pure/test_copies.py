"""What becomes of copies that exist: failed, doubled, lagging behind their primary."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib import plan
from chalicelib.models import CopySnapshot, DeleteSnapshot, Result, Snapshot
from tests.pure.builders import ELSEWHERE, NOW, REGION, Said, said, snapshot

TODAY = NOW.date()
MINUTE = timedelta(minutes=1)
DESCRIPTION = "web (i-0a) - vol-0a (/dev/xvda) - eu-west-1 - until 2026-11-29"
PRIMARY = {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE, "Name": "web",
           "Source_Device": "/dev/xvda", "Source_InstanceId": "i-0a"}  # fmt: skip


def primary(id: str = "snap-0a", **changes: str) -> Snapshot:
    return snapshot(id, PRIMARY | changes)


def copy(
    id: str,
    state: str = "completed",
    age: int = 0,
    tags: dict[str, str] | None = None,
    description: str = DESCRIPTION,
    **changes: str,
) -> Snapshot:
    raw = PRIMARY | {"Source_SnapshotId": "snap-0a", "Source_Region": REGION} | (tags or {}) | changes
    return snapshot(
        id,
        raw,
        volume_id="vol-ffffffff",
        state=state,
        started=NOW - timedelta(minutes=age),
        region=ELSEWHERE,
        description=description,
        state_message="Given key ID is not accessible" if state == "error" else "",
    )


def planned(*copies: Snapshot, of: Snapshot | None = None, slots: int | None = None, daily: bool = False) -> list[Said]:
    looked_in = {ELSEWHERE: plan.Destination(copies, slots)}
    return said(plan.plan_copies([of or primary()], looked_in, NOW, report_lasting=daily))


def deleted(decisions: list[Said]) -> list[str]:
    return [decision.targets[0] for decision in decisions if isinstance(decision.call, DeleteSnapshot)]


@pytest.mark.parametrize(
    ("copies", "gone"),
    [
        pytest.param([copy("snap-1")], [], id="one"),
        pytest.param([copy("snap-1", age=9), copy("snap-2")], ["snap-1"], id="the newer stays"),
        pytest.param([copy("snap-1"), copy("snap-2")], ["snap-1"], id="of one age, the last id"),
        pytest.param(
            [replace(copy("snap-1", age=9), completed=NOW), replace(copy("snap-2", age=8), completed=NOW - MINUTE)],
            ["snap-2"],
            id="the one that was completed last stays",
        ),
        pytest.param(
            [copy("snap-1", age=9), replace(copy("snap-2"), archived=True)], ["snap-2"], id="the other is archived"
        ),
        pytest.param([copy("snap-1", "pending", 9), copy("snap-2")], [], id="one is on its way"),
        pytest.param([copy("snap-1", "pending", 9), copy("snap-2", "pending")], [], id="both are"),
        pytest.param([copy("snap-1", "error", 9), copy("snap-2")], ["snap-1"], id="one failed"),
        pytest.param(
            [copy("snap-1", "error", 9), copy("snap-2", "pending")], ["snap-1"], id="one failed, one is on its way"
        ),
        pytest.param([copy("snap-1", age=9, KeepForever=""), copy("snap-2")], [], id="the other is protected"),
        pytest.param([copy("snap-1", age=9), copy("snap-2", Type="Manual")], [], id="the other is not ours"),
        pytest.param([copy("snap-1", age=9), copy("snap-2", age=5), copy("snap-3")], ["snap-1", "snap-2"], id="three"),
    ],
)
def test_exactly_one_copy_stays(copies: list[Snapshot], gone: list[str]) -> None:
    decisions = planned(*copies)
    assert deleted(decisions) == gone
    assert not [decision for decision in decisions if isinstance(decision.call, CopySnapshot)]
    assert {decision.call.region for decision in decisions if isinstance(decision.call, DeleteSnapshot)} <= {ELSEWHERE}


FAILURE = (
    "the copy snap-1 of snap-0a to us-east-1 with the default key failed at try {}: Given key ID is not accessible"
)


def test_a_failed_copy_is_made_again() -> None:
    [again] = planned(copy("snap-1", "error", age=60))
    assert again.targets == ("snap-0a -> us-east-1",)
    assert again.reason == "try 2, because snap-1 failed with the default key: Given key ID is not accessible"
    assert isinstance(again.call, CopySnapshot)
    assert again.call.destination == ELSEWHERE
    assert dict(again.call.tags)["Copy_Try"] == "2"


@pytest.mark.parametrize(
    ("tries", "minutes"),
    [(1, 60), (2, 4 * 60), (3, 24 * 60), (4, 24 * 60), (100, 24 * 60), (999, 24 * 60)],
)
def test_a_failed_copy_is_made_again_later_and_later(tries: int, minutes: int) -> None:
    early = planned(copy("snap-1", "error", age=minutes - 1, Copy_Try=str(tries)))
    assert [decision.call for decision in early] == [None]
    [again] = planned(copy("snap-1", "error", age=minutes, Copy_Try=str(tries)))
    assert isinstance(again.call, CopySnapshot)
    assert dict(again.call.tags)["Copy_Try"] == str(min(tries + 1, 999))


@pytest.mark.parametrize(
    ("daily", "just_failed", "result"),
    [
        pytest.param(True, "", Result.FAILED, id="reported once a day"),
        pytest.param(False, "", Result.KEPT, id="and not every hour"),
        pytest.param(False, "snap-1", Result.FAILED, id="and when the event says that it failed"),
        pytest.param(False, "snap-2", Result.KEPT, id="not when another failed"),
    ],
)
def test_a_failed_copy_that_waits(daily: bool, just_failed: str, result: Result) -> None:
    looked_in = {ELSEWHERE: plan.Destination((copy("snap-1", "error", Copy_Try="4"),))}
    waiting = said(plan.plan_copies([primary()], looked_in, NOW, report_lasting=daily, just_failed=just_failed))
    reason = f"{FAILURE.format(4)}; next try at 2026-11-23T03:00Z"
    assert waiting == [Said(("snap-0a -> us-east-1",), reason, result=result)]


def test_an_archived_snapshot_is_not_copied() -> None:
    [decision] = planned(of=replace(primary(), archived=True))
    assert (decision.call, decision.reason) == (
        None,
        "archived: EC2 copies it only after a restore to the standard tier",
    )


def test_a_missing_copy_is_asked_for_whole() -> None:
    existing = snapshot(
        "snap-0a",
        {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE, "Copy_KmsKey": "alias/b"},
        description="web (i-0a) - eu-west-1",
    )
    call = CopySnapshot(
        "snap-0a",
        REGION,
        ELSEWHERE,
        "web (i-0a) - vol-0a (?) - eu-west-1 - until 2026-11-29",
        (
            ("Copy_Dest", ELSEWHERE),
            ("Copy_KmsKey", "alias/b"),
            ("DeleteOn", "2026-11-29"),
            ("Source_Region", REGION),
            ("Source_SnapshotId", "snap-0a"),
            ("Source_StartTime", "2026-11-22T03:00:00Z"),
            ("Source_VolumeId", "vol-0a"),
            ("Type", "Automated"),
        ),
        "alias/b",
    )
    assert planned(of=existing) == [Said(("snap-0a -> us-east-1",), "no copy in us-east-1", call)]


GONE = DeleteSnapshot("snap-2", ELSEWHERE)


@pytest.mark.parametrize(
    ("other", "decision"),
    [
        (copy("snap-2", age=19), Said(("snap-2",), "snap-1 replaces it", GONE)),
        (copy("snap-2", "error"), Said(("snap-2",), "snap-1 replaces it", GONE)),
        (copy("snap-2", age=19, keep_forever="x"), Said(("snap-2",), "KeepForever is set")),
        (copy("snap-2", "pending"), Said(("snap-2",), "its state is pending")),
        (copy("snap-2", "recovering"), Said(("snap-2",), "its state is recovering")),
    ],
    ids=["completed", "failed", "protected", "on its way", "neither here nor there"],
)
def test_why_the_other_copy_stays_or_goes(other: Snapshot, decision: Said) -> None:
    assert planned(copy("snap-1", age=9), other) == [
        Said(("snap-0a -> us-east-1",), "already copied: snap-1"),
        decision,
    ]


@pytest.mark.parametrize(
    ("keeper", "other", "stays"),
    [
        (copy("snap-1"), copy("snap-2", age=9, DeleteOn="2026-11-30"), True),
        (copy("snap-1"), copy("snap-2", age=9, DeleteOn="2026-11-29"), False),
        (copy("snap-1"), copy("snap-2", age=9, DeleteOn="some day"), True),
        (copy("snap-1", DeleteOn="some day"), copy("snap-2", age=9, DeleteOn="2026-11-30"), False),
        (copy("snap-1", KeepForever="x"), copy("snap-2", age=9, DeleteOn="2026-11-30"), False),
        (copy("snap-1"), copy("snap-2", "error", age=9, DeleteOn="2026-11-30"), False),
    ],
    ids=["longer", "as long", "for ever", "the one kept for ever", "the one kept protected", "longer, but failed"],
)
def test_of_two_copies_one_that_is_to_stand_longer_stays(keeper: Snapshot, other: Snapshot, stays: bool) -> None:
    *_, decision = planned(keeper, other)
    reason = "its DeleteOn is later than that of snap-1" if stays else "snap-1 replaces it"
    assert decision == Said(("snap-2",), reason, None if stays else GONE)


@pytest.mark.parametrize(
    ("description", "of_keeper"),
    [
        ("", DESCRIPTION),
        ("", ""),
        (DESCRIPTION, ""),
        ("nightly backup", "nightly backup"),
        (DESCRIPTION.replace("11-29", "11-30"), DESCRIPTION),
        (DESCRIPTION.replace("vol-0a", "vol-0b"), DESCRIPTION),
    ],
    ids=["none", "none on both", "none on the one kept", "somebody else's", "another date", "another volume"],
)
def test_tags_alone_do_not_prove_that_two_are_copies_of_one_snapshot(description: str, of_keeper: str) -> None:
    keeper, other = copy("snap-1", description=of_keeper), copy("snap-2", age=9, description=description)
    *_, decision = planned(keeper, other)
    reason = "its description does not prove that it is a copy of the same snapshot as snap-1"
    assert decision == Said(("snap-2",), reason)


def test_a_failed_copy_without_a_cause() -> None:
    [again] = planned(replace(copy("snap-1", "error", age=60), state_message=""))
    assert again.reason == "try 2, because snap-1 failed with the default key: AWS gave no cause"


def test_the_message_names_the_key() -> None:
    [waiting] = planned(copy("snap-1", "error"), of=primary(Copy_KmsKey="alias/gone"))
    assert "to us-east-1 with alias/gone failed at try 1: Given key ID is not accessible" in waiting.reason


def test_tries_are_counted_over_all_failed_copies() -> None:
    decisions = planned(copy("snap-1", "error", 24 * 60, Copy_Try="3"), copy("snap-2", "error", Copy_Try="2"))
    [again] = [decision.call for decision in decisions if isinstance(decision.call, CopySnapshot)]
    assert dict(again.tags)["Copy_Try"] == "4"
    assert deleted(decisions) == ["snap-2"]


@pytest.mark.parametrize("unreadable", ["0", "-1", "x", "1000"])
def test_an_unreadable_count_is_the_first_try(unreadable: str) -> None:
    assert copy("snap-1", Copy_Try=unreadable).tries == 1


@pytest.mark.parametrize(("slots", "acts"), [(None, 3), (20, 3), (2, 2), (0, 0), (-4, 0)])
def test_copies_beyond_the_free_slots_are_deferred(slots: int | None, acts: int) -> None:
    looked_in = {ELSEWHERE: plan.Destination((), slots)}
    decisions = said(plan.plan_copies([primary(f"snap-0{n}") for n in range(3)], looked_in, NOW))
    assert [bool(decision.call) for decision in decisions] == [True] * acts + [False] * (3 - acts)
    assert all(decision.result == Result.DEFERRED for decision in decisions if not decision.call)
    assert all(
        "all copy slots of us-east-1 are taken" in decision.reason for decision in decisions if not decision.call
    )
