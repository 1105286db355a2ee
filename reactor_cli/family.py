"""Finds what belongs together: an instance, a volume or a snapshot, with all snapshots and copies of its lineage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import plan
from chalicelib.lookups import guards
from chalicelib.models import Instance, Snapshot
from reactor_cli import ec2_restore
from reactor_cli.account import Account
from reactor_cli.errors import CannotDo, reason_of
from reactor_cli.ids import INSTANCE, SNAPSHOT, VOLUME, is_id
from reactor_cli.outlook import Fate, fates


@dataclass(frozen=True, slots=True)
class Family:
    """What is known of an id: its Region, its instance if that is still there, and the snapshots by Region.

    ``home`` is the Region of the primaries, which the id itself need not be in. ``unreadable`` says which Regions did
    not answer, and why.
    """

    id: str
    found_in: str
    home: str
    instances: tuple[Instance, ...]
    snapshots: Mapping[str, tuple[Snapshot, ...]]
    unreadable: Mapping[str, str] = field(default_factory=dict)


def find_family(account: Account, id: str) -> Family:
    """Return what belongs to an id; UsageError if it is none, CannotDo if there is no such thing.

    It is looked for in the Regions asked for, and then, if none was named, in all that the account has enabled.
    """
    if not is_id(id, INSTANCE, VOLUME, SNAPSHOT):
        raise click.UsageError(f"{id!r} is no id of an instance (i-…), a volume (vol-…) or a snapshot (snap-…)")
    for region in account.regions:
        if family := _look(account, id, region):
            return family
    if not account.regions_given:
        for region in ec2_restore.enabled_regions(account.regions[0]):
            if region not in account.regions and (family := _look(account, id, region)):
                return family
    where = ", ".join(account.regions) if account.regions_given else "any Region that the account has enabled"
    kind = {"i": "instance, and no snapshot of one", "vol": "volume in use, and no snapshot of one"}
    raise CannotDo(f"no such {kind.get(id.partition('-')[0], 'snapshot')} in {where}: {id}")


def _look(account: Account, id: str, region: str) -> Family | None:
    ec2 = account.connect(region)
    if id.startswith("snap-"):
        return _of_snapshot(account, id, region)
    instances = _with(id, ec2.instances(id if id.startswith("i-") else None).instances)
    mine = ec2.snapshots(source_id=id).snapshots
    if not instances and not mine:
        return None
    known = ec2_restore.all_regions()
    home = region if instances else next((each.primary_region for each in mine if each.primary_region in known), None)
    home = home or region
    if home != region:
        instances = _with(id, _instances_at(account, home, id))
    names = {home, region, *(name for each in mine for name in each.destinations)}
    names |= {name for each in instances for name in each.policy.destinations}
    return _gather(account, Family(id, region, home, tuple(instances), {}), names, id)


def _instances_at(account: Account, home: str, id: str) -> Sequence[Instance]:
    try:
        return account.connect(home).instances(id if id.startswith("i-") else None).instances
    except (BotoCoreError, ClientError):
        return ()  # said when the snapshots there are looked for


def _with(id: str, instances: Iterable[Instance]) -> list[Instance]:
    return [each for each in instances if id == each.id or id in {volume.id for volume in each.volumes}]


def _of_snapshot(account: Account, id: str, region: str) -> Family | None:
    found = account.connect(region).snapshots_by_id([id]).snapshots
    if not found:
        return None
    [snapshot] = found
    home, primary_id = snapshot.primary_region or region, snapshot.primary_id or id
    if not is_id(primary_id, SNAPSHOT) or home not in {region, *ec2_restore.all_regions()}:
        home, primary_id = region, id  # the tag says nothing that could be looked for
    alone = {region: (snapshot,)}
    primaries: tuple[Snapshot, ...] = () if snapshot.is_copy else (snapshot,)
    lost: dict[str, str] = {}
    if snapshot.is_copy:
        try:
            primaries = account.connect(home).snapshots_by_id([primary_id]).snapshots
        except (BotoCoreError, ClientError) as error:
            lost[home] = reason_of(error)
    names = {region, *snapshot.destinations, *(name for each in primaries for name in each.destinations)}
    if primaries:
        alone[home] = (*alone.get(home, ()), *(each for each in primaries if each.id != id))
    return _gather(account, Family(id, region, home, (), alone, lost), names, primary_id)


def _gather(account: Account, family: Family, names: Iterable[str], source_id: str) -> Family:
    snapshots, lost = dict(family.snapshots), dict(family.unreadable)
    for name in sorted({*names, *(account.regions if account.regions_given else ())}):
        try:
            found = account.connect(name).snapshots(source_id=source_id).snapshots
        except (BotoCoreError, ClientError) as error:
            lost[name] = reason_of(error)
            continue
        known = {each.id for each in snapshots.get(name, ())}
        snapshots[name] = (*snapshots.get(name, ()), *(each for each in found if each.id not in known))
    return Family(family.id, family.found_in, family.home, family.instances, snapshots, lost)


def fates_in(account: Account, region: str, wanted: Sequence[Snapshot]) -> dict[str, Fate]:
    """Return what becomes of some snapshots of a Region: by the sweep's own plan, with all that guards them."""
    ec2, settings, today = account.connect(region), account.settings, account.now.date()
    everything = {each.id: each for each in (*ec2.snapshots().snapshots, *wanted)}
    ids = sorted({each.id for each in wanted} | set(plan.expired(everything.values(), today)))
    held = guards(ec2, settings, ec2.instances().instances, ids)
    return fates(list(everything.values()), [each.id for each in wanted], today, held, region)
