"""The emulator refuses what EC2 refuses, with the same code."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME

Call = Callable[[Any, str, str, str], Any]


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return str(caught.value.response["Error"]["Code"])


def tags(*pairs: tuple[str, str], kind: str = "snapshot") -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in pairs]}]


def tagged(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in pairs]


FIFTY_ONE = [(f"key{number}", "") for number in range(51)]
UNKNOWN = "snap-0123456789abcdef0"

# ec2, snapshot, instance, root volume
TABLE: dict[str, tuple[Call, str]] = {
    "aws: tag": (lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("aws:x", "y"))), "InvalidParameterValue"),
    "AWS: tag": (lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("AWS:x", "y"))), "InvalidParameterValue"),
    "aws: tag at creation": (
        lambda e, s, i, v: e.create_snapshot(VolumeId=v, TagSpecifications=tags(("aws:x", "y"))),
        "InvalidParameterValue",
    ),
    "key of 128": (
        lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("k" * 128, "y"))),
        "InvalidParameterValue",
    ),
    "empty key": (lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("", "y"))), "InvalidParameterValue"),
    "value of 257": (
        lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("k", "y" * 257))),
        "InvalidParameterValue",
    ),
    "control character in a tag": (
        lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("k", "a\x07b"))),
        "InvalidParameterValue",
    ),
    "51 tags at once": (lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(*FIFTY_ONE)), "TagLimitExceeded"),
    "51 tags on an instance": (
        lambda e, s, i, v: e.create_tags(Resources=[i], Tags=tagged(*FIFTY_ONE[:50])),
        "TagLimitExceeded",
    ),
    "51 tags at creation": (
        lambda e, s, i, v: e.create_snapshot(VolumeId=v, TagSpecifications=tags(*FIFTY_ONE)),
        "TagLimitExceeded",
    ),
    "a key twice": (
        lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("k", "1"), ("k", "2"))),
        "InvalidParameterValue",
    ),
    "1,001 resources": (
        lambda e, s, i, v: e.create_tags(Resources=[s] * 1001, Tags=tagged(("k", "1"))),
        "InvalidParameterValue",
    ),
    "tags on another type": (
        lambda e, s, i, v: e.create_snapshot(VolumeId=v, TagSpecifications=tags(("k", "1"), kind="volume")),
        "InvalidParameterValue",
    ),
    "description of 256": (
        lambda e, s, i, v: e.create_snapshot(VolumeId=v, Description="d" * 256),
        "InvalidParameterValue",
    ),
    "malformed volume": (lambda e, s, i, v: e.create_snapshot(VolumeId="vol-xyz"), "InvalidVolumeID.Malformed"),
    "no volume id at all": (lambda e, s, i, v: e.create_snapshot(VolumeId="disk"), "InvalidParameterValue"),
    "unknown volume": (lambda e, s, i, v: e.create_snapshot(VolumeId="vol-0123abcd"), "InvalidVolume.NotFound"),
    "malformed snapshot": (lambda e, s, i, v: e.delete_snapshot(SnapshotId="snap-xyz"), "InvalidSnapshotID.Malformed"),
    "unknown snapshot": (lambda e, s, i, v: e.delete_snapshot(SnapshotId=UNKNOWN), "InvalidSnapshot.NotFound"),
    "unknown snapshot described": (
        lambda e, s, i, v: e.describe_snapshots(SnapshotIds=[s, UNKNOWN]),
        "InvalidSnapshot.NotFound",
    ),
    "unknown snapshot tagged": (
        lambda e, s, i, v: e.create_tags(Resources=[UNKNOWN], Tags=tagged(("k", "1"))),
        "InvalidSnapshot.NotFound",
    ),
    "unknown instance tagged": (
        lambda e, s, i, v: e.create_tags(Resources=["i-0123abcd"], Tags=tagged(("k", "1"))),
        "InvalidInstanceID.NotFound",
    ),
    "unknown instance": (
        lambda e, s, i, v: e.create_snapshots(InstanceSpecification={"InstanceId": "i-0123abcd"}),
        "InvalidInstanceID.NotFound",
    ),
    "root volume among the data volumes": (
        lambda e, s, i, v: e.create_snapshots(InstanceSpecification={"InstanceId": i, "ExcludeDataVolumeIds": [v]}),
        "InvalidParameterValue",
    ),
    "41 excluded": (
        lambda e, s, i, v: e.create_snapshots(
            InstanceSpecification={"InstanceId": i, "ExcludeDataVolumeIds": ["vol-0123abcd"] * 41}
        ),
        "InvalidParameterValue",
    ),
    "unknown filter": (
        lambda e, s, i, v: e.describe_snapshots(Filters=[{"Name": "volume", "Values": ["x"]}]),
        "InvalidParameterValue",
    ),
    "201 filter values": (
        lambda e, s, i, v: e.describe_snapshots(Filters=[{"Name": "status", "Values": ["x"] * 201}]),
        "FilterLimitExceeded",
    ),
    "garbage token": (lambda e, s, i, v: e.describe_snapshots(NextToken="garbage"), "InvalidParameterValue"),
    "garbage token of volumes": (lambda e, s, i, v: e.describe_volumes(NextToken="garbage"), "InvalidParameterValue"),
    "garbage token of instances": (
        lambda e, s, i, v: e.describe_instances(NextToken="garbage"),
        "InvalidParameterValue",
    ),
    "page of 4": (lambda e, s, i, v: e.describe_snapshots(MaxResults=4), "InvalidParameterValue"),
    "pages of named snapshots": (
        lambda e, s, i, v: e.describe_snapshots(MaxResults=5, SnapshotIds=[s]),
        "InvalidParameterCombination",
    ),
    "copy of an unknown one": (
        lambda e, s, i, v: e.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=UNKNOWN),
        "InvalidSnapshot.NotFound",
    ),
    "key without encryption": (
        lambda e, s, i, v: e.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=s, KmsKeyId="alias/x"),
        "InvalidParameterDependency",
    ),
    "copy from a Region that is not enabled": (
        lambda e, s, i, v: e.copy_snapshot(SourceRegion="ap-south-1", SourceSnapshotId=s),
        "AuthFailure",
    ),
    "DryRun of create": (lambda e, s, i, v: e.create_snapshot(VolumeId=v, DryRun=True), "DryRunOperation"),
    "DryRun of create set": (
        lambda e, s, i, v: e.create_snapshots(InstanceSpecification={"InstanceId": i}, DryRun=True),
        "DryRunOperation",
    ),
    "DryRun of copy": (
        lambda e, s, i, v: e.copy_snapshot(SourceRegion=HOME, SourceSnapshotId=s, DryRun=True),
        "DryRunOperation",
    ),
    "DryRun of delete": (lambda e, s, i, v: e.delete_snapshot(SnapshotId=s, DryRun=True), "DryRunOperation"),
    "DryRun of tags": (
        lambda e, s, i, v: e.create_tags(Resources=[s], Tags=tagged(("k", "1")), DryRun=True),
        "DryRunOperation",
    ),
    "DryRun of describe": (lambda e, s, i, v: e.describe_snapshots(DryRun=True), "DryRunOperation"),
}


@pytest.mark.parametrize(("call", "code"), TABLE.values(), ids=TABLE.keys())
def test_a_refused_call_names_its_code_and_changes_nothing(aws: LocalAWS, call: Call, code: str) -> None:
    ec2 = aws.client(HOME)
    instance = aws.launch(HOME, name="web", volumes=(8, 100))
    root = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=root)["SnapshotId"]
    aws.travel(hours=1)
    before = aws.snapshots(HOME)
    assert refused(lambda: call(ec2, snapshot, instance, root)) == code
    assert aws.calls[-1].error == code
    aws.travel(hours=1)
    assert aws.snapshots(HOME) == before


def test_a_snapshot_of_another_account_cannot_be_deleted_or_tagged(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    foreign = ec2.describe_snapshots()["Snapshots"][0]["SnapshotId"]
    assert refused(lambda: ec2.delete_snapshot(SnapshotId=foreign)) == "UnauthorizedOperation"
    assert refused(lambda: ec2.create_tags(Resources=[foreign], Tags=tagged(("a", "b")))) == "UnauthorizedOperation"


def test_tags_add_up_to_the_limit_over_several_calls(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    aws.launch(HOME, name="web")
    snapshot = ec2.create_snapshot(VolumeId=ec2.describe_volumes()["Volumes"][0]["VolumeId"])["SnapshotId"]
    ec2.create_tags(Resources=[snapshot], Tags=tagged(*FIFTY_ONE[:50]))
    ec2.create_tags(Resources=[snapshot], Tags=tagged(("key0", "replaced")))
    assert refused(lambda: ec2.create_tags(Resources=[snapshot], Tags=tagged(("new", "")))) == "TagLimitExceeded"
    assert aws.snapshots(HOME)[0]["Tags"]["key0"] == "replaced"


def test_the_rate_and_the_number_of_snapshots_of_one_volume_are_limited(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    aws.launch(HOME, name="web", volumes=(1000,))
    volume = ec2.describe_volumes()["Volumes"][0]["VolumeId"]
    for _ in range(5):
        ec2.create_snapshot(VolumeId=volume)
        aws.travel(seconds=14)
        code = refused(lambda: ec2.create_snapshot(VolumeId=volume))
        aws.travel(seconds=1)
    assert code == "ConcurrentSnapshotLimitExceeded"
    aws.travel(hours=1)
    ec2.create_snapshot(VolumeId=volume)
    assert refused(lambda: ec2.create_snapshot(VolumeId=volume)) == "SnapshotCreationPerVolumeRateExceeded"


def test_pending_snapshots_of_the_account_can_be_limited(aws: LocalAWS) -> None:
    ec2 = aws.client(HOME)
    instance = aws.launch(HOME, name="web", volumes=(1, 2, 3))
    aws.pending_snapshots = 2
    code = refused(lambda: ec2.create_snapshots(InstanceSpecification={"InstanceId": instance}))
    assert code == "PendingSnapshotLimitExceeded"


@pytest.mark.parametrize(
    "call",
    [
        lambda ec2: ec2.modify_snapshot_attribute(SnapshotId=UNKNOWN),
        lambda ec2: ec2.describe_tags(),
    ],
    ids=["sharing", "tags of all"],
)
def test_what_is_not_emulated_is_an_error(aws: LocalAWS, call: Callable[[Any], Any]) -> None:
    with pytest.raises(NotImplementedError, match="does not serve"):
        call(aws.client(HOME))


def test_a_region_that_is_not_enabled_refuses_calls(aws: LocalAWS) -> None:
    assert refused(lambda: aws.client("ap-south-1").describe_snapshots()) == "AuthFailure"
    listed = aws.client(HOME).describe_regions()["Regions"]
    assert [region["RegionName"] for region in listed] == [HOME, AWAY]
