"""Reads what belongs to an id: its instance, and all snapshots and copies of its volumes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.identifiers import INSTANCE, SNAPSHOT, VOLUME, is_id
from chalicelib.models import Instance, Snapshot
from reactor_cli import session
from reactor_cli.account import Account
from reactor_cli.errors import CommandFailed, error_text

_MISSING = {
    INSTANCE: "no instance with this id, and no snapshot of it,",
    VOLUME: "no attached volume with this id, and no snapshot of it,",
    SNAPSHOT: "no snapshot with this id",
}


@dataclass(frozen=True, slots=True)
class Lineage:
    """What belongs to an id: the instance, if it exists, and the snapshots by Region.

    ``found_in`` is the Region where the id is, ``home`` the Region of the primaries. ``unreadable`` maps each Region
    that did not answer to its error.
    """

    id: str
    found_in: str
    home: str
    instances: tuple[Instance, ...] = ()
    snapshots: Mapping[str, tuple[Snapshot, ...]] = field(default_factory=dict)
    unreadable: Mapping[str, str] = field(default_factory=dict)


def find_lineage(account: Account, id: str) -> Lineage:
    """Return what belongs to an id; UsageError if it is no id, CommandFailed if it does not exist.

    The id is looked for in the Regions asked for. If none was given, it is looked for in all that the account has
    enabled, its own Region first.
    """
    if not is_id(id, INSTANCE, VOLUME, SNAPSHOT):
        raise click.UsageError(f"{id!r} is no id of an instance (i-…), a volume (vol-…) or a snapshot (snap-…)")
    kind = id.partition("-")[0]
    find = _find_snapshot if kind == SNAPSHOT else _find_source
    for region in _regions_to_search(account):
        if lineage := find(account, id, region):
            return lineage
    where = ", ".join(account.regions) if account.regions_given else "any Region that the account has enabled"
    raise CommandFailed(f"{_MISSING[kind]} in {where}: {id}")


def _regions_to_search(account: Account) -> Iterator[str]:
    yield from account.regions
    if not account.regions_given:
        [own] = account.regions
        yield from (region for region in session.enabled_regions(own) if region != own)


def _find_source(account: Account, id: str, region: str) -> Lineage | None:
    """Return what belongs to an instance or a volume; None if the Region has neither it nor a snapshot of it."""
    instances = _read_instances(account, id, region)
    snapshots = account.connect(region).snapshots_from(id)
    if not instances and not snapshots:
        return None
    home = region if instances else _home_of(snapshots, region)
    if home != region:
        try:
            instances = _read_instances(account, id, home)
        except (BotoCoreError, ClientError):
            instances = ()  # _read_snapshots reports that the Region does not answer
    regions = {home, region, *_destinations(snapshots)}
    regions |= {name for instance in instances for name in instance.policy.destinations}
    return _read_snapshots(account, Lineage(id, region, home, instances), regions, id)


def _read_instances(account: Account, id: str, region: str) -> tuple[Instance, ...]:
    """Return the instance with an id, or those that a volume with this id is attached to."""
    inventory = account.connect(region).instances(id if id.startswith("i-") else None)
    return tuple(
        instance
        for instance in inventory.instances
        if id == instance.id or any(id == volume.id for volume in instance.volumes)
    )


def _home_of(snapshots: Iterable[Snapshot], region: str) -> str:
    """Return the Region of the primaries of some copies; their own Region if no tag names a Region that exists."""
    known = session.all_regions()
    return next((copy.primary_region for copy in snapshots if copy.primary_region in known), None) or region


def _find_snapshot(account: Account, id: str, region: str) -> Lineage | None:
    """Return what belongs to a snapshot: its primary, and all copies of that; None if the Region does not have it."""
    snapshots = account.connect(region).snapshots_by_id([id]).snapshots
    if not snapshots:
        return None
    [snapshot] = snapshots
    home, primary_id = snapshot.primary_region or region, snapshot.primary_id or id
    if not is_id(primary_id, SNAPSHOT) or home not in {region, *session.all_regions()}:
        home, primary_id = region, id  # its tags name no primary that could exist
    by_region, unreadable = {region: (snapshot,)}, dict[str, str]()
    primaries: tuple[Snapshot, ...] = () if snapshot.is_copy else (snapshot,)
    if snapshot.is_copy:
        try:
            primaries = account.connect(home).snapshots_by_id([primary_id]).snapshots
        except (BotoCoreError, ClientError) as error:
            unreadable[home] = error_text(error)
    by_region[home] = (*by_region.get(home, ()), *(primary for primary in primaries if primary.id != id))
    regions = {region, *_destinations(snapshots), *_destinations(primaries)}
    return _read_snapshots(account, Lineage(id, region, home, (), by_region, unreadable), regions, primary_id)


def _destinations(snapshots: Iterable[Snapshot]) -> set[str]:
    return {name for snapshot in snapshots for name in snapshot.destinations}


def _read_snapshots(account: Account, lineage: Lineage, regions: Iterable[str], source_id: str) -> Lineage:
    """Return the lineage with the snapshots and copies of a source in some Regions, and in those asked for."""
    snapshots, unreadable = dict(lineage.snapshots), dict(lineage.unreadable)
    for region in sorted({*regions, *(account.regions if account.regions_given else ())}):
        try:
            of_source = account.connect(region).snapshots_from(source_id)
        except (BotoCoreError, ClientError) as error:
            unreadable[region] = error_text(error)
            continue
        by_id = {snapshot.id: snapshot for snapshot in (*snapshots.get(region, ()), *of_source)}
        snapshots[region] = tuple(by_id.values())
    return Lineage(lineage.id, lineage.found_in, lineage.home, lineage.instances, snapshots, unreadable)
