"""The roles of the deployed functions are enforced: what they do not allow is refused."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.policies.documents import document

from .conftest import HOME
from .deployment import Deployment
from .region import Region, eventually, tagged

pytestmark = pytest.mark.e2e

ASIDE = "ap-northeast-1"
EXPIRED = {"Type": "Automated", "DeleteOn": "2020-01-01"}


@contextmanager
def allowed_as(home: Region, function: str) -> Iterator[Any]:
    """EC2 as somebody sees it who may do what the function may, and nothing else."""
    iam, user = home.client("iam"), f"like-{function}"
    iam.create_user(UserName=user)
    iam.put_user_policy(UserName=user, PolicyName="like", PolicyDocument=json.dumps(document(function)))
    key = iam.create_access_key(UserName=user)["AccessKey"]
    yield boto3.client(
        "ec2",
        region_name=HOME,
        endpoint_url=home.deployment.aws.endpoint,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
        config=Config(proxies={}),
    )
    iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
    iam.delete_user_policy(UserName=user, PolicyName="like")
    iam.delete_user(UserName=user)


def test_the_sweepers_role_deletes_what_is_managed_and_not_protected(home: Region) -> None:
    volume = home.volume()
    managed = home.snapshot(volume, **EXPIRED)
    others = [home.snapshot(volume), home.snapshot(volume, **EXPIRED, KeepForever="Yes")]
    eventually(lambda: len(home.completed({"volume-id": volume})) == 3, "the snapshots complete")
    with allowed_as(home, "sweep_snapshots") as ec2:
        for snapshot in others:
            with pytest.raises(ClientError, match="UnauthorizedOperation"):
                ec2.delete_snapshot(SnapshotId=snapshot)
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            ec2.delete_volume(VolumeId=volume)
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            ec2.create_tags(Resources=[managed], Tags=[{"Key": "DeleteOn", "Value": "2030-01-01"}])
        ec2.delete_snapshot(SnapshotId=managed)
    assert {snapshot["SnapshotId"] for snapshot in home.snapshots({"volume-id": volume})} == set(others)


def test_the_creators_role_creates_what_is_managed_and_nothing_else(home: Region) -> None:
    volume = home.volume()
    with allowed_as(home, "create_snapshots") as ec2:
        for wrong in ([], tagged("snapshot", {"Type": "Manual"})):
            with pytest.raises(ClientError, match="UnauthorizedOperation"):
                ec2.create_snapshot(VolumeId=volume, TagSpecifications=wrong)
        ec2.create_snapshot(VolumeId=volume, TagSpecifications=tagged("snapshot", {"Type": "Automated"}))
    assert len(home.snapshots({"volume-id": volume})) == 1


def test_a_function_whose_role_allows_nothing_fails_loudly(deployment: Deployment) -> None:
    """In a Region of its own, as no function of the others may ever raise."""
    deployment.deploy(ASIDE)
    aside = Region(deployment, ASIDE)
    iam, role = aside.client("iam"), f"ebs-snapshot-reactor-{ASIDE}-sweep_snapshots"
    [name] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    denied = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "ec2:*", "Resource": "*"}]}
    iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(denied))
    answer = aside.client("lambda").invoke(
        FunctionName=deployment.functions(ASIDE)["sweep_snapshots"], Payload=json.dumps(aside.event_by_hand())
    )
    deployment.delete(ASIDE)
    assert "FunctionError" in answer
    assert "UnauthorizedOperation" in answer["Payload"].read().decode()
