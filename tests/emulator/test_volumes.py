"""Volumes from snapshots: creating, then available; and what EC2 refuses."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import LocalAWS
from tests.emulator.conftest import HOME

ZONE = f"{HOME}a"


@pytest.fixture
def snapshot(aws: LocalAWS) -> str:
    """A completed snapshot of 20 GiB."""
    ec2 = aws.client(HOME)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=20)["VolumeId"]
    snapshot_id: str = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    aws.travel(hours=1)
    return snapshot_id


def create(aws: LocalAWS, **params: Any) -> dict[str, Any]:
    volume: dict[str, Any] = aws.client(HOME).create_volume(AvailabilityZone=ZONE, **params)
    return volume


def state(aws: LocalAWS, volume_id: str) -> str:
    [described] = aws.client(HOME).describe_volumes(VolumeIds=[volume_id])["Volumes"]
    return str(described["State"])


def test_a_volume_becomes_available(aws: LocalAWS, snapshot: str) -> None:
    volume = create(aws, SnapshotId=snapshot)
    assert (volume["State"], volume["Size"], volume["SnapshotId"], volume["AvailabilityZone"]) == (
        "creating", 20, snapshot, ZONE,
    )  # fmt: skip
    assert state(aws, volume["VolumeId"]) == "creating"
    with pytest.raises(ClientError, match="IncorrectState"):
        aws.client(HOME).delete_volume(VolumeId=volume["VolumeId"])
    aws.travel(seconds=10)
    assert state(aws, volume["VolumeId"]) == "available"
    aws.client(HOME).delete_volume(VolumeId=volume["VolumeId"])


def test_the_waiter_waits_on_the_virtual_clock(aws: LocalAWS, snapshot: str) -> None:
    volume, before = create(aws, SnapshotId=snapshot), aws.now
    aws.client(HOME).get_waiter("volume_available").wait(VolumeIds=[volume["VolumeId"]])
    assert aws.now > before


def test_a_volume_has_the_properties_of_the_call(aws: LocalAWS, snapshot: str) -> None:
    tags = [{"ResourceType": "volume", "Tags": [{"Key": "Name", "Value": "<web> & Co"}]}]
    created = create(
        aws, SnapshotId=snapshot, Size=30, VolumeType="gp3", Iops=6000, Throughput=500, TagSpecifications=tags
    )
    [described] = aws.client(HOME).describe_volumes(VolumeIds=[created["VolumeId"]])["Volumes"]
    for answer in (created, described):
        assert (answer["Size"], answer["VolumeType"], answer["Iops"], answer["Throughput"]) == (
            30,
            "gp3",
            6000,
            500,
        )
        assert answer["Tags"] == [{"Key": "Name", "Value": "<web> & Co"}]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "smaller than the snapshot": ({"Size": 19}, "InvalidParameterValue"),
    "unknown type": ({"VolumeType": "gp9"}, "UnknownVolumeType"),
    "IOPS of gp2": ({"VolumeType": "gp2", "Iops": 3000}, "InvalidParameterCombination"),
    "throughput of io2": ({"VolumeType": "io2", "Iops": 3000, "Throughput": 200}, "InvalidParameterCombination"),
    "io2 without IOPS": ({"VolumeType": "io2"}, "MissingParameter"),
    "too few IOPS": ({"VolumeType": "gp3", "Iops": 100}, "InvalidParameterValue"),
    "st1 of 20 GiB": ({"VolumeType": "st1"}, "InvalidParameterValue"),
    "no such snapshot": ({"SnapshotId": "snap-0123456789abcdef0"}, "InvalidSnapshot.NotFound"),
    "malformed snapshot": ({"SnapshotId": "snap-1"}, "InvalidSnapshotID.Malformed"),
    "another zone's name": ({"AvailabilityZone": "us-east-1a"}, "InvalidParameterValue"),
    "dry run": ({"DryRun": True}, "DryRunOperation"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_invalid_call_is_refused(aws: LocalAWS, snapshot: str, name: str) -> None:
    params, code = REFUSED[name]
    with pytest.raises(ClientError) as caught:
        aws.client(HOME).create_volume(**({"AvailabilityZone": ZONE, "SnapshotId": snapshot} | params))
    assert caught.value.response["Error"]["Code"] == code


def test_a_pending_snapshot_is_refused(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=20)["VolumeId"]
    pending = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    with pytest.raises(ClientError, match="IncorrectState"):
        create(aws, SnapshotId=pending)


def test_a_call_that_is_repeated_after_a_timeout_creates_one_volume(aws: LocalAWS, snapshot: str) -> None:
    before = len(aws.client(HOME).describe_volumes()["Volumes"])
    aws.fault("CreateVolume", error="timeout", carried_out=True)
    create(aws, SnapshotId=snapshot)
    assert len(aws.client(HOME).describe_volumes()["Volumes"]) == before + 1


def test_a_client_token_is_for_one_volume(aws: LocalAWS, snapshot: str) -> None:
    first = create(aws, SnapshotId=snapshot, ClientToken="one")
    assert create(aws, SnapshotId=snapshot, ClientToken="one")["VolumeId"] == first["VolumeId"]
    with pytest.raises(ClientError, match="IdempotentParameterMismatch"):
        create(aws, SnapshotId=snapshot, ClientToken="one", Size=30)


def test_an_encrypted_snapshot_makes_an_encrypted_volume(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=20, Encrypted=True)["VolumeId"]
    created = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    aws.travel(hours=1)
    assert create(aws, SnapshotId=created)["Encrypted"] is True
