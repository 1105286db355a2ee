"""Pages of responses and their tokens, and snapshots as XML and as parsed by botocore, cached until they change."""

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
    """Text in XML. A parser would turn a carriage return into a line feed if it were not escaped."""
    return saxutils.escape(text, {"\r": "&#13;"})


def page_size(params: Mapping[str, Any], ids: str) -> int:
    """The most items that the response to this request has. AWSError for a size that EC2 refuses.

    Without MaxResults, EC2 may end a large response at any item. Here it ends after 1,000, so that a test notices
    code that ignores NextToken.
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
    """The page that the request asks for, and the token of the next page.

    `sequences` are the numbers of the items, in ascending order. A token names the last number of a page, so that items
    deleted between two pages do not make the next page skip others.
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
    """The element with all tags; empty if there are none."""
    items = "".join(
        f"<item><key>{escape(key)}</key><value>{escape(value)}</value></item>" for key, value in tags.items()
    )
    return f"<tagSet>{items}</tagSet>" if items else ""


def snapshot_fields(snapshot: Snapshot, state_element: str = "status") -> str:
    """The elements of a snapshot, without the enclosing one; CreateSnapshots names the state differently."""
    message = snapshot.failure if snapshot.state == "error" else None
    optional = (
        (f"<statusMessage>{escape(message)}</statusMessage>" if message else "")
        + (f"<completionTime>{timestamp(snapshot.ends_at)}</completionTime>" if snapshot.state == "completed" else "")
        + (f"<ownerAlias>{snapshot.owner_alias}</ownerAlias>" if snapshot.owner_alias else "")
        + (f"<kmsKeyId>{escape(snapshot.kms_key_id)}</kmsKeyId>" if snapshot.kms_key_id else "")
        + (
            f"<restoreExpiryTime>{timestamp(snapshot.restore_expires)}</restoreExpiryTime>"
            if snapshot.restore_expires
            else ""
        )
        + tag_set(snapshot.tags)
    )
    return (
        f"<snapshotId>{snapshot.snapshot_id}</snapshotId><volumeId>{snapshot.volume_id}</volumeId>"
        f"<{state_element}>{snapshot.state}</{state_element}><startTime>{timestamp(snapshot.start_time)}</startTime>"
        f"<progress>{snapshot.progress}</progress><ownerId>{snapshot.owner_id}</ownerId><volumeSize>{snapshot.volume_size}</volumeSize>"
        f"<description>{escape(snapshot.description)}</description><encrypted>{str(snapshot.encrypted).lower()}</encrypted>"
        f"<storageTier>{snapshot.storage_tier}</storageTier>{optional}"
    )


def xml_page(operation: str, page: Sequence[Snapshot], token: str | None) -> str:
    """The body of a DescribeSnapshots response."""
    items = []
    for snapshot in page:
        if snapshot.xml is None:
            snapshot.xml = f"<item>{snapshot_fields(snapshot)}</item>"
        items.append(snapshot.xml)
    following = f"<nextToken>{token}</nextToken>" if token else ""
    return envelope(operation, f"<snapshotSet>{''.join(items)}</snapshotSet>{following}")


def envelope(operation: str, inner: str) -> str:
    """The whole body of a response."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><{operation}Response xmlns="{NAMESPACE}">'
        f"<requestId>00000000-0000-0000-0000-000000000000</requestId>{inner}</{operation}Response>"
    )


def parsed_page(page: Sequence[Snapshot], token: str | None) -> dict[str, Any]:
    """What botocore would parse from `xml_page`; its parser takes most of the time of a large response.

    The caller must copy it before anybody changes it, because it shares data with the snapshots.
    """
    items = []
    for snapshot in page:
        if snapshot.parsed is None:
            snapshot.parsed = _parsed(snapshot)
        items.append(snapshot.parsed)
    answer: dict[str, Any] = {"Snapshots": items}
    if token:
        answer["NextToken"] = token
    return answer


def _parsed(snapshot: Snapshot) -> dict[str, Any]:
    out: dict[str, Any] = {
        "OwnerAlias": snapshot.owner_alias,
        "Tags": [{"Key": key, "Value": value} for key, value in snapshot.tags.items()] or None,
        "StorageTier": snapshot.storage_tier,
        "RestoreExpiryTime": _parsed_time(snapshot.restore_expires),
        "SnapshotId": snapshot.snapshot_id,
        "VolumeId": snapshot.volume_id,
        "State": snapshot.state,
        "StateMessage": snapshot.failure if snapshot.state == "error" else None,
        "StartTime": _parsed_time(snapshot.start_time),
        "CompletionTime": _parsed_time(snapshot.ends_at) if snapshot.state == "completed" else None,
        "Progress": snapshot.progress,
        "OwnerId": snapshot.owner_id,
        "Description": snapshot.description,
        "VolumeSize": snapshot.volume_size,
        "Encrypted": snapshot.encrypted,
        "KmsKeyId": snapshot.kms_key_id,
    }
    return {key: value for key, value in out.items() if value is not None}


def _parsed_time(instant: datetime | None) -> datetime | None:
    if instant is None:
        return None
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000, tzinfo=tzutc())
