"""The tags of single volumes, which the snapshots of a set get after their creation. Nothing depends on them. Pure.

EC2 gives the same tags to all snapshots of one call: the call that creates a set names its volumes for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from chalicelib import tags
from chalicelib.models import Code, CreateTags, Decision, Instance, Inventory, Result, Snapshot, State, because
from chalicelib.plan.targets import of_snapshot


def instances_to_read(snapshots: Iterable[Snapshot]) -> tuple[str, ...]:
    """Return the instances whose own tags, or whose volumes' tags, the snapshots get and do not have."""
    unknown = (snapshot for snapshot in snapshots if _is_due(snapshot) and tags.has_unknown_tags(snapshot))
    return tuple(sorted({snapshot.instance_id or "" for snapshot in unknown}))


def complete(
    snapshots: Iterable[Snapshot], inventory: Inventory, unreadable: str = ""
) -> tuple[list[Snapshot], list[Decision]]:
    """Return the snapshots with the tags of their volumes, in the same order, and what has to be added to which.

    ``inventory`` has the instances of ``instances_to_read``; ``unreadable`` says why they could not be read. What is
    known is then in the returned snapshots all the same, and is added to them by a later run.
    """
    instances = {instance.id: instance for instance in inventory.instances}
    completed, decisions = [], []
    for snapshot in snapshots:
        if not _is_due(snapshot):
            completed.append(snapshot)
            continue
        instance = instances.get(snapshot.instance_id or "")
        added = _tags_of(snapshot, instance)
        everything = tuple(sorted((dict(snapshot.tags) | dict(added)).items()))
        completed.append(replace(snapshot, tags=everything, source_volume_id=snapshot.volume_id))
        if unreadable and tags.has_unknown_tags(snapshot):
            reason = because(Code.VOLUME_TAGS_UNREADABLE, volume=snapshot.volume_id, cause=unreadable)
            decisions.append(Decision(of_snapshot(snapshot), reason, result=Result.FAILED))
        elif added:
            reason = because(Code.VOLUME_TAGS_LACKING, keys=tuple(key for key, _ in added))
            decisions.append(Decision(of_snapshot(snapshot), reason, CreateTags(snapshot.id, snapshot.region, added)))
    return completed, decisions


def _is_due(snapshot: Snapshot) -> bool:
    return snapshot.state == State.COMPLETED and tags.lacks_volume_tags(snapshot)


def _tags_of(snapshot: Snapshot, instance: Instance | None) -> tuple[tuple[str, str], ...]:
    volumes = {volume.id: volume for volume in instance.volumes} if instance else {}
    return tags.late_tags(snapshot, instance, volumes.get(snapshot.volume_id))
