"""The process as an emulated AWS needs it: credentials that open nothing, and boto3 sessions that lead here."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from emulator import moto_bridge

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}


@cache
def shared_session() -> boto3.Session:
    """One session for all: reading EC2's service model takes a quarter of a second, and it never changes."""
    return boto3.Session()


@cache
def client(region: str, service: str) -> Any:
    """A boto3 client that serves whichever `LocalAWS` is active.

    It retries in botocore's legacy mode: the standard one has a quota that one test would use up for the next.
    """
    config = Config(retries={"mode": "legacy"})
    return shared_session().client(service, region_name=region, config=config)  # type: ignore[call-overload]  # any service


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Seeds Python's shared random numbers, of which botocore makes the lengths of its waits, until the end."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextmanager
def process_environment(region: str) -> Iterator[None]:
    """Sets os.environ and boto3's default session, without anything of the developer's, until the end."""
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(moto_bridge.ENVIRONMENT | CREDENTIALS | {"AWS_DEFAULT_REGION": region})
    boto3.DEFAULT_SESSION = shared_session()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        boto3.DEFAULT_SESSION = session
