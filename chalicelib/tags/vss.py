"""Tags as the VSS document takes and gives them."""

from __future__ import annotations

import re

from chalicelib.models import Snapshot, Tags

# What separates tags, or what PowerShell acts on within a text; a device's brackets it leaves alone.
_NOT_FOR_VSS = re.compile("[^\\w .:/@+()-]")


def is_app_consistent(snapshot: Snapshot) -> bool:
    """Return whether VSS says that the snapshot it made is consistent.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/application-consistent-snapshots-creating-commands.html
    """
    return dict(snapshot.tags).get("AppConsistent", "").casefold() == "true"


def for_vss(all_tags: Tags) -> str:
    """Return the tags as the VSS document wants them; those that it cannot express are left out, and added later."""
    return ";".join(f"Key={key},Value={value}" for key, value in all_tags if not _NOT_FOR_VSS.search(key + value))


def text_for_vss(description: str) -> str:
    """Return a description that may be part of a script: the VSS document's is PowerShell, and a name is anybody's."""
    return _NOT_FOR_VSS.sub("_", description)
