"""Filters of EC2's Describe calls.

https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Filter.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef

# In all filters of a call together.
MAX_FILTER_VALUES = 200
Period: TypeAlias = tuple[datetime, datetime]


def tagged(key: str, values: Sequence[str]) -> FilterTypeDef:
    """Return the filter for snapshots with a tag of one of some values."""
    return {"Name": f"tag:{key}", "Values": list(values)}


def only(name: str, value: str | None) -> list[FilterTypeDef]:
    """Return a filter for one value; none for None."""
    return [] if value is None else [{"Name": name, "Values": [value]}]


def begun_within(period: Period | None) -> list[FilterTypeDef]:
    """Return a filter for what began in a period (UTC), in whole hours, or in whole minutes if it is less than an hour.

    The last hour or minute is included. There is no filter for None.
    """
    if period is None:
        return []
    first, until = period
    short = until - first < timedelta(hours=1)
    step, form = (timedelta(minutes=1), "%Y-%m-%dT%H:%M:*") if short else (timedelta(hours=1), "%Y-%m-%dT%H:*")
    start = first.replace(second=0, microsecond=0) if short else first.replace(minute=0, second=0, microsecond=0)
    starts = [start + number * step for number in range((until - start) // step + 1)]
    return [{"Name": "start-time", "Values": [f"{start:{form}}" for start in starts]}]


def chunks(values: Iterable[str], others: Iterable[FilterTypeDef] = ()) -> Iterator[list[str]]:
    """Yield the values, sorted and without duplicates, in lists that one call takes beside its other filters."""
    ordered = sorted(set(values))
    size = MAX_FILTER_VALUES - sum(len(filter["Values"]) for filter in others)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
