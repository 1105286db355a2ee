"""What the jobs plan for a lineage: the same plans that the functions make."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib import jobs, plan
from chalicelib.lookups import guards
from chalicelib.models import Decision, Result, Snapshot, State
from chalicelib.plan.sets import volume_of
from reactor_cli.account import Account
from reactor_cli.explain.lineage import Lineage
from reactor_cli.explain.outlook import Outlook, outlooks


@dataclass(frozen=True, slots=True)
class SnapshotPlan:
    """A snapshot with its outlook, its copies, and what the job that copies decides about it."""

    snapshot: Snapshot
    outlook: Outlook
    copies: tuple[SnapshotPlan, ...] = ()
    copying: tuple[Decision, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A lineage, its snapshots by volume, the newest first, and what the job that creates decides about each volume.

    ``needs_attention`` is whether a snapshot or a copy failed, or a decision is a failure.
    """

    lineage: Lineage
    snapshots: Mapping[str, Sequence[SnapshotPlan]]
    creation: Mapping[str, Decision]
    needs_attention: bool


def explain_lineage(account: Account, lineage: Lineage) -> Explanation:
    """Return what the jobs plan for a lineage; of a Region that does not answer nothing is planned."""
    outlook: dict[str, Outlook] = {}
    for region, snapshots in lineage.snapshots.items():
        if snapshots:
            outlook |= _outlooks(account, region, snapshots)
    copying: Sequence[Decision] = ()
    creation: dict[str, Decision] = {}
    if lineage.home not in lineage.unreadable:
        invocation = account.invocation(lineage.home)
        copying = jobs.copy_missing(invocation).decisions
        if lineage.instances:
            volumes = {volume.id for instance in lineage.instances for volume in instance.volumes}
            decisions = jobs.create_snapshots(invocation).decisions
            creation = {
                target.id: decision for decision in decisions for target in decision.targets if target.id in volumes
            }
    by_volume = _by_volume(lineage, outlook, copying)
    return Explanation(lineage, by_volume, creation, _needs_attention(by_volume, creation))


def _outlooks(account: Account, region: str, snapshots: Sequence[Snapshot]) -> dict[str, Outlook]:
    """Return what the sweep of a Region will do with some snapshots: planned as the job does, with all guards."""
    ec2, settings, today = account.connect(region), account.settings, account.now.date()
    everything = {snapshot.id: snapshot for snapshot in (*ec2.snapshots().snapshots, *snapshots)}
    ids = {snapshot.id for snapshot in snapshots}
    candidates = {snapshot.id: snapshot for snapshot in (*snapshots, *plan.expired(everything.values(), today))}
    guarded = guards(ec2, settings, ec2.instances(), list(candidates.values()), today)
    return outlooks(everything.values(), ids, today, guarded, region)


def _by_volume(
    lineage: Lineage, outlook: Mapping[str, Outlook], copying: Sequence[Decision]
) -> dict[str, list[SnapshotPlan]]:
    """Return the primaries, each with its copies; a copy whose primary is not among them has its own entry."""
    everything = [snapshot for snapshots in lineage.snapshots.values() for snapshot in snapshots]
    primaries = {snapshot.id for snapshot in everything if not snapshot.is_copy}
    by_volume: dict[str, list[SnapshotPlan]] = {}
    for snapshot in sorted(everything, key=lambda snapshot: (snapshot.taken, snapshot.id), reverse=True):
        if snapshot.is_copy and snapshot.primary_id in primaries:
            continue
        copies = [copy for copy in everything if copy.is_copy and copy.primary_id == snapshot.id]
        copies.sort(key=lambda copy: (copy.region, copy.started))
        planned = SnapshotPlan(
            snapshot,
            outlook[snapshot.id],
            tuple(SnapshotPlan(copy, outlook[copy.id]) for copy in copies),
            tuple(decision for decision in copying if _copies(decision, snapshot.id)),
        )
        by_volume.setdefault(volume_of(snapshot), []).append(planned)
    return by_volume


def _copies(decision: Decision, snapshot_id: str) -> bool:
    return any(target.id == snapshot_id and target.destination for target in decision.targets)


def _needs_attention(by_volume: Mapping[str, Sequence[SnapshotPlan]], creation: Mapping[str, Decision]) -> bool:
    plans = [planned for history in by_volume.values() for planned in history]
    snapshots = [node.snapshot for planned in plans for node in (planned, *planned.copies)]
    decisions = [*creation.values(), *(decision for planned in plans for decision in planned.copying)]
    failed = [decision for decision in decisions if decision.result == Result.FAILED]
    return bool(failed) or any(snapshot.state == State.ERROR for snapshot in snapshots)
