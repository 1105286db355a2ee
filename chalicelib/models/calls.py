"""The calls that a job can make, each with all the parameters that EC2 needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from chalicelib.models.inventory import Consistency, Tags


@dataclass(frozen=True, slots=True)
class CreateSnapshot:
    """Create the snapshot of one volume of an instance, with its application at rest as ``consistency`` says.

    ``exclude_boot`` and ``exclude_data`` are the instance's other volumes: VSS has to be told to leave them out.
    """

    volume_id: str
    description: str
    tags: Tags
    instance_id: str = ""
    consistency: Consistency | None = None
    exclude_boot: bool = False
    exclude_data: tuple[str, ...] = ()
    device: str = ""

    @property
    def volumes(self) -> tuple[tuple[str, str], ...]:
        """The id of the volume and its device."""
        return ((self.volume_id, self.device),)


@dataclass(frozen=True, slots=True)
class CreateSnapshots:
    """Create the snapshots of an instance's volumes at one point in time.

    ``tags`` are the same for all snapshots of the set. ``volumes`` are the ids of its volumes and their devices.
    """

    instance_id: str
    exclude_boot: bool
    exclude_data: tuple[str, ...]
    description: str
    tags: Tags
    volumes: tuple[tuple[str, str], ...]
    consistency: Consistency | None = None


@dataclass(frozen=True, slots=True)
class CopySnapshot:
    """Copy a snapshot of one Region to another one."""

    snapshot_id: str
    source_region: str
    destination: str
    description: str
    tags: Tags
    kms_key: str | None = None


@dataclass(frozen=True, slots=True)
class CreateTags:
    """Add tags to a snapshot, here or in a destination."""

    snapshot_id: str
    region: str
    tags: Tags


@dataclass(frozen=True, slots=True)
class DeleteSnapshot:
    """Delete a snapshot, here or in a destination."""

    snapshot_id: str
    region: str


@dataclass(frozen=True, slots=True)
class SendReport:
    """Send a report to an SNS topic; ``subject`` is one line of ASCII."""

    topic_arn: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class InvokeAgain:
    """Have Lambda invoke a function of this app once more, with an event as JSON."""

    function: str
    region: str
    event: str


Creation: TypeAlias = CreateSnapshot | CreateSnapshots
Call: TypeAlias = (
    CreateSnapshot | CreateSnapshots | CopySnapshot | CreateTags | DeleteSnapshot | SendReport | InvokeAgain
)
