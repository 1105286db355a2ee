"""``lint``: what in the tags is not understood, and what looks meant for backup but is not."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from chalicelib import tags
from chalicelib.models import Instance, Inventory, Snapshot
from chalicelib.quoting import printable
from chalicelib.wording import accepted_text, counted, read_text
from reactor_cli import ec2_restore
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.nearest import meanwhile, nearest
from reactor_cli.terminal import columns, output, print_json


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """Something about the tags of a target that its owner should look at.

    ``meant`` is a tag that would be understood, ``meanwhile`` what happens without it; either may be empty.
    """

    target: str
    name: str
    read: str
    accepted: str
    meant: str
    meanwhile: str


@click.command()
@account_options
def lint(account: Account) -> int:
    """Show tags that are not understood, and instances that look meant for backup but are not."""
    found, lost = account.in_each_region("reading", lambda region: _lint(account, region))
    if account.as_json:
        data = [
            {"region": region, "findings": [asdict(each) for each in findings]} for region, findings in found.items()
        ]
        print_json({"command": "lint", "at": account.now, "regions": data, "unreadable": lost})
    else:
        for region, findings in found.items():
            _draw(output(), region, findings)
    return exit_code(attention=any(found.values()), lost=lost)


def _lint(account: Account, region: str) -> list[Finding]:
    ec2 = account.connect(region)
    inventory, snapshots = ec2.instances(), ec2.snapshots()
    return find_all(inventory, snapshots, _enabled(region), ec2_restore.all_regions())


def _enabled(region: str) -> frozenset[str] | None:
    try:
        return frozenset(ec2_restore.enabled_regions(region))
    except (BotoCoreError, ClientError):
        return None  # a permission that only this one check needs


def find_all(
    inventory: Inventory, snapshots: Inventory, enabled: frozenset[str] | None, regions: Iterable[str]
) -> list[Finding]:
    """Return all findings, by target; ``enabled`` are the Regions that the account has enabled, None if unknown."""
    names = dict(_names(inventory.instances, snapshots.snapshots))
    found = [
        Finding(
            problem.target,
            names.get(problem.target, ""),
            read_text(problem),
            accepted_text(problem),
            nearest(problem, regions),
            meanwhile(problem),
        )
        for problem in {*inventory.problems, *snapshots.problems}
    ]
    suspects = {each.target for each in found}
    alive = _backed_up_before(snapshots.snapshots)
    for instance in inventory.instances:
        found += _about(instance, enabled, alive, reported=instance.id in suspects)
    return sorted(found)


def _names(instances: Iterable[Instance], snapshots: Iterable[Snapshot]) -> Iterator[tuple[str, str]]:
    for instance in instances:
        yield instance.id, instance.policy.name if instance.policy.name != instance.id else ""
        for volume in instance.volumes:
            yield volume.id, f"{instance.policy.name} {volume.device}"
    for snapshot in snapshots:
        yield snapshot.id, f"{tags.name_of(snapshot)} {snapshot.device or ''}".strip()


def _backed_up_before(snapshots: Iterable[Snapshot]) -> frozenset[str]:
    return frozenset(each.instance_id for each in snapshots if each.is_primary and each.instance_id)


def _about(
    instance: Instance, enabled: frozenset[str] | None, before: frozenset[str], *, reported: bool
) -> Iterator[Finding]:
    policy, name = instance.policy, instance.policy.name
    if policy.enabled:
        for each in policy.destinations:
            if enabled is not None and each not in enabled:
                read = f"{each} in {tags.COPY_DEST}"
                yield Finding(instance.id, name, read, "Regions that the account has enabled", "", "every copy fails")
        if instance.volumes and all(each.excluded for each in instance.volumes):
            read = f"{tags.BACKUP}=No on every volume"
            yield Finding(instance.id, name, read, f"a volume without {tags.BACKUP}=No", "", "not backed up")
        return
    if reported or tags.BACKUP in instance.asked_for:
        return
    yes, unless = f"{tags.BACKUP}=Yes", "not backed up"
    if wrong := next(_misspelt(instance), ""):
        yield Finding(instance.id, name, wrong, f"the key {tags.BACKUP}, spelt exactly so", yes, unless)
    elif asked := [each for each in instance.asked_for if each != tags.SCHEDULE]:
        # Schedule alone may belong to whatever stops instances at night.
        read = f"{', '.join(asked)}, but no {tags.BACKUP}"
        yield Finding(instance.id, name, read, f"{yes}, or {tags.BACKUP}=No if it is not to be", yes, unless)
    elif instance.id in before:
        read = f"no {tags.BACKUP}, but there are snapshots of it"
        yield Finding(instance.id, name, read, f"{yes}, or {tags.BACKUP}=No if it is over", yes, unless)


def _misspelt(instance: Instance) -> Iterator[str]:
    for key, value in instance.carried:
        if difflib.get_close_matches(key.casefold(), [tags.BACKUP.casefold()], cutoff=0.8):
            yield f"{key}={value}"


def _draw(out: Console, region: str, findings: Sequence[Finding]) -> None:
    count = counted(len(findings), "thing") if findings else "nothing"
    out.print(Text.assemble((region, "title"), f"  {count} to look at"))
    for each in findings:
        out.print()
        out.print(Text.assemble((f"  {each.target}", "title"), f"  {printable(each.name)}"))
        table = columns(14, None)
        table.add_row("    read", Text(printable(each.read), "bad"))
        table.add_row("    accepted", each.accepted)
        if each.meant:
            table.add_row("    suggestion", Text(printable(each.meant), "good"))
        if each.meanwhile:
            table.add_row("    meanwhile", each.meanwhile)
        out.print(table)
    out.print()
