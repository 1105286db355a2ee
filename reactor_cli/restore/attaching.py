"""The commands of the AWS command line that attach restored volumes. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from reactor_cli.restore.ec2 import Placement
from reactor_cli.restore.volumes import CreateVolume

PLACEHOLDER = "INSTANCE_ID"
# A device comes from a tag, and the commands go into a shell.
_DEVICE = re.compile(r"[A-Za-z0-9/._-]{1,100}")


def attach_commands(
    created: Sequence[tuple[str, CreateVolume]],
    region: str,
    profile: str | None,
    instance_id: str | None,
    placement: Placement | None,
) -> list[str]:
    """Return the commands in order: wait, free the devices, attach the ``created`` volumes, start the instance again.

    ``placement`` is that of the instance, in the zone of the volumes; without it the commands contain a placeholder for
    the id of another instance.
    """
    common = f" --region {region}" + (f" --profile {shlex.quote(profile)}" if profile else "")
    target = instance_id if instance_id and placement else PLACEHOLDER
    attached = placement.devices if placement else {}
    to_detach = [
        (call.device, attached[call.device]) for _, call in created if call.device in attached and _device(call)
    ]
    # EC2 detaches a root volume from a stopped instance only; it is also safer for all other volumes.
    stop = bool(to_detach and placement and placement.running)
    commands = [f"aws ec2 wait volume-available{common} --volume-ids {' '.join(volume for volume, _ in created)}"]
    if stop:
        commands.append(f"aws ec2 stop-instances{common} --instance-ids {target}")
        commands.append(f"aws ec2 wait instance-stopped{common} --instance-ids {target}")
    commands += [
        f"aws ec2 detach-volume{common} --volume-id {volume} --instance-id {target} --device {device}"
        for device, volume in to_detach
    ]
    if to_detach:
        volumes = " ".join(volume for _, volume in to_detach)
        commands.append(f"aws ec2 wait volume-available{common} --volume-ids {volumes}")
    commands += [
        f"aws ec2 attach-volume{common} --volume-id {volume} --instance-id {target} "
        f"--device {_device(call) or 'DEVICE'}"
        for volume, call in created
    ]
    if stop:
        commands.append(f"aws ec2 start-instances{common} --instance-ids {target}")
    return commands


def _device(call: CreateVolume) -> str:
    """Return the device of a volume; empty if a shell could act on it."""
    return call.device if _DEVICE.fullmatch(call.device) else ""
