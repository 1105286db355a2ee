"""Reads what a report needs of a Region; nothing is decided here."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.ec2 import EC2
from chalicelib.models import Inventory
from chalicelib.plan import Destination
from chalicelib.report.model import RegionView


def view_region(ec2: EC2, copy_slots: int) -> RegionView:
    """Return what is known of a Region; ClientError or BotoCoreError if it does not answer.

    A destination that does not answer is part of it. ``copy_slots`` is how many copies a destination takes at a time.
    """
    inventory, snapshots = ec2.instances(), ec2.snapshots()
    names = {name for each in inventory.instances if each.policy.enabled for name in each.policy.destinations}
    names |= {name for each in snapshots.snapshots if each.is_primary for name in each.destinations}
    destinations = {name: _look(ec2, name, copy_slots) for name in sorted(names)}
    return RegionView(ec2.region, inventory, snapshots, destinations)


def view_region_or_say(ec2: EC2, copy_slots: int) -> RegionView:
    """Return what is known of a Region, or why nothing is: for a report on several."""
    try:
        return view_region(ec2, copy_slots)
    except (ClientError, BotoCoreError) as error:
        return RegionView(ec2.region, Inventory(), Inventory(), unreadable=str(error))


def _look(ec2: EC2, name: str, copy_slots: int) -> Destination:
    try:
        return Destination(ec2.copies(name).snapshots, copy_slots - ec2.pending_copies(name))
    except (ClientError, BotoCoreError) as error:
        return Destination(unreadable=str(error))
