"""The command ``restore``: it creates volumes from the newest whole set of an instance, and attaches nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from chalicelib.quoting import printable
from chalicelib.wording import counted
from reactor_cli.account import Account, account_options
from reactor_cli.errors import error_text
from reactor_cli.restore.attaching import attach_commands
from reactor_cli.restore.choice import Choice, choose, choose_zone
from reactor_cli.restore.ec2 import Placement, Restorer
from reactor_cli.restore.volumes import (
    MIXED,
    RESTORE,
    CreateVolume,
    count_restorable,
    missing_text,
    times_text,
    volumes_to_create,
)
from reactor_cli.terminal import columns, output, print_json, progress
from reactor_cli.times import FORMS, TimeParam
from reactor_cli.wording import origin_text


@dataclass(frozen=True, slots=True)
class Restoration:
    """The volumes to create, and those created: pairs of an id and its call. ``failure`` is the error that ended it."""

    region: str
    zone: str
    choice: Choice
    placement: Placement | None
    calls: tuple[CreateVolume, ...]
    created: tuple[tuple[str, CreateVolume], ...] = ()
    failure: str = ""


@click.command(short_help="Create volumes from the newest whole set of snapshots of an instance.")
@click.argument("id", metavar="INSTANCE|SNAPSHOT")
@click.option("--at", type=TimeParam(), metavar="TIME", help=f"Restore the newest set at or before this time: {FORMS}.")
@click.option(
    "--zone",
    metavar="AZ",
    help="Create the volumes in this availability zone; the default is that of the instance.",
)
@click.option("--yes", is_flag=True, help="Create the volumes. Without this option they are only shown.")
@account_options
def restore(account: Account, id: str, at: datetime | None, zone: str | None, yes: bool) -> int:
    """Create volumes from the newest whole set of snapshots of an instance, or from one snapshot.

    The command works in one Region, with the snapshots or the copies there. Without --yes it only shows
    what it would create. With --yes it creates the volumes and prints the commands that attach them. It
    attaches nothing itself.

    \b
    Examples:
      ebs-snapshot-reactor restore i-0123456789abcdef0 --at 2026-11-22
      ebs-snapshot-reactor restore i-0123456789abcdef0 --region us-east-1 --zone us-east-1a --yes
    """
    region = account.one_region()
    with progress(f"reading {region}"):
        restorer = Restorer(region)
        choice = choose(account, region, id, at)
        placement = restorer.placement_of(choice.instance_id) if choice.instance_id else None
        chosen_zone = choose_zone(restorer, zone, placement)
    calls = volumes_to_create(choice.chosen.snapshots, chosen_zone, RESTORE)
    planned = Restoration(region, chosen_zone, choice, placement, tuple(calls))
    result = _create(restorer, planned) if yes else planned
    commands = _commands(account, result)
    if account.as_json:
        print_json({"command": "restore", "at": account.now, **_data(result), "attach": commands})
    else:
        _write(output(), result, commands)
    return int(bool(result.failure))


def _create(restorer: Restorer, planned: Restoration) -> Restoration:
    """Create the volumes until one cannot be created, and return the result."""
    created: list[tuple[str, CreateVolume]] = []
    failure = ""
    with progress(f"creating volumes in {planned.zone}"):
        for call in planned.calls:
            try:
                created.append((restorer.create_volume(call), call))
            except (BotoCoreError, ClientError) as error:
                failure = f"no volume of {call.snapshot_id}: {error_text(error)}"
                break
    return replace(planned, created=tuple(created), failure=failure)


def _commands(account: Account, result: Restoration) -> list[str]:
    if not result.created:
        return []
    # A volume can only be attached to an instance in its own zone.
    placement = result.placement if result.placement and result.placement.zone == result.zone else None
    return attach_commands(result.created, result.region, account.profile, result.choice.instance_id, placement)


def _data(result: Restoration) -> dict[str, Any]:
    created = {call.snapshot_id: id for id, call in result.created}
    chosen = result.choice.chosen
    return {
        "region": result.region,
        "zone": result.zone,
        "instance": result.choice.instance_id,
        "slot": chosen.slot,
        "first_taken": chosen.first_taken,
        "taken": chosen.taken,
        "skipped": [
            {
                "slot": snapshots.slot,
                "restorable": count_restorable(snapshots),
                "expected": snapshots.expected,
                "has": missing_text(snapshots),
            }
            for snapshots in result.choice.skipped
        ],
        "volumes": [
            {
                "snapshot": call.snapshot_id,
                "device": call.device,
                "size_gib": call.size_gib,
                "type": call.type,
                "type_recorded": call.type_recorded,
                "iops": call.iops,
                "throughput": call.throughput,
                "volume": created.get(call.snapshot_id),
            }
            for call in result.calls
        ],
        "failure": result.failure or None,
    }


def _write(out: Console, result: Restoration, commands: list[str]) -> None:
    chosen = result.choice.chosen
    of = f" of {result.choice.instance_id}" if result.choice.instance_id else ""
    out.print(
        Text.assemble((counted(len(result.calls), "volume"), "title"), f"{of}, as of {times_text(chosen)}"), end=""
    )
    out.print("" if chosen.is_one_point_in_time else Text(f": {MIXED}", "bad"))
    for snapshots in result.choice.skipped:
        reason = f"which is newer: it has {missing_text(snapshots)}"
        out.print(Text(f"  not from slot {printable(snapshots.slot)}, {reason}", "soon"))
    _write_volumes(out, result)
    if result.failure:
        out.print(Text(f"Failed: {result.failure}", "bad"))
    if not result.created:
        consent = "" if result.failure else f" in {result.zone}: give --yes to create the volumes, which cost money"
        out.print(Text(f"Nothing was created{consent}", "soon"))
        return
    out.print(f"Created in {result.zone}, and attached to nothing. To attach:")
    for command in commands:
        out.print(f"  {command}", soft_wrap=True)


def _write_volumes(out: Console, result: Restoration) -> None:
    created = {call.snapshot_id: id for id, call in result.created}
    table = columns(9, 22, None)
    for call, snapshot in zip(result.calls, result.choice.chosen.snapshots, strict=True):
        guess = "" if call.type_recorded else " (not recorded: a guess)"
        iops = f", {call.iops} IOPS" if call.iops else ""
        throughput = f", {call.throughput} MiB/s" if call.throughput else ""
        properties = f"{call.size_gib} GiB {printable(call.type)}{guess}{iops}{throughput}"
        new = Text(f"→ {created[call.snapshot_id]}", "good") if call.snapshot_id in created else Text("")
        table.add_row(
            printable(call.device) or "?",
            Text.assemble(call.snapshot_id, "\n", new),
            f"{properties}\n{printable(origin_text(snapshot))}",
        )
    out.print(table)
