"""The sweep: what is deleted, and why everything else is kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from chalicelib.models import Decision, DeleteSnapshot, Snapshot, State


def plan_sweep(snapshots: Iterable[Snapshot], today: date) -> list[Decision]:
    """Decide for every snapshot whether it is deleted: on positive proof only."""
    decisions = []
    for snapshot in sorted(snapshots, key=lambda each: (each.started, each.id)):
        if kept := _kept(snapshot, today):
            decisions.append(Decision((snapshot.id,), kept))
        else:
            reason = f"expired on {snapshot.delete_on}"
            decisions.append(Decision((snapshot.id,), reason, DeleteSnapshot(snapshot.id, snapshot.region)))
    return decisions


def _kept(snapshot: Snapshot, today: date) -> str | None:
    """Return why the snapshot is kept, or None if it is proved that it may go."""
    if not snapshot.managed:
        return "not made by this app: Type is not Automated"
    if snapshot.protected:
        return "KeepForever is set"
    if snapshot.delete_on is None:
        return "it has no DeleteOn that is understood"
    if snapshot.delete_on > today:
        return f"expires on {snapshot.delete_on}"
    if snapshot.state not in (State.COMPLETED, State.ERROR):
        return f"its state is {snapshot.state}"
    return None
