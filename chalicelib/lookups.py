"""What jobs, report and command line look up in the same way: destinations of copies, and the guards of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import plan
from chalicelib.aws.reading import EC2
from chalicelib.models import Decision, Inventory, Snapshot
from chalicelib.settings import Settings


def look_in(names: Iterable[str], look: Callable[[str], plan.Destination]) -> dict[str, plan.Destination]:
    """Return what is known of each destination.

    One that does not answer, or is not enabled for the account, does not stop the others.
    """
    destinations: dict[str, plan.Destination] = {}
    for name in sorted(names):
        try:
            destinations[name] = look(name)
        except (ClientError, BotoCoreError) as error:
            destinations[name] = plan.Destination(unreadable=str(error))
    return destinations


def all_copies(ec2: EC2, names: Iterable[str], slots: int) -> dict[str, plan.Destination]:
    """Return all copies of a Region's snapshots in some destinations, and how many of their ``slots`` are free."""

    def look(name: str) -> plan.Destination:
        in_progress = ec2.copies_in_progress(name)
        return plan.Destination(ec2.copies(name).snapshots, slots - len(in_progress), in_progress=in_progress)

    return look_in(names, look)


def copies_of(ec2: EC2, ids: Mapping[str, Sequence[str]], slots: int) -> dict[str, plan.Destination]:
    """Return for each destination the copies of some snapshots, and how many of its ``slots`` are free.

    Where none is free, only the copies in progress are known: that takes one call.
    """

    def look(name: str) -> plan.Destination:
        in_progress = ec2.copies_in_progress(name)
        free = slots - len(in_progress)
        copies = ec2.copies(name, ids[name]).snapshots if free > 0 else in_progress
        return plan.Destination(copies, free, in_progress=in_progress)

    return look_in(ids, look)


def with_volume_tags(
    ec2: EC2, snapshots: Sequence[Snapshot], others: Sequence[Snapshot] = ()
) -> tuple[list[Snapshot], list[Decision]]:
    """Return the snapshots with the tags of their volumes, and what has to be added to them and to the ``others``.

    Instances are read only if a snapshot is to get more tags than its set says. If they cannot be read, that holds up
    nothing.
    """
    present = {snapshot.id for snapshot in snapshots}
    everything = [*snapshots, *(snapshot for snapshot in others if snapshot.id not in present)]
    ids = plan.instances_to_read(everything)
    inventory, unreadable = Inventory(), ""
    try:
        if ids:
            inventory = ec2.instances(ids[0] if len(ids) == 1 else None)
    except (ClientError, BotoCoreError) as error:
        unreadable = str(error)
    completed, decisions = plan.complete(everything, inventory, unreadable)
    return completed[: len(snapshots)], decisions


def guards(
    ec2: EC2, settings: Settings, inventory: Inventory, candidates: Sequence[Snapshot], today: date
) -> plan.Guards:
    """Return what guards the ``candidates``, snapshots of this Region, from deletion."""
    owing = plan.owing(candidates, today)
    destinations = look_in(owing, lambda name: plan.Destination(ec2.copies(name, owing[name]).snapshots))
    return plan.Guards(
        settings.last_copy_grace_days,
        settings.max_delete_percent,
        volumes=plan.volume_wishes(inventory),
        instances=plan.instance_wishes(inventory.instances),
        images=ec2.images_using([snapshot.id for snapshot in candidates]),
        locked=ec2.locked_snapshots(),
        destinations=_without_disabled(ec2, destinations),
    )


def _without_disabled(ec2: EC2, destinations: Mapping[str, plan.Destination]) -> dict[str, plan.Destination]:
    """Return the destinations but for those that the account has not enabled: nothing is owed to them.

    Only EC2's own list proves that; if it cannot be read, every destination that does not answer counts.
    """
    if not any(destination.unreadable for destination in destinations.values()):
        return dict(destinations)
    try:
        enabled = ec2.enabled_regions()
    except (ClientError, BotoCoreError):
        return dict(destinations)
    return {name: destination for name, destination in destinations.items() if name in enabled}
