"""Tags of instances and volumes that their snapshots carry on. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.models import Tags
from chalicelib.tags import keys
from chalicelib.tags.protection import protects, resembles_protection


def carried(raw: Mapping[str, str]) -> Tags:
    """Return the tags of an instance or a volume that its snapshots carry on, sorted."""
    return tuple(
        (key, value)
        for key, value in without_aws(raw)
        if key not in keys.OWN_KEYS and not protects(key) and not resembles_protection(key)
    )


def without_aws(raw: Mapping[str, str]) -> Tags:
    """Return all tags but AWS's own, sorted."""
    return tuple(sorted(item for item in raw.items() if not item[0].casefold().startswith("aws:")))
