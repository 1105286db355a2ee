"""Completion: compare an event about created snapshots with what EC2 describes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.models import Code, Completion, Decision, Kind, Result, Snapshot, State, Target, because
from chalicelib.plan.targets import of_snapshot


def plan_completion(
    completion: Completion, snapshots: Sequence[Snapshot], region: str
) -> tuple[list[Decision], list[Snapshot]]:
    """Return the failures that an event reports, and the snapshots to copy.

    What EC2 describes has precedence over the event. But a snapshot that failed according to the event is a failure
    until EC2 describes it as completed.
    """
    described = {snapshot.id: snapshot for snapshot in snapshots}
    decisions: list[Decision] = []
    copyable: list[Snapshot] = []
    for snapshot_id, failed in completion.snapshots:
        snapshot = described.get(snapshot_id)
        if snapshot is None:
            decisions.append(_not_found(Target(Kind.SNAPSHOT, snapshot_id, region), failed, completion.cause))
        elif snapshot.is_primary and (snapshot.state == State.ERROR or (failed and snapshot.state != State.COMPLETED)):
            cause = snapshot.state_message or completion.cause
            reason = because(Code.CREATION_FAILED, volume=snapshot.volume_id, cause=cause)
            decisions.append(Decision(of_snapshot(snapshot), reason, result=Result.FAILED))
        else:
            copyable.append(snapshot)
    return decisions, copyable


def _not_found(target: Target, failed: bool, cause: str) -> Decision:
    if failed:
        return Decision((target,), because(Code.CREATION_FAILED_AND_GONE, cause=cause), result=Result.FAILED)
    return Decision((target,), because(Code.SNAPSHOT_NOT_FOUND))
