"""Wishes: for each volume and each instance that exists, whether its owner wants backups of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from chalicelib.models import Instance, Inventory, Wish

# Of several words about one volume the first of these counts.
_ORDER = (Wish.YES, Wish.UNCLEAR, Wish.ABSENT, Wish.NO)


def instance_wishes(instances: Iterable[Instance]) -> dict[str, Wish]:
    """Return what the tags of each instance say, whatever state it is in."""
    return {instance.id: instance.wish for instance in instances}


def volume_wishes(inventory: Inventory) -> Mapping[str, Wish]:
    """Return for each volume that exists whether a backup of it is wanted: by its own tags and its instances'.

    A volume that is attached to nothing has no clear word unless its own tag says no.
    """
    words: dict[str, set[Wish]] = defaultdict(set)
    for volume in inventory.loose_volumes:
        words[volume.id].add(Wish.NO if volume.wish == Wish.NO else Wish.ABSENT)
    for instance in inventory.instances:
        for volume in instance.volumes:
            words[volume.id].add(Wish.NO if volume.wish == Wish.NO else instance.wish)
    return {volume_id: min(wishes, key=_ORDER.index) for volume_id, wishes in words.items()}
