"""Destinations: which Regions a job has to read, and what was read there. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from chalicelib.models import Code, Decision, Reason, Result, Snapshot, State, because
from chalicelib.plan.targets import of_snapshot


@dataclass(frozen=True, slots=True)
class Destination:
    """What was read in a destination Region.

    ``copies`` are the copies of the source Region's snapshots. ``free_slots`` is how many more copies the Region takes
    now, None if they were not counted; with ``place``, a run takes that many from this place in the queue on, not from
    its start. ``in_progress`` are the copies that take the other slots, whoever started them. ``unreadable`` says why
    the copies could not be read: no copy is then created there, because it may exist already.
    """

    copies: tuple[Snapshot, ...] = ()
    free_slots: int | None = None
    place: int | None = None
    in_progress: tuple[Snapshot, ...] = ()
    unreadable: str = ""


def destinations_to_look_in(snapshots: Iterable[Snapshot], today: date) -> dict[str, tuple[str, ...]]:
    """Return for each destination the ids of the snapshots whose copies may be missing there."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.id):
        if not not_to_copy(snapshot, today):
            for destination in snapshot.destinations:
                wanted[destination].append(snapshot.id)
    return {destination: tuple(ids) for destination, ids in sorted(wanted.items())}


def not_to_copy(snapshot: Snapshot, today: date) -> Reason | None:
    """Return why a snapshot is not to be copied; None if it is to be copied."""
    if not snapshot.managed:
        return because(Code.NOT_MANAGED)
    if snapshot.is_copy:
        return because(Code.IS_COPY)
    if not snapshot.is_backup:
        return _not_a_backup(snapshot)
    if not snapshot.destinations:
        return because(Code.NO_DESTINATION)
    expiry = snapshot.copy_expiry
    if expiry and expiry <= today and not snapshot.protected:
        return because(Code.COPY_WOULD_BE_EXPIRED, on=expiry)
    return None


def _not_a_backup(snapshot: Snapshot) -> Reason:
    if snapshot.state != State.COMPLETED:
        return because(Code.NOT_COMPLETED, state=snapshot.state)
    return because(Code.ARCHIVED)


def unreadable(primary: Snapshot, name: str, destination: Destination) -> Decision:
    """Return the failure to read the copies of a primary in a destination."""
    reason = because(Code.DESTINATION_UNREADABLE, destination=name, cause=destination.unreadable)
    return Decision(of_snapshot(primary, name), reason, result=Result.FAILED)


def copies_by_primary(copies: Iterable[Snapshot]) -> dict[tuple[str | None, str | None], list[Snapshot]]:
    """Return the managed copies by id and Region of their primary, the oldest first."""
    by_primary: dict[tuple[str | None, str | None], list[Snapshot]] = defaultdict(list)
    for copy in sorted(copies, key=lambda copy: (copy.started, copy.id)):
        if copy.managed:
            by_primary[copy.primary_id, copy.primary_region].append(copy)
    return by_primary
