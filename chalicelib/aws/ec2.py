"""Every call to EC2, and nothing else: raw answers become models here, models become calls."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date
from functools import cache
from sys import intern
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from chalicelib import tags
from chalicelib.aws.pacing import Pace
from chalicelib.models import (
    Call,
    CopySnapshot,
    CreateSnapshot,
    CreateSnapshots,
    CreateTags,
    Creation,
    DeleteSnapshot,
    Instance,
    Inventory,
    Snapshot,
    State,
    TagProblem,
    Tags,
    Volume,
)
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import (
        FilterTypeDef,
        InstanceTypeDef,
        SnapshotTypeDef,
        TagSpecificationTypeDef,
        VolumeTypeDef,
    )

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html
MOST_FILTER_VALUES = 200
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
PAGE_SIZE = 1000
CREATING = ("CreateSnapshot", "CreateSnapshots", "CopySnapshot")


class EC2:
    """EC2 in one Region, and in the Regions that its snapshots are copied to."""

    def __init__(self, settings: Settings) -> None:
        self.region = settings.region
        self._contract = tags.Contract(
            region=settings.region,
            regions=_known_regions(settings.region),
            daily_at=settings.daily_at,
            retention=settings.default_retention,
        )
        self._config = Config(
            retries={"mode": "standard", "max_attempts": 5},
            max_pool_connections=settings.concurrency,
            connect_timeout=5,
        )
        self._clients: dict[str, EC2Client] = {}
        self._lock = threading.Lock()
        self._pace = Pace()

    @property
    def regions(self) -> frozenset[str]:
        """The Regions of this partition."""
        return self._contract.regions

    def _client(self, region: str) -> EC2Client:
        # Clients are safe to share between threads; making one is not.
        with self._lock:
            if region not in self._clients:
                client = _session().client("ec2", region_name=region, config=self._config)
                for operation in CREATING:
                    client.meta.events.register_first(f"needs-retry.ec2.{operation}", _refuse_blind_retry)
                self._clients[region] = client
            return self._clients[region]

    def instances(self, instance_id: str | None = None) -> Inventory:
        """Return the running and stopped instances of this Region with their volumes: all, or one."""
        problems: list[TagProblem] = []
        attached = self._attached_volumes(problems, _only("attachment.instance-id", instance_id))
        found: list[Instance] = []
        pages = (
            self._client(self.region)
            .get_paginator("describe_instances")
            .paginate(
                Filters=[
                    {"Name": "instance-state-name", "Values": ["running", "stopped"]},
                    *_only("instance-id", instance_id),
                ],
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
        )
        for page in pages:
            for reservation in page["Reservations"]:
                account = reservation.get("OwnerId", "")
                found += [self._instance(raw, account, attached, problems) for raw in reservation["Instances"]]
        return Inventory(instances=tuple(found), problems=tuple(problems))

    def _instance(
        self,
        raw: InstanceTypeDef,
        account: str,
        attached: Mapping[str, Sequence[Volume]],
        problems: list[TagProblem],
    ) -> Instance:
        instance, wrong = tags.read_instance(
            raw["InstanceId"],
            _plain(raw),
            raw.get("RootDeviceName", ""),
            attached.get(raw["InstanceId"], ()),
            self._contract,
            account=account,
            running=raw.get("State", {}).get("Name") == "running",
        )
        problems += wrong
        return instance

    def _attached_volumes(
        self, problems: list[TagProblem], filters: Sequence[FilterTypeDef]
    ) -> Mapping[str, Sequence[Volume]]:
        attached: dict[str, list[Volume]] = defaultdict(list)
        pages = (
            self._client(self.region)
            .get_paginator("describe_volumes")
            .paginate(
                Filters=[{"Name": "status", "Values": ["in-use"]}, *filters],
                PaginationConfig={"PageSize": PAGE_SIZE},
            )
        )
        for page in pages:
            for raw in page["Volumes"]:
                _attach(raw, attached, problems)
        return attached

    def snapshots(
        self,
        *,
        slots: Sequence[str] | None = None,
        volume_ids: Sequence[str] | None = None,
        with_destination: bool = False,
        days: Sequence[date] | None = None,
        source_id: str | None = None,
    ) -> Inventory:
        """Return this app's snapshots in this Region: all, or those of slots, of volumes, or begun on some days.

        With ``source_id``, those that came from an instance, a volume or, being its copies, a snapshot.
        """
        filters: list[FilterTypeDef] = [_tagged(tags.TYPE, [tags.AUTOMATED])]
        if source_id is not None:
            filters.append(_tagged(tags.source_key(source_id), [source_id]))
        if with_destination:
            filters.append({"Name": "tag-key", "Values": [tags.COPY_DEST]})
        filters += _begun_on(days)
        if slots is not None:
            return self._describe_in_chunks(f"tag:{tags.BACKUP_SLOT}", slots, filters)
        if volume_ids is not None:
            return self._describe_in_chunks("volume-id", volume_ids, filters)
        return self._describe(self.region, filters)

    def snapshots_for(self, call: Creation) -> tuple[Snapshot, ...]:
        """Return the snapshots of an instance, in whatever state but failed, that fill the slot of a creation."""
        found = self.snapshots(slots=[tags.slot_of(call.tags)]).snapshots
        return tuple(each for each in found if each.instance_id == call.instance_id and each.state != State.ERROR)

    def snapshots_by_id(self, ids: Sequence[str]) -> Inventory:
        """Return the snapshots of this account with these ids, whoever made them.

        A filter, as an id that is gone would make the request fail for all the others.
        """
        return self._describe_in_chunks("snapshot-id", ids, [])

    def copies(
        self,
        destination: str,
        primary_ids: Sequence[str] | None = None,
        *,
        days: Sequence[date] | None = None,
    ) -> Inventory:
        """Return the copies in ``destination`` of this Region's snapshots: all, of some, or begun on some days."""
        filters = [
            _tagged(tags.TYPE, [tags.AUTOMATED]),
            _tagged(tags.SOURCE_REGION, [self.region]),
            *_begun_on(days),
        ]
        if primary_ids is None:
            return self._describe(destination, filters)
        name = f"tag:{tags.SOURCE_SNAPSHOT_ID}"
        return self._describe_in_chunks(name, primary_ids, filters, destination)

    def pending_copies(self, destination: str) -> int:
        """Return how many copies by this app, of whichever Region's snapshots, are on their way to ``destination``."""
        filters: list[FilterTypeDef] = [
            _tagged(tags.TYPE, [tags.AUTOMATED]),
            {"Name": "tag-key", "Values": [tags.SOURCE_SNAPSHOT_ID]},
            {"Name": "status", "Values": ["pending"]},
        ]
        return len(self._describe(destination, filters).snapshots)

    def _describe_in_chunks(
        self,
        name: str,
        values: Sequence[str],
        filters: list[FilterTypeDef],
        region: str | None = None,
    ) -> Inventory:
        parts = [
            self._describe(region or self.region, [*filters, {"Name": name, "Values": chunk}])
            for chunk in _chunks(values)
        ]
        return Inventory(
            snapshots=tuple(each for part in parts for each in part.snapshots),
            problems=tuple(each for part in parts for each in part.problems),
        )

    def _describe(self, region: str, filters: list[FilterTypeDef]) -> Inventory:
        found: list[Snapshot] = []
        problems: list[TagProblem] = []
        pages = (
            self._client(region)
            .get_paginator("describe_snapshots")
            .paginate(OwnerIds=["self"], Filters=filters, PaginationConfig={"PageSize": PAGE_SIZE})
        )
        for page in pages:
            for raw in page["Snapshots"]:
                snapshot, wrong = self._snapshot(raw, region)
                found.append(snapshot)
                problems += wrong
        return Inventory(snapshots=tuple(found), problems=tuple(problems))

    def _snapshot(self, raw: SnapshotTypeDef, region: str) -> tuple[Snapshot, list[TagProblem]]:
        return tags.read_snapshot(
            raw["SnapshotId"],
            _plain(raw),
            self._contract.in_region(region),
            volume_id=intern(raw["VolumeId"]),
            state=intern(raw["State"]),
            # botocore gives each time a time zone object of its own, which costs memory and every comparison.
            started=raw["StartTime"].astimezone(UTC),
            account=raw.get("OwnerId", ""),
            description=intern(raw.get("Description", "")),
            state_message=raw.get("StateMessage", ""),
            size_gib=_size(raw),
            volume_gib=raw.get("VolumeSize", 0),
        )

    def images_using(self, snapshot_ids: Sequence[str]) -> dict[str, str]:
        """Return an AMI of this account, a disabled one too, for each of these snapshots that one uses."""
        using: dict[str, str] = {}
        wanted = set(snapshot_ids)
        for chunk in _chunks(snapshot_ids):
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
            locked |= {each["SnapshotId"] for each in page["Snapshots"] if each.get("LockState") != "expired"}
            if not page.get("NextToken"):
                return frozenset(locked)
            more = {"NextToken": page["NextToken"]}

    def wait_turn(self, call: Call) -> None:
        """Return when EC2's budget for this kind of call has room for it."""
        self._pace.wait(*self._bucket(call))

    def throttled(self, call: Call) -> None:
        """Note that the budget for this kind of call was used up."""
        self._pace.throttled(*self._bucket(call))

    def _bucket(self, call: Call) -> tuple[str, str]:
        region = call.destination if isinstance(call, CopySnapshot) else getattr(call, "region", self.region)
        return region, type(call).__name__

    def create_snapshot(self, call: CreateSnapshot) -> str:
        """Create the snapshot of one volume and return its id."""
        return self._client(self.region).create_snapshot(
            VolumeId=call.volume_id,
            Description=call.description,
            TagSpecifications=[_specification(call.tags)],
        )["SnapshotId"]

    def create_snapshots(self, call: CreateSnapshots) -> dict[str, str]:
        """Create a set at one point in time and return the snapshot id of each volume."""
        answer = self._client(self.region).create_snapshots(
            InstanceSpecification={
                "InstanceId": call.instance_id,
                "ExcludeBootVolume": call.exclude_boot,
                "ExcludeDataVolumeIds": list(call.exclude_data),
            },
            Description=call.description,
            TagSpecifications=[_specification(call.tags)],
        )
        return {each["VolumeId"]: each["SnapshotId"] for each in answer["Snapshots"]}

    def copy_snapshot(self, call: CopySnapshot) -> str:
        """Start a copy, asked for in the destination as EC2 wants it, and return its id."""
        more: dict[str, Any] = {}
        if call.kms_key:
            more = {"Encrypted": True, "KmsKeyId": call.kms_key}
        return self._client(call.destination).copy_snapshot(
            SourceRegion=self.region,
            SourceSnapshotId=call.snapshot_id,
            Description=call.description,
            TagSpecifications=[_specification(call.tags)],
            **more,
        )["SnapshotId"]

    def create_tags(self, call: CreateTags) -> None:
        """Add tags to a snapshot; what it has by other keys stays."""
        self._client(call.region).create_tags(
            Resources=[call.snapshot_id],
            Tags=[{"Key": key, "Value": value} for key, value in call.tags],
        )

    def delete_snapshot(self, call: DeleteSnapshot) -> None:
        """Delete a snapshot."""
        self._client(call.region).delete_snapshot(SnapshotId=call.snapshot_id)


def _session() -> boto3.Session:
    """Return the one session of this process: what it reads of EC2's model serves the clients of all Regions."""
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    return cast(boto3.Session, boto3.DEFAULT_SESSION)


@cache
def _known_regions(region: str) -> frozenset[str]:
    """Return the Regions of the partition that ``region`` is in, as botocore knows them, and ``region`` itself."""
    partition = _session().get_partition_for_region(region)
    return frozenset(_session().get_available_regions("ec2", partition_name=partition)) | {region}


def _refuse_blind_retry(
    response: tuple[Any, dict[str, Any]] | None,
    operation: Any,
    caught_exception: Exception | None,
    **_: Any,
) -> None:
    """Let no creation be asked for again that may have been carried out.

    No snapshot call has a client token, so botocore's retry after a lost answer or an internal
    error could create a second one. The error goes up instead, and the next run looks first.
    Throttled calls, and those that never left, are retried as ever.
    """
    if isinstance(caught_exception, (ConnectTimeoutError, EndpointConnectionError)):
        return
    if caught_exception is not None:
        raise caught_exception
    if response is None or response[0].status_code < 500:
        return
    if response[1]["Error"]["Code"] not in THROTTLED:
        raise ClientError(response[1], operation.name)  # type: ignore[arg-type]


# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
THROTTLED = frozenset({"RequestLimitExceeded", "EC2ThrottledException", "Throttling"})


def _attach(raw: VolumeTypeDef, attached: dict[str, list[Volume]], problems: list[TagProblem]) -> None:
    wrong: list[TagProblem] = []
    for attachment in raw["Attachments"]:
        if attachment.get("InstanceId") and attachment.get("State") != "detached":
            volume, wrong = tags.read_volume(
                raw["VolumeId"],
                attachment.get("Device", ""),
                _plain(raw),
                raw.get("Size", 0),
                type=raw.get("VolumeType", ""),
                iops=raw.get("Iops"),
                throughput=raw.get("Throughput"),
            )
            attached[attachment["InstanceId"]].append(volume)
    problems += wrong


def _size(raw: SnapshotTypeDef) -> float:
    """Return GiB: what the snapshot holds if EC2 says so, else the size of its volume."""
    held = raw.get("FullSnapshotSizeInBytes")
    return held / 2**30 if held else float(raw.get("VolumeSize", 0))


def _plain(raw: Any) -> dict[str, str]:
    """Return the tags, equal texts as one object: nearly all of them stand on every snapshot of a volume."""
    return {intern(tag["Key"]): intern(tag["Value"]) for tag in raw.get("Tags", ())}


def _tagged(key: str, values: Sequence[str]) -> FilterTypeDef:
    return {"Name": f"tag:{key}", "Values": list(values)}


def _only(name: str, value: str | None) -> list[FilterTypeDef]:
    return [] if value is None else [{"Name": name, "Values": [value]}]


def _begun_on(days: Sequence[date] | None) -> list[FilterTypeDef]:
    if days is None:
        return []
    return [{"Name": "start-time", "Values": [f"{day.isoformat()}*" for day in days]}]


def _specification(pairs: Tags) -> TagSpecificationTypeDef:
    return {
        "ResourceType": "snapshot",
        "Tags": [{"Key": key, "Value": value} for key, value in pairs],
    }


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(set(values))
    for start in range(0, len(ordered), MOST_FILTER_VALUES):
        yield ordered[start : start + MOST_FILTER_VALUES]
