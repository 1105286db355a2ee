"""What the sweep may never delete: dates that were promised, what a restore needs, and what copies are owed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib import plan
from chalicelib.models import CopySnapshot, Inventory, Snapshot, Wish
from tests.pure.builders import ELSEWHERE, NOW, REGION, Said, instance, said, snapshot, volume

TODAY = NOW.date()
UNDATED = "web (i-0a) - eu-west-1"


def primary(
    id: str, age: int, keeps: int = 7, *, description: str | None = None, state: str = "completed", **changes: str
) -> Snapshot:
    """A snapshot taken `age` days ago that is kept for `keeps` days, as the app makes it."""
    expiry = str(TODAY - timedelta(days=age - keeps))
    raw = {"Type": "Automated", "DeleteOn": expiry, "Backup_Slot": f"slot-{age}", "Source_InstanceId": "i-0a",
           "Source_Volumes": "1"}  # fmt: skip
    place = changes.pop("volume_id", "vol-0a")
    description = f"{UNDATED} - until {expiry}" if description is None else description
    started = NOW - timedelta(days=age)
    return snapshot(id, raw | changes, volume_id=place, state=state, started=started, description=description)


def copy(id: str, age: int, keeps: int = 7, **changes: str) -> Snapshot:
    lineage = {"Source_SnapshotId": "snap-0p", "Source_Region": ELSEWHERE, "Source_VolumeId": "vol-0a"}
    return primary(id, age, keeps, **(lineage | {"volume_id": "vol-ffffffff"} | changes))


def swept(
    snapshots: list[Snapshot],
    *,
    volumes: dict[str, Wish] | None = None,
    instances: dict[str, Wish] | None = None,
    destinations: dict[str, plan.Destination] | None = None,
    today: date = TODAY,
    percent: int = 80,
) -> dict[str, Said]:
    guards = plan.Guards(30, percent, volumes or {}, instances or {}, destinations=destinations or {})
    return {decision.targets[0]: decision for decision in said(plan.plan_sweep(snapshots, today, guards, REGION))}


def deleted(snapshots: list[Snapshot], **guards: object) -> set[str]:
    return {id for id, decision in swept(snapshots, **guards).items() if decision.call}  # type: ignore[arg-type]


# Rule 1: the date that was promised


def test_a_date_that_was_brought_forward_keeps_and_is_reported() -> None:
    taken = primary("snap-1", 10, 400, DeleteOn=str(TODAY))
    decision = swept([taken])["snap-1"]
    assert (decision.call, decision.reason) == (
        None,
        f"DeleteOn={TODAY} is before {TODAY + timedelta(days=390)}, promised when it was created",
    )
    # Nor does it go when the promised day has come: somebody has to look at it first.
    assert not deleted([taken], today=TODAY + timedelta(days=500))


def test_a_date_that_was_put_off_holds_as_before() -> None:
    taken = primary("snap-1", 10, 7, DeleteOn=str(TODAY + timedelta(days=1)))
    assert not deleted([taken])
    assert deleted([taken], today=TODAY + timedelta(days=1)) == {"snap-1"}


def test_a_date_that_was_brought_forward_shortens_no_copy() -> None:
    taken = primary("snap-1", 1, 400, DeleteOn=str(TODAY), Copy_Dest=ELSEWHERE)
    [decision] = plan.plan_copies([taken], {ELSEWHERE: plan.Destination()}, NOW)
    promised = str(TODAY + timedelta(days=399))
    assert isinstance(decision.call, CopySnapshot)
    assert dict(decision.call.tags)["DeleteOn"] == promised
    assert decision.call.description.endswith(f" - until {promised}")


OWN = primary("snap-0", 5, 30)


@pytest.mark.parametrize(
    ("description", "age", "gone"),
    [
        pytest.param("nightly backup", 4, False, id="somebody else's, younger than our oldest"),
        pytest.param("nightly backup", 40, False, id="somebody else's, older than our oldest"),
        pytest.param("", 40, False, id="without any description"),
        pytest.param("Created by CreateImage(i-0a) for ami-0a", 40, False, id="an image's"),
        pytest.param(UNDATED, 4, False, id="in our form, but too young to have no date"),
        pytest.param(UNDATED, 40, True, id="ours, from before descriptions had a date"),
        pytest.param(f"{UNDATED} - until 2026-02-30", 40, False, id="with a date that does not exist"),
    ],
)
def test_tags_alone_prove_nothing(description: str, age: int, gone: bool) -> None:
    """A stranger who may write tags tags other people's snapshots as ours and as expired."""
    victim = primary("snap-1", age, 1, description=description, Source_InstanceId="i-0z", volume_id="vol-0z")
    assert deleted([OWN, victim]) == ({"snap-1"} if gone else set())
    problems = {problem.target for problem in plan.unproven_problems([OWN, victim])}
    assert problems == (set() if gone else {"snap-1"})


@pytest.mark.parametrize(
    "ours",
    [primary("snap-1", 10, 1), primary("snap-1", 10, 1, volume_id="vol-0b"), copy("snap-1", 10, 1)],
    ids=["of the volume", "of the instance", "of the copies"],
)
def test_what_was_only_tagged_as_ours_does_not_count_as_the_newest(ours: Snapshot) -> None:
    """A stranger tags another snapshot so that it looks newer than the only one that a restore can use."""
    oldest = primary("snap-0", 20, 7, Source_InstanceId="i-0z", volume_id="vol-0z")
    raw = dict(ours.tags) | {"Backup_Slot": "slot-1"}
    stranger = snapshot("snap-2", raw, volume_id=ours.volume_id, started=NOW - timedelta(days=1), description="nightly")
    guards: dict[str, Any] = {"volumes": {"vol-0a": Wish.YES}, "instances": {"i-0a": Wish.YES}}
    assert deleted([oldest, ours, stranger], **guards) == {"snap-0"}


# Rule 4: the breaker is for what no description proves


def test_a_missed_day_of_promised_deletions_trips_no_breaker() -> None:
    due = [primary(f"snap-{n}", 10, 1, volume_id=f"vol-{n}", Source_InstanceId=f"i-{n}") for n in range(100)]
    assert len(deleted(due)) == 100


def test_the_breaker_counts_only_what_has_no_date() -> None:
    dated = [primary(f"snap-d{n}", 50, 400, volume_id=f"vol-d{n}") for n in range(1)]
    promised = [primary(f"snap-p{n}", 20, 1, volume_id=f"vol-p{n}", Source_InstanceId=f"i-p{n}") for n in range(50)]
    undated = [
        primary(f"snap-u{n}", 60, 1, description=UNDATED, volume_id=f"vol-u{n}", Source_InstanceId=f"i-u{n}")
        for n in range(30)
    ]
    decisions = swept([*dated, *promised, *undated])
    assert {id for id, decision in decisions.items() if decision.call} == {snapshot.id for snapshot in promised}
    assert "would delete 30 of 30 snapshots whose description has no date" in decisions[REGION].reason


# Rule 2: what a restore needs

WISHES = [
    pytest.param(Wish.YES, 10_000, False, id="wanted"),
    pytest.param(Wish.UNCLEAR, 10_000, False, id="a tag that is not understood"),
    pytest.param(Wish.ABSENT, 29, False, id="no tag, within the grace"),
    pytest.param(Wish.ABSENT, 30, True, id="no tag, after the grace"),
    pytest.param(Wish.NO, 0, True, id="a clear no"),
    pytest.param(None, 0, True, id="the volume no longer exists"),
]


@pytest.mark.parametrize(("wish", "days_after_expiry", "gone"), WISHES)
def test_the_only_snapshot_of_a_volume(wish: Wish | None, days_after_expiry: int, gone: bool) -> None:
    only = primary("snap-1", 7, 7)
    volumes = {"vol-0a": wish} if wish else {}
    today = TODAY + timedelta(days=days_after_expiry)
    assert deleted([only], volumes=volumes, today=today) == ({"snap-1"} if gone else set())


def test_the_volume_of_a_primary_is_the_one_that_ec2_names() -> None:
    """Whoever may write tags can not make a primary look like another volume's, or like a copy."""
    forged = primary("snap-1", 10, Source_VolumeId="vol-0z", Source_SnapshotId="snap-9", Source_Region=ELSEWHERE)
    assert deleted([forged], volumes={"vol-0a": Wish.YES}) == set()


def test_an_archived_snapshot_is_not_the_newest_unless_there_is_no_other() -> None:
    older, newer = primary("snap-1", 20), primary("snap-2", 10)
    archived = replace(newer, archived=True)
    assert deleted([older, newer], volumes={"vol-0a": Wish.YES}) == {"snap-1"}
    assert deleted([older, archived], volumes={"vol-0a": Wish.YES}) == {"snap-2"}
    assert deleted([archived], volumes={"vol-0a": Wish.YES}) == set()


def two(age: int, *states: str, size: str = "2") -> list[Snapshot]:
    """The set of an instance with two volumes."""
    return [
        primary(f"snap-{age}{name}", age, state=state, volume_id=f"vol-0{name}", Source_Volumes=size)
        for name, state in zip("ab", states, strict=False)
    ]


BOTH = {"vol-0a": Wish.YES, "vol-0b": Wish.YES}


WHOLE = two(20, "completed", "completed")


@pytest.mark.parametrize(
    ("newer", "gone"),
    [
        pytest.param(two(10, "completed", "completed"), {"snap-20a", "snap-20b"}, id="the newer set is whole"),
        pytest.param(two(10, "completed", "error"), {"snap-10a", "snap-10b"}, id="one of the newer failed"),
        pytest.param(two(10, "completed", "pending"), {"snap-10a"}, id="one of the newer is pending"),
        pytest.param(two(10, "completed"), {"snap-10a"}, id="one of the newer does not exist"),
        pytest.param(two(10, "completed", size="1"), {"snap-20a", "snap-20b"}, id="the newer set has one volume only"),
    ],
)
def test_the_newest_whole_set_stays(newer: list[Snapshot], gone: set[str]) -> None:
    assert deleted([*WHOLE, *newer], instances={"i-0a": Wish.YES}) == gone


def later(snapshot: Snapshot, hours: int) -> Snapshot:
    return replace(snapshot, started=snapshot.started + timedelta(hours=hours))


def test_a_slot_filled_at_different_times_stays_and_so_does_the_newest_set_of_one_time() -> None:
    first, second = two(10, "completed", "completed")
    filled = [first, later(second, 7)]
    kept = {"snap-20a", "snap-20b", "snap-10a", "snap-10b"}
    assert kept.isdisjoint(deleted([*WHOLE, *filled], instances={"i-0a": Wish.YES}))
    newer = two(9, "completed", "completed")
    assert deleted([*WHOLE, *filled, *newer], instances={"i-0a": Wish.YES}) == kept


def test_a_set_stays_whole_when_a_volume_joins_its_slot_later() -> None:
    joined = later(primary("snap-10c", 10, volume_id="vol-0c", Source_Volumes="3", state="pending"), 7)
    newest = two(10, "completed", "completed")
    assert {"snap-10a", "snap-10b"}.isdisjoint(deleted([*newest, joined], instances={"i-0a": Wish.YES}))


@pytest.mark.parametrize(("wish", "days_after_expiry", "gone"), WISHES)
def test_the_set_guard_goes_by_the_instance(wish: Wish | None, days_after_expiry: int, gone: bool) -> None:
    whole, broken = two(7, "completed", "completed"), two(5, "completed", "error")
    instances = {"i-0a": wish} if wish else {}
    today = TODAY + timedelta(days=days_after_expiry)
    kept = {"snap-7a", "snap-7b"} - deleted([*whole, *broken], instances=instances, today=today)
    assert kept == (set() if gone else {"snap-7a", "snap-7b"})


def test_the_newest_whole_set_of_copies_stays_within_its_grace() -> None:
    whole = [copy(f"snap-{name}", 20, Source_VolumeId=f"vol-0{name}", Source_Volumes="2") for name in "ab"]
    newer = copy("snap-c", 10, Source_Volumes="2")
    assert deleted([*whole, newer]) == set()
    reason = swept([*whole, newer])["snap-a"].reason
    assert reason == f"belongs to the newest whole set of copies of i-0a, kept until {TODAY + timedelta(days=17)}"
    assert deleted([*whole, newer], today=TODAY + timedelta(days=17)) == {"snap-a", "snap-b"}


def test_a_late_copy_of_old_data_is_not_the_newest() -> None:
    """Data of 20 days ago was copied after data of 10 days ago: a restore needs that of 10 days ago."""
    fresh = copy("snap-1", 10, Source_StartTime="2026-11-12T03:00:00Z", Backup_Slot="new")
    late = copy("snap-2", 9, 6, Source_StartTime="2026-11-02T03:00:00Z", Backup_Slot="old", Source_Volumes="2")
    assert deleted([fresh, late]) == {"snap-2"}


def test_a_copy_cannot_say_that_it_is_newer_than_the_copying() -> None:
    """A tag with a time to come must not make other copies look old."""
    fresh = copy("snap-1", 10, Source_StartTime="2026-11-12T03:00:00Z", Backup_Slot="new", Source_Volumes="2")
    forged = copy("snap-2", 19, Source_StartTime="2036-11-02T03:00:00Z", Backup_Slot="old", Source_Volumes="2")
    assert deleted([fresh, forged]) == {"snap-2"}


def test_what_each_volume_and_instance_wants() -> None:
    loose = (volume("vol-1"), volume("vol-2", raw={"Backup": "No"}), volume("vol-3", raw={"Backup": "Yes"}))
    shared, own, out = volume("vol-4"), volume("vol-5"), volume("vol-6", raw={"Backup": "No"})
    typo = volume("vol-7", raw={"Backup": "Noo"})
    inventory = Inventory(
        (
            instance("i-0a", {"Backup": "Yes"}, [shared, own, out, typo]),
            instance("i-0b", {"Backup": "No"}, [shared, volume("vol-8")]),
            instance("i-0c", {"Backup": "Yse"}, [volume("vol-9")]),
            instance("i-0d", {"Backups": "Yes"}, []),
            instance("i-0e", {}, [volume("vol-a")]),
        ),
        loose,
    )
    assert plan.instance_wishes(inventory.instances) == {
        "i-0a": Wish.YES, "i-0b": Wish.NO, "i-0c": Wish.UNCLEAR, "i-0d": Wish.UNCLEAR, "i-0e": Wish.ABSENT,
    }  # fmt: skip
    assert plan.volume_wishes(inventory) == {
        "vol-1": Wish.ABSENT, "vol-2": Wish.NO, "vol-3": Wish.ABSENT, "vol-4": Wish.YES, "vol-5": Wish.YES,
        "vol-6": Wish.NO, "vol-7": Wish.YES, "vol-8": Wish.NO, "vol-9": Wish.UNCLEAR, "vol-a": Wish.ABSENT,
    }  # fmt: skip
