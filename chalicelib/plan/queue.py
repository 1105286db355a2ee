"""The queue of copies that wait for a slot of a destination: computed from what exists, never stored. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeAlias

from chalicelib import tags
from chalicelib.models import (
    Code,
    CopySnapshot,
    CreateTags,
    Decision,
    Kind,
    Outcome,
    Result,
    Snapshot,
    State,
    Target,
    because,
)
from chalicelib.plan.destinations import Destination
from chalicelib.plan.history import NEVER
from chalicelib.plan.targets import of_snapshot

# How long a snapshot that was completed belongs to ``copy_on_completion``, and the slot of an ended copy to the run of
# its event; and how late an event may be and still have a place of its own.
RECENT, LATE = timedelta(minutes=2), timedelta(minutes=15)
# A run looks for what waits among the snapshots that were begun since its own copy was, and at least for so long.
NARROW, BEFORE_ITS_START = timedelta(hours=2), timedelta(hours=1)
# Of a copy in progress: its id, the Regions that it names as waiting, and how many tags it has.
Marked: TypeAlias = tuple[str, tuple[str, ...], int]


@dataclass(frozen=True, slots=True)
class Share:
    """Which copies of the queue a run starts: ``count`` of them, from ``place`` on."""

    place: int
    count: int


NOTHING = Share(0, 0)


def share(ended: str, copies: Iterable[Snapshot], free_slots: int, now: datetime, *, fill: bool = False) -> Share:
    """Return which copies of the queue the run for one ended copy starts, without knowing of runs at the same time.

    ``copies`` are those of the destination, whoever started them. Each ended copy has one place in the queue until
    EC2 shows the copy that its run started. So runs that read the same, or that see only some of each other's copies,
    start different ones. Those whose event is late come after the others, and those that failed come last, because they
    have no time of completion.

    With ``fill``, a run that is alone also takes one slot that no other run has filled, for example because its event
    was lost. Only one: if COPY_SLOTS is higher than the quota, there are fewer free slots than it seems.
    """
    listed = list(copies)
    succeeded = {copy.after for copy in listed if copy.after}
    if free_slots <= 0 or ended in succeeded:
        return NOTHING
    unfilled = sorted((copy.completed, copy.id) for copy in listed if copy.completed and copy.id not in succeeded)
    recent = [id for completed, id in unfilled if completed > now - RECENT][-free_slots:]
    if recent == [ended]:
        return Share(0, min(free_slots, 2 if fill else 1))
    late = [id for completed, id in unfilled if now - LATE < completed <= now - RECENT]
    failed = sorted(copy.id for copy in listed if copy.state == State.ERROR and copy.id not in succeeded)
    queue = [*recent, *late, *failed]
    place = queue.index(ended) if ended in queue else len(recent)
    return Share(place, 1) if place < free_slots else NOTHING


def narrow_start(now: datetime, copy_started: datetime | None) -> datetime:
    """Return since when a run looks for what waits, if no copy says that more waits."""
    return min(now - NARROW, (copy_started or now) - BEFORE_ITS_START)


def sources(copies: Iterable[Snapshot]) -> set[str]:
    """Return the Regions that copies came from, and those whose snapshots wait, as the tags of copies say."""
    ours = [copy for copy in copies if copy.managed and copy.is_copy]
    return {copy.primary_region for copy in ours if copy.primary_region} | {
        region for copy in ours for region in copy.waiting_regions
    }


@dataclass(frozen=True, slots=True)
class Candidate:
    """A decision about a snapshot, and the snapshot."""

    decision: Decision
    snapshot: Snapshot


def within_free_slots(
    candidates: Sequence[Candidate], destinations: Mapping[str, Destination], now: datetime
) -> list[Decision]:
    """Return the decisions: the copies that start, in the order of the queue, and all others.

    Copies for which this run has no slot are deferred. Those that start say in a tag whose snapshots still wait.
    """
    started: list[tuple[int, str, Decision]] = []
    others: dict[int, Decision] = {place: candidate.decision for place, candidate in enumerate(candidates)}
    for name, destination in destinations.items():
        waiting = [place for place, candidate in enumerate(candidates) if _starts(candidate, name)]
        queue = _in_order(waiting, candidates, destination, now)
        first, count = destination.place or 0, destination.free_slots
        taken = queue if count is None else queue[first : first + max(count, 0)]
        left = {candidates[place].snapshot.region for place in set(waiting).difference(taken)}
        started += [(order, name, _started(others.pop(place), left)) for order, place in enumerate(taken)]
        others |= {place: _deferred(others[place], name) for place in waiting if place in others}
    in_order = sorted(started, key=lambda item: item[:2])
    return [decision for _, _, decision in in_order] + [others[place] for place in sorted(others)]


def _starts(candidate: Candidate, destination: str) -> bool:
    call = candidate.decision.call
    return isinstance(call, CopySnapshot) and call.destination == destination


def _started(decision: Decision, left: set[str]) -> Decision:
    if not left or not isinstance(decision.call, CopySnapshot):
        return decision
    marked = tags.with_waiting(decision.call.tags, left)
    return replace(decision, call=replace(decision.call, tags=marked))


def _deferred(decision: Decision, destination: str) -> Decision:
    reason = because(Code.NO_FREE_SLOT, destination=destination)
    return replace(decision, reason=reason, call=None, result=Result.DEFERRED)


def _in_order(
    waiting: Sequence[int], candidates: Sequence[Candidate], destination: Destination, now: datetime
) -> list[int]:
    """Sort: the newest snapshot of each volume before the second newest of any, then who has waited longest.

    What was completed just now comes last, because ``copy_on_completion`` copies it. A run that has a place in the
    queue leaves it alone if anything else waits.
    """
    ranks = _ranks(candidates)
    copied = _newest_copies(destination.copies, now)

    def key(place: int) -> tuple[int, datetime, datetime, str, str]:
        snapshot = candidates[place].snapshot
        last = copied.get((snapshot.region, snapshot.volume_id), NEVER)
        return ranks[snapshot.region, snapshot.id], last, snapshot.started, snapshot.region, snapshot.id

    recent = {place for place in waiting if now - (candidates[place].snapshot.completed or NEVER) < RECENT}
    settled = sorted(set(waiting) - recent, key=key)
    if destination.place is not None and settled:
        return settled
    return settled + sorted(recent, key=key)


def _ranks(candidates: Iterable[Candidate]) -> dict[tuple[str, str], int]:
    """Return for each snapshot how many newer ones of its volume there are."""
    snapshots = {(candidate.snapshot.region, candidate.snapshot.id): candidate.snapshot for candidate in candidates}
    newest_first = sorted(snapshots.values(), key=lambda snapshot: (snapshot.started, snapshot.id), reverse=True)
    newer: dict[tuple[str, str], int] = defaultdict(int)
    ranks = {}
    for snapshot in filter(lambda snapshot: snapshot.is_backup, newest_first):
        ranks[snapshot.region, snapshot.id] = newer[snapshot.region, snapshot.volume_id]
        newer[snapshot.region, snapshot.volume_id] += 1
    return ranks


def _newest_copies(copies: Iterable[Snapshot], now: datetime) -> dict[tuple[str, str], datetime]:
    """Return by Region and volume how new the data of its newest copy is.

    Copies that were begun just now do not count: some runs see them and others do not.
    """
    newest: dict[tuple[str, str], datetime] = {}
    for copy in copies:
        if copy.managed and copy.state != State.ERROR and now - copy.started >= RECENT:
            lineage = (copy.primary_region or "", copy.source_volume_id or "")
            newest[lineage] = max(newest.get(lineage, NEVER), copy.taken)
    return newest


def after(decisions: Iterable[Decision], ended: str) -> list[Decision]:
    """Return decisions whose copies say in a tag after the end of which copy they were started."""
    return [
        replace(decision, call=replace(decision.call, tags=tags.with_predecessor(decision.call.tags, ended)))
        if isinstance(decision.call, CopySnapshot)
        else decision
        for decision in decisions
    ]


def plan_marks(outcomes: Iterable[Outcome], destinations: Mapping[str, Destination]) -> list[Decision]:
    """Return the tags that tell a full destination in which Regions snapshots wait for it.

    One copy in progress with the tag is enough: whichever copy ends next, its run reads those in progress.
    """
    waiting: dict[str, set[str]] = defaultdict(set)
    started: dict[str, list[Marked]] = defaultdict(list)
    for outcome in outcomes:
        target, call = outcome.decision.targets[0], outcome.decision.call
        if outcome.result == Result.DEFERRED and target.destination in destinations:
            waiting[target.destination].add(target.region)
        elif isinstance(call, CopySnapshot):
            started[call.destination] += [
                (id, tags.waiting_regions(call.tags), len(call.tags)) for id in outcome.created
            ]
    decisions = []
    for name, regions in sorted(waiting.items()):
        ours = [copy for copy in destinations[name].in_progress if copy.managed and copy.is_copy]
        in_progress = [(copy.id, copy.waiting_regions, len(copy.tags)) for copy in ours]
        decisions += _mark(name, regions, [*started[name], *in_progress])
    return decisions


def plan_clearing(in_progress: Iterable[Snapshot]) -> list[Decision]:
    """Return the tags that tell a destination that no snapshots wait any more."""
    reason, nobody = because(Code.NOTHING_WAITS), (tags.waiting_tag(()),)
    return [
        Decision(of_snapshot(copy), reason, CreateTags(copy.id, copy.region, nobody))
        for copy in in_progress
        if copy.managed and copy.is_copy and copy.waiting_regions
    ]


def _mark(destination: str, regions: set[str], copies: Sequence[Marked]) -> list[Decision]:
    if regions.issubset(region for _, named, _ in copies for region in named):
        return []
    with_room = [(id, named) for id, named, count in copies if named or count < tags.MAX_TAGS]
    if not with_room:
        return []
    id, named = with_room[-1]
    reason = because(Code.SNAPSHOTS_WAIT, regions=tuple(sorted(regions)))
    call = CreateTags(id, destination, (tags.waiting_tag({*regions, *named}),))
    return [Decision((Target(Kind.SNAPSHOT, id, destination),), reason, call)]
