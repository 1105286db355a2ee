"""The life of snapshots, sets and copies."""

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME

KEY = "arn:aws:kms:us-east-1:123456789012:key/1234"


def volumes(aws: LocalAWS) -> list[str]:
    return [volume["VolumeId"] for volume in aws.client(HOME).describe_volumes()["Volumes"]]


def completed(aws: LocalAWS, **tags: str) -> str:
    aws.launch(HOME, name="web")
    given = [{"ResourceType": "snapshot", "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}]
    snapshot_: str = aws.client(HOME).create_snapshot(
        VolumeId=volumes(aws)[-1], TagSpecifications=given if tags else []
    )["SnapshotId"]
    aws.travel(hours=1)
    return snapshot_


def copy(aws: LocalAWS, source: str, **params: Any) -> str:
    answer = aws.client(AWAY).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=source, **params)
    return str(answer["SnapshotId"])


def test_the_size_decides_how_long_a_snapshot_is_pending(aws: LocalAWS) -> None:
    aws.snapshot_duration = lambda gib: timedelta(minutes=gib)
    aws.launch(HOME, name="web", volumes=(8, 100))
    for volume in volumes(aws):
        answer = aws.client(HOME).create_snapshot(VolumeId=volume)
        assert (answer["State"], answer["Progress"], answer["StartTime"]) == ("pending", "0%", aws.now)
    states = []
    for _ in range(3):
        states.append({snapshot["VolumeSize"]: snapshot["State"] for snapshot in aws.snapshots(HOME)})
        aws.travel(minutes=50)
    assert states == [
        {8: "pending", 100: "pending"},
        {8: "completed", 100: "pending"},
        {8: "completed", 100: "completed"},
    ]


def test_tags_do_not_find_a_new_snapshot_for_the_lag(aws: LocalAWS) -> None:
    old = completed(aws)
    aws.tagging_lag = timedelta(seconds=5)
    ec2, tags = aws.client(HOME), [{"Key": "New", "Value": "1"}]
    new = ec2.create_snapshot(VolumeId=volumes(aws)[-1])["SnapshotId"]
    with pytest.raises(ClientError, match=rf"InvalidSnapshot\.NotFound.*'{new}'"):
        ec2.create_tags(Resources=[old, new], Tags=tags)
    assert [snapshot["Tags"] for snapshot in aws.snapshots(HOME)] == [{}, {}]
    aws.travel(seconds=5)
    ec2.create_tags(Resources=[old, new], Tags=tags)
    assert [snapshot["Tags"] for snapshot in aws.snapshots(HOME)] == [{"New": "1"}] * 2


def test_a_set_has_one_start_the_tags_of_its_volumes_and_a_state(aws: LocalAWS) -> None:
    instance = aws.launch(HOME, name="web", volumes=(8, 100, 20), volume_tags=({"a": "1"}, {"a": "2", "b": "3"}))
    root, data, left_out = volumes(aws)
    given = [{"ResourceType": "snapshot", "Tags": [{"Key": "b", "Value": "own"}]}]
    snapshot_ = aws.client(HOME).create_snapshots(
        InstanceSpecification={"InstanceId": instance, "ExcludeDataVolumeIds": [left_out]},
        CopyTagsFromSource="volume",
        TagSpecifications=given,
        Description="set",
    )["Snapshots"]
    assert {(snapshot["State"], snapshot["StartTime"], snapshot["Description"]) for snapshot in snapshot_} == {
        ("pending", aws.now, "set")
    }
    tags = {snapshot["VolumeId"]: {tag["Key"]: tag["Value"] for tag in snapshot["Tags"]} for snapshot in snapshot_}
    assert tags == {root: {"a": "1", "b": "own"}, data: {"a": "2", "b": "own"}}


def test_the_boot_volume_can_be_excluded(aws: LocalAWS) -> None:
    instance = aws.launch(HOME, name="web", volumes=(8, 100))
    specification = {"InstanceId": instance, "ExcludeBootVolume": True}
    snapshot_ = aws.client(HOME).create_snapshots(InstanceSpecification=specification)["Snapshots"]
    assert [snapshot["VolumeSize"] for snapshot in snapshot_] == [100]


def test_one_failure_fails_the_whole_set_but_not_the_next(aws: LocalAWS) -> None:
    instance = aws.launch(HOME, name="web", volumes=(8, 100))
    aws.fail_snapshot(volumes(aws)[1], "An internal error occurred")
    for _ in range(2):
        aws.client(HOME).create_snapshots(InstanceSpecification={"InstanceId": instance})
        aws.travel(hours=1)
    ends = [(snapshot["State"], snapshot["StateMessage"]) for snapshot in aws.snapshots(HOME)]
    assert ends == [("error", "An internal error occurred")] * 2 + [("completed", None)] * 2
    shown = aws.client(HOME).describe_snapshots(Filters=[{"Name": "status", "Values": ["error"]}])["Snapshots"]
    assert {snapshot["StateMessage"] for snapshot in shown} == {"An internal error occurred"}


def test_a_pending_snapshot_is_deleted_when_it_has_completed(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web")
    ec2 = aws.client(HOME)
    snapshot_ = ec2.create_snapshot(VolumeId=volumes(aws)[0])["SnapshotId"]
    ec2.delete_snapshot(SnapshotId=snapshot_)
    assert [snapshot["State"] for snapshot in aws.snapshots(HOME)] == ["pending"]
    aws.travel(hours=1)
    assert aws.snapshots(HOME) == []


def test_a_copy_has_no_real_volume_id_and_only_the_tags_of_the_call(aws: LocalAWS) -> None:
    source = completed(aws, Mine="1", Type="Automated")
    given = [{"ResourceType": "snapshot", "Tags": [{"Key": "Type", "Value": "Automated"}]}]
    copy(aws, source, TagSpecifications=given, Description="copied")
    copy(aws, source)
    first, second = aws.snapshots(AWAY)
    assert first["VolumeId"] == second["VolumeId"] == "vol-ffffffff"
    assert sorted([first["Tags"], second["Tags"]], key=len) == [{}, {"Type": "Automated"}]
    assert first["VolumeSize"] == 8
    assert first["State"] == "pending"


def test_only_completed_snapshots_can_be_copied(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web")
    pending = aws.client(HOME).create_snapshot(VolumeId=volumes(aws)[0])["SnapshotId"]
    with pytest.raises(ClientError, match="IncorrectState"):
        copy(aws, pending)


@pytest.mark.parametrize(
    ("params", "key"),
    [
        ({}, None),
        ({"Encrypted": True}, "default"),
        ({"Encrypted": True, "KmsKeyId": KEY}, KEY),
        ({"Encrypted": True, "KmsKeyId": "1234"}, KEY),
    ],
    ids=["plain", "default key", "key by ARN", "key by id"],
)
def test_encryption_of_a_copy(aws: LocalAWS, params: dict[str, Any], key: str | None) -> None:
    aws.kms_keys[AWAY] = {KEY, "1234"}
    copy(aws, completed(aws), **params)
    aws.travel(hours=1)
    snapshot_ = aws.snapshots(AWAY)[0]
    assert (snapshot_["State"], snapshot_["Encrypted"]) == ("completed", key is not None)
    if key == "default":
        assert snapshot_["KmsKeyId"].startswith("arn:aws:kms:us-east-1:")
    else:
        assert snapshot_["KmsKeyId"] == key


@pytest.mark.parametrize("region", [AWAY, HOME], ids=["unknown", "known elsewhere only"])
def test_a_copy_with_an_unusable_key_starts_and_ends_in_error(aws: LocalAWS, region: str) -> None:
    aws.kms_keys[region] = {"alias/other"} if region == AWAY else {"alias/backup"}
    copy(aws, completed(aws), Encrypted=True, KmsKeyId="alias/backup")
    assert aws.snapshots(AWAY)[0]["State"] == "pending"
    aws.travel(hours=1)
    snapshot_ = aws.snapshots(AWAY)[0]
    assert (snapshot_["State"], snapshot_["StateMessage"]) == ("error", "Given key ID is not accessible")


def test_a_test_can_order_copies_to_fail(aws: LocalAWS) -> None:
    source = completed(aws)
    aws.fail_copy(AWAY, "no luck", times=2)
    for _ in range(3):
        copy(aws, source)
        aws.travel(hours=1)
    assert [snapshot["StateMessage"] for snapshot in aws.snapshots(AWAY)] == ["no luck", "no luck", None]


def test_a_destination_has_a_limited_number_of_copy_slots(aws: LocalAWS) -> None:
    source = completed(aws)
    aws.copy_slots = 2
    copy(aws, source)
    copy(aws, source)
    with pytest.raises(ClientError, match="ResourceLimitExceeded"):
        copy(aws, source)
    assert sum(call.operation == "CopySnapshot" for call in aws.calls) == 3, "botocore does not retry this"
    aws.client(HOME).copy_snapshot(SourceRegion=HOME, SourceSnapshotId=source)
    aws.travel(hours=1)
    copy(aws, source)
    assert len(aws.snapshots(AWAY)) == 3


def test_termination_deletes_the_volumes_of_the_instance(aws: LocalAWS) -> None:
    instance = aws.launch(HOME, name="web", volumes=(8, 100))
    kept = aws.attach(HOME, instance, size=50, device="/dev/sdf", tags={"a": "b"})
    described = aws.client(HOME).describe_instances()["Reservations"][0]["Instances"][0]
    devices = [mapping["DeviceName"] for mapping in described["BlockDeviceMappings"]]
    assert (described["RootDeviceName"], devices) == ("/dev/xvda", ["/dev/xvda", "/dev/sdb", "/dev/sdf"])
    aws.client(HOME).terminate_instances(InstanceIds=[instance])
    assert volumes(aws) == [kept]


@pytest.mark.parametrize("way", ["create", "register"])
@pytest.mark.parametrize("disabled", [False, True], ids=["available", "disabled"])
def test_the_snapshots_of_an_image_cannot_be_deleted(aws: LocalAWS, way: str, disabled: bool) -> None:
    ec2 = aws.client(HOME)
    source = completed(aws)
    if way == "create":
        instance = ec2.describe_instances()["Reservations"][0]["Instances"][0]["InstanceId"]
        image = ec2.create_image(InstanceId=instance, Name="image")["ImageId"]
        aws.travel(hours=1)
        source = ec2.describe_images(Owners=["self"])["Images"][0]["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    else:
        mapping = [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": source}}]
        image = ec2.register_image(Name="image", RootDeviceName="/dev/xvda", BlockDeviceMappings=mapping)["ImageId"]
    if disabled:
        ec2.disable_image(ImageId=image)
    uses = [{"Name": "block-device-mapping.snapshot-id", "Values": [source]}]
    assert len(ec2.describe_images(Filters=uses)["Images"]) == (0 if disabled else 1)
    assert [image["ImageId"] for image in ec2.describe_images(Filters=uses, IncludeDisabled=True)["Images"]] == [image]
    with pytest.raises(ClientError, match=r"InvalidSnapshot\.InUse.*" + image):
        ec2.delete_snapshot(SnapshotId=source)
    ec2.deregister_image(ImageId=image)
    ec2.delete_snapshot(SnapshotId=source)


def test_a_locked_snapshot_cannot_be_deleted(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    mine, theirs = completed(aws), completed(aws)
    aws.lock(HOME, mine)
    ec2.lock_snapshot(SnapshotId=theirs, LockMode="governance", LockDuration=3)
    locked = ec2.describe_locked_snapshots()["Snapshots"]
    assert {lock["SnapshotId"] for lock in locked} == {mine, theirs}
    for id in (mine, theirs):
        with pytest.raises(ClientError, match="locked"):
            ec2.delete_snapshot(SnapshotId=id)
    aws.travel(days=3)
    ec2.delete_snapshot(SnapshotId=theirs)
    ec2.unlock_snapshot(SnapshotId=mine)
    ec2.delete_snapshot(SnapshotId=mine)
    assert aws.snapshots(HOME) == []


def test_tags_are_deleted_by_key_by_value_or_all(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    snapshot_ = completed(aws, a="1", b="2", c="3", d="4")
    seen = []
    for tags in ([{"Key": "a"}], [{"Key": "b", "Value": "other"}], [{"Key": "c", "Value": "3"}], []):
        ec2.delete_tags(Resources=[snapshot_], Tags=tags) if tags else ec2.delete_tags(Resources=[snapshot_])
        seen.append("".join(aws.snapshots(HOME)[0]["Tags"]))
    assert seen == ["bcd", "bcd", "bd", ""]
