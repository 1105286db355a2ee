"""``restore``: creates volumes from the newest whole set of an instance. It attaches nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from chalicelib.quoting import printable
from chalicelib.wording import counted, moment
from reactor_cli.account import Account, account_options
from reactor_cli.attaching import commands
from reactor_cli.choosing import Choice, choose, what_it_is, zone_for
from reactor_cli.ec2_restore import Place, Restorer
from reactor_cli.errors import error_text
from reactor_cli.restoration import CreateVolume, missing, volumes_of
from reactor_cli.terminal import columns, output, print_json, progress
from reactor_cli.times import FORMS, TimeParam

PURPOSE = "restore"


@dataclass(frozen=True, slots=True)
class Restoration:
    """What is to be created, or was: ``made`` pairs each volume with its call, ``failure`` says what stopped it."""

    region: str
    zone: str
    choice: Choice
    place: Place | None
    calls: tuple[CreateVolume, ...]
    made: tuple[tuple[str, CreateVolume], ...] = ()
    failure: str = ""


@click.command(short_help="Create volumes from the newest whole set of snapshots of an instance.")
@click.argument("id", metavar="INSTANCE|SNAPSHOT")
@click.option("--at", type=TimeParam(), metavar="TIME", help=f"Restore the newest set at or before this time: {FORMS}.")
@click.option(
    "--zone", metavar="AZ", help="Create the volumes in this availability zone; the default is that of the instance."
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
    with progress(f"looking in {region}"):
        restorer = Restorer(region)
        choice = choose(account, region, id, at)
        place = restorer.place_of(choice.instance_id) if choice.instance_id else None
        calls = volumes_of(choice.chosen.snapshots, zone_for(restorer, zone, place), PURPOSE)
    planned = Restoration(region, calls[0].zone, choice, place, tuple(calls))
    result = _create(restorer, planned) if yes else planned
    lines = _commands(account, result)
    if account.as_json:
        print_json({"command": "restore", "at": account.now, **_data(result), "attach": lines})
    else:
        _draw(output(), result, lines)
    return int(bool(result.failure))


def _create(restorer: Restorer, planned: Restoration) -> Restoration:
    made: list[tuple[str, CreateVolume]] = []
    with progress(f"creating volumes in {planned.zone}"):
        for call in planned.calls:
            try:
                made.append((restorer.create_volume(call), call))
            except (BotoCoreError, ClientError) as error:
                failure = f"no volume of {call.snapshot_id}: {error_text(error)}"
                return Restoration(
                    planned.region, planned.zone, planned.choice, planned.place, planned.calls, tuple(made), failure
                )
    return Restoration(planned.region, planned.zone, planned.choice, planned.place, planned.calls, tuple(made))


def _commands(account: Account, result: Restoration) -> list[str]:
    if not result.made:
        return []
    return commands(result.made, result.region, account.profile, result.choice.instance_id, result.place)


def _data(result: Restoration) -> dict[str, Any]:
    made = {call.snapshot_id: id for id, call in result.made}
    chosen = result.choice.chosen
    return {
        "region": result.region,
        "zone": result.zone,
        "instance": result.choice.instance_id,
        "slot": chosen.slot,
        "taken": chosen.taken,
        "skipped": [{"slot": each.slot, "has": missing(each)} for each in result.choice.skipped],
        "volumes": [
            {
                "snapshot": call.snapshot_id,
                "device": call.device,
                "size_gib": call.size_gib,
                "type": call.type,
                "type_recorded": call.type_recorded,
                "iops": call.iops,
                "throughput": call.throughput,
                "volume": made.get(call.snapshot_id),
            }
            for call in result.calls
        ],
        "failure": result.failure or None,
    }


def _draw(out: Console, result: Restoration, lines: list[str]) -> None:
    chosen = result.choice.chosen
    of = f" of {result.choice.instance_id}" if result.choice.instance_id else ""
    out.print(Text.assemble((counted(len(result.calls), "volume"), "title"), f"{of}, as of {moment(chosen.taken)}"))
    for each in result.choice.skipped:
        out.print(Text(f"  not from slot {printable(each.slot)}, which is newer: it has {missing(each)}", "soon"))
    made = {call.snapshot_id: id for id, call in result.made}
    table = columns(9, 22, None)
    for call, snapshot in zip(result.calls, chosen.snapshots, strict=True):
        speed = "".join(
            (f", {call.iops} IOPS" if call.iops else "", f", {call.throughput} MiB/s" if call.throughput else "")
        )
        guess = "" if call.type_recorded else " (not recorded: a guess)"
        text = f"{call.size_gib} GiB {printable(call.type)}{guess}{speed}\n{printable(what_it_is(snapshot))}"
        new = Text(f"→ {made[call.snapshot_id]}", "good") if call.snapshot_id in made else Text("")
        table.add_row(printable(call.device) or "?", Text.assemble(call.snapshot_id, "\n", new), text)
    out.print(table)
    if result.failure:
        out.print(Text(f"Failed: {result.failure}", "bad"))
    if not result.made:
        where = f"in {result.zone}: give --yes to create, they cost from then on"
        out.print(Text(f"Nothing was created {where}" if not result.failure else "Nothing was created", "soon"))
        return
    out.print(f"Created in {result.zone}, attached to nothing. To attach:")
    for line in lines:
        out.print(f"  {line}", soft_wrap=True)
