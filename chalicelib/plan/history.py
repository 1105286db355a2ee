"""The history of a volume: its snapshots in order. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from chalicelib.models import Snapshot

# Before all snapshots: when a volume that has none got its last one.
NEVER = datetime.min.replace(tzinfo=UTC)


def primaries_by_volume(snapshots: Iterable[Snapshot]) -> dict[str, list[Snapshot]]:
    """Return the primaries among the snapshots by EC2's id of their volume, the oldest first, without duplicates."""
    by_volume: dict[str, list[Snapshot]] = defaultdict(list)
    unique = {snapshot.id: snapshot for snapshot in snapshots}.values()
    for snapshot in sorted(unique, key=lambda snapshot: (snapshot.started, snapshot.id)):
        if snapshot.is_primary:
            by_volume[snapshot.volume_id].append(snapshot)
    return by_volume


def by_age_of_data(snapshot: Snapshot) -> tuple[datetime, datetime, str]:
    """Order snapshots by the point in time that they hold: a late copy of old data is old."""
    return snapshot.taken, snapshot.started, snapshot.id


def newest_completed(history: Sequence[Snapshot]) -> Snapshot | None:
    """Return the last completed snapshot in the standard tier, of some that are in order, the oldest first."""
    return next((snapshot for snapshot in reversed(history) if snapshot.is_backup), None)
