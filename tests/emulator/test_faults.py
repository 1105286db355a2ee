"""Faults and token buckets act on single HTTP attempts, below botocore's retries."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME, START


def volume(aws: LocalAWS) -> str:
    aws.launch(HOME, name="web")
    return str(aws.client(HOME).describe_volumes()["Volumes"][0]["VolumeId"])


def attempts(aws: LocalAWS, operation: str) -> list[str | None]:
    return [call.error for call in aws.calls if call.operation == operation]


def test_botocore_retries_a_server_error_without_real_waiting(aws: LocalAWS) -> None:
    disk = volume(aws)
    aws.fault("CreateSnapshot", error="InternalError", times=3)
    before = time.perf_counter()
    aws.client(HOME).create_snapshot(VolumeId=disk)
    assert attempts(aws, "CreateSnapshot") == ["InternalError"] * 3 + [None]
    assert len(aws.snapshots(HOME)) == 1
    assert time.perf_counter() - before < 1
    assert aws.now > START


@pytest.mark.parametrize(("error", "status"), [("UnauthorizedOperation", 403), ("SomethingNew", 400)])
def test_other_errors_are_not_retried(aws: LocalAWS, error: str, status: int) -> None:
    disk = volume(aws)
    aws.fault("CreateSnapshot", error=error, message="You <may> not")
    with pytest.raises(ClientError, match="You <may> not") as caught:
        aws.client(HOME).create_snapshot(VolumeId=disk)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert attempts(aws, "CreateSnapshot") == [error]


@pytest.mark.parametrize(("carried_out", "created"), [(True, 2), (False, 1)])
def test_a_broken_connection_is_retried_whether_or_not_the_call_took_effect(
    aws: LocalAWS, carried_out: bool, created: int
) -> None:
    source = volume(aws)
    snapshot = aws.client(HOME).create_snapshot(VolumeId=source)["SnapshotId"]
    aws.travel(hours=1)
    aws.fault("CopySnapshot", error="timeout", carried_out=carried_out)
    aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot)
    assert attempts(aws, "CopySnapshot") == ["timeout", None]
    assert len(aws.snapshots(AWAY)) == created


def test_a_connection_that_stays_broken_is_an_error(aws: LocalAWS) -> None:
    aws.fault("DescribeSnapshots", error="timeout", times=99)
    with pytest.raises(ReadTimeoutError):
        aws.client(HOME).describe_snapshots()


def test_a_fault_hits_its_region_and_parameters_only(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    aws.fault("DescribeSnapshots", error="Boom", region=HOME, match=lambda params: params.get("OwnerIds") == ["self"])
    ec2.describe_snapshots()
    aws.client(AWAY).describe_snapshots(OwnerIds=["self"])
    with pytest.raises(ClientError, match="Boom"):
        ec2.describe_snapshots(OwnerIds=["self"])
    ec2.describe_snapshots(OwnerIds=["self"])


def test_a_fault_hits_cached_reads_too(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    for operation in ("DescribeSnapshots", "DescribeVolumes", "DescribeInstances"):
        call = getattr(
            ec2, {"S": "describe_snapshots", "V": "describe_volumes", "I": "describe_instances"}[operation[8]]
        )
        call()
        call()
        aws.fault(operation, error="Boom")
        with pytest.raises(ClientError, match="Boom"):
            call()


@pytest.mark.parametrize("service", ["sns", "ssm"])
def test_faults_of_other_services(aws: LocalAWS, service: str) -> None:
    operation, call = {"sns": ("ListTopics", "list_topics"), "ssm": ("ListCommands", "list_commands")}[service]
    client = aws.client(HOME, service)
    aws.fault(operation, error="AuthorizationError", message="no")
    with pytest.raises(ClientError, match="AuthorizationError"):
        getattr(client, call)()
    getattr(client, call)()
    assert attempts(aws, operation) == ["AuthorizationError", None]


BUCKETS: dict[str, tuple[str, dict[str, Any], int, int]] = {
    "delete": ("delete_snapshot", {"SnapshotId": "snap-0123456789abcdef0"}, 100, 5),
    "copy": ("copy_snapshot", {"SourceRegion": HOME, "SourceSnapshotId": "snap-0123456789abcdef0"}, 50, 5),
    "tags": ("delete_tags", {"Resources": ["snap-0123456789abcdef0"]}, 100, 10),
    "describe": ("describe_snapshots", {}, 50, 10),
    "describe pages": ("describe_snapshots", {"MaxResults": 5}, 100, 20),
    "describe instances filtered": ("describe_instances", {"Filters": [{"Name": "tag:a", "Values": ["b"]}]}, 100, 20),
}


@pytest.mark.parametrize(("call", "params", "burst", "rate"), BUCKETS.values(), ids=BUCKETS.keys())
def test_buckets(aws: LocalAWS, call: str, params: dict[str, Any], burst: int, rate: int) -> None:
    aws.token_buckets = True
    client = boto3.client("ec2", region_name=HOME, config=Config(retries={"total_max_attempts": 1}))

    def until_throttled() -> int:
        for count in range(1000):
            try:
                getattr(client, call)(**params)
            except ClientError as error:
                if error.response["Error"]["Code"] == "RequestLimitExceeded":
                    return count
        return 1000

    assert until_throttled() == burst
    aws.travel(seconds=2)
    assert until_throttled() == 2 * rate
    aws.travel(hours=1)
    assert until_throttled() == burst


def test_a_throttled_call_is_retried_until_the_bucket_has_a_token(aws: LocalAWS) -> None:
    aws.token_buckets = True
    for _ in range(60):
        aws.client(HOME).describe_snapshots()
    errors = attempts(aws, "DescribeSnapshots")
    assert errors.count(None) == 60
    assert "RequestLimitExceeded" in errors


def test_sleep_moves_every_clock_in_any_thread(aws: LocalAWS) -> None:
    before = time.monotonic(), time.time()
    with ThreadPoolExecutor(1) as pool:
        list(pool.map(time.sleep, [1.5]))
    time.sleep(600)
    assert aws.now == datetime.now(UTC)
    assert time.time() - before[1] == pytest.approx(601.5)
    assert time.monotonic() - before[0] == pytest.approx(601.5)
    with pytest.raises(ValueError, match="non-negative"):
        time.sleep(-1)


def test_many_threads_can_make_calls(aws: LocalAWS) -> None:
    instances = [aws.launch(HOME, name=str(number)) for number in range(20)]
    ec2 = aws.client(HOME)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda instance_id: ec2.create_snapshots(InstanceSpecification={"InstanceId": instance_id}), instances
            )
        )
    assert len({snapshot["VolumeId"] for snapshot in aws.snapshots(HOME)}) == 20


def test_the_process_is_restored_afterwards() -> None:
    environment, sleep, monotonic = dict(os.environ), time.sleep, time.monotonic
    with LocalAWS(start=START, regions=(HOME,)) as aws:
        aws.launch(HOME, name="web")
        assert os.environ["AWS_ACCESS_KEY_ID"] == "testing"
        with pytest.raises(RuntimeError, match="another"), LocalAWS(start=START, regions=(HOME,)):
            pass
    assert (dict(os.environ), time.sleep, time.monotonic) == (environment, sleep, monotonic)
    assert datetime.now(UTC) != START
    with LocalAWS(start=START, regions=(HOME,)) as aws:
        assert aws.client(HOME).describe_instances()["Reservations"] == []


def test_a_start_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        LocalAWS(start=datetime(2026, 11, 1), regions=(HOME,))  # noqa: DTZ001  # the mistake itself


def test_adaptive_retries_are_an_error(aws: LocalAWS) -> None:
    client = boto3.client("ec2", region_name=HOME, config=Config(retries={"mode": "adaptive"}))
    with pytest.raises(NotImplementedError, match="adaptive"):
        client.describe_snapshots()
