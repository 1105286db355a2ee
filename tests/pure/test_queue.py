"""Which copies a run starts when a copy ended, whatever it sees of the runs beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import plan
from chalicelib.models import Code, CopySnapshot, CreateTags, Decision, Outcome, Result, Snapshot, State
from chalicelib.plan.queue import NOTHING, Share
from tests.pure.builders import ELSEWHERE, NOW, REGION, snapshot

SLOTS = 20
THIRD = "eu-central-1"
SECOND = timedelta(seconds=1)


def primary(id: str, volume: str, hours: float = 5, region: str = REGION) -> Snapshot:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29", "Copy_Dest": ELSEWHERE}
    started = NOW - timedelta(hours=hours)
    return replace(snapshot(id, raw, volume_id=volume, started=started, region=region), completed=started)


def copy(id: str, of: str = "snap-x", **changes: object) -> Snapshot:
    raw = {"Type": "Automated", "Source_SnapshotId": of, "Source_Region": REGION, "Source_VolumeId": "vol-x"}
    started = NOW - timedelta(hours=1)
    made = snapshot(id, raw, volume_id="vol-ffffffff", started=started, region=ELSEWHERE)
    return replace(made, **{"completed": NOW - 30 * SECOND} | changes)  # type: ignore[arg-type]


def started(decisions: Sequence[Decision]) -> list[CopySnapshot]:
    return [decision.call for decision in decisions if isinstance(decision.call, CopySnapshot)]


def run(ended: str, waiting: Sequence[Snapshot], seen: Sequence[Snapshot]) -> list[CopySnapshot]:
    """Return what the run for an ended copy starts that sees these copies."""
    free = SLOTS - sum(copy.state == State.PENDING for copy in seen)
    share = plan.share(ended, seen, free, NOW, fill=True)
    destinations = {ELSEWHERE: plan.Destination(tuple(seen), share.count, share.place)}
    return started(plan.after(plan.plan_copies(waiting, destinations, NOW), ended))


def as_copy(call: CopySnapshot, number: int) -> Snapshot:
    tags = dict(call.tags)
    return copy(f"snap-new{number}", call.snapshot_id, completed=None, state=State.PENDING, started=NOW,
                after=tags["Copy_After"], source_volume_id=tags["Source_VolumeId"], primary_region=tags["Source_Region"])  # fmt: skip


WAITING = [
    primary(f"snap-{number:02}", f"vol-{number % 7}", number / 10, (REGION, THIRD)[number % 2]) for number in range(40)
]


@settings(max_examples=40, deadline=None)
@given(st.data(), st.integers(1, SLOTS))
def test_ends_at_once_start_different_copies_in_any_interleaving(data: st.DataObject, number: int) -> None:
    """Each run sees some of the copies that the runs before it have started, in any order, and misses others."""
    busy = [copy(f"snap-busy{n}", completed=None, state=State.PENDING) for n in range(SLOTS - number)]
    ended = [copy(f"snap-end{n:02}", completed=NOW - (n % 3) * SECOND) for n in range(number)]
    new: list[Snapshot] = []
    for id in data.draw(st.permutations([copy.id for copy in ended])):
        seen = [copy for copy in new if data.draw(st.booleans())]
        new += [as_copy(call, len(new)) for call in run(id, WAITING, [*busy, *ended, *seen])]
    assert len({(copy.primary_region, copy.primary_id) for copy in new}) == len(new) == number


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_failures_at_once_start_different_copies(data: st.DataObject) -> None:
    ended = [copy(f"snap-end{n:02}", completed=None, state=State.ERROR) for n in range(SLOTS)]
    new: list[Snapshot] = []
    for id in data.draw(st.permutations([copy.id for copy in ended])):
        new += [as_copy(call, len(new)) for call in run(id, WAITING, ended)]
    assert len({(copy.primary_region, copy.primary_id) for copy in new}) == len(new) == SLOTS


EARLIER, LATE, LONG_AGO = NOW - 60 * SECOND, NOW - timedelta(minutes=5), NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("copies", "free", "fill", "expected"),
    [
        pytest.param([copy("snap-1")], 0, False, NOTHING, id="all slots are taken"),
        pytest.param([copy("snap-1")], 3, False, Share(0, 1), id="one end, one copy"),
        pytest.param([copy("snap-1")], 3, True, Share(0, 2), id="alone, it also fills a slot that no run filled"),
        pytest.param([copy("snap-1")], 1, True, Share(0, 1), id="but never more than are free"),
        pytest.param([copy("snap-0", completed=EARLIER), copy("snap-1")], 2, True, Share(1, 1), id="the second of two"),
        pytest.param(
            [copy("snap-0", completed=EARLIER), copy("snap-1")], 1, True, Share(0, 1), id="the first one's slot is taken"
        ),
        pytest.param([copy("snap-1"), copy("snap-2")], 2, True, Share(0, 1), id="of one instant, by id"),
        pytest.param(
            [copy("snap-0", completed=EARLIER), copy("snap-1"), copy("snap-9", after="snap-0")], 2, False, Share(0, 1),
            id="the first one's copy is visible",
        ),
        pytest.param([copy("snap-1"), copy("snap-9", after="snap-1")], 2, True, NOTHING, id="the event came twice"),
        pytest.param([copy("snap-2"), copy("snap-1", completed=LATE)], 5, True, Share(1, 1), id="a late event"),
        pytest.param([copy("snap-2"), copy("snap-1", completed=LONG_AGO)], 5, True, Share(1, 1), id="a very late one"),
        pytest.param([copy("snap-2")], 5, True, Share(1, 1), id="a copy that EC2 does not show"),
        pytest.param([copy("snap-2")], 1, True, NOTHING, id="beyond the free slots"),
    ],
)  # fmt: skip
def test_the_share_of_a_run(copies: list[Snapshot], free: int, fill: bool, expected: Share) -> None:
    assert plan.share("snap-1", copies, free, NOW, fill=fill) == expected


def order(waiting: Sequence[Snapshot], copies: Sequence[Snapshot] = (), place: int | None = None) -> list[str]:
    destination = {ELSEWHERE: plan.Destination(tuple(copies), len(waiting), place)}
    return [call.snapshot_id for call in started(plan.plan_copies(waiting, destination, NOW))]


def test_whoever_has_waited_longest_comes_first() -> None:
    waiting = [primary("snap-a", "vol-a", 5), primary("snap-b", "vol-b", 4), primary("snap-c", "vol-c", 3)]
    assert order(waiting) == ["snap-a", "snap-b", "snap-c"]
    # The volume whose newest copy is older has waited longer than one that got a copy yesterday.
    copied = [
        copy(f"snap-c{volume}", started=NOW - timedelta(hours=hours), source_volume_id=f"vol-{volume}")
        for volume, hours in (("a", 24), ("b", 48))
    ]
    assert order(waiting, copied) == ["snap-c", "snap-b", "snap-a"]


def test_what_has_just_completed_is_left_to_the_run_of_its_event_while_others_wait() -> None:
    old, fresh = primary("snap-a", "vol-a", 5), replace(primary("snap-b", "vol-b", 6), completed=NOW - 90 * SECOND)
    assert order([old, fresh], place=0) == ["snap-a"]
    assert order([fresh], place=0) == ["snap-b"]
    # The hourly run takes it, but last.
    assert order([fresh, old]) == ["snap-a", "snap-b"]


def test_what_starts_while_others_wait_says_whose_snapshots_these_are() -> None:
    waiting = [primary("snap-a", "vol-a", 5), primary("snap-b", "vol-b", 4, THIRD), primary("snap-c", "vol-c", 3)]
    for free, named in ((1, "eu-central-1 eu-west-1"), (2, "eu-west-1"), (3, None)):
        calls = started(plan.plan_copies(waiting, {ELSEWHERE: plan.Destination((), free)}, NOW))
        assert [dict(call.tags).get("Copies_Wait") for call in calls] == [named] * free


def outcomes(decisions: Sequence[Decision], refused: bool = False) -> list[Outcome]:
    return [
        Outcome(decision, Result.DEFERRED if refused and decision.call else Result.DONE if decision.call else decision.result,
                created=() if refused or not decision.call else ("snap-new",))
        for decision in decisions
    ]  # fmt: skip


def pending(id: str, tags: int = 5, waiting: tuple[str, ...] = ()) -> Snapshot:
    named = tuple((f"k{number}", "") for number in range(tags))
    return copy(id, completed=None, state=State.PENDING, tags=named, waiting_regions=waiting)


@pytest.mark.parametrize(
    ("in_progress", "marked"),
    [
        pytest.param([], None, id="only others' copies are in progress"),
        pytest.param([replace(pending("snap-1"), managed=False)], None, id="never a snapshot of somebody else"),
        pytest.param([pending("snap-1"), pending("snap-2")], ("snap-2", "eu-west-1"), id="one is enough"),
        pytest.param([pending("snap-1", 50)], None, id="one with fifty tags has no room"),
        pytest.param(
            [pending("snap-1", 50, (THIRD,))], ("snap-1", "eu-central-1 eu-west-1"), id="but can change its tag"
        ),
        pytest.param([pending("snap-1", 5, (REGION,)), pending("snap-2")], None, id="it is known already"),
    ],
)
@pytest.mark.parametrize("refused", [False, True])
def test_a_copy_in_progress_says_that_snapshots_wait(
    in_progress: list[Snapshot], marked: tuple[str, str] | None, refused: bool
) -> None:
    destinations = {ELSEWHERE: plan.Destination((), int(refused), in_progress=tuple(in_progress))}
    decisions = plan.plan_copies([primary("snap-a", "vol-a")], destinations, NOW)
    marks = plan.plan_marks(outcomes(decisions, refused), destinations)
    expected = [CreateTags(marked[0], ELSEWHERE, (("Copies_Wait", marked[1]),))] if marked else []
    assert [mark.call for mark in marks] == expected
    assert all(mark.reason.code == Code.SNAPSHOTS_WAIT for mark in marks)


def test_a_copy_that_starts_with_the_tag_needs_no_second_call() -> None:
    destinations = {ELSEWHERE: plan.Destination((), 1, in_progress=(pending("snap-1"),))}
    decisions = plan.plan_copies([primary("snap-a", "vol-a"), primary("snap-b", "vol-b")], destinations, NOW)
    assert plan.plan_marks(outcomes(decisions), destinations) == []
