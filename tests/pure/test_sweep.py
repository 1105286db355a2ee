"""The guards of the sweep: tables, then what holds over random histories."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib import plan
from chalicelib.models import DeleteSnapshot, Result, Snapshot, Wish
from tests.pure.builders import NOW, REGION, Said, said, snapshot

TODAY = NOW.date()
OPEN = plan.Guards(last_copy_grace_days=30, max_delete_percent=100)


def guards(
    *backed_up: str, images: dict[str, str] | None = None, locked: tuple[str, ...] = (), percent: int = 100
) -> plan.Guards:
    volumes = dict.fromkeys(backed_up, Wish.YES)
    return plan.Guards(30, percent, volumes, {}, images or {}, frozenset(locked))


def primary(
    id: str,
    age: int,
    *,
    volume_id: str = "vol-0a",
    keeps: int = 7,
    state: str = "completed",
    tags: dict[str, str] | None = None,
    **more: str,
) -> Snapshot:
    """A snapshot taken `age` days ago that stands `keeps` days."""
    raw = {"Type": "Automated", "DeleteOn": str(TODAY - timedelta(days=age - keeps))} | (tags or {}) | more
    return snapshot(id, raw, volume_id=volume_id, state=state, started=NOW - timedelta(days=age))


def copy(id: str, age: int, *, of: str = "vol-0a", **more: str) -> Snapshot:
    raw = {"Source_SnapshotId": "snap-0p", "Source_Region": "us-east-1", "Source_VolumeId": of} | more
    return primary(id, age, volume_id="vol-ffffffff", tags=raw)


def gone(snapshots: list[Snapshot], held: plan.Guards = OPEN) -> set[str]:
    decisions = said(plan.plan_sweep(snapshots, TODAY, held, REGION))
    return {decision.targets[0] for decision in decisions if isinstance(decision.call, DeleteSnapshot)}


def reason_of(id: str, snapshots: list[Snapshot], held: plan.Guards) -> str:
    [decision] = [
        decision for decision in said(plan.plan_sweep(snapshots, TODAY, held, REGION)) if decision.targets == (id,)
    ]
    assert decision.call is None
    return decision.reason


OLD = [primary("snap-1", 20), primary("snap-2", 10)]


@pytest.mark.parametrize(
    ("snapshots", "backed_up", "deleted"),
    [
        pytest.param(OLD, ["vol-0a"], {"snap-1"}, id="the newest stays"),
        pytest.param(OLD, [], {"snap-1", "snap-2"}, id="of a volume that is gone nothing stays"),
        pytest.param(OLD, ["vol-0b"], {"snap-1", "snap-2"}, id="nor for another volume"),
        pytest.param([*OLD, primary("snap-3", 1)], ["vol-0a"], {"snap-1", "snap-2"}, id="until a newer one completes"),
        pytest.param(
            [*OLD, primary("snap-3", 1, state="pending")], ["vol-0a"], {"snap-1"}, id="pending is not completed"
        ),
        pytest.param([*OLD, primary("snap-3", 1, state="error")], ["vol-0a"], {"snap-1"}, id="nor is failed"),
        pytest.param(
            [*OLD, primary("snap-3", 1, Type="Manual")], ["vol-0a"], {"snap-1"}, id="somebody else's does not count"
        ),
        pytest.param(
            [*OLD, primary("snap-3", 1, volume_id="vol-0b")], ["vol-0a"], {"snap-1"}, id="nor another volume's"
        ),
        pytest.param([*OLD, copy("snap-3", 1)], ["vol-0a"], {"snap-1"}, id="nor a copy from elsewhere"),
        pytest.param([primary("snap-1", 10, state="error")], ["vol-0a"], {"snap-1"}, id="a failed one is no backup"),
    ],
)
def test_the_newest_of_a_volume_still_to_be_backed_up(
    snapshots: list[Snapshot], backed_up: list[str], deleted: set[str]
) -> None:
    assert gone(snapshots, guards(*backed_up)) == deleted


@pytest.mark.parametrize(
    ("snapshots", "deleted"),
    [
        pytest.param([copy("snap-1", 20), copy("snap-2", 10)], {"snap-1"}, id="within its grace"),
        pytest.param([copy("snap-1", 36)], set(), id="on the last day of its grace"),
        pytest.param([copy("snap-1", 37)], {"snap-1"}, id="after its grace"),
        pytest.param([copy("snap-1", 20), copy("snap-2", 10, of="vol-0b")], set(), id="each volume has its own"),
        pytest.param(
            [copy("snap-1", 20), copy("snap-2", 10, Source_Region="eu-central-1")], set(), id="and each Region"
        ),
        pytest.param([copy("snap-1", 10, Source_Region="")], {"snap-1"}, id="one without a lineage has no place in it"),
    ],
)
def test_the_newest_copy_has_a_grace(snapshots: list[Snapshot], deleted: set[str]) -> None:
    assert gone(snapshots) == deleted


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (guards("vol-0a"), "the newest completed snapshot of vol-0a"),
        (guards(images={"snap-1": "ami-0a"}), "used by ami-0a"),
        (guards(locked=("snap-1",)), "it is locked"),
    ],
)
def test_the_reason_says_what_holds(held: plan.Guards, reason: str) -> None:
    assert reason_of("snap-1", [primary("snap-1", 10)], held) == reason


def test_the_reason_says_until_when_a_copy_is_kept() -> None:
    until = TODAY + timedelta(days=27)
    assert (
        reason_of("snap-1", [copy("snap-1", 10)], OPEN) == f"the newest completed copy for vol-0a, kept until {until}"
    )


@pytest.mark.parametrize(
    ("expired", "kept", "percent", "deletes"),
    [
        pytest.param(16, 4, 80, True, id="80% of 20"),
        pytest.param(17, 3, 80, False, id="85% of 20"),
        pytest.param(19, 0, 80, True, id="all of 19: too few for a percentage"),
        pytest.param(20, 0, 80, False, id="all of 20"),
        pytest.param(20, 0, 100, True, id="all, and it was meant"),
        pytest.param(1, 19, 0, False, id="none allowed"),
        pytest.param(0, 20, 0, True, id="nothing to delete"),
    ],
)
def test_the_breaker(expired: int, kept: int, percent: int, deletes: bool) -> None:
    snapshots = [primary(f"snap-e{n}", 10, volume_id=f"vol-e{n}") for n in range(expired)]
    snapshots += [primary(f"snap-k{n}", 1, volume_id=f"vol-k{n}") for n in range(kept)]
    decisions = said(plan.plan_sweep(snapshots, TODAY, guards(percent=percent), REGION))
    failed = [decision for decision in decisions if decision.result == Result.FAILED]
    assert len(gone(snapshots, guards(percent=percent))) == (expired if deletes else 0)
    assert bool(failed) is not deletes


def test_the_breaker_says_what_to_set() -> None:
    snapshots = [primary(f"snap-e{n}", 10, volume_id=f"vol-e{n}") for n in range(39)] + [primary("snap-k", 1)]
    *rest, failed = said(plan.plan_sweep(snapshots, TODAY, guards(percent=80), REGION))
    assert failed == Said(
        (REGION,),
        "would delete 39 of 40 snapshots whose description has no date, more than MAX_DELETE_PERCENT=80 allows: none of "
        "these was deleted; if this is "
        "intended, set MAX_DELETE_PERCENT to 98 for one run; if not, fix the tags before the next run",
        result=Result.FAILED,
    )
    assert rest[0] == Said(("snap-e0",), "expired on 2026-11-19, but the run would delete too many snapshots")
    assert rest[-1] == Said(("snap-k",), "expires on 2026-11-28")


def test_somebody_elses_snapshots_do_not_count_for_the_breaker() -> None:
    snapshots = [primary(f"snap-e{n}", 10, volume_id=f"vol-e{n}") for n in range(18)]
    snapshots += [primary(f"snap-m{n}", 10, Type="Manual") for n in range(50)]
    assert len(gone(snapshots, guards(percent=80))) == 18


def test_guards_are_looked_up_only_for_what_would_go() -> None:
    snapshots = [
        primary("snap-1", 10),
        primary("snap-2", 1),
        primary("snap-3", 10, KeepForever=""),
        primary("snap-4", 10, Type="x"),
    ]
    assert [snapshot.id for snapshot in plan.expired(snapshots, TODAY)] == ["snap-1"]


histories = st.lists(
    st.builds(
        primary,
        id=st.uuids().map(lambda uuid: f"snap-{uuid.hex[:8]}"),
        age=st.integers(0, 90),
        volume_id=st.sampled_from(["vol-0a", "vol-0b"]),
        keeps=st.integers(1, 30),
        state=st.sampled_from(["completed", "pending", "error"]),
    ),
    unique_by=lambda snapshot: snapshot.id,
    max_size=40,
)


@given(histories, st.integers(0, 100))
def test_the_newest_is_never_deleted_over_random_histories(snapshots: list[Snapshot], percent: int) -> None:
    deleted = gone(snapshots, guards("vol-0a", "vol-0b", percent=percent))
    for volume_id in ("vol-0a", "vol-0b"):
        completed = [
            snapshot for snapshot in snapshots if snapshot.volume_id == volume_id and snapshot.state == "completed"
        ]
        if completed:
            assert max(completed, key=lambda snapshot: (snapshot.started, snapshot.id)).id not in deleted


@given(histories, st.integers(0, 99))
def test_a_breaker_trip_deletes_nothing(snapshots: list[Snapshot], percent: int) -> None:
    decisions = said(plan.plan_sweep(snapshots, TODAY, guards(percent=percent), REGION))
    if any(decision.result == Result.FAILED for decision in decisions):
        assert not any(decision.call for decision in decisions)
    elif len(snapshots) >= 20:
        assert sum(decision.call is not None for decision in decisions) * 100 <= percent * len(snapshots)


@given(histories, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_guards_only_ever_keep_more(snapshots: list[Snapshot], today: date) -> None:
    free = {decision.targets for decision in said(plan.plan_sweep(snapshots, today, OPEN, REGION)) if decision.call}
    held = {
        decision.targets
        for decision in said(plan.plan_sweep(snapshots, today, guards("vol-0a", percent=50), REGION))
        if decision.call
    }
    assert held <= free
