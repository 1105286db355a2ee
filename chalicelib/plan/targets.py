"""The targets of decisions. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.models import Kind, Snapshot, Target, Volume


def of_snapshot(snapshot: Snapshot, destination: str = "") -> tuple[Target, ...]:
    """Return a snapshot as the only target of a decision; ``destination`` is the Region to copy it to."""
    return (Target(Kind.SNAPSHOT, snapshot.id, snapshot.region, destination),)


def of_volumes(volumes: Iterable[Volume], region: str) -> tuple[Target, ...]:
    """Return volumes of a Region as the targets of one decision."""
    return tuple(Target(Kind.VOLUME, volume.id, region) for volume in volumes)
