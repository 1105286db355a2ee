"""Copies: which are missing, which are surplus, and which tags they lack. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib import tags
from chalicelib.models import Code, CopySnapshot, Decision, DeleteSnapshot, Reason, Result, Snapshot, State, because
from chalicelib.plan.destinations import Destination, copies_by_primary, not_to_copy, unreadable
from chalicelib.plan.protection import propagate
from chalicelib.plan.queue import Candidate, within_free_slots
from chalicelib.plan.targets import of_snapshot

# How long after the start of a failed copy the next try starts, by its number of tries; daily after that.
RETRY_AFTER = {1: timedelta(hours=1), 2: timedelta(hours=4)}
RETRY_DAILY = timedelta(days=1)
# The number of the try is in a tag of the copy, with at most three digits.
MAX_TRIES_COUNTED = 999


def plan_copies(
    snapshots: Iterable[Snapshot],
    destinations: Mapping[str, Destination],
    now: datetime,
    *,
    report_lasting: bool = False,
    just_failed: str = "",
) -> list[Decision]:
    """Decide for every snapshot what to do in each of its destinations that was read.

    Missing copies are created while there are free slots, in the order of the queue: see ``queue``. A failed copy is
    tried again after one hour, then after four, then daily, as long as its primary exists. Until the next try it is
    reported as a failure if its id is ``just_failed`` or ``report_lasting`` is set. Of two copies the one that was
    completed last is kept, because the next copy of the volume is incremental to it; the other is kept too if it is
    protected or has a later expiry. Protection and a later expiry are propagated to existing copies.
    """
    reporting = _Reporting(now, report_lasting, just_failed)
    candidates: list[Candidate] = []
    by_primary = {name: copies_by_primary(destination.copies) for name, destination in destinations.items()}
    for snapshot in sorted(snapshots, key=lambda snapshot: (snapshot.started, snapshot.id), reverse=True):
        if reason := not_to_copy(snapshot, now.date()):
            candidates.append(Candidate(Decision(of_snapshot(snapshot), reason), snapshot))
            continue
        for name in snapshot.destinations:
            if name in destinations and destinations[name].unreadable:
                candidates.append(Candidate(unreadable(snapshot, name, destinations[name]), snapshot))
            elif name in destinations:
                copies = by_primary[name].get((snapshot.id, snapshot.region), [])
                decisions = _plan_one(snapshot, name, copies, reporting)
                candidates += [Candidate(decision, snapshot) for decision in decisions]
    return within_free_slots(candidates, destinations, now)


@dataclass(frozen=True, slots=True)
class _Reporting:
    """The present time, and which lasting failures this run reports."""

    now: datetime
    lasting: bool
    just_failed: str


def _plan_one(
    snapshot: Snapshot, destination: str, copies: Sequence[Snapshot], reporting: _Reporting
) -> list[Decision]:
    """Decide on the copies of one snapshot in one destination; ``copies`` are sorted, the oldest first."""
    targets = of_snapshot(snapshot, destination)
    living = [copy for copy in copies if copy.state != State.ERROR]
    failed = [copy for copy in copies if copy.state == State.ERROR]
    if living:
        keeper = max(living, key=_worth)
        decisions = [Decision(targets, because(Code.COPIED, copy=keeper.id))]
        for copy in copies:
            surplus = _plan_surplus(copy, keeper) if copy is not keeper else []
            stays = copy in living and not any(decision.call for decision in surplus)
            decisions += surplus + (propagate(snapshot, copy, reporting.lasting) if stays else [])
        return decisions
    if not failed:
        reason = because(Code.COPY_MISSING, destination=destination)
        return [Decision(targets, reason, _copy(snapshot, destination, 1))]
    return _plan_again(snapshot, destination, failed, reporting)


def _worth(copy: Snapshot) -> tuple[bool, bool, datetime, datetime, str]:
    """Sort the copy that is kept behind the others of the same snapshot.

    EC2 makes the next copy incremental to the one that was completed last, unless that is archived.
    https://docs.aws.amazon.com/ebs/latest/userguide/ebs-copy-snapshot.html
    """
    return copy.is_backup, copy.state == State.COMPLETED, copy.completed or copy.started, copy.started, copy.id


def _plan_surplus(copy: Snapshot, keeper: Snapshot) -> list[Decision]:
    """Delete a copy that another one replaces, under the rules of the sweep.

    A failed copy is deleted even while the other one is pending: the other one has the number of tries. A copy with a
    later expiry is kept: somebody may have extended it on purpose. A copy whose description differs is kept: its tags
    alone do not prove that it is a copy of the same snapshot.
    """
    if copy.protected:
        reason = because(Code.KEEP_FOREVER)
    elif copy.state not in (State.COMPLETED, State.ERROR):
        reason = because(Code.STATE, state=copy.state)
    elif copy.state == State.COMPLETED and not _is_same_by_description(copy, keeper):
        reason = because(Code.COPY_UNPROVEN, copy=keeper.id)
    elif copy.state == State.COMPLETED and _outlasts(copy, keeper):
        reason = because(Code.COPY_OUTLASTS, copy=keeper.id)
    else:
        reason = because(Code.COPY_REPLACED, copy=keeper.id)
        return [Decision(of_snapshot(copy), reason, DeleteSnapshot(copy.id, copy.region))]
    return [Decision(of_snapshot(copy), reason)]


def _is_same_by_description(copy: Snapshot, keeper: Snapshot) -> bool:
    """Return whether both have the same description with a date: EC2 lets nobody change one."""
    return copy.promised is not None and copy.description == keeper.description


def _outlasts(copy: Snapshot, keeper: Snapshot) -> bool:
    """Return whether a copy has a later expiry than another; without a valid DeleteOn it never expires."""
    if keeper.protected or keeper.delete_on is None:
        return False
    return copy.delete_on is None or copy.delete_on > keeper.delete_on


def _plan_again(
    snapshot: Snapshot, destination: str, failed: Sequence[Snapshot], reporting: _Reporting
) -> list[Decision]:
    """Create the last failed copy again when its time has come; delete the copies that failed before it."""
    last = max(failed, key=lambda copy: (copy.tries, copy.started, copy.id))
    surplus = [decision for copy in failed if copy is not last for decision in _plan_surplus(copy, last)]
    due = last.started + RETRY_AFTER.get(last.tries, RETRY_DAILY)
    if reporting.now < due:
        reported = reporting.lasting or last.id == reporting.just_failed
        next = f"{due:%Y-%m-%dT%H:%MZ}"
        reason = _failure(Code.COPY_WAITS, snapshot, destination, last, tries=last.tries, next=next)
        result = Result.FAILED if reported else Result.KEPT
        return [Decision(of_snapshot(snapshot, destination), reason, result=result), *surplus]
    tries = min(last.tries + 1, MAX_TRIES_COUNTED)
    again = _failure(Code.COPY_AGAIN, snapshot, destination, last, tries=tries)
    call = _copy(snapshot, destination, tries)
    return [Decision(of_snapshot(snapshot, destination), again, call), *surplus]


def _failure(code: Code, snapshot: Snapshot, destination: str, copy: Snapshot, *, tries: int, next: str = "") -> Reason:
    return because(
        code,
        copy=copy.id,
        snapshot=snapshot.id,
        destination=destination,
        key=snapshot.copy_kms_key or "",
        tries=tries,
        cause=copy.state_message,
        next=next,
    )


def _copy(snapshot: Snapshot, destination: str, tries: int) -> CopySnapshot:
    return CopySnapshot(
        snapshot_id=snapshot.id,
        source_region=snapshot.region,
        destination=destination,
        description=tags.copy_description(snapshot),
        tags=tags.copy_tags(snapshot, tries),
        kms_key=snapshot.copy_kms_key,
    )
