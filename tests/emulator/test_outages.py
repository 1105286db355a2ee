"""Regions that are down or disabled, keys that are away, instances between two states."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectTimeoutError

from emulator import LocalAWS, session
from tests.emulator.conftest import AWAY, HOME
from tests.emulator.test_refusals import refused


def a_snapshot(aws: LocalAWS) -> str:
    ec2 = aws.client(HOME)
    volume_id = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=8)["VolumeId"]
    snapshot_id: str = ec2.create_snapshot(VolumeId=volume_id)["SnapshotId"]
    aws.travel(hours=1)
    return snapshot_id


def copy_state(aws: LocalAWS, snapshot: str, **params: Any) -> tuple[str, str | None]:
    snapshot_id = aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot, **params)["SnapshotId"]
    aws.travel(hours=1)
    [one] = [snapshot for snapshot in aws.snapshots(AWAY) if snapshot["SnapshotId"] == snapshot_id]
    return one["State"], one["StateMessage"]


def test_every_call_into_a_region_that_is_down_fails_until_it_is_back(aws: LocalAWS) -> None:
    snapshot = a_snapshot(aws)
    away = aws.client(AWAY)
    away.describe_snapshots(OwnerIds=["self"])
    aws.region_down(AWAY, hours=50)
    back = aws.now.timestamp() + 50 * 3600
    assert refused(lambda: away.describe_snapshots(OwnerIds=["self"])) == "Unavailable"
    assert refused(lambda: away.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot)) == "Unavailable"
    for service, call in (("ssm", "describe_document"), ("sns", "publish")):
        params = {"Name": "x"} if service == "ssm" else {"TopicArn": "x", "Message": "x"}
        client = aws.client(AWAY, service)
        assert refused(lambda: getattr(client, call)(**params)) == "Unavailable"  # noqa: B023  # called at once
    assert aws.calls[-1].error == "Unavailable"
    assert aws.snapshots(AWAY) == []
    assert aws.client(HOME).describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert len(aws.client(HOME).describe_regions()["Regions"]) == 2
    aws.travel(seconds=back - aws.now.timestamp())
    assert copy_state(aws, snapshot) == ("completed", None)


def test_nothing_is_copied_out_of_a_region_that_is_down(aws: LocalAWS) -> None:
    snapshot = a_snapshot(aws)
    aws.region_down(HOME, hours=1)
    away = aws.client(AWAY)
    assert refused(lambda: away.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot)) == "Unavailable"


def test_a_connection_that_is_never_made_costs_the_time_that_the_client_waits_for_it(aws: LocalAWS) -> None:
    aws.region_down(AWAY, hours=1, error="timeout")
    client = session.shared_session().client(
        "ec2", region_name=AWAY, config=Config(connect_timeout=5, retries={"total_max_attempts": 1})
    )
    before = aws.now
    with pytest.raises(ConnectTimeoutError):
        client.describe_snapshots(OwnerIds=["self"])
    assert (aws.now - before).total_seconds() == 5


def test_a_disabled_region_is_not_listed_and_lets_nobody_in_and_keeps_what_it_holds(aws: LocalAWS) -> None:
    snapshot = a_snapshot(aws)
    assert copy_state(aws, snapshot) == ("completed", None)
    copies = aws.snapshots(AWAY)
    aws.disabled_regions = {AWAY}
    home, away = aws.client(HOME), aws.client(AWAY)
    assert [region["RegionName"] for region in home.describe_regions()["Regions"]] == [HOME]
    assert refused(lambda: away.describe_snapshots(OwnerIds=["self"])) == "AuthFailure"
    assert refused(lambda: away.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=snapshot)) == "AuthFailure"
    assert refused(lambda: home.copy_snapshot(SourceRegion=AWAY, SourceSnapshotId=copies[0]["SnapshotId"])) == (
        "AuthFailure"
    )
    assert refused(lambda: aws.client(AWAY, "ssm").list_documents()) == "UnrecognizedClientException"
    assert refused(lambda: aws.client(AWAY, "sns").list_topics()) == "InvalidClientTokenId"
    assert aws.snapshots(AWAY) == copies
    aws.disabled_regions = set()
    assert away.describe_snapshots(OwnerIds=["self"])["Snapshots"]


def test_a_key_that_is_away_fails_copies_until_it_is_back(aws: LocalAWS) -> None:
    aws.kms_keys[AWAY] = {"alias/backup"}
    snapshot = a_snapshot(aws)
    encrypted = {"Encrypted": True, "KmsKeyId": "alias/backup"}
    assert copy_state(aws, snapshot, **encrypted) == ("completed", None)
    aws.key_away(AWAY, "alias/backup", hours=5)
    assert copy_state(aws, snapshot, **encrypted) == ("error", "Given key ID is not accessible")
    assert copy_state(aws, snapshot, Encrypted=True) == ("completed", None)
    aws.travel(hours=3)
    assert copy_state(aws, snapshot, **encrypted) == ("completed", None)


def test_the_default_key_can_be_away_too_and_so_can_the_key_of_the_source(aws: LocalAWS) -> None:
    plain = a_snapshot(aws)
    secret = aws.client(HOME).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=plain, Encrypted=True)["SnapshotId"]
    aws.travel(hours=1)
    aws.key_away(AWAY, hours=3)
    assert copy_state(aws, plain) == ("completed", None)
    assert copy_state(aws, plain, Encrypted=True) == ("error", "Given key ID is not accessible")
    aws.travel(hours=2)
    assert copy_state(aws, secret) == ("completed", None)
    aws.key_away(HOME, hours=3)
    assert copy_state(aws, secret) == ("error", "Given key ID is not accessible")


@pytest.mark.parametrize("state", ["pending", "running", "stopping", "shutting-down", "stopped"])
def test_an_instance_in_any_state_but_terminated_is_snapshotted(aws: LocalAWS, state: str) -> None:
    ec2 = aws.client(HOME)
    instance = aws.launch(HOME, name="web", volumes=(8, 9))
    ec2.describe_instances()
    aws.set_instance_state(HOME, instance, state)
    [[described]] = [reservation["Instances"] for reservation in ec2.describe_instances()["Reservations"]]
    assert described["State"]["Name"] == state
    filters = [{"Name": "instance-state-name", "Values": [state]}]
    assert len(ec2.describe_instances(Filters=filters)["Reservations"]) == 1
    snapshot_id = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    assert len(snapshot_id) == 2


def test_a_terminated_instance_is_not(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    instance = aws.launch(HOME, name="web")
    ec2.terminate_instances(InstanceIds=[instance])
    specification = {"InstanceId": instance}
    assert refused(lambda: ec2.create_snapshots(InstanceSpecification=specification)) == "IncorrectInstanceState"


def test_no_image_is_made_of_an_instance_that_has_not_started(aws: LocalAWS) -> None:
    instance = aws.launch(HOME, name="web")
    aws.set_instance_state(HOME, instance, "pending")
    with pytest.raises(ClientError, match="not in state 'running' or 'stopping' or 'stopped'"):
        aws.client(HOME).create_image(InstanceId=instance, Name="web")


def test_a_volume_is_detached_and_then_deleted(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    instance = aws.launch(HOME, name="web", volumes=(8, 9))
    root, data = (
        volume["VolumeId"] for volume in sorted(ec2.describe_volumes()["Volumes"], key=lambda volume: volume["Size"])
    )
    assert refused(lambda: aws.detach(HOME, root)) == "OperationNotPermitted"
    assert refused(lambda: ec2.delete_volume(VolumeId=data)) == "VolumeInUse"
    aws.detach(HOME, data)
    with pytest.raises(ValueError, match="attached to no instance"):
        aws.detach(HOME, data)
    [volume] = ec2.describe_volumes(VolumeIds=[data])["Volumes"]
    assert (volume["State"], volume["Attachments"]) == ("available", [])
    snapshot_id = ec2.create_snapshots(InstanceSpecification={"InstanceId": instance})["Snapshots"]
    assert [id["VolumeId"] for id in snapshot_id] == [root]
    ec2.delete_volume(VolumeId=data)
    assert [volume["VolumeId"] for volume in ec2.describe_volumes()["Volumes"]] == [root]
    ec2.stop_instances(InstanceIds=[instance])
    aws.detach(HOME, root)
