"""Tags in the form of the VSS document, as input and as output. Pure."""

from __future__ import annotations

import re

from chalicelib.models import Snapshot, Tags
from chalicelib.tags import keys

# All characters except those that are safe: others separate tags, or PowerShell interprets them in a string.
_NOT_FOR_VSS = re.compile("[^\\w .:/@+()-]")


def is_app_consistent(snapshot: Snapshot) -> bool:
    """Return whether VSS says that the snapshot it made is consistent.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/application-consistent-snapshots-creating-commands.html
    """
    return dict(snapshot.tags).get(keys.APP_CONSISTENT, "").casefold() == "true"


def for_vss(all_tags: Tags) -> str:
    """Return tags as input of the VSS document, without those of ``not_for_vss``."""
    others = set(all_tags) - set(not_for_vss(all_tags))
    return ";".join(f"Key={key},Value={value}" for key, value in all_tags if (key, value) in others)


def not_for_vss(all_tags: Tags) -> Tags:
    """Return the tags with characters that the VSS document cannot be given: a later call adds them."""
    return tuple((key, value) for key, value in all_tags if _NOT_FOR_VSS.search(key + value))


def text_for_vss(description: str) -> str:
    """Return a description without characters that PowerShell interprets: the VSS document puts it into a script."""
    return _NOT_FOR_VSS.sub("_", description)
