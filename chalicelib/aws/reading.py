"""The calls that read EC2: raw answers become models here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC
from sys import intern
from typing import TYPE_CHECKING

from chalicelib import tags
from chalicelib.aws.answers import plain_tags, size_gib, volume_of
from chalicelib.aws.clients import Clients, partition_of, regions_of_partition
from chalicelib.aws.filters import Period, begun_within, chunks, only, tagged
from chalicelib.aws.systems_manager import SystemsManager
from chalicelib.aws.writing import Writer
from chalicelib.models import Creation, Instance, Inventory, Snapshot, State, TagProblem, Volume
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef, SnapshotTypeDef

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
PAGE_SIZE = 1000
# A copy has a placeholder for the id of a volume.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html
_OF_COPIES: FilterTypeDef = {"Name": "volume-id", "Values": ["vol-ffff*"]}
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
NOT_TERMINATED = ["pending", "running", "stopping", "stopped", "shutting-down"]


class EC2:
    """EC2 in one Region, and in the Regions that its snapshots are copied to.

    ``writer`` is for the calls that change something, ``systems_manager`` for scripts on instances.
    """

    def __init__(self, settings: Settings, clients: Clients) -> None:
        self.region = settings.region
        self.clients = clients
        self.writer = Writer(settings.region, clients)
        self.systems_manager = SystemsManager(settings.region, clients)
        self._client = clients.ec2
        self._contract = tags.Contract(
            region=settings.region,
            regions=regions_of_partition(settings.region),
            daily_at=settings.daily_at,
            retention=settings.default_retention,
            allowed=settings.allowed_destinations,
            limits=settings.limits,
        )

    def is_reachable(self, region: str) -> bool:
        """Return whether a Region is in this partition, and so in reach of this account."""
        return partition_of(region) == partition_of(self.region)

    def instances(self, instance_id: str | None = None) -> Inventory:
        """Return the instances of this Region that are not terminated, and the volumes: all, or one instance's.

        A volume whose instance is not returned, because it was terminated meanwhile, counts as attached to none.
        """
        problems: list[TagProblem] = []
        attached, loose = self._volumes(problems, only("attachment.instance-id", instance_id))
        instances: list[Instance] = []
        pages = (
            self._client(self.region)
            .get_paginator("describe_instances")
            .paginate(
                Filters=[
                    {"Name": "instance-state-name", "Values": NOT_TERMINATED},
                    *only("instance-id", instance_id),
                ],
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
        )
        for page in pages:
            for reservation in page["Reservations"]:
                account = reservation.get("OwnerId", "")
                instances += [self._instance(raw, account, attached, problems) for raw in reservation["Instances"]]
        known = {instance.id for instance in instances}
        left = [volume for id, volumes in attached.items() if id not in known for volume in volumes]
        return Inventory(tuple(instances), (*loose, *left), problems=tuple(problems))

    def _instance(
        self,
        raw: InstanceTypeDef,
        account: str,
        attached: Mapping[str, Sequence[Volume]],
        problems: list[TagProblem],
    ) -> Instance:
        instance, wrong = tags.read_instance(
            raw["InstanceId"],
            plain_tags(raw),
            raw.get("RootDeviceName", ""),
            attached.get(raw["InstanceId"], ()),
            self._contract,
            account=account,
            state=raw.get("State", {}).get("Name", ""),
        )
        problems += wrong
        return instance

    def _volumes(
        self, problems: list[TagProblem], filters: Sequence[FilterTypeDef]
    ) -> tuple[Mapping[str, Sequence[Volume]], Sequence[Volume]]:
        """Return the volumes that exist: by instance, and those that are attached to none."""
        attached: dict[str, list[Volume]] = defaultdict(list)
        loose: list[Volume] = []
        pages = (
            self._client(self.region)
            .get_paginator("describe_volumes")
            .paginate(
                Filters=list(filters),
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
        )
        for page in pages:
            for raw in page["Volumes"]:
                if raw["State"] in ("deleting", "deleted"):
                    continue
                volume, instance_ids = volume_of(raw, problems)
                for id in instance_ids:
                    attached[id].append(volume)
                if not instance_ids:
                    loose.append(volume)
        return attached, loose

    def snapshots(
        self,
        *,
        slots: Sequence[str] | None = None,
        volume_ids: Sequence[str] | None = None,
        with_destination: bool = False,
        period: Period | None = None,
        of_sets: bool = False,
    ) -> Inventory:
        """Return this app's snapshots in this Region: all, or those of slots, of volumes, or begun in a period.

        With ``of_sets``, those of sets that lack the tags of their volumes.
        """
        filters: list[FilterTypeDef] = [tagged(tags.TYPE, [tags.AUTOMATED])]
        if of_sets:
            filters.append(tagged(tags.NAME, [tags.NAMES_OF_SETS]))
        if with_destination:
            filters.append({"Name": "tag-key", "Values": [tags.COPY_DEST]})
        filters += begun_within(period)
        if slots is not None:
            return self._describe_in_chunks(f"tag:{tags.BACKUP_SLOT}", slots, filters)
        if volume_ids is not None:
            return self._describe_in_chunks("volume-id", volume_ids, filters)
        return self._describe(self.region, filters)

    def snapshots_from(self, source_id: str) -> tuple[Snapshot, ...]:
        """Return this app's snapshots here that came from an instance, a volume or, being its copies, a snapshot."""
        own = tagged(tags.TYPE, [tags.AUTOMATED])
        filters: list[FilterTypeDef] = [tagged(tags.source_key(source_id), [source_id])]
        if source_id.startswith("vol-"):
            filters.append({"Name": "volume-id", "Values": [source_id]})  # in a set, the tag comes later
        by_id = {
            snapshot.id: snapshot
            for filter in filters
            for snapshot in self._describe(self.region, [own, filter]).snapshots
        }
        return tuple(by_id.values())

    def snapshots_for(self, call: Creation) -> tuple[Snapshot, ...]:
        """Return the snapshots of an instance, in whatever state but failed, that fill the slot of a creation."""
        filling = self.snapshots(slots=[tags.slot_of(call.tags)]).snapshots
        return tuple(
            snapshot
            for snapshot in filling
            if snapshot.instance_id == call.instance_id and snapshot.state != State.ERROR
        )

    def snapshots_by_id(self, ids: Sequence[str]) -> Inventory:
        """Return the snapshots of this account with these ids, whoever made them.

        A filter, as an id that is gone would make the request fail for all the others.
        """
        return self._describe_in_chunks("snapshot-id", ids, [])

    def copies(self, destination: str, primary_ids: Sequence[str] | None = None) -> Inventory:
        """Return the copies in ``destination`` of this Region's snapshots: all, or of some."""
        filters = [tagged(tags.TYPE, [tags.AUTOMATED]), tagged(tags.SOURCE_REGION, [self.region])]
        if primary_ids is None:
            return self._describe(destination, filters)
        name = f"tag:{tags.SOURCE_SNAPSHOT_ID}"
        return self._describe_in_chunks(name, primary_ids, filters, destination)

    def copies_in_progress(self, destination: str) -> tuple[Snapshot, ...]:
        """Return the copies that take a slot in ``destination``: by whomever, of whichever Region's snapshots."""
        pending: FilterTypeDef = {"Name": "status", "Values": [State.PENDING]}
        return self._describe(destination, [_OF_COPIES, pending]).snapshots

    def copies_begun(self, period: Period | None) -> tuple[Snapshot, ...]:
        """Return the copies in this Region that were begun in a period, or all: by whomever, of whichever Region's."""
        return self._describe(self.region, [_OF_COPIES, *begun_within(period)]).snapshots

    def _describe_in_chunks(
        self,
        name: str,
        values: Sequence[str],
        filters: list[FilterTypeDef],
        region: str | None = None,
    ) -> Inventory:
        parts = [
            self._describe(region or self.region, [*filters, {"Name": name, "Values": chunk}])
            for chunk in chunks(values, filters)
        ]
        return Inventory(
            snapshots=tuple(snapshot for part in parts for snapshot in part.snapshots),
            problems=tuple(problem for part in parts for problem in part.problems),
        )

    def _describe(self, region: str, filters: list[FilterTypeDef]) -> Inventory:
        snapshots: list[Snapshot] = []
        problems: list[TagProblem] = []
        pages = (
            self._client(region)
            .get_paginator("describe_snapshots")
            .paginate(OwnerIds=["self"], Filters=filters, PaginationConfig={"PageSize": PAGE_SIZE})
        )
        for page in pages:
            for raw in page["Snapshots"]:
                snapshot, wrong = self._snapshot(raw, region)
                snapshots.append(snapshot)
                problems += wrong
        return Inventory(snapshots=tuple(snapshots), problems=tuple(problems))

    def _snapshot(self, raw: SnapshotTypeDef, region: str) -> tuple[Snapshot, list[TagProblem]]:
        return tags.read_snapshot(
            raw["SnapshotId"],
            plain_tags(raw),
            self._contract.in_region(region),
            account=raw.get("OwnerId", ""),
            volume_id=intern(raw["VolumeId"]),
            state=intern(raw["State"]),
            # botocore gives each time a time zone object of its own, which costs memory and every comparison.
            started=raw["StartTime"].astimezone(UTC),
            description=intern(raw.get("Description", "")),
            state_message=raw.get("StateMessage", ""),
            size_gib=size_gib(raw),
            volume_gib=raw.get("VolumeSize", 0),
            archived=raw.get("StorageTier") == "archive",
            restored_until=raw.get("RestoreExpiryTime"),
            completed=raw["CompletionTime"].astimezone(UTC) if "CompletionTime" in raw else None,
        )

    def enabled_regions(self) -> frozenset[str]:
        """Return the Regions that the account has enabled."""
        return frozenset(region["RegionName"] for region in self._client(self.region).describe_regions()["Regions"])

    def images_using(self, snapshot_ids: Sequence[str]) -> dict[str, str]:
        """Return an AMI of this account, a disabled one too, for each of these snapshots that one uses."""
        using: dict[str, str] = {}
        wanted = set(snapshot_ids)
        for chunk in chunks(snapshot_ids):
            pages = (
                self._client(self.region)
                .get_paginator("describe_images")
                .paginate(
                    Owners=["self"],
                    IncludeDisabled=True,
                    Filters=[{"Name": "block-device-mapping.snapshot-id", "Values": chunk}],
                    PaginationConfig={"PageSize": PAGE_SIZE},
                )
            )
            for page in pages:
                for image in page["Images"]:
                    for mapping in image.get("BlockDeviceMappings", ()):
                        snapshot_id = mapping.get("Ebs", {}).get("SnapshotId", "")
                        if snapshot_id in wanted:
                            using[snapshot_id] = image["ImageId"]
        return using

    def locked_snapshots(self) -> frozenset[str]:
        """Return the snapshots of this Region that are locked; botocore has no paginator for them."""
        locked: set[str] = set()
        more: dict[str, str] = {}
        while True:
            page = self._client(self.region).describe_locked_snapshots(MaxResults=PAGE_SIZE, **more)  # type: ignore[arg-type]
            locked |= {
                snapshot["SnapshotId"] for snapshot in page["Snapshots"] if snapshot.get("LockState") != "expired"
            }
            if not page.get("NextToken"):
                return frozenset(locked)
            more = {"NextToken": page["NextToken"]}
