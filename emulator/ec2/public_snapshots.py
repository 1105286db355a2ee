"""Public snapshots of other accounts: tests notice code that forgets `OwnerIds=["self"]`."""

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
    """Adds two snapshots of Amazon and three of another account; the tags of the last look like those of this app.

    EC2 does not show the tags of other accounts. The emulator does, so that a filter by tag does not hide the mistake.
    """
    for owner, own in PUBLIC:
        number = region.next_sequence()
        started = start - timedelta(days=400 + number)
        region.add(
            Snapshot(
                snapshot_id=region.new_id("snap"),
                sequence=number,
                region=region.name,
                volume_id="vol-ffffffff",
                volume_size=8,
                description="public",
                start_time=started,
                ends_at=started,
                origin="foreign",
                owner_id=owner,
                owner_alias="amazon" if owner == AMAZON else None,
                tags=dict(own),
                ended=True,
            )
        )
