"""Wishes: for each volume and each instance that exists, whether its owner wants backups of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from chalicelib.models import Instance, Inventory, Wish

# If the tags of several instances differ about one volume, the first of these counts.
_ORDER = (Wish.YES, Wish.UNCLEAR, Wish.ABSENT, Wish.NO)


def instance_wishes(instances: Iterable[Instance]) -> dict[str, Wish]:
    """Return what the ``Backup`` tag of each instance says, in any state of the instance."""
    return {instance.id: instance.wish for instance in instances}


def volume_wishes(inventory: Inventory) -> Mapping[str, Wish]:
    """Return for each volume that exists whether a backup of it is wanted: by its own tags and its instances'.

    For a volume that is not attached, only its own ``Backup=No`` is clear; without it the wish is absent.
    """
    wishes_by_volume: dict[str, set[Wish]] = defaultdict(set)
    for volume in inventory.loose_volumes:
        wishes_by_volume[volume.id].add(Wish.NO if volume.wish == Wish.NO else Wish.ABSENT)
    for instance in inventory.instances:
        for volume in instance.volumes:
            wishes_by_volume[volume.id].add(Wish.NO if volume.wish == Wish.NO else instance.wish)
    return {volume_id: min(wishes, key=_ORDER.index) for volume_id, wishes in wishes_by_volume.items()}
