"""The calls of a creation: one call for a set wherever EC2 can exclude the other volumes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from chalicelib import tags
from chalicelib.models import (
    Code,
    CreateSnapshot,
    CreateSnapshots,
    Decision,
    Instance,
    Tags,
    Volume,
    because,
)
from chalicelib.plan.targets import of_volumes

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceSpecification.html
MAX_EXCLUDED = 40


def creation_calls(
    instance: Instance, due: Mapping[Volume, Tags], slot: str, region: str, until: date
) -> list[Decision]:
    """Return a creation for the ``due`` volumes, with the tags of each: one call for all of them where possible.

    Each volume gets its own call if there is only one, or if EC2 cannot exclude all other volumes of the instance.
    """
    name = instance.policy.name
    others = [volume for volume in instance.volumes if volume not in due]
    data = tuple(volume.id for volume in others if volume.device != instance.root_device)
    exclude_boot = len(data) < len(others)
    # A stopped instance has no running applications, and no agent that would answer.
    consistency = instance.policy.consistency if instance.running else None
    reason = because(Code.SLOT_EMPTY, slot=slot, instance=instance.id, name=name)
    if len(due) > 1 and len(data) <= MAX_EXCLUDED:
        call = CreateSnapshots(
            instance_id=instance.id,
            exclude_boot=exclude_boot,
            exclude_data=data,
            description=tags.description(instance, region, until),
            tags=tags.shared_tags(instance, due.values()),
            volumes=tuple((volume.id, volume.device) for volume in due),
            consistency=consistency,
        )
        return [Decision(of_volumes(due, region), reason, call)]
    if len(due) > 1:
        reason = because(Code.SLOT_EMPTY_ONE_BY_ONE, slot=slot, instance=instance.id, name=name, limit=MAX_EXCLUDED)
    return [
        Decision(
            of_volumes([volume], region),
            reason,
            CreateSnapshot(
                volume.id,
                tags.description(instance, region, until, volume),
                all_tags,
                instance.id,
                consistency,
                exclude_boot=exclude_boot,
                exclude_data=data,
                device=volume.device,
            ),
        )
        for volume, all_tags in due.items()
    ]
