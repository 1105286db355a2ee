"""Which snapshots a restore uses, and in which availability zone; the errors say what there is instead."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from chalicelib.identifiers import INSTANCE, SNAPSHOT, is_id
from chalicelib.models import Snapshot, State
from chalicelib.plan.sets import SnapshotSet, sets_of, slots_of
from chalicelib.wording import moment
from reactor_cli.account import Account
from reactor_cli.errors import CommandFailed
from reactor_cli.restore.ec2 import Placement, Restorer
from reactor_cli.restore.volumes import missing_text, newest_restorable

# An error about sets lists the newest ones, up to this number.
MAX_SETS_LISTED = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The snapshots to restore, and their instance; ``skipped`` are newer slots without a set of one point in time.

    ``instance_id`` is None if the tags of a single snapshot name no instance.
    """

    chosen: SnapshotSet
    instance_id: str | None
    skipped: tuple[SnapshotSet, ...] = ()


def choose(account: Account, region: str, id: str, at: datetime | None) -> Choice:
    """Return what to restore in a Region; UsageError if it is no id, CommandFailed if there is nothing to restore.

    ``at`` (aware) is the latest point in time of an instance's set, now if it is None.
    """
    if is_id(id, SNAPSHOT):
        if at:
            raise click.UsageError("--at is for an instance: a snapshot has one point in time")
        return _choose_snapshot(account, region, id)
    if not is_id(id, INSTANCE):
        raise click.UsageError(f"{id!r} is no id of an instance (i-…) or a snapshot (snap-…)")
    snapshots = account.connect(region).snapshots_from(id)
    in_time = [snapshot for snapshot in snapshots if snapshot.taken <= (at or account.now)]
    slots = slots_of(in_time)
    # A slot that was filled at different times is only restored if there is no set of one point in time.
    chosen = newest_restorable(sets_of(in_time)) or newest_restorable(slots)
    if chosen is None:
        raise CommandFailed(_no_set_text(id, region, at, snapshots, slots))
    return Choice(chosen, id, tuple(slot for slot in slots if slot.taken > chosen.taken))


def _no_set_text(
    id: str, region: str, at: datetime | None, snapshots: Sequence[Snapshot], in_time: Sequence[SnapshotSet]
) -> str:
    when = f" at or before {moment(at)}" if at else ""
    if not snapshots:
        return f"no snapshot and no copy of {id} in {region}; 'ebs-snapshot-reactor explain {id}' shows where they are"
    if not in_time:
        oldest = min(snapshot.taken for snapshot in snapshots)
        return f"no snapshot of {id} in {region}{when}: the oldest is of {moment(oldest)}"
    newest = in_time[:MAX_SETS_LISTED]
    reasons = "; ".join(f"slot {snapshots.slot} has {missing_text(snapshots)}" for snapshots in newest)
    return f"no whole set of {id} in {region}{when}: {reasons}"


def _choose_snapshot(account: Account, region: str, id: str) -> Choice:
    """Return a snapshot of a Region, or else the newest copy there of the snapshot with this id."""
    ec2 = account.connect(region)
    in_region = ec2.snapshots_by_id([id]).snapshots
    snapshot = in_region[0] if in_region else newest_restorable_of(ec2.snapshots_from(id))
    if snapshot is None:
        raise CommandFailed(f"no such snapshot in {region}, and no completed copy of it: {id}")
    if not snapshot.is_restorable:
        state = "archived" if snapshot.state == State.COMPLETED else snapshot.state
        raise CommandFailed(f"{id} cannot be restored: its state is {state}")
    alone = SnapshotSet(snapshot.slot or snapshot.id, snapshot.taken, (snapshot,), 1)
    instance_id = snapshot.instance_id
    return Choice(alone, instance_id if instance_id and is_id(instance_id, INSTANCE) else None)


def newest_restorable_of(snapshots: Sequence[Snapshot]) -> Snapshot | None:
    """Return the newest of some snapshots from which a volume can be created at once; None if there is none."""
    restorable = [snapshot for snapshot in snapshots if snapshot.is_restorable]
    return max(restorable, key=lambda snapshot: (snapshot.taken, snapshot.started, snapshot.id), default=None)


def choose_zone(restorer: Restorer, zone: str | None, placement: Placement | None) -> str:
    """Return the zone asked for, or the zone of the instance; UsageError names the zones of the Region."""
    zones = restorer.zones()
    if zone is None and placement is None:
        raise click.UsageError(f"the instance is not in {restorer.region}: give --zone, one of {', '.join(zones)}")
    chosen = zone or (placement.zone if placement else "")
    if chosen not in zones:
        raise click.UsageError(f"no such zone in {restorer.region}: {chosen}; there are {', '.join(zones)}")
    return chosen
