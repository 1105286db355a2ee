"""Copies: which are missing, which are one too many, and what has to go along. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib import tags
from chalicelib.models import (
    Completion,
    CopySnapshot,
    CreateTags,
    Decision,
    DeleteSnapshot,
    Result,
    Snapshot,
    State,
)

# The first try and three more; each copy says in a tag which it is.
MOST_TRIES = 4


@dataclass(frozen=True, slots=True)
class Destination:
    """What is known of a Region that is copied to.

    ``copies`` are those of the source's snapshots; ``free_slots`` is how many more the Region takes at this time, None
    if nobody counted; ``unreadable`` says why the copies could not be read: whatever is to go there then fails, as a
    copy that nobody looked for may exist.
    """

    copies: tuple[Snapshot, ...] = ()
    free_slots: int | None = None
    unreadable: str = ""


def plan_copies(
    snapshots: Iterable[Snapshot],
    destinations: Mapping[str, Destination],
    today: date,
    *,
    report_lasting: bool = False,
) -> list[Decision]:
    """Decide for every snapshot, and each of its destinations that was looked in, what is to be done there.

    A missing copy is made, as far as there are free slots: the newest snapshot of each volume first, then the second
    newest of each. A copy that failed is reported and made again, up to ``MOST_TRIES``; ``report_lasting`` says
    whether one that is past that is a failure this time. Of two copies the older completed one is kept, and the other
    as well if it is protected or to stand longer. Protection and a later expiry go along to the copies that exist.
    """
    decisions: list[Decision] = []
    by_primary = {name: _by_primary(destination.copies) for name, destination in destinations.items()}
    for snapshot in _newest_of_each_volume_first(snapshots):
        if reason := _not_to_copy(snapshot, today):
            decisions.append(Decision((snapshot.id,), reason))
            continue
        for name in snapshot.destinations:
            if name in destinations and (reason := destinations[name].unreadable):
                reason = f"the copies in {name} cannot be read: {reason}"
                decisions.append(Decision((_target(snapshot, name),), reason, result=Result.FAILED))
            elif name in destinations:
                mine = by_primary[name].get((snapshot.id, snapshot.region), [])
                decisions += _plan_one(snapshot, name, mine, report_lasting)
    return _within_free_slots(decisions, destinations)


def _by_primary(copies: Iterable[Snapshot]) -> dict[tuple[str | None, str | None], list[Snapshot]]:
    found: dict[tuple[str | None, str | None], list[Snapshot]] = defaultdict(list)
    for copy in sorted(copies, key=lambda each: (each.started, each.id)):
        if copy.managed:
            found[copy.primary_id, copy.primary_region].append(copy)
    return found


def _target(snapshot: Snapshot, destination: str) -> str:
    return f"{snapshot.id} -> {destination}"


def _plan_one(snapshot: Snapshot, destination: str, copies: Sequence[Snapshot], report_lasting: bool) -> list[Decision]:
    """Decide on the copies of one snapshot in one destination, oldest first."""
    target = (_target(snapshot, destination),)
    living = [copy for copy in copies if copy.state != State.ERROR]
    failed = [copy for copy in copies if copy.state == State.ERROR]
    if living:
        keeper = next((copy for copy in living if copy.state == State.COMPLETED), living[0])
        decisions = [Decision(target, f"already copied: {keeper.id}")]
        for copy in copies:
            surplus = _plan_surplus(copy, keeper) if copy is not keeper else []
            stays = copy in living and not any(each.call for each in surplus)
            decisions += surplus + (_plan_mirror(snapshot, copy, report_lasting) if stays else [])
        return decisions
    if not failed:
        return [Decision(target, f"no copy in {destination}", _copy(snapshot, destination, 1))]
    return _plan_again(snapshot, destination, failed, report_lasting)


def _plan_surplus(copy: Snapshot, keeper: Snapshot) -> list[Decision]:
    """Delete a copy whose place another has taken, under the rules of the sweep.

    A failed one goes even if the other is still on its way: the count of tries stands on that one. One that was to
    stand longer than the other stays: somebody may have wanted just this one kept.
    """
    if copy.protected:
        reason = "KeepForever is set"
    elif copy.state not in (State.COMPLETED, State.ERROR):
        reason = f"its state is {copy.state}"
    elif copy.state == State.COMPLETED and _outlasts(copy, keeper):
        reason = f"it is to stand longer than {keeper.id}"
    else:
        reason = f"{keeper.id} took its place"
        return [Decision((copy.id,), reason, DeleteSnapshot(copy.id, copy.region))]
    return [Decision((copy.id,), reason)]


def _outlasts(copy: Snapshot, keeper: Snapshot) -> bool:
    """Return whether a copy is to stand longer than another; without a DeleteOn that is understood, for ever."""
    if keeper.protected or keeper.delete_on is None:
        return False
    return copy.delete_on is None or copy.delete_on > keeper.delete_on


def _plan_mirror(primary: Snapshot, copy: Snapshot, report_lasting: bool) -> list[Decision]:
    """Hand on what a copy lacks; protection that cannot be handed on is to be heard of before the copy expires."""
    missing = tags.mirrored(primary, copy)
    decisions = []
    if missing:
        reason = f"{', '.join(key for key, _ in missing)} of {primary.id} goes along"
        decisions.append(Decision((copy.id,), reason, CreateTags(copy.id, copy.region, missing)))
    if primary.protected and not (copy.protected or tags.any_protects(missing)):
        reason = f"KeepForever of {primary.id} finds no room on it: it has {tags.MAX_TAGS} tags, one has to go"
        decisions.append(Decision((copy.id,), reason, result=Result.FAILED if report_lasting else Result.KEPT))
    return decisions


def _plan_again(
    snapshot: Snapshot, destination: str, failed: Sequence[Snapshot], report_lasting: bool
) -> list[Decision]:
    """Report the last failed copy and ask for another; those that failed before it are deleted."""
    last = max(failed, key=lambda each: each.tries)
    key = f" with {snapshot.copy_kms_key}" if snapshot.copy_kms_key else ""
    cause = last.state_message or "AWS gave no cause"
    reason = f"the copy {last.id} of {snapshot.id} to {destination}{key} failed at try {last.tries}: {cause}"
    before = [each for copy in failed if copy is not last for each in _plan_surplus(copy, last)]
    if last.tries >= MOST_TRIES:
        result = Result.FAILED if report_lasting else Result.KEPT
        return [Decision((_target(snapshot, destination),), f"given up: {reason}", result=result), *before]
    again = f"try {last.tries + 1} of {MOST_TRIES}"
    call = _copy(snapshot, destination, last.tries + 1)
    return [
        Decision((last.id,), reason, result=Result.FAILED),
        Decision((_target(snapshot, destination),), again, call),
        *before,
    ]


def _within_free_slots(decisions: Iterable[Decision], destinations: Mapping[str, Destination]) -> list[Decision]:
    """Return the decisions with those copies deferred for which no slot is free."""
    free = {name: each.free_slots for name, each in destinations.items() if each.free_slots is not None}
    within = []
    for decision in decisions:
        if isinstance(decision.call, CopySnapshot) and decision.call.destination in free:
            if free[decision.call.destination] <= 0:
                reason = f"no free slot in {decision.call.destination}; {decision.reason}"
                within.append(replace(decision, reason=reason, call=None, result=Result.DEFERRED))
                continue
            free[decision.call.destination] -= 1
        within.append(decision)
    return within


def _newest_of_each_volume_first(snapshots: Iterable[Snapshot]) -> list[Snapshot]:
    seen: dict[str, int] = defaultdict(int)
    ranked: list[tuple[int, Snapshot]] = []
    newest_first = sorted(snapshots, key=lambda each: (each.started, each.id), reverse=True)
    for snapshot in newest_first:
        ranked.append((seen[snapshot.volume_id], snapshot))
        seen[snapshot.volume_id] += 1
    return [snapshot for _, snapshot in sorted(ranked, key=lambda each: each[0])]


def _not_to_copy(snapshot: Snapshot, today: date) -> str | None:
    if not snapshot.managed:
        return "not made by this app: Type is not Automated"
    if snapshot.is_copy:
        return "is a copy itself, and a copy is never copied"
    if snapshot.state != State.COMPLETED:
        return f"not completed: its state is {snapshot.state}"
    if not snapshot.destinations:
        return "no Region to copy to"
    expiry = snapshot.copy_delete_on or snapshot.delete_on
    if expiry and expiry <= today and not snapshot.protected:
        return f"its copy would have expired on {expiry}"
    return None


def _copy(snapshot: Snapshot, destination: str, tries: int) -> CopySnapshot:
    return CopySnapshot(
        snapshot_id=snapshot.id,
        destination=destination,
        description=tags.copy_description(snapshot),
        tags=tags.copy_tags(snapshot, tries),
        kms_key=snapshot.copy_kms_key,
    )


def plan_protection(primaries: Iterable[Snapshot], destinations: Mapping[str, Destination]) -> list[Decision]:
    """Decide for each copy of the primaries what of their protection it lacks; nothing is ever taken away."""
    decisions: list[Decision] = []
    for primary in sorted(primaries, key=lambda each: each.id):
        if not primary.is_primary or not primary.protected:
            decisions.append(Decision((primary.id,), "no KeepForever to hand on"))
            continue
        for name in primary.destinations:
            target = (_target(primary, name),)
            if reason := destinations[name].unreadable:
                reason = f"the copies in {name} cannot be read: {reason}"
                decisions.append(Decision(target, reason, result=Result.FAILED))
                continue
            copies = _by_primary(destinations[name].copies).get((primary.id, primary.region), [])
            living = [copy for copy in copies if copy.state != State.ERROR]
            missing = [each for copy in living for each in _plan_mirror(primary, copy, report_lasting=True)]
            decisions += missing or [Decision(target, f"{len(living)} copies, none without KeepForever")]
    return decisions


def destinations_to_look_in(snapshots: Iterable[Snapshot], today: date) -> dict[str, tuple[str, ...]]:
    """Return for each destination the snapshots that may have to be copied there."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for snapshot in sorted(snapshots, key=lambda each: each.id):
        if not _not_to_copy(snapshot, today):
            for destination in snapshot.destinations:
                wanted[destination].append(snapshot.id)
    return {destination: tuple(ids) for destination, ids in sorted(wanted.items())}


def plan_completion(completion: Completion, snapshots: Sequence[Snapshot]) -> tuple[list[Decision], list[Snapshot]]:
    """Return what the event says of failed creations, and the snapshots that may be copied.

    What EC2 describes goes before what the event says, except that a snapshot which the event calls
    failed is a failure until EC2 calls it completed.
    """
    described = {each.id: each for each in snapshots}
    decisions: list[Decision] = []
    copyable: list[Snapshot] = []
    for snapshot_id, failed in completion.snapshots:
        snapshot = described.get(snapshot_id)
        if snapshot is None:
            decisions.append(_not_found(snapshot_id, failed, completion.cause))
        elif snapshot.is_primary and (snapshot.state == State.ERROR or (failed and snapshot.state != State.COMPLETED)):
            cause = snapshot.state_message or completion.cause or "AWS gave no cause"
            reason = f"the snapshot of {snapshot.volume_id} failed: {cause}"
            decisions.append(Decision((snapshot_id,), reason, result=Result.FAILED))
        else:
            copyable.append(snapshot)
    return decisions, copyable


def _not_found(snapshot_id: str, failed: bool, cause: str) -> Decision:
    if failed:
        reason = f"its creation failed ({cause or 'AWS gave no cause'}), and it is gone"
        return Decision((snapshot_id,), reason, result=Result.FAILED)
    return Decision((snapshot_id,), "not found: deleted since, or not yet visible")
