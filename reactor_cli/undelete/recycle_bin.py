"""The calls to EC2's Recycle Bin, which only an operator's machine makes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib import tags
from chalicelib.aws.clients import CONFIG, session
from chalicelib.aws.filters import chunks

PAGE_SIZE = 1000


@dataclass(frozen=True, slots=True)
class Binned:
    """A deleted snapshot in the Recycle Bin: since when, and until when it can be restored (aware, UTC).

    ``described`` is what its description says, None if it is not of this app's form. EC2 lists no tags of it.
    """

    id: str
    volume_id: str
    description: str
    described: tags.Described | None
    deleted: datetime
    until: datetime


class RecycleBin:
    """The Recycle Bin of one Region."""

    def __init__(self, region: str) -> None:
        self._ec2 = session().client("ec2", region_name=region, config=CONFIG)

    def snapshots(self) -> tuple[Binned, ...]:
        """Return what is in the bin, sorted by what it is of and when it was deleted.

        https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ListSnapshotsInRecycleBin.html
        """
        pages = self._ec2.get_paginator("list_snapshots_in_recycle_bin").paginate(
            PaginationConfig={"PageSize": PAGE_SIZE}
        )
        entries = [_binned(raw) for page in pages for raw in page["Snapshots"]]
        return tuple(sorted(entries, key=lambda binned: (binned.described is None, binned.description, binned.deleted)))

    def tags_of(self, ids: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return the tags of snapshots, whether they are in the bin or not; AWS's own are left out."""
        by_resource: dict[str, dict[str, str]] = defaultdict(dict)
        for chunk in chunks(ids):
            pages = self._ec2.get_paginator("describe_tags").paginate(
                Filters=[{"Name": "resource-id", "Values": chunk}], PaginationConfig={"PageSize": PAGE_SIZE}
            )
            for page in pages:
                for tag in page["Tags"]:
                    if not tag["Key"].startswith("aws:"):
                        by_resource[tag["ResourceId"]][tag["Key"]] = tag["Value"]
        return dict(by_resource)

    def tag(self, id: str, added: Mapping[str, str]) -> None:
        """Write tags, which EC2 allows for what is in the bin, too."""
        self._ec2.create_tags(Resources=[id], Tags=[{"Key": key, "Value": value} for key, value in added.items()])

    def restore(self, id: str) -> None:
        """Take a snapshot out of the bin; it can be used at once."""
        self._ec2.restore_snapshot_from_recycle_bin(SnapshotId=id)


def _binned(raw: Any) -> Binned:
    description = raw.get("Description", "")
    return Binned(
        raw["SnapshotId"],
        raw.get("VolumeId", ""),
        description,
        tags.read_description(description),
        raw["RecycleBinEnterTime"].astimezone(UTC),
        raw["RecycleBinExitTime"].astimezone(UTC),
    )
