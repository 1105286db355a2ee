"""What EC2 refuses in a request: malformed ids, tags and descriptions out of bounds."""

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
    """As check_id, for each."""
    for value in values:
        check_id(value, prefix)


def check_description(text: str) -> None:
    """AWSError if it is too long, or holds a control character."""
    if UNPRINTABLE.search(text):
        raise invalid_value("The description holds a control character, which no answer in XML could carry")
    if len(text) > MAX_DESCRIPTION:
        raise invalid_value(
            f"Value ({text}) for parameter description is invalid. Length exceeds maximum of {MAX_DESCRIPTION}."
        )


def tags_of(listed: Sequence[Mapping[str, Any]]) -> Tags:
    """A request's list of tags as a dictionary. AWSError for a reserved, doubled, empty or overlong key or value."""
    tags: Tags = {}
    for one in listed:
        key, value = one.get("Key", ""), one.get("Value", "")
        if key.lower().startswith("aws:"):
            raise invalid_value(f"Tag keys starting with 'aws:' are reserved for internal use: {key}")
        if not 1 <= len(key) <= MAX_TAG_KEY:
            raise invalid_value(f"Tag key {key!r} must have 1 to {MAX_TAG_KEY} characters")
        if len(value) > MAX_TAG_VALUE:
            raise invalid_value(f"Tag value exceeds the maximum length of {MAX_TAG_VALUE} characters for key {key!r}")
        if UNPRINTABLE.search(key + value):
            raise invalid_value(f"Tag {key!r} holds a control character, which no answer in XML could carry")
        if key in tags:
            raise invalid_value(f"Duplicate tag key '{key}' specified.")
        tags[key] = value
    check_count(tags)
    return tags


def specified_tags(specifications: Sequence[Mapping[str, Any]], resource_type: str) -> Tags:
    """The tags that a creating call gives to a `resource_type`. AWSError if it names another type or is empty."""
    listed: list[Mapping[str, Any]] = []
    for one in specifications:
        if one.get("ResourceType") != resource_type:
            raise invalid_value(
                f"'{one.get('ResourceType')}' is not a valid taggable resource type for this operation."
            )
        if not one.get("Tags"):
            raise invalid_value("Tag specification must have at least one tag")
        listed.extend(one["Tags"])
    return tags_of(listed)


def check_count(tags: Mapping[str, str]) -> None:
    """AWSError if a resource would carry more than 50 tags; those of AWS itself do not count."""
    if sum(1 for key in tags if not key.startswith("aws:")) > MAX_TAGS:
        raise AWSError("TagLimitExceeded", f"You have reached the maximum of {MAX_TAGS} tags on the resource.")
