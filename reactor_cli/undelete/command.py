"""``undelete``: lists the snapshots in the Recycle Bin, and restores them so that the next sweep keeps them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import tags
from chalicelib.identifiers import INSTANCE, SNAPSHOT, VOLUME, is_id
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.errors import CommandFailed, error_text
from reactor_cli.terminal import output, print_json, progress
from reactor_cli.undelete.data import as_data
from reactor_cli.undelete.recycle_bin import Binned, RecycleBin
from reactor_cli.undelete.targets import Target, Undeletion, decide, targets_in
from reactor_cli.undelete.text import write_bins, write_undeletions

DEFAULT_DAYS = 7
MAX_DAYS = 36_500


@click.command(short_help="List the Recycle Bin, or restore snapshots from it so that they stay.")
@click.argument("ids", metavar="[ID]...", nargs=-1)
@click.option(
    "--days",
    type=click.IntRange(1, MAX_DAYS),
    help=f"Keep the snapshots for at least this many days from today; the default is {DEFAULT_DAYS}.",
)
@click.option("--keep", is_flag=True, help="Keep the snapshots forever: set KeepForever instead of DeleteOn.")
@account_options
def undelete(account: Account, ids: tuple[str, ...], days: int | None, keep: bool) -> int:
    """List the deleted snapshots in the Recycle Bin, or restore some of them.

    Without ID, the command lists what is in the bin. With the id of a snapshot, it restores that snapshot;
    with the id of an instance or a volume, all snapshots of it that are in the bin. A restored snapshot
    still has its old DeleteOn, and the next sweep would delete it again. So the command first puts off
    DeleteOn, or sets KeepForever, and then restores. It can be repeated.

    \b
    Examples:
      ebs-snapshot-reactor undelete
      ebs-snapshot-reactor undelete snap-0123456789abcdef0 --days 30
    """
    _check(ids, days, keep)
    bins, unreadable = account.in_each_region(
        "reading the Recycle Bin of", lambda region: RecycleBin(region).snapshots()
    )
    if ids:
        targets = _targets(account, bins, ids)
        done = {region: _undelete(account, region, targets[region], days or DEFAULT_DAYS, keep) for region in targets}
    else:
        done = {region: [_listed(region, binned) for binned in undeletions] for region, undeletions in bins.items()}
    if account.as_json:
        regions = [
            {"region": region, "snapshots": [as_data(undeletion, restored=bool(ids)) for undeletion in undeletions]}
            for region, undeletions in done.items()
        ]
        print_json({"command": "undelete", "at": account.now, "regions": regions, "unreadable": unreadable})
    elif ids:
        write_undeletions(output(), done)
    else:
        write_bins(output(), done)
    attention = any(
        undeletion.failure or undeletion.refusal for undeletions in done.values() for undeletion in undeletions
    )
    return exit_code(attention=attention, unreadable=unreadable)


def _check(ids: Sequence[str], days: int | None, keep: bool) -> None:
    for id in ids:
        if not is_id(id, SNAPSHOT, INSTANCE, VOLUME):
            raise click.UsageError(f"{id!r} is no id of a snapshot (snap-…), an instance (i-…) or a volume (vol-…)")
    if days is not None and keep:
        raise click.UsageError("--days and --keep exclude each other")
    if not ids and (keep or days is not None):
        raise click.UsageError("--days and --keep need the ID of what is to be restored")


def _listed(region: str, binned: Binned) -> Undeletion:
    return Undeletion(Target(region, binned.id, binned.described, binned))


def _targets(account: Account, bins: Mapping[str, Sequence[Binned]], ids: Collection[str]) -> dict[str, list[Target]]:
    """Return what to restore by Region; CommandFailed, before anything is changed, if there is nothing for an id."""
    targets = {region: targets_in(region, entries, ids) for region, entries in bins.items()}
    left = set(ids).difference(*(target.names for entries in targets.values() for target in entries))
    for region, entries in targets.items():
        restored = account.connect(region).snapshots_by_id([id for id in left if is_id(id, SNAPSHOT)]).snapshots
        entries += [
            Target(region, snapshot.id, tags.read_description(snapshot.description), None) for snapshot in restored
        ]
        left -= {snapshot.id for snapshot in restored}
    if left:
        raise CommandFailed(f"not in the Recycle Bin of {', '.join(bins)}: {', '.join(sorted(left))}")
    return targets


def _undelete(account: Account, region: str, targets: Sequence[Target], days: int, keep: bool) -> list[Undeletion]:
    recycle_bin = RecycleBin(region)
    with progress(f"restoring in {region}"):
        try:
            present = recycle_bin.tags_of([target.id for target in targets])
        except (BotoCoreError, ClientError) as error:
            return [Undeletion(target, failure=error_text(error)) for target in targets]
        decisions = [
            decide(target, present.get(target.id, {}), today=account.now.date(), days=days, keep=keep)
            for target in targets
        ]
        return [_carry_out(recycle_bin, decision) for decision in decisions]


def _carry_out(recycle_bin: RecycleBin, decision: Undeletion) -> Undeletion:
    """Write the tags before the snapshot is restored: in between, a sweep could delete it again."""
    if decision.refusal:
        return decision
    try:
        if decision.added:
            recycle_bin.tag(decision.target.id, decision.added)
        if decision.target.binned:
            recycle_bin.restore(decision.target.id)
    except (BotoCoreError, ClientError) as error:
        return replace(decision, failure=error_text(error))
    return decision
