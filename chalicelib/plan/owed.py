"""Owed copies: expired primaries that are kept because a copy that has not expired is not completed. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date

from chalicelib.models import Code, Reason, Snapshot, State, because
from chalicelib.plan.destinations import Destination, copies_by_primary
from chalicelib.schedule import days_after


def owing(snapshots: Iterable[Snapshot], today: date) -> dict[str, tuple[str, ...]]:
    """Return for each destination the expired primaries whose copies have to be read there."""
    wanted: dict[str, list[str]] = defaultdict(list)
    for snapshot in sorted(snapshots, key=lambda snapshot: snapshot.id):
        if _may_owe(snapshot, today):
            for destination in snapshot.destinations:
                wanted[destination].append(snapshot.id)
    return {destination: tuple(ids) for destination, ids in sorted(wanted.items())}


def _may_owe(snapshot: Snapshot, today: date) -> bool:
    """Return whether a primary has expired and its copies have not.

    A copy that expires with its primary would be expired too, so it is not owed.
    """
    expired = snapshot.delete_on is not None and snapshot.delete_on <= today
    return bool(
        snapshot.is_primary
        and snapshot.is_backup
        and expired
        and snapshot.copy_delete_on
        and snapshot.copy_delete_on > today
    )


def owed_copies(
    snapshots: Iterable[Snapshot], destinations: Mapping[str, Destination], today: date, grace_days: int
) -> dict[str, Reason]:
    """Return by id why an expired primary whose copy is owed is kept.

    It is kept for at most ``grace_days`` after its ``DeleteOn``, the newest of each volume until its copy would expire.
    In a destination that cannot be read, all copies are owed; in one that is not in ``destinations``, none is.
    """
    by_primary = {name: copies_by_primary(destination.copies) for name, destination in destinations.items()}
    newest: dict[str, Snapshot] = {}
    owed: dict[str, tuple[Snapshot, str]] = {}
    for snapshot in sorted(snapshots, key=lambda snapshot: (snapshot.started, snapshot.id)):
        if not _may_owe(snapshot, today):
            continue
        for name in snapshot.destinations:
            if name in destinations and not _is_copied(snapshot, destinations[name], by_primary[name]):
                owed[snapshot.id] = (snapshot, name)
                newest[snapshot.volume_id] = snapshot
                break
    kept: dict[str, Reason] = {}
    for snapshot, name in owed.values():
        until = days_after(snapshot.delete_on or today, grace_days)
        if newest[snapshot.volume_id] is snapshot and snapshot.copy_delete_on:
            until = max(until, snapshot.copy_delete_on)
        if today < until:
            kept[snapshot.id] = because(_code(destinations[name]), destination=name, until=until)
    return kept


def _is_copied(
    snapshot: Snapshot,
    destination: Destination,
    by_primary: Mapping[tuple[str | None, str | None], Iterable[Snapshot]],
) -> bool:
    if destination.unreadable:
        return False
    # A failed copy is deleted by the next run of copy_missing, which has to find its primary.
    states = {copy.state for copy in by_primary.get((snapshot.id, snapshot.region), ())}
    return State.COMPLETED in states and State.ERROR not in states


def _code(destination: Destination) -> Code:
    return Code.OWED_UNREADABLE if destination.unreadable else Code.OWED
