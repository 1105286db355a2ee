"""The copies of a report: which are expected, and the state of each. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import plan
from chalicelib.models import Policy, Snapshot, State
from chalicelib.plan.destinations import copies_by_primary
from chalicelib.report.model import CopyReport, CopyState, Mark, RegionView
from chalicelib.wording import cause_text

# A copy starts when its snapshot completes: a copy of a snapshot younger than this is not missing yet.
MAX_START_DELAY = timedelta(hours=2)
# A full destination is no failure, but a copy that is deferred for longer than this is missing.
MAX_DEFERRAL = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ExpectedCopy:
    """A copy that should exist, and its state; ``copy`` is the snapshot that the state is about, None if missing."""

    primary: Snapshot
    destination: str
    state: CopyState
    reason: str
    copy: Snapshot | None = None


@dataclass(frozen=True, slots=True)
class Copies:
    """The copies of one Region's snapshots by source volume and destination, the oldest data first.

    ``regions`` are the destinations in which copies of a volume exist or are expected.
    """

    expected: Mapping[tuple[str, str], Sequence[ExpectedCopy]]
    existing: Mapping[tuple[str, str], Sequence[Snapshot]]
    regions: Mapping[str, Set[str]]
    unreadable: Mapping[str, str]

    def of_volume(self, volume_id: str) -> list[Sequence[Snapshot]]:
        """Return the existing copies of a volume, for each Region that has any."""
        regions = sorted(self.regions.get(volume_id, ()))
        return [self.existing[volume_id, region] for region in regions if (volume_id, region) in self.existing]


def find_copies(view: RegionView, now: datetime) -> Copies:
    """Return the copies of a Region's snapshots, those that are missing included."""
    existing: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for name, destination in sorted(view.destinations.items()):
        for copy in sorted(destination.copies, key=plan.by_age_of_data):
            if copy.managed and copy.source_volume_id and copy.primary_region == view.region:
                existing[copy.source_volume_id, name].append(copy)
    expected = _expected(view, now)
    regions: dict[str, set[str]] = defaultdict(set)
    for volume_id, name in (*expected, *existing):
        regions[volume_id].add(name)
    return Copies(
        expected=expected,
        existing=existing,
        regions=regions,
        unreadable={name: known.unreadable for name, known in view.destinations.items() if known.unreadable},
    )


def _expected(view: RegionView, now: datetime) -> Mapping[tuple[str, str], Sequence[ExpectedCopy]]:
    primaries = {snapshot.id: snapshot for snapshot in view.snapshots.snapshots}
    expected: dict[tuple[str, str], list[ExpectedCopy]] = defaultdict(list)
    for name, ids in plan.destinations_to_look_in(view.snapshots.snapshots, now.date()).items():
        destination = view.destinations.get(name, plan.Destination(unreadable="it was not read"))
        by_primary = copies_by_primary(destination.copies)
        for primary in sorted((primaries[id] for id in ids), key=lambda primary: (primary.started, primary.id)):
            copies = by_primary.get((primary.id, view.region), ())
            expected[primary.volume_id, name].append(_expected_copy(primary, name, destination, copies, now))
    return expected


def _expected_copy(
    primary: Snapshot, name: str, destination: plan.Destination, copies: Iterable[Snapshot], now: datetime
) -> ExpectedCopy:
    best_first = sorted(
        copies, key=lambda copy: (copy.state != State.COMPLETED, copy.state == State.ERROR, -copy.tries)
    )
    age = now - primary.started
    if destination.unreadable:
        return ExpectedCopy(primary, name, CopyState.UNREADABLE, f"{name} cannot be read: {destination.unreadable}")
    if best_first:
        return _existing_copy(primary, name, best_first[0])
    if age < MAX_START_DELAY:
        return ExpectedCopy(primary, name, CopyState.PENDING, f"{primary.id} is new")
    if destination.free_slots is not None and destination.free_slots <= 0 and age < MAX_DEFERRAL:
        return ExpectedCopy(primary, name, CopyState.DEFERRED, f"no free slot in {name}")
    return ExpectedCopy(primary, name, CopyState.MISSING, f"no copy of {primary.id} in {name}")


def _existing_copy(primary: Snapshot, name: str, copy: Snapshot) -> ExpectedCopy:
    if copy.state == State.COMPLETED:
        return ExpectedCopy(primary, name, CopyState.COMPLETED, f"{copy.id} completed", copy)
    if copy.state != State.ERROR:
        return ExpectedCopy(primary, name, CopyState.PENDING, f"{copy.id} is {copy.state}", copy)
    reason = f"the copy of {primary.id} failed at try {copy.tries} and will be made again: {cause_text(copy)}"
    return ExpectedCopy(primary, name, CopyState.FAILED, reason, copy)


def report_copies(volume_id: str, policy: Policy | None, copies: Copies, now: datetime) -> tuple[CopyReport, ...]:
    """Return one report for each destination in which copies of a volume exist or are expected."""
    wanted = policy.destinations if policy else ()
    names = sorted(copies.regions.get(volume_id, set()) | set(wanted))
    return tuple(_report_destination(volume_id, name, name in wanted, copies, now) for name in names)


def _report_destination(volume_id: str, name: str, wanted: bool, copies: Copies, now: datetime) -> CopyReport:
    expected = copies.expected.get((volume_id, name), ())
    existing = copies.existing.get((volume_id, name), ())
    newest = plan.newest_completed(existing)
    count = {state: sum(copy.state == state for copy in expected) for state in CopyState}
    unreadable = copies.unreadable.get(name, "")
    return CopyReport(
        region=name,
        wanted=wanted,
        good=not (unreadable or count[CopyState.MISSING] or count[CopyState.FAILED]),
        reason=f"{name} cannot be read: {unreadable}" if unreadable else _reason(expected, newest, wanted),
        newest_id=newest.id if newest else "",
        newest_at=newest.taken if newest else None,
        newest_age=hours(now - newest.taken) if newest else None,
        pending=count[CopyState.PENDING],
        deferred=count[CopyState.DEFERRED],
        missing=count[CopyState.MISSING],
        failed=count[CopyState.FAILED],
        marks=marks(existing),
    )


def _reason(expected: Sequence[ExpectedCopy], newest: Snapshot | None, wanted: bool) -> str:
    """Return the worst state of the copies, or else which the newest one is."""
    for state in (CopyState.FAILED, CopyState.MISSING, CopyState.DEFERRED):
        in_state = [copy for copy in expected if copy.state == state]
        if in_state:
            more = f", and {len(in_state) - 1} more" if len(in_state) > 1 else ""
            return f"{in_state[-1].reason}{more}"
    if newest:
        return f"{newest.id} is the newest copy" + ("" if wanted else "; the tags no longer ask for copies there")
    if expected:
        return f"no completed copy yet: {expected[-1].reason}"
    return "no snapshot asks for a copy there yet; the next snapshot will"


def marks(snapshots: Iterable[Snapshot]) -> tuple[Mark, ...]:
    """Return snapshots as a timeline shows them, oldest first."""
    return tuple(
        sorted(
            Mark(snapshot.taken, snapshot.id, snapshot.state, snapshot.delete_on, snapshot.protected)
            for snapshot in snapshots
        )
    )


def hours(age: timedelta) -> float:
    """Return an age in hours, to a tenth."""
    return round(age / timedelta(hours=1), 1)
