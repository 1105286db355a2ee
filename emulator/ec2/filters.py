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
    """A time in EC2's format: UTC with milliseconds."""
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


SNAPSHOT: dict[str, Read] = {
    "description": lambda item: (item.description,),
    "encrypted": lambda item: ("true" if item.encrypted else "false",),
    "owner-alias": lambda item: (item.owner_alias,) if item.owner_alias else (),
    "owner-id": lambda item: (item.owner_id,),
    "progress": lambda item: (item.progress,),
    "snapshot-id": lambda item: (item.snapshot_id,),
    "start-time": lambda item: (timestamp(item.start_time),),
    "status": lambda item: (item.state,),
    "storage-tier": lambda item: (item.storage_tier,),
    "volume-id": lambda item: (item.volume_id,),
    "volume-size": lambda item: (str(item.volume_size),),
}

TIER_STATUS: dict[str, Read] = {
    "last-tiering-operation": lambda item: (item.tiering.status,),
    "snapshot-id": lambda item: (item.snapshot_id,),
    "volume-id": lambda item: (item.volume_id,),
}

IMAGE: dict[str, Read] = {
    "block-device-mapping.device-name": lambda item: item.snapshots,
    "block-device-mapping.snapshot-id": lambda item: [snapshot for snapshot, _ in item.snapshots.values()],
    "description": lambda item: (item.description,),
    "image-id": lambda item: (item.image_id,),
    "is-public": lambda item: ("false",),
    "name": lambda item: (item.name,),
    "root-device-name": lambda item: (item.root_device,),
    "state": lambda item: (item.state,),
}


def compile_filters(filters: Sequence[Mapping[str, Any]], known: Mapping[str, Read]) -> Test:
    """A test whether an item matches all filters. AWSError for filters that EC2 refuses."""
    if sum(len(item.get("Values", ())) for item in filters) > MAX_VALUES:
        raise AWSError(
            "FilterLimitExceeded", f"The maximum number of filter values specified on a single call is {MAX_VALUES}"
        )
    tests = [_compile(item.get("Name", ""), item.get("Values", ()), known) for item in filters]
    if len(tests) == 1:
        return tests[0]
    return lambda item: all(test(item) for test in tests)


def _compile(name: str, values: Sequence[str], known: Mapping[str, Read]) -> Test:
    if not values:
        raise invalid_value(f"The filter '{name}' has no values.")
    wanted = _matcher(tuple(values))
    if name.startswith("tag:"):
        key = name[4:]
        return lambda item: key in item.tags and wanted(item.tags[key])
    if name == "tag-key":
        return lambda item: any(wanted(key) for key in item.tags)
    if name == "tag-value":
        return lambda item: any(wanted(value) for value in item.tags.values())
    if name not in known:
        raise invalid_value(f"The filter '{name}' is invalid")
    read = known[name]
    return lambda item: any(wanted(value) for value in read(item))


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
