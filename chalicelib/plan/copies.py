"""Copies: which are missing, which are surplus, and which tags they lack. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from chalicelib import tags
from chalicelib.models import Code, CopySnapshot, Decision, DeleteSnapshot, Reason, Result, Snapshot, State, because
from chalicelib.plan.destinations import Destination, copies_by_primary, not_to_copy, unreadable
from chalicelib.plan.protection import propagate
from chalicelib.plan.targets import of_snapshot

# The first try and three more; each copy says in a tag which it is.
MAX_TRIES = 4


def plan_copies(
    snapshots: Iterable[Snapshot],
    destinations: Mapping[str, Destination],
    today: date,
    *,
    report_lasting: bool = False,
) -> list[Decision]:
    """Decide for every snapshot, and each of its destinations that was looked in, what is to be done there.

    A missing copy is made, as far as there are free slots: the newest snapshot of each volume first, then the second
    newest of each. A copy that failed is reported and made again, up to ``MAX_TRIES``; ``report_lasting`` says
    whether one that is past that is a failure this time. Of two copies the older completed one is kept, and the other
    as well if it is protected or has a later expiry. Protection and a later expiry spread to the copies that exist.
    """
    decisions: list[Decision] = []
    by_primary = {name: copies_by_primary(destination.copies) for name, destination in destinations.items()}
    for snapshot in _newest_of_each_volume_first(snapshots):
        if reason := not_to_copy(snapshot, today):
            decisions.append(Decision(of_snapshot(snapshot), reason))
            continue
        for name in snapshot.destinations:
            if name in destinations and destinations[name].unreadable:
                decisions.append(unreadable(snapshot, name, destinations[name]))
            elif name in destinations:
                copies = by_primary[name].get((snapshot.id, snapshot.region), [])
                decisions += _plan_one(snapshot, name, copies, report_lasting)
    return _within_free_slots(decisions, destinations)


def _plan_one(snapshot: Snapshot, destination: str, copies: Sequence[Snapshot], report_lasting: bool) -> list[Decision]:
    """Decide on the copies of one snapshot in one destination, oldest first."""
    targets = of_snapshot(snapshot, destination)
    living = [copy for copy in copies if copy.state != State.ERROR]
    failed = [copy for copy in copies if copy.state == State.ERROR]
    if living:
        keeper = next((copy for copy in living if copy.state == State.COMPLETED), living[0])
        decisions = [Decision(targets, because(Code.COPIED, copy=keeper.id))]
        for copy in copies:
            surplus = _plan_surplus(copy, keeper) if copy is not keeper else []
            stays = copy in living and not any(decision.call for decision in surplus)
            decisions += surplus + (propagate(snapshot, copy, report_lasting) if stays else [])
        return decisions
    if not failed:
        reason = because(Code.COPY_MISSING, destination=destination)
        return [Decision(targets, reason, _copy(snapshot, destination, 1))]
    return _plan_again(snapshot, destination, failed, report_lasting)


def _plan_surplus(copy: Snapshot, keeper: Snapshot) -> list[Decision]:
    """Delete a copy that another replaces, under the rules of the sweep.

    A failed one goes even if the other is still pending: that one has the count of tries. One with a later expiry than
    the other stays: somebody may have wanted to keep just this one.
    """
    if copy.protected:
        reason = because(Code.KEEP_FOREVER)
    elif copy.state not in (State.COMPLETED, State.ERROR):
        reason = because(Code.STATE, state=copy.state)
    elif copy.state == State.COMPLETED and _outlasts(copy, keeper):
        reason = because(Code.COPY_OUTLASTS, copy=keeper.id)
    else:
        reason = because(Code.COPY_REPLACED, copy=keeper.id)
        return [Decision(of_snapshot(copy), reason, DeleteSnapshot(copy.id, copy.region))]
    return [Decision(of_snapshot(copy), reason)]


def _outlasts(copy: Snapshot, keeper: Snapshot) -> bool:
    """Return whether a copy has a later expiry than another; without a valid DeleteOn it never expires."""
    if keeper.protected or keeper.delete_on is None:
        return False
    return copy.delete_on is None or copy.delete_on > keeper.delete_on


def _plan_again(
    snapshot: Snapshot, destination: str, failed: Sequence[Snapshot], report_lasting: bool
) -> list[Decision]:
    """Report the last failed copy and ask for another; those that failed before it are deleted."""
    last = max(failed, key=lambda copy: copy.tries)
    surplus = [decision for copy in failed if copy is not last for decision in _plan_surplus(copy, last)]
    if last.tries >= MAX_TRIES:
        result = Result.FAILED if report_lasting else Result.KEPT
        reason = _failure(Code.COPY_GIVEN_UP, snapshot, destination, last)
        return [Decision(of_snapshot(snapshot, destination), reason, result=result), *surplus]
    again = because(Code.COPY_AGAIN, tries=last.tries + 1, max_tries=MAX_TRIES)
    call = _copy(snapshot, destination, last.tries + 1)
    failure = _failure(Code.COPY_FAILED, snapshot, destination, last)
    return [
        Decision(of_snapshot(last), failure, result=Result.FAILED),
        Decision(of_snapshot(snapshot, destination), again, call),
        *surplus,
    ]


def _failure(code: Code, snapshot: Snapshot, destination: str, copy: Snapshot) -> Reason:
    return because(
        code,
        copy=copy.id,
        snapshot=snapshot.id,
        destination=destination,
        key=snapshot.copy_kms_key or "",
        tries=copy.tries,
        cause=copy.state_message,
    )


def _within_free_slots(decisions: Iterable[Decision], destinations: Mapping[str, Destination]) -> list[Decision]:
    """Return the decisions with those copies deferred for which no slot is free."""
    free = {
        name: destination.free_slots for name, destination in destinations.items() if destination.free_slots is not None
    }
    within = []
    for decision in decisions:
        if isinstance(decision.call, CopySnapshot) and decision.call.destination in free:
            name = decision.call.destination
            if free[name] <= 0:
                reason = because(Code.NO_FREE_SLOT, destination=name)
                within.append(replace(decision, reason=reason, call=None, result=Result.DEFERRED))
                continue
            free[name] -= 1
        within.append(decision)
    return within


def _newest_of_each_volume_first(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    seen: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, Snapshot]] = []
    newest_first = sorted(snapshots, key=lambda snapshot: (snapshot.started, snapshot.id), reverse=True)
    for snapshot in newest_first:
        ranked.append((seen[snapshot.volume_id], snapshot))
        seen[snapshot.volume_id] += 1
    return [snapshot for _, snapshot in sorted(ranked, key=lambda pair: pair[0])]


def _copy(snapshot: Snapshot, destination: str, tries: int) -> CopySnapshot:
    return CopySnapshot(
        snapshot_id=snapshot.id,
        destination=destination,
        description=tags.copy_description(snapshot),
        tags=tags.copy_tags(snapshot, tries),
        kms_key=snapshot.copy_kms_key,
    )
