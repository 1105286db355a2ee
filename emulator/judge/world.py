"""An emulated account, with a note of all that happens in it and of every snapshot that was ever seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from emulator import LocalAWS
from emulator.ec2.fleet import DEVICES
from emulator.judge.evidence import Deletion, Detachment, Evidence, Facts, Outage, Snapshot
from emulator.judge.promises import Instance


class World:
    """The account in which a story takes place. What its methods do is noted in `facts`."""

    def __init__(self, aws: LocalAWS, regions: Sequence[str]) -> None:
        self.aws = aws
        self.regions = tuple(regions)
        self.facts = Facts()
        self.seen: dict[str, Snapshot] = {}
        self._names: dict[str, str] = {}

    def launch(self, instance: Instance) -> str:
        """Starts an instance with its tags, and returns its id."""
        own = [{"Backup": "No"} if place in instance.left_out else {} for place in range(len(instance.volumes))]
        instance_id = self.aws.launch(
            instance.region, name=instance.name, tags=instance.tags, volumes=instance.volumes, volume_tags=own
        )
        volumes = self.aws.client(instance.region).describe_volumes(
            Filters=[{"Name": "attachment.instance-id", "Values": [instance_id]}]
        )["Volumes"]
        devices = {str(volume["Attachments"][0]["Device"]): str(volume["VolumeId"]) for volume in volumes}
        ids = tuple(devices[device] for device in DEVICES[: len(devices)])
        self.facts.instances[instance.name] = instance
        self.facts.instance_ids[instance.name] = instance_id
        self.facts.volume_ids[instance.name] = ids
        self.facts.launched[instance.name] = self.aws.now
        self._names |= dict.fromkeys((instance_id, *ids), instance.name)
        return instance_id

    def terminate(self, name: str) -> None:
        """Terminates an instance, and with it the volumes that it was launched with."""
        region = self.facts.instances[name].region
        self.aws.client(region).terminate_instances(InstanceIds=[self.facts.instance_ids[name]])
        self.facts.terminated[name] = self.aws.now

    def detach(self, name: str, place: int) -> None:
        """Detaches a volume of an instance, by its position among them."""
        volume_id = self.facts.volume_ids[name][place]
        self.aws.detach(self.facts.instances[name].region, volume_id)
        self.facts.detachments.append(Detachment(volume_id, self.aws.now))

    def attach(self, name: str, place: int) -> None:
        """Attaches a detached volume again, at the same device."""
        volume_id = self.facts.volume_ids[name][place]
        self.aws.client(self.facts.instances[name].region).attach_volume(
            VolumeId=volume_id, InstanceId=self.facts.instance_ids[name], Device=DEVICES[place]
        )
        self.facts.detachments = [
            replace(detachment, until=self.aws.now)
            if detachment.until is None and detachment.volume_id == volume_id
            else detachment
            for detachment in self.facts.detachments
        ]

    def region_down(self, region: str, *, hours: float, error: str) -> None:
        """Makes every call into a Region fail for some hours; see `LocalAWS.region_down`."""
        self.aws.region_down(region, hours=hours, error=error)
        self.facts.outages.append(Outage(region, "", self.aws.now, self.aws.now + timedelta(hours=hours)))

    def disable(self, region: str, function: str) -> None:
        """Turns a function's schedule off."""
        self.aws.disable(region, function)
        self.facts.outages.append(Outage(region, function, self.aws.now))

    def enable(self, region: str, function: str) -> None:
        """Turns a function's schedule on again."""
        self.aws.enable(region, function)
        self.facts.outages = [
            replace(outage, until=self.aws.now)
            if outage.until is None and (outage.region, outage.function) == (region, function)
            else outage
            for outage in self.facts.outages
        ]

    def note_by_hand(self, region: str, snapshot_id: str) -> None:
        """Notes a snapshot that somebody has just made: the app must leave it as it is."""
        [snapshot] = [snapshot for snapshot in self._snapshots(region) if snapshot.id == snapshot_id]
        self.facts.by_hand.append(snapshot)

    def look(self) -> dict[str, Snapshot]:
        """Returns what stands now by id, and remembers it for when it is gone."""
        standing = self.standing()
        self.seen |= standing
        return standing

    def standing(self) -> dict[str, Snapshot]:
        """Returns what stands now by id, by Region, start and id."""
        return {snapshot.id: snapshot for region in self.regions for snapshot in self._snapshots(region)}

    def _snapshots(self, region: str) -> list[Snapshot]:
        return [_snapshot(region, fields) for fields in self.aws.snapshots(region)]

    def name(self, id: str) -> str:
        """The name of the instance to which an instance, volume, snapshot or copy belongs; else the id."""
        if id in self._names or id not in self.seen:
            return self._names.get(id, id)
        snapshot = self.seen[id]
        return self._names.get(snapshot.volume_id) or self.name(snapshot.primary_id or snapshot.volume_id)

    def evidence(self) -> Evidence:
        """All that there is to be judged, as of now."""
        standing = self.look()
        deletions = tuple(
            Deletion(deletion.at, deletion.function, _snapshot(deletion.region, deletion.snapshot))
            for deletion in self.aws.deletions
        )
        return Evidence(
            now=self.aws.now,
            facts=self.facts,
            standing=standing,
            seen=self.seen | {deletion.snapshot.id: deletion.snapshot for deletion in deletions} | standing,
            deletions=deletions,
            invocations=tuple(self.aws.invocations),
            dead_letters=tuple(self.aws.dead_letters),
            freezes=tuple(self.aws.freezes),
            frozen=dict(self.aws.frozen),
        )


def _snapshot(region: str, fields: Mapping[str, Any]) -> Snapshot:
    return Snapshot(
        id=fields["SnapshotId"],
        region=region,
        volume_id=fields["VolumeId"],
        state=fields["State"],
        started=fields["StartTime"],
        size=fields["VolumeSize"],
        tags=fields["Tags"],
        description=fields["Description"],
        completed=fields["CompletionTime"],
        archived=fields["StorageTier"] == "archive",
        incremental=fields["Incremental"],
        moved_gib=fields["MovedGiB"],
    )
