"""``drill``: proves that a copy can be restored by restoring it, and deletes what it created."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from datetime import datetime

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from chalicelib.models import Snapshot, State
from chalicelib.quoting import printable
from chalicelib.wording import age_text
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.choosing import what_it_is
from reactor_cli.ec2_restore import Restorer
from reactor_cli.errors import CommandFailed, error_text
from reactor_cli.ids import INSTANCE, is_id
from reactor_cli.restoration import volumes_of
from reactor_cli.terminal import output, print_json, progress

PURPOSE = "drill"


@dataclass(frozen=True, slots=True)
class Drilled:
    """One restored copy: how old what it holds is (hours), how long it took (seconds), and what failed, if anything."""

    region: str
    copy: str
    of: str
    taken: datetime
    age: float
    zone: str
    volume: str | None
    size_gib: int
    seconds: float | None
    deleted: bool
    failure: str | None


@click.command(short_help="Restore the newest copy of an instance to a volume, then delete the volume.")
@click.argument("instance", metavar="INSTANCE")
@click.option(
    "--zone", metavar="AZ", help="Restore in this availability zone; the default is the first one of the Region."
)
@account_options
def drill(account: Account, instance: str, zone: str | None) -> int:
    """Restore the newest copy of an instance to a volume in its destination, and report how long it took.

    The command waits until the volume is available, and then deletes it. It deletes no other volume.
    --region is the Region to restore in. If the Region has only the instance's own snapshots, the command
    restores in each Region that they are copied to.

    \b
    Example:
      ebs-snapshot-reactor drill i-0123456789abcdef0 --region us-east-1
    """
    if not is_id(instance, INSTANCE):
        raise click.UsageError(f"{instance!r} is no id of an instance (i-…)")
    done = [_drill(account, copy, zone) for copy in _newest_copies(account, instance)]
    if account.as_json:
        print_json({"command": "drill", "at": account.now, "drills": [asdict(each) for each in done]})
    else:
        for each in done:
            _draw(each)
    return exit_code(attention=any(each.failure for each in done), unreadable={})


def _newest_copies(account: Account, instance: str) -> list[Snapshot]:
    """Return the newest completed copy in each Region that is to be tried."""
    found: list[Snapshot] = []
    elsewhere: set[str] = set()
    for region in account.regions:
        snapshots = account.connect(region).snapshots(source_id=instance).snapshots
        found += _newest(snapshots)
        elsewhere |= {name for each in snapshots if each.is_primary for name in each.destinations}
    if not found:
        for region in sorted(elsewhere):
            found += _newest(account.connect(region).snapshots(source_id=instance).snapshots)
    if not found:
        raise CommandFailed(f"no completed copy of {instance} in {', '.join({*account.regions, *elsewhere})}")
    return found


def _newest(snapshots: tuple[Snapshot, ...]) -> list[Snapshot]:
    copies = [each for each in snapshots if each.is_copy and each.state == State.COMPLETED]
    return sorted(copies, key=lambda each: (each.taken, each.id))[-1:]


def _drill(account: Account, copy: Snapshot, zone: str | None) -> Drilled:
    restorer = Restorer(copy.region)
    chosen = zone or restorer.zones()[0]
    [call] = volumes_of([copy], chosen, PURPOSE)
    volume, seconds, deleted, failure = None, None, False, None
    began = time.monotonic()
    try:
        with progress(f"restoring {copy.id} in {chosen}"):
            volume = restorer.create_volume(call)
            restorer.wait_until_available(volume)
        seconds = time.monotonic() - began
    except (BotoCoreError, ClientError) as error:
        failure = error_text(error)
    finally:
        # Whatever happened, an interruption too: what this run created goes.
        if volume:
            deleted, failure = _delete(restorer, volume, failure)
    age = (account.now - copy.taken).total_seconds() / 3600
    return Drilled(
        copy.region, copy.id, what_it_is(copy), copy.taken, round(age, 2), chosen, volume,
        call.size_gib, round(seconds, 1) if seconds is not None else None, deleted, failure,
    )  # fmt: skip


def _delete(restorer: Restorer, volume: str, failure: str | None) -> tuple[bool, str | None]:
    try:
        restorer.delete_volume(volume)
    except (BotoCoreError, ClientError) as error:
        left = f"{volume} is left behind and costs: {error_text(error)}"
        return False, f"{failure}; {left}" if failure else left
    return True, failure


def _draw(drilled: Drilled) -> None:
    out = output()
    out.print(
        Text.assemble((drilled.region, "title"), f"  {drilled.copy}  {printable(drilled.of)}, {drilled.size_gib} GiB")
    )
    out.print(f"  holds what was there {age_text(drilled.age)} ago")
    if drilled.seconds is not None:
        out.print(
            Text(f"  restored in {drilled.zone} as {drilled.volume}: available after {drilled.seconds:.0f} s", "good")
        )
    if drilled.deleted:
        out.print("  the volume was deleted again")
    if drilled.failure:
        out.print(Text(f"  failed: {drilled.failure}", "bad"))
