"""The copies of a report: which ought to exist, and what became of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import plan
from chalicelib.models import Policy, Snapshot, State
from chalicelib.report.model import CopyReport, CopyState, Mark, RegionView
from chalicelib.wording import cause_text

# A copy starts when its snapshot completes; for this long after the snapshot began, nobody has to worry.
PATIENCE = timedelta(hours=2)
# A full destination is no failure, but a copy that has waited for longer than this is missing.
LONGEST_WAIT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A copy that ought to exist, and what became of it; ``copy`` is the one that says so, if there is one."""

    primary: Snapshot
    destination: str
    state: CopyState
    reason: str
    copy: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one Region's snapshots, found by source volume and destination, oldest first.

    ``places`` is where copies of a volume are, or ought to be.
    """

    wanted: Mapping[tuple[str, str], Sequence[Wanted]]
    existing: Mapping[tuple[str, str], Sequence[Snapshot]]
    places: Mapping[str, Set[str]]
    unreadable: Mapping[str, str]


def find_copies(view: RegionView, now: datetime) -> Copies:
    """Return the copies of a Region's snapshots, those that are missing included."""
    existing: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for name, destination in sorted(view.destinations.items()):
        for copy in sorted(destination.copies, key=lambda each: (each.started, each.id)):
            if copy.managed and copy.source_volume_id and copy.primary_region == view.region:
                existing[copy.source_volume_id, name].append(copy)
    wanted = _wanted(view, now)
    places: dict[str, set[str]] = defaultdict(set)
    for volume_id, name in (*wanted, *existing):
        places[volume_id].add(name)
    return Copies(
        wanted=wanted,
        existing=existing,
        places=places,
        unreadable={name: each.unreadable for name, each in view.destinations.items() if each.unreadable},
    )


def _wanted(view: RegionView, now: datetime) -> Mapping[tuple[str, str], Sequence[Wanted]]:
    primaries = {each.id: each for each in view.snapshots.snapshots}
    wanted: dict[tuple[str, str], list[Wanted]] = defaultdict(list)
    for name, ids in plan.destinations_to_look_in(view.snapshots.snapshots, now.date()).items():
        found = view.destinations.get(name, plan.Destination(unreadable="nobody looked"))
        of: dict[str | None, list[Snapshot]] = defaultdict(list)
        for copy in found.copies:
            if copy.managed and copy.primary_region == view.region:
                of[copy.primary_id].append(copy)
        for primary in sorted((primaries[id] for id in ids), key=lambda each: (each.started, each.id)):
            wanted[primary.volume_id, name].append(_state(primary, name, found, of[primary.id], now))
    return wanted


def _state(primary: Snapshot, name: str, found: plan.Destination, copies: Iterable[Snapshot], now: datetime) -> Wanted:
    ordered = sorted(copies, key=lambda each: (each.state != State.COMPLETED, each.state == State.ERROR, -each.tries))
    age = now - primary.started
    if found.unreadable:
        return Wanted(primary, name, CopyState.UNREADABLE, f"{name} cannot be read: {found.unreadable}")
    if ordered:
        return _of_existing(primary, name, ordered[0])
    if age < PATIENCE:
        return Wanted(primary, name, CopyState.PENDING, "its snapshot is new")
    if found.free_slots is not None and found.free_slots <= 0 and age < LONGEST_WAIT:
        return Wanted(primary, name, CopyState.DEFERRED, f"no free slot in {name}")
    return Wanted(primary, name, CopyState.MISSING, f"no copy of {primary.id} in {name}")


def _of_existing(primary: Snapshot, name: str, copy: Snapshot) -> Wanted:
    if copy.state == State.COMPLETED:
        return Wanted(primary, name, CopyState.COMPLETED, f"{copy.id} completed", copy)
    if copy.state != State.ERROR:
        return Wanted(primary, name, CopyState.PENDING, f"{copy.id} is {copy.state}", copy)
    given_up = "given up" if copy.tries >= plan.MAX_TRIES else "to be tried again"
    reason = f"the copy of {primary.id} failed at try {copy.tries}, {given_up}: {cause_text(copy)}"
    return Wanted(primary, name, CopyState.FAILED, reason, copy)


def report_copies(volume_id: str, policy: Policy | None, copies: Copies, now: datetime) -> tuple[CopyReport, ...]:
    """Return one report for each destination that a volume has copies in, or ought to have."""
    named = policy.destinations if policy and policy.enabled else ()
    names = sorted(copies.places.get(volume_id, set()) | set(named))
    return tuple(_report_one(volume_id, name, name in named, copies, now) for name in names)


def _report_one(volume_id: str, name: str, named: bool, copies: Copies, now: datetime) -> CopyReport:
    wanted = copies.wanted.get((volume_id, name), ())
    existing = copies.existing.get((volume_id, name), ())
    newest = plan.newest_completed(existing)
    count = {state: sum(each.state == state for each in wanted) for state in CopyState}
    unreadable = copies.unreadable.get(name, "")
    return CopyReport(
        region=name,
        wanted=named,
        good=not (unreadable or count[CopyState.MISSING] or count[CopyState.FAILED]),
        reason=f"{name} cannot be read: {unreadable}" if unreadable else _reason(wanted, newest, named),
        newest_id=newest.id if newest else "",
        newest_at=newest.started if newest else None,
        newest_age=hours(now - newest.started) if newest else None,
        pending=count[CopyState.PENDING],
        deferred=count[CopyState.DEFERRED],
        missing=count[CopyState.MISSING],
        failed=count[CopyState.FAILED],
        marks=marks(existing),
    )


def _reason(wanted: Sequence[Wanted], newest: Snapshot | None, named: bool) -> str:
    """Return the worst there is to say, or else what the newest copy is."""
    for state in (CopyState.FAILED, CopyState.MISSING, CopyState.DEFERRED):
        those = [each for each in wanted if each.state == state]
        if those:
            more = f", and {len(those) - 1} more" if len(those) > 1 else ""
            return f"{those[-1].reason}{more}"
    if newest:
        return f"{newest.id} is its newest copy" + ("" if named else "; its tags no longer ask for copies there")
    if wanted:
        return f"its first copy is on its way: {wanted[-1].reason}"
    return "no snapshot has asked for it yet: the next one does"


def marks(snapshots: Iterable[Snapshot]) -> tuple[Mark, ...]:
    """Return snapshots as a timeline shows them, oldest first."""
    return tuple(sorted(Mark(each.started, each.id, each.state, each.delete_on, each.protected) for each in snapshots))


def hours(age: timedelta) -> float:
    """Return an age in hours, to a tenth."""
    return round(age / timedelta(hours=1), 1)
