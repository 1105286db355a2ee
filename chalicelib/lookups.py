"""What jobs, report and command line look up in the same way: destinations of copies, and the guards of a sweep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import plan
from chalicelib.aws.reading import EC2
from chalicelib.models import Instance
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
    return look_in(names, lambda name: plan.Destination(ec2.copies(name).snapshots, slots - ec2.pending_copies(name)))


def guards(ec2: EC2, settings: Settings, instances: Iterable[Instance], candidates: Sequence[str]) -> plan.Guards:
    """Return what guards the ``candidates``, ids of snapshots of this Region, from deletion."""
    return plan.Guards(
        settings.last_copy_grace_days,
        settings.max_delete_percent,
        backed_up=plan.volumes_to_back_up(instances),
        images=ec2.images_using(candidates),
        locked=ec2.locked_snapshots(),
    )
