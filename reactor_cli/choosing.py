"""Which snapshots a restore uses, and where the volumes go; said clearly where there is no choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import click

from chalicelib import tags
from chalicelib.models import Snapshot, State
from chalicelib.plan.sets import SnapshotSet, sets_of
from chalicelib.wording import moment
from reactor_cli.account import Account
from reactor_cli.ec2_restore import Place, Restorer
from reactor_cli.errors import CommandFailed
from reactor_cli.ids import INSTANCE, SNAPSHOT, is_id
from reactor_cli.restoration import missing, newest_restorable

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Choice:
    """The snapshots to restore and the instance that they are of; ``skipped`` are newer sets that are not whole.

    ``instance_id`` is None if the tags of a single snapshot name none.
    """

    chosen: SnapshotSet
    instance_id: str | None
    skipped: tuple[SnapshotSet, ...] = ()


def choose(account: Account, region: str, id: str, at: datetime | None) -> Choice:
    """Return what to restore in a Region; UsageError if it is no id, CommandFailed if there is nothing to restore."""
    if is_id(id, SNAPSHOT):
        if at:
            raise click.UsageError("--at goes with an instance: a snapshot has one point in time")
        return _one(account, region, id)
    if not is_id(id, INSTANCE):
        raise click.UsageError(f"{id!r} is no id of an instance (i-…) or a snapshot (snap-…)")
    found = sets_of(account.connect(region).snapshots(source_id=id).snapshots)
    until = [each for each in found if each.taken <= (at or account.now)]
    whole = newest_restorable(until, at or account.now)
    if whole is None:
        raise CommandFailed(_no_set(id, region, at, found, until))
    return Choice(whole, id, tuple(until[: until.index(whole)]))


def _no_set(
    id: str, region: str, at: datetime | None, found: Sequence[SnapshotSet], until: Sequence[SnapshotSet]
) -> str:
    when = f" at or before {moment(at)}" if at else ""
    if not found:
        return f"no snapshot and no copy of {id} in {region}; 'ebs-snapshot-reactor explain {id}' shows where they are"
    if not until:
        return f"no snapshot of {id} in {region}{when}: the oldest is of {moment(found[-1].taken)}"
    parts = "; ".join(f"slot {each.slot} has {missing(each)}" for each in until[:MOST_NAMED])
    return f"no whole set of {id} in {region}{when}: {parts}"


def _one(account: Account, region: str, id: str) -> Choice:
    ec2 = account.connect(region)
    found = list(ec2.snapshots_by_id([id]).snapshots)
    if not found:
        copies = [each for each in ec2.snapshots(source_id=id).snapshots if each.state == State.COMPLETED]
        found = sorted(copies, key=lambda each: (each.started, each.id))[-1:]
    if not found:
        raise CommandFailed(f"no such snapshot in {region}, and no completed copy of it: {id}")
    [snapshot] = found
    if snapshot.state != State.COMPLETED:
        raise CommandFailed(f"{id} cannot be restored: its state is {snapshot.state}")
    alone = SnapshotSet(snapshot.slot or snapshot.id, snapshot.taken, (snapshot,), 1)
    of = snapshot.instance_id
    return Choice(alone, of if of and is_id(of, INSTANCE) else None)


def zone_for(restorer: Restorer, zone: str | None, place: Place | None) -> str:
    """Return the zone to restore in: the one asked for, or the instance's own; UsageError names those there are."""
    zones = restorer.zones()
    if zone is None and place is None:
        raise click.UsageError(f"the instance is not in {restorer.region}: give --zone, one of {', '.join(zones)}")
    chosen = zone or (place.zone if place else "")
    if chosen not in zones:
        raise click.UsageError(f"no such zone in {restorer.region}: {chosen}; there are {', '.join(zones)}")
    return chosen


def what_it_is(snapshot: Snapshot) -> str:
    """Return what a snapshot was taken of: the volume, and the Region if it is a copy."""
    volume = snapshot.source_volume_id or snapshot.volume_id
    origin = f" in {snapshot.primary_region}" if snapshot.primary_region else ""
    return f"{tags.name_of(snapshot)} {volume}{origin}".strip()
