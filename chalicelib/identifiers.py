"""The forms of AWS's identifiers: ids of resources, Regions, ARNs of snapshots. Pure.

EC2's filters take ``*`` and ``?`` for any characters, so a text is checked before it gets into a filter.
"""

from __future__ import annotations

import re

INSTANCE, VOLUME, SNAPSHOT = "i", "vol", "snap"
REGION_FORM = r"[a-z]{2,}(?:-[a-z]+)+-[0-9]+"
_REGION = re.compile(REGION_FORM)
_ID = re.compile(r"(i|vol|snap)-(?:[0-9a-f]{8}|[0-9a-f]{17})")
# ARNs come in both shapes, and AWS's own examples have ids of other lengths:
# https://docs.aws.amazon.com/ebs/latest/userguide/ebs-cloud-watch-events.html
_SNAPSHOT_ARN = re.compile(r"arn:aws[a-z-]*:ec2:[a-z0-9-]*:[a-z0-9-]*:snapshot/(snap-[0-9a-f]{1,17})")


def is_region(text: str) -> bool:
    """Return whether a text has the form of a Region, such as ``eu-west-1`` or ``eusc-de-east-1``."""
    return bool(_REGION.fullmatch(text))


def is_id(text: str, *kinds: str) -> bool:
    """Return whether a text is the id of a resource of one of these kinds."""
    match = _ID.fullmatch(text)
    return match is not None and match[1] in kinds


def snapshot_in_arn(arn: str) -> str | None:
    """Return the id in the ARN of a snapshot; None if it is no such ARN."""
    match = _SNAPSHOT_ARN.fullmatch(arn)
    return match[1] if match else None
