"""Turns: whoever has waited longest is backed up first. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain

from chalicelib.models import CreateSnapshot, CreateSnapshots, Decision, Snapshot, State
from chalicelib.plan.history import NEVER


def in_turn(
    decisions: Iterable[Decision], by_volume: Mapping[str, Sequence[Snapshot]], now: datetime
) -> list[Decision]:
    """Return the decisions, the creations last: those first whose volume has waited longest for a snapshot.

    A volume that never had a snapshot comes before all others. If the application has to be brought to rest, only every
    second place goes by that: an agent that never answers has always waited longest, and would always be first. The
    other places go by lot, which differs from run to run.
    """
    others: list[Decision] = []
    creations: list[Decision] = []
    at_rest: list[Decision] = []
    for decision in decisions:
        if not isinstance(decision.call, CreateSnapshot | CreateSnapshots):
            others.append(decision)
        elif decision.call.consistency:
            at_rest.append(decision)
        else:
            creations.append(decision)

    def waiting(decision: Decision) -> datetime:
        return waiting_since([target.id for target in decision.targets], by_volume)

    creations.sort(key=waiting)
    at_rest.sort(key=waiting)
    by_lot = sorted(at_rest, key=lambda decision: _lot(decision.targets[0].id, now))
    mixed = dict.fromkeys(chain.from_iterable(zip(at_rest, by_lot, strict=True)))
    return [*others, *creations, *mixed]


def waiting_since(volume_ids: Iterable[str], by_volume: Mapping[str, Sequence[Snapshot]]) -> datetime:
    """Return when the last snapshot that did not fail was taken, of the volume that has waited longest."""
    return min(
        max(
            (snapshot.started for snapshot in by_volume.get(volume_id, ()) if snapshot.state != State.ERROR),
            default=NEVER,
        )
        for volume_id in volume_ids
    )


def _lot(target_id: str, now: datetime) -> bytes:
    return hashlib.sha256(f"{now.isoformat()} {target_id}".encode()).digest()
