"""The command ``drill``: it proves that a copy can be restored by restoring it, and deletes what it created."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from chalicelib.identifiers import INSTANCE, is_id
from chalicelib.models import Snapshot
from chalicelib.plan.sets import volume_of
from chalicelib.quoting import printable
from chalicelib.wording import age_text
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.errors import CommandFailed, error_text
from reactor_cli.restore.choice import newest_restorable_of
from reactor_cli.restore.ec2 import Restorer, VolumeNotAvailable, VolumeVanished
from reactor_cli.restore.volumes import DRILL, volumes_to_create
from reactor_cli.terminal import output, print_json, progress
from reactor_cli.wording import origin_text


@dataclass(frozen=True, slots=True)
class DrillResult:
    """One restored copy.

    ``age`` is that of its content in hours, ``seconds`` the time that the restore took, ``failure`` the error if one of
    the steps failed.
    """

    region: str
    copy: str
    of: str
    source_volume: str
    source_region: str | None
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
    results = [_drill(account, copy, zone) for copy in _newest_copies(account, instance)]
    if account.as_json:
        print_json({"command": "drill", "at": account.now, "drills": [asdict(result) for result in results]})
    else:
        for result in results:
            _write(output(), result)
    return exit_code(attention=any(result.failure for result in results), unreadable={})


def _newest_copies(account: Account, instance: str) -> list[Snapshot]:
    """Return the newest copy in each Region asked for, or else in each destination of the snapshots there."""
    copies: list[Snapshot] = []
    destinations: set[str] = set()
    for region in account.regions:
        snapshots = account.connect(region).snapshots_from(instance)
        copies += _newest_copy(snapshots)
        destinations |= {name for snapshot in snapshots if snapshot.is_primary for name in snapshot.destinations}
    if not copies:
        for region in sorted(destinations):
            copies += _newest_copy(account.connect(region).snapshots_from(instance))
    if not copies:
        regions = ", ".join(sorted({*account.regions, *destinations}))
        raise CommandFailed(f"no completed copy of {instance} in {regions}")
    return copies


def _newest_copy(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    newest = newest_restorable_of([snapshot for snapshot in snapshots if snapshot.is_copy])
    return [newest] if newest else []


def _drill(account: Account, copy: Snapshot, zone: str | None) -> DrillResult:
    restorer = Restorer(copy.region)
    chosen_zone = zone or restorer.zones()[0]
    [call] = volumes_to_create([copy], chosen_zone, DRILL)
    volume, seconds, deleted, failure = None, None, False, None
    started = time.monotonic()
    try:
        with progress(f"restoring {copy.id} in {chosen_zone}"):
            volume = restorer.create_volume(call)
            restorer.wait_until_available(volume)
        seconds = round(time.monotonic() - started, 1)
    except VolumeVanished as error:
        failure, deleted = str(error), True
    except VolumeNotAvailable as error:
        failure = str(error)
    except (BotoCoreError, ClientError) as error:
        failure = error_text(error)
    finally:
        # Delete the volume even if the command is interrupted.
        if volume and not deleted:
            deleted, failure = _delete(restorer, volume, failure)
    return DrillResult(
        region=copy.region,
        copy=copy.id,
        of=origin_text(copy),
        source_volume=volume_of(copy),
        source_region=copy.primary_region,
        taken=copy.taken,
        age=round((account.now - copy.taken) / timedelta(hours=1), 2),
        zone=chosen_zone,
        volume=volume,
        size_gib=call.size_gib,
        seconds=seconds,
        deleted=deleted,
        failure=failure,
    )


def _delete(restorer: Restorer, volume: str, failure: str | None) -> tuple[bool, str | None]:
    """Delete the volume, and return whether it is deleted, and the failures so far."""
    try:
        restorer.delete_volume(volume)
    except (BotoCoreError, ClientError) as error:
        remains = f"{volume} was not deleted and costs money: {error_text(error)}"
        return False, f"{failure}; {remains}" if failure else remains
    return True, failure


def _write(out: Console, result: DrillResult) -> None:
    copy = f"{result.copy}  {printable(result.of)}, {result.size_gib} GiB"
    out.print(Text.assemble((result.region, "title"), f"  {copy}"))
    out.print(f"  its content is {age_text(result.age)} old")
    if result.seconds is not None:
        restored = f"restored in {result.zone} as {result.volume}: available after {result.seconds:.0f} s"
        out.print(Text(f"  {restored}", "good"))
    if result.deleted:
        out.print("  the volume is deleted" if result.seconds is not None else "  no volume is left")
    if result.failure:
        out.print(Text(f"  failed: {result.failure}", "bad"))
