"""The owner's tags: those of instances and volumes that are put on their snapshots too. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.models import Tags
from chalicelib.tags import keys
from chalicelib.tags.protection import protects, resembles_protection

# Source_Volumes_1 and so on, in whatever case: on a snapshot they would be wrong.
_NUMBERED = f"{keys.SOURCE_VOLUMES}_".casefold()


def carried(raw: Mapping[str, str]) -> Tags:
    """Return the tags that are put on snapshots too, sorted: all except AWS's, this app's and ``KeepForever``."""
    return tuple(
        (key, value)
        for key, value in without_aws(raw)
        if key not in keys.OWN_KEYS
        and not key.casefold().startswith(_NUMBERED)
        and key.casefold() not in keys.VSS_KEYS
        and not protects(key)
        and not resembles_protection(key)
    )


def without_aws(raw: Mapping[str, str]) -> Tags:
    """Return all tags except AWS's own, sorted."""
    return tuple(sorted(item for item in raw.items() if not item[0].casefold().startswith("aws:")))
