"""Snapshots that others made public, so that forgetting `OwnerIds=["self"]` shows."""

from __future__ import annotations

from datetime import datetime, timedelta

from emulator.ec2.model import Region, Snapshot

AMAZON = "137112412989"
STRANGER = "999988887777"
PUBLIC: tuple[tuple[str, dict[str, str]], ...] = (
    (AMAZON, {}),
    (AMAZON, {"Name": "amzn2-ami"}),
    (STRANGER, {}),
    (STRANGER, {"Type": "Automated", "Copy_Dest": "us-east-1"}),
    (STRANGER, {"Type": "Automated", "DeleteOn": "2001-01-01"}),
)


def add_foreign_snapshots(region: Region, start: datetime) -> None:
    """Two of Amazon's and three of a stranger's, one of which looks as if this app's sweep should take it.

    AWS does not show the tags of others; here they are shown, so that a filter by tag does not hide the mistake.
    """
    for owner, own in PUBLIC:
        number = region.next_sequence()
        made = start - timedelta(days=400 + number)
        region.add(
            Snapshot(
                snapshot_id=region.new_id("snap"),
                sequence=number,
                region=region.name,
                volume_id="vol-ffffffff",
                volume_size=8,
                description="public",
                start_time=made,
                ends_at=made,
                origin="foreign",
                owner_id=owner,
                owner_alias="amazon" if owner == AMAZON else None,
                tags=dict(own),
                ended=True,
            )
        )
