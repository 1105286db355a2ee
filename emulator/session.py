"""The environment of the process: credentials without any rights, and boto3 sessions that the emulator answers."""

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
    """A session for all clients: reading EC2's service model takes a quarter of a second."""
    return boto3.Session()


@cache
def client(region: str, service: str) -> Any:
    """A boto3 client for whichever `LocalAWS` is active.

    It retries in botocore's legacy mode: in the standard mode, one test would use up the retry quota of the next.
    """
    config = Config(retries={"mode": "legacy"})
    return shared_session().client(service, region_name=region, config=config)  # type: ignore[call-overload]  # any service


@contextmanager
def repeatable(seed: int) -> Iterator[None]:
    """Seeds Python's shared random numbers meanwhile: botocore chooses the length of its waits with them."""
    before = random.getstate()
    random.seed(seed)
    try:
        yield
    finally:
        random.setstate(before)


@contextmanager
def process_environment(region: str) -> Iterator[None]:
    """Sets os.environ and boto3's default session meanwhile, without the developer's own settings."""
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(moto_bridge.ENVIRONMENT | CREDENTIALS | {"AWS_DEFAULT_REGION": region})
    boto3.DEFAULT_SESSION = shared_session()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        boto3.DEFAULT_SESSION = session
