"""All small worlds that the copier can meet: two snapshots, up to two copies of each, and a number of free slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import combinations_with_replacement, product

from chalicelib import plan
from chalicelib.models import CopySnapshot, Decision, DeleteSnapshot, Snapshot, State
from tests.exhaustive.worlds import TODAY, VOLUMES, Thing, as_snapshot, taken
from tests.pure.builders import ELSEWHERE, NOW, REGION

LATER = TODAY.replace(year=2027)
COPY_KINDS = {
    "completed": {},
    "completed, protected": {"protected": True},
    "completed, expires later": {"delete_on": LATER.replace(year=2028)},
    "completed, by its tags only": {"description": "somebody else's", "promised": None},
    "completed last": {"completed": NOW - timedelta(minutes=1)},
    "pending": {"state": State.PENDING},
    "failed just now": {"state": State.ERROR},
    "failed yesterday": {"state": State.ERROR, "started": NOW - timedelta(days=2), "tries": 3},
}
SLOTS = (None, 0, 1, 2)
MAX_RUNS = 40


def copying(large: bool) -> Iterator[list[str]]:
    """Yield what is wrong in each world."""
    most = 3 if large else 2
    chosen = [kinds for count in range(most + 1) for kinds in combinations_with_replacement(COPY_KINDS, count)]
    primaries = [
        as_snapshot(Thing(f"snap-{n}", VOLUMES[n], n, "C", LATER, LATER, copies_expire=LATER, started=taken(n)))
        for n in range(2)
    ]
    for (first, second), slots in product(combinations_with_replacement(chosen, 2), SLOTS):
        copies = [*_copies(primaries[0], first), *_copies(primaries[1], second)]
        yield _judge(primaries, copies, slots)


def _copies(primary: Snapshot, kinds: Sequence[str]) -> list[Snapshot]:
    return [
        replace(_copy(primary, f"{primary.id}-c{n}"), **COPY_KINDS[kind])  # type: ignore[arg-type]
        for n, kind in enumerate(kinds)
    ]


def _copy(primary: Snapshot, id: str) -> Snapshot:
    return Snapshot(
        id, ELSEWHERE, "vol-ffffffff", State.COMPLETED, NOW - timedelta(minutes=30), managed=True, delete_on=LATER,
        instance_id="i-0a", source_volume_id=primary.volume_id, primary_id=primary.id, primary_region=REGION,
        description=f"copy of {primary.id}", promised=LATER,
    )  # fmt: skip


def _plan(primaries: Sequence[Snapshot], copies: Sequence[Snapshot], slots: int | None, hours: int) -> list[Decision]:
    destination = {ELSEWHERE: plan.Destination(tuple(copies), slots)}
    return plan.plan_copies(primaries, destination, NOW + timedelta(hours=hours))


def _calls(decisions: Sequence[Decision]) -> tuple[list[str], set[str]]:
    """Return the snapshots that are copied, and the copies that are deleted."""
    started = [decision.call.snapshot_id for decision in decisions if isinstance(decision.call, CopySnapshot)]
    gone = {decision.call.snapshot_id for decision in decisions if isinstance(decision.call, DeleteSnapshot)}
    return started, gone


def _judge(primaries: Sequence[Snapshot], copies: list[Snapshot], slots: int | None) -> list[str]:
    started, gone = _calls(_plan(primaries, copies, slots, 0))
    wrong = []
    if _calls(_plan(primaries[::-1], copies[::-1], slots, 0)) != (started, gone):
        wrong.append("another order of the input gives another plan")
    if len(started) != len(set(started)):
        wrong.append("one snapshot is copied twice")
    if slots is not None and len(started) > slots:
        wrong.append(f"{len(started)} copies for {slots} free slots")
    living = {copy.primary_id for copy in copies if copy.state != State.ERROR}
    wrong += [f"{id} has a copy already" for id in started if id in living]
    wrong += _wrongly_deleted(copies, gone)
    after = _after(primaries, copies, started, gone, "first")
    return wrong + _planned_again(primaries, after, slots, len(started)) + _in_the_end(primaries, after)


def _planned_again(
    primaries: Sequence[Snapshot], copies: list[Snapshot], slots: int | None, taken_slots: int
) -> list[str]:
    """A second run starts nothing. It may delete failed copies that have a successor now; a third run does nothing."""
    free = None if slots is None else slots - taken_slots
    started, gone = _calls(_plan(primaries, copies, free, 0))
    if started:
        return ["planned again after it was applied, it copies more"]
    if any(copy.state != State.ERROR for copy in copies if copy.id in gone):
        return ["planned again after it was applied, it deletes more than failed copies"]
    left = [copy for copy in copies if copy.id not in gone]
    return ["planned a third time, it asks for more"] if any(_calls(_plan(primaries, left, free, 0))) else []


def _wrongly_deleted(copies: Sequence[Snapshot], gone: set[str]) -> list[str]:
    wrong = []
    for copy in copies:
        others = [other for other in copies if other.primary_id == copy.primary_id and other.id not in gone]
        if copy.id not in gone:
            continue
        if copy.protected or copy.state == State.PENDING:
            wrong.append(f"{copy.id} is protected or pending, and gone")
        if copy.state == State.COMPLETED and not any(other.description == copy.description for other in others):
            wrong.append(f"{copy.id} is a second copy by its tags only, and gone")
        if copy.state == State.COMPLETED and _completed_last(copy, others):
            wrong.append(f"{copy.id} was completed last, and is gone: the next copy is a full one")
        if copy.state == State.COMPLETED and not any(
            other.state == State.COMPLETED
            and (other.protected or (other.delete_on or LATER) >= (copy.delete_on or LATER))
            for other in others
        ):
            wrong.append(f"{copy.id} was the copy that is kept the longest, and is gone")
    return wrong


def _completed_last(copy: Snapshot, others: Sequence[Snapshot]) -> bool:
    return not any(
        other.state == State.COMPLETED
        and (other.completed or other.started, other.id) > (copy.completed or copy.started, copy.id)
        for other in others
    )


def _after(
    primaries: Sequence[Snapshot], copies: Sequence[Snapshot], started: Sequence[str], gone: set[str], name: str
) -> list[Snapshot]:
    by_id = {primary.id: primary for primary in primaries}
    new = [
        replace(_copy(by_id[id], f"{id}-{name}"), state=State.PENDING, started=NOW + timedelta(seconds=1))
        for id in started
    ]
    return [*(copy for copy in copies if copy.id not in gone), *new]


def _in_the_end(primaries: Sequence[Snapshot], copies: list[Snapshot]) -> list[str]:
    """With enough runs, one free slot at each, every snapshot has a completed copy."""
    for run in range(1, MAX_RUNS):
        copies = [replace(copy, state=State.COMPLETED) if copy.state == State.PENDING else copy for copy in copies]
        started, gone = _calls(_plan(primaries, copies, 1, run))
        copies = _after(primaries, copies, started, gone, f"run{run}")
        complete = {copy.primary_id for copy in copies if copy.state == State.COMPLETED}
        if not started and not gone and complete >= {primary.id for primary in primaries}:
            return []
    return ["after many runs a snapshot still has no copy, or the plan never ends"]
