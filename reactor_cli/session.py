"""The user's AWS session: its profile, its Regions, and the answers of EC2 as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3

from chalicelib.aws.clients import CONFIG, session

# The Region to ask for the Regions of an account if its user has none. Every account of the partition ``aws`` has it.
ANY_REGION = "us-east-1"


def use_profile(name: str) -> None:
    """Let all clients created after this use a profile of the user's; ProfileNotFound if there is none."""
    boto3.setup_default_session(profile_name=name)


def own_region() -> str | None:
    """Return the Region that the user's environment or profile names; ProfileNotFound if there is no such profile."""
    region: str | None = (boto3.DEFAULT_SESSION or boto3.Session()).region_name
    return region


def all_regions() -> frozenset[str]:
    """Return the Regions that botocore knows, of all partitions."""
    known = boto3.DEFAULT_SESSION or boto3.Session()
    return frozenset(
        region
        for partition in known.get_available_partitions()
        for region in known.get_available_regions("ec2", partition)
    )


def enabled_regions(ask: str) -> tuple[str, ...]:
    """Return the Regions that the account has enabled, sorted; ``ask`` is the Region whose API is asked."""
    regions = session().client("ec2", region_name=ask, config=CONFIG).describe_regions()["Regions"]
    return tuple(sorted(region["RegionName"] for region in regions))


@contextmanager
def each_answer(callback: Callable[[str], None]) -> Iterator[None]:
    """Call ``callback`` with the operation of each answer of EC2, for clients that are created in this context."""
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    events = boto3.DEFAULT_SESSION.events  # type: ignore[union-attr]  # it was set up just now

    def answered(model: Any, **_: Any) -> None:
        callback(model.name)

    events.register("after-call.ec2", answered)
    try:
        yield
    finally:
        events.unregister("after-call.ec2", answered)
