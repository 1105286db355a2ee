"""Answers of DescribeSnapshots: pages, tokens, and each snapshot rendered once until it changes."""

from __future__ import annotations

import base64
import hashlib
import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from xml.sax import saxutils

from dateutil.tz import tzutc  # type: ignore[import-untyped]  # it comes with botocore, whose times carry it

from emulator.ec2.filters import timestamp
from emulator.ec2.model import Snapshot
from emulator.errors import AWSError, invalid_value

# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
MIN_PAGE = 5
MAX_PAGE = 1000
NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"

Item = TypeVar("Item")


def escape(text: str) -> str:
    """Text as XML carries it unchanged: a parser would turn a bare carriage return into a line feed."""
    return saxutils.escape(text, {"\r": "&#13;"})


def page_size(params: Mapping[str, Any], ids: str) -> int:
    """How many items this request gets at most. AWSError for what EC2 refuses.

    EC2 may cut an unpaginated answer as it likes, and does so for large ones; here it is always cut at 1,000,
    so that a caller who ignores NextToken shows.
    """
    size = params.get("MaxResults")
    if size is None:
        return MAX_PAGE
    if params.get(ids):
        raise AWSError(
            "InvalidParameterCombination", f"The parameter {ids} cannot be used with the parameter MaxResults"
        )
    if size < MIN_PAGE:
        raise invalid_value(f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than 5.")
    return min(int(size), MAX_PAGE)


def cut(
    items: Sequence[Item], sequences: Sequence[int], params: Mapping[str, Any], ids: str
) -> tuple[Sequence[Item], str | None]:
    """The page that the request asks for, and the token of the next one.

    `sequences` are the items' numbers in ascending order: a token names the last one seen, so items that vanish
    between two pages do not make the next page skip others.
    """
    size = page_size(params, ids)
    token = params.get("NextToken")
    start = bisect_right(sequences, _read_token(token, params)) if token is not None else 0
    page = items[start : start + size]
    if start + size >= len(items):
        return page, None
    return page, _write_token(sequences[start + size - 1], params)


def _digest(sequence: int, params: Mapping[str, Any]) -> str:
    question = {key: value for key, value in params.items() if key not in ("NextToken", "MaxResults", "DryRun")}
    return hashlib.sha256(f"{sequence} {json.dumps(question, sort_keys=True, default=str)}".encode()).hexdigest()[:16]


def _write_token(sequence: int, params: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(f"{sequence}.{_digest(sequence, params)}".encode()).decode()


def _read_token(token: str, params: Mapping[str, Any]) -> int:
    try:
        number, digest = base64.urlsafe_b64decode(token.encode()).decode().split(".")
        sequence = int(number)
    except ValueError:
        raise invalid_value("The token 'NextToken' is invalid.") from None
    if digest != _digest(sequence, params):
        raise invalid_value("The token 'NextToken' belongs to another request.")
    return sequence


def tag_set(tags: Mapping[str, str]) -> str:
    """The element with all tags; none if there are none."""
    items = "".join(
        f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>" for key, value in tags.items()
    )
    return f"<tagSet>{items}</tagSet>" if items else ""


def snapshot_fields(one: Snapshot, state_element: str = "status") -> str:
    """The elements of one snapshot, without the element around them; CreateSnapshots names the state differently."""
    message = one.failure if one.state == "error" else None
    optional = (
        (f"<statusMessage>{escape(message)}</statusMessage>" if message else "")
        + (f"<ownerAlias>{one.owner_alias}</ownerAlias>" if one.owner_alias else "")
        + (f"<kmsKeyId>{escape(one.kms_key_id)}</kmsKeyId>" if one.kms_key_id else "")
        + (f"<restoreExpiryTime>{timestamp(one.restore_expires)}</restoreExpiryTime>" if one.restore_expires else "")
        + tag_set(one.tags)
    )
    return (
        f"<snapshotId>{one.snapshot_id}</snapshotId><volumeId>{one.volume_id}</volumeId>"
        f"<{state_element}>{one.state}</{state_element}><startTime>{timestamp(one.start_time)}</startTime>"
        f"<progress>{one.progress}</progress><ownerId>{one.owner_id}</ownerId><volumeSize>{one.volume_size}</volumeSize>"
        f"<description>{escape(one.description)}</description><encrypted>{str(one.encrypted).lower()}</encrypted>"
        f"<storageTier>{one.storage_tier}</storageTier>{optional}"
    )


def xml_page(operation: str, page: Sequence[Snapshot], token: str | None) -> str:
    """The body of a DescribeSnapshots answer."""
    items = []
    for one in page:
        if one.xml is None:
            one.xml = f"<item>{snapshot_fields(one)}</item>"
        items.append(one.xml)
    following = f"<nextToken>{token}</nextToken>" if token else ""
    return envelope(operation, f"<snapshotSet>{''.join(items)}</snapshotSet>{following}")


def envelope(operation: str, inner: str) -> str:
    """The whole body of an answer."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{operation}Response xmlns="{NAMESPACE}">'
        f"<requestId>00000000-0000-0000-0000-000000000000</requestId>{inner}</{operation}Response>"
    )


def parsed_page(page: Sequence[Snapshot], token: str | None) -> dict[str, Any]:
    """What botocore makes of `xml_page`, without making it: its parser takes most of the time of a large answer.

    To be copied before it is handed out: it is made of what is kept with the snapshots.
    """
    items = []
    for one in page:
        if one.parsed is None:
            one.parsed = _parsed(one)
        items.append(one.parsed)
    answer: dict[str, Any] = {"Snapshots": items}
    if token:
        answer["NextToken"] = token
    return answer


def _parsed(one: Snapshot) -> dict[str, Any]:
    out: dict[str, Any] = {
        "OwnerAlias": one.owner_alias,
        "Tags": [{"Key": key, "Value": value} for key, value in one.tags.items()] or None,
        "StorageTier": one.storage_tier,
        "RestoreExpiryTime": _parsed_time(one.restore_expires),
        "SnapshotId": one.snapshot_id,
        "VolumeId": one.volume_id,
        "State": one.state,
        "StateMessage": one.failure if one.state == "error" else None,
        "StartTime": _parsed_time(one.start_time),
        "Progress": one.progress,
        "OwnerId": one.owner_id,
        "Description": one.description,
        "VolumeSize": one.volume_size,
        "Encrypted": one.encrypted,
        "KmsKeyId": one.kms_key_id,
    }
    return {key: value for key, value in out.items() if value is not None}


def _parsed_time(instant: datetime | None) -> datetime | None:
    if instant is None:
        return None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000, tzinfo=tzutc())
