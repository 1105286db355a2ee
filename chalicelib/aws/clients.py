"""The boto3 clients: one configuration for all of them, and no blind retry of a call that creates something."""

from __future__ import annotations

import threading
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, UnknownRegionError

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ssm import SSMClient

# As many connections as a job makes calls side by side, at most: the upper bound of CONCURRENCY.
CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5}, max_pool_connections=64, connect_timeout=5, read_timeout=60
)
# An instance may be frozen meanwhile: no call waits long, and ``systems_manager`` decides what is tried again.
SSM_CONFIG = CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=10))
# For the creating call while an instance is frozen. A large set takes EC2 some seconds.
FROZEN_CONFIG = CONFIG.merge(Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=20))
CREATING = ("CreateSnapshot", "CreateSnapshots", "CopySnapshot")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/throttling.html
THROTTLED = frozenset({"RequestLimitExceeded", "EC2ThrottledException", "Throttling"})


class Clients:
    """The clients of one process: each is made when a job first needs it, and kept."""

    def __init__(self) -> None:
        self._clients: dict[tuple[str, str, Config], Any] = {}
        self._lock = threading.Lock()

    def ec2(self, region: str, config: Config = CONFIG) -> EC2Client:
        """Return EC2's client of a Region."""
        return cast("EC2Client", self._client("ec2", region, config))

    def ssm(self, region: str) -> SSMClient:
        """Return the client of Systems Manager of a Region."""
        return cast("SSMClient", self._client("ssm", region, SSM_CONFIG))

    def sns(self, region: str) -> Any:
        """Return the client of SNS of a Region."""
        return self._client("sns", region, CONFIG)

    def functions(self, region: str) -> Any:
        """Return the client of Lambda of a Region. It repeats no call: after a lost answer there would be two runs."""
        return self._client("lambda", region, SSM_CONFIG)

    def _client(self, service: str, region: str, config: Config) -> Any:
        # Threads may share a client, but not make one at the same time.
        with self._lock:
            if (service, region, config) not in self._clients:
                client: Any = session().client(service, region_name=region, config=config)  # type: ignore[call-overload]
                for operation in CREATING if service == "ec2" else ():
                    client.meta.events.register_first(f"needs-retry.ec2.{operation}", _refuse_blind_retry)
                self._clients[service, region, config] = client
            return self._clients[service, region, config]


def session() -> boto3.Session:
    """Return the one session of this process: what it reads of EC2's model serves the clients of all Regions."""
    if boto3.DEFAULT_SESSION is None:
        boto3.setup_default_session()
    return cast(boto3.Session, boto3.DEFAULT_SESSION)


@cache
def regions_of_partition(region: str) -> frozenset[str]:
    """Return the Regions of the partition that ``region`` is in, as botocore knows them, and ``region`` itself."""
    partition = session().get_partition_for_region(region)
    return frozenset(session().get_available_regions("ec2", partition_name=partition)) | {region}


@cache
def partition_of(region: str) -> str | None:
    """Return the partition of a Region, a Region newer than botocore too; None if no partition has such a name."""
    try:
        return session().get_partition_for_region(region)
    except UnknownRegionError:
        return None


def error_code(error: ClientError) -> str:
    """Return AWS's code of an error, such as ``RequestLimitExceeded``."""
    return error.response["Error"]["Code"]


def _refuse_blind_retry(
    response: tuple[Any, dict[str, Any]] | None,
    operation: Any,
    caught_exception: Exception | None,
    **_: Any,
) -> None:
    """Refuse to repeat a creating call that EC2 may have carried out.

    No snapshot call has a client token, so botocore's retry after a lost answer or an internal
    error could create a second one. The caller gets the error instead, and the next run looks first.
    Throttled calls, and those that never left, are retried as usual.
    """
    if isinstance(caught_exception, (ConnectTimeoutError, EndpointConnectionError)):
        return
    if caught_exception is not None:
        raise caught_exception
    if response is None or response[0].status_code < 500:
        return
    if response[1]["Error"]["Code"] not in THROTTLED:
        raise ClientError(response[1], operation.name)  # type: ignore[arg-type]
