"""Reads what a report needs of a Region; decides nothing."""

from __future__ import annotations

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.aws.reading import EC2
from chalicelib.lookups import all_copies
from chalicelib.models import Inventory
from chalicelib.report.model import RegionView


def view_region(ec2: EC2, copy_slots: int) -> RegionView:
    """Return what is known of a Region; ClientError or BotoCoreError if it does not answer.

    A destination that does not answer is part of the view. ``copy_slots`` is how many copies a destination takes at a
    time.
    """
    inventory, snapshots = ec2.instances(), ec2.snapshots()
    enabled = [instance for instance in inventory.instances if instance.policy.enabled]
    names = {name for instance in enabled for name in instance.policy.destinations}
    names |= {name for snapshot in snapshots.snapshots if snapshot.is_primary for name in snapshot.destinations}
    return RegionView(ec2.region, inventory, snapshots, all_copies(ec2, names, copy_slots))


def view_region_or_error(ec2: EC2, copy_slots: int) -> RegionView:
    """Return what is known of a Region, or the error that it answers with: for a report on several Regions."""
    try:
        return view_region(ec2, copy_slots)
    except (ClientError, BotoCoreError) as error:
        return RegionView(ec2.region, Inventory(), Inventory(), unreadable=str(error))
