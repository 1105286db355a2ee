"""EC2's filters: values are alternatives, case-sensitive, with the wildcards `*` and `?`; an unknown name is refused.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from emulator.errors import AWSError, invalid_value

Test = Callable[[Any], bool]
Read = Callable[[Any], Iterable[str]]

MAX_VALUES = 200


def timestamp(instant: datetime) -> str:
    """As EC2 writes times: UTC with milliseconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


SNAPSHOT: dict[str, Read] = {
    "description": lambda one: (one.description,),
    "encrypted": lambda one: ("true" if one.encrypted else "false",),
    "owner-alias": lambda one: (one.owner_alias,) if one.owner_alias else (),
    "owner-id": lambda one: (one.owner_id,),
    "progress": lambda one: (one.progress,),
    "snapshot-id": lambda one: (one.snapshot_id,),
    "start-time": lambda one: (timestamp(one.start_time),),
    "status": lambda one: (one.state,),
    "storage-tier": lambda one: (one.storage_tier,),
    "volume-id": lambda one: (one.volume_id,),
    "volume-size": lambda one: (str(one.volume_size),),
}

TIER_STATUS: dict[str, Read] = {
    "last-tiering-operation": lambda one: (one.tiering.status,),
    "snapshot-id": lambda one: (one.snapshot_id,),
    "volume-id": lambda one: (one.volume_id,),
}

IMAGE: dict[str, Read] = {
    "block-device-mapping.device-name": lambda one: one.snapshots,
    "block-device-mapping.snapshot-id": lambda one: [snapshot for snapshot, _ in one.snapshots.values()],
    "description": lambda one: (one.description,),
    "image-id": lambda one: (one.image_id,),
    "is-public": lambda one: ("false",),
    "name": lambda one: (one.name,),
    "root-device-name": lambda one: (one.root_device,),
    "state": lambda one: (one.state,),
}


def compile_filters(filters: Sequence[Mapping[str, Any]], known: Mapping[str, Read]) -> Test:
    """One test for all of the filters, which must all hold. AWSError for what EC2 refuses."""
    if sum(len(one.get("Values", ())) for one in filters) > MAX_VALUES:
        raise AWSError(
            "FilterLimitExceeded", f"The maximum number of filter values specified on a single call is {MAX_VALUES}"
        )
    tests = [_compile(one.get("Name", ""), one.get("Values", ()), known) for one in filters]
    if len(tests) == 1:
        return tests[0]
    return lambda one: all(test(one) for test in tests)


def _compile(name: str, values: Sequence[str], known: Mapping[str, Read]) -> Test:
    if not values:
        raise invalid_value(f"The filter '{name}' has no values.")
    wanted = _matcher(tuple(values))
    if name.startswith("tag:"):
        key = name[4:]
        return lambda one: key in one.tags and wanted(one.tags[key])
    if name == "tag-key":
        return lambda one: any(wanted(key) for key in one.tags)
    if name == "tag-value":
        return lambda one: any(wanted(value) for value in one.tags.values())
    if name not in known:
        raise invalid_value(f"The filter '{name}' is invalid")
    read = known[name]
    return lambda one: any(wanted(value) for value in read(one))


@lru_cache(maxsize=4096)
def _matcher(values: tuple[str, ...]) -> Callable[[str], bool]:
    literal = frozenset(value for value in values if not set(value) & set("*?\\"))
    patterns = [re.compile(_regex(value), re.DOTALL) for value in values if value not in literal]
    if not patterns:
        return literal.__contains__
    return lambda text: text in literal or any(pattern.fullmatch(text) for pattern in patterns)


def _regex(value: str) -> str:
    out, escaped = [], False
    for character in value:
        if not escaped and character == "\\":
            escaped = True
            continue
        wild = {"*": ".*", "?": "."}.get(character) if not escaped else None
        out.append(wild or re.escape(character))
        escaped = False
    return "".join(out)
