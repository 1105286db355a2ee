"""What ``undelete --json`` writes of a snapshot. Pure."""

from __future__ import annotations

from typing import Any

from reactor_cli.undelete.targets import Undeletion


def as_data(undeletion: Undeletion, *, restored: bool) -> dict[str, Any]:
    """Return a snapshot in the bin for JSON; ``restored`` is whether the command was asked to restore it."""
    target, described, binned = undeletion.target, undeletion.target.described, undeletion.target.binned
    failure = undeletion.failure or undeletion.refusal or None
    return {
        "snapshot": target.id,
        "name": described.name if described else None,
        "instance": described.instance_id if described else None,
        "volume": target.volume_id or None,
        "device": (described.device or None) if described else None,
        "source_region": described.region if described else None,
        "promised": described.until if described else None,
        "description": binned.description if binned else None,
        "deleted": binned.deleted if binned else None,
        "in_bin_until": binned.until if binned else None,
        "delete_on": undeletion.delete_on,
        "protected": undeletion.protected if restored else None,
        "restored": bool(binned and not failure) if restored else None,
        "failure": failure,
    }
