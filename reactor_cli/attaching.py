"""How to attach restored volumes: exact commands of the aws command line. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from reactor_cli.ec2_restore import Place
from reactor_cli.restoration import CreateVolume

PLACEHOLDER = "INSTANCE_ID"
# The device comes from a tag, and the commands go into a shell.
_DEVICE = re.compile(r"[A-Za-z0-9/._-]{1,100}")


def commands(
    made: Sequence[tuple[str, CreateVolume]],
    region: str,
    profile: str | None,
    instance_id: str | None,
    place: Place | None,
) -> list[str]:
    """Return the commands in order: wait, free the devices, attach, start again.

    ``place`` is where the instance is that had the volumes; without it the commands name a placeholder.
    """
    more = f" --region {region}" + (f" --profile {shlex.quote(profile)}" if profile else "")
    target = instance_id if instance_id and place else PLACEHOLDER
    taken = place.devices if place else {}
    old = [(call.device, taken[call.device]) for _, call in made if call.device in taken and _device(call)]
    # A root volume is detached from a stopped instance only, and any other one safely so.
    stop = bool(old and place and place.running)
    lines = [f"aws ec2 wait volume-available{more} --volume-ids {' '.join(volume for volume, _ in made)}"]
    if stop:
        lines.append(f"aws ec2 stop-instances{more} --instance-ids {target}")
        lines.append(f"aws ec2 wait instance-stopped{more} --instance-ids {target}")
    lines += [
        f"aws ec2 detach-volume{more} --volume-id {volume} --instance-id {target} --device {device}"
        for device, volume in old
    ]
    if old:
        lines.append(f"aws ec2 wait volume-available{more} --volume-ids {' '.join(volume for _, volume in old)}")
    lines += [
        f"aws ec2 attach-volume{more} --volume-id {volume} --instance-id {target} --device {_device(call) or 'DEVICE'}"
        for volume, call in made
    ]
    if stop:
        lines.append(f"aws ec2 start-instances{more} --instance-ids {target}")
    return lines


def _device(call: CreateVolume) -> str:
    return call.device if _DEVICE.fullmatch(call.device) else ""
