"""Checks of a request: malformed ids, and tags and descriptions that EC2 does not accept."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from emulator.ec2.model import Tags
from emulator.errors import AWSError, invalid_value

# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions
MAX_TAGS = 50
MAX_TAG_KEY = 127
MAX_TAG_VALUE = 256
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html
MAX_TAGGED_RESOURCES = 1000
MAX_DESCRIPTION = 255

MALFORMED = {
    "snap": "InvalidSnapshotID.Malformed",
    "vol": "InvalidVolumeID.Malformed",
    "i": "InvalidInstanceID.Malformed",
    "ami": "InvalidAMIID.Malformed",
}
PARAMETER = {"snap": "snapshotId", "vol": "volumeId", "i": "instanceId", "ami": "imageId"}
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
HEX = re.compile(r"(?:[0-9a-f]{8}|[0-9a-f]{17})")


def check_id(value: str, prefix: str) -> None:
    """AWSError unless `value` is `prefix-` and 8 or 17 hexadecimal digits."""
    if not value.startswith(prefix + "-"):
        raise invalid_value(f"Value ({value}) for parameter {PARAMETER[prefix]} is invalid. Expected: '{prefix}-...'.")
    if not HEX.fullmatch(value[len(prefix) + 1 :]):
        raise AWSError(MALFORMED[prefix], f'Invalid id: "{value}"')


def check_ids(values: Iterable[str], prefix: str) -> None:
    """As check_id, for several."""
    for value in values:
        check_id(value, prefix)


def check_description(text: str) -> None:
    """AWSError if it is too long or contains a control character."""
    if UNPRINTABLE.search(text):
        raise invalid_value("The description contains a control character, which XML does not allow")
    if len(text) > MAX_DESCRIPTION:
        raise invalid_value(
            f"Value ({text}) for parameter description is invalid. Length exceeds maximum of {MAX_DESCRIPTION}."
        )


def tags_of(listed: Sequence[Mapping[str, Any]]) -> Tags:
    """The tags of a request. AWSError for a reserved, repeated, empty or too long key, and for a too long value."""
    tags: Tags = {}
    for tag in listed:
        key, value = tag.get("Key", ""), tag.get("Value", "")
        if key.lower().startswith("aws:"):
            raise invalid_value(f"Tag keys starting with 'aws:' are reserved for internal use: {key}")
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise invalid_value(f"Tag key {key!r} must have 1 to {MAX_TAG_KEY} characters")
        if len(value) > MAX_TAG_VALUE:
            raise invalid_value(f"Tag value exceeds the maximum length of {MAX_TAG_VALUE} characters for key {key!r}")
        if UNPRINTABLE.search(key + value):
            raise invalid_value(f"Tag {key!r} contains a control character, which XML does not allow")
        if key in tags:
            raise invalid_value(f"Duplicate tag key '{key}' specified.")
        tags[key] = value
    check_count(tags)
    return tags


def specified_tags(specifications: Sequence[Mapping[str, Any]], resource_type: str) -> Tags:
    """The tags for new resources of a type. AWSError if a specification names another type or has no tags."""
    listed: list[Mapping[str, Any]] = []
    for specification in specifications:
        if specification.get("ResourceType") != resource_type:
            raise invalid_value(
                f"'{specification.get('ResourceType')}' is not a valid taggable resource type for this operation."
            )
        if not specification.get("Tags"):
            raise invalid_value("Tag specification must have at least one tag")
        listed.extend(specification["Tags"])
    return tags_of(listed)


def check_count(tags: Mapping[str, str]) -> None:
    """AWSError if a resource would have more than 50 tags; `aws:` tags do not count."""
    if sum(1 for key in tags if not key.startswith("aws:")) > MAX_TAGS:
        raise AWSError("TagLimitExceeded", f"You have reached the maximum of {MAX_TAGS} tags on the resource.")
