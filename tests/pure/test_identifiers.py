import boto3
import pytest

from chalicelib.identifiers import INSTANCE, SNAPSHOT, VOLUME, is_id, is_region, snapshot_in_arn

SESSION = boto3.Session()
REGIONS = [
    region
    for partition in SESSION.get_available_partitions()
    for region in SESSION.get_available_regions("ec2", partition_name=partition)
]


def test_every_region_that_botocore_knows_is_one() -> None:
    assert len(REGIONS) > 40
    assert [region for region in REGIONS if not is_region(region)] == []


@pytest.mark.parametrize("region", ["eusc-de-east-1", "us-isob-east-1", "mx-central-1", "ap-southeast-12"])
def test_a_region_of_any_partition_is_one(region: str) -> None:
    assert is_region(region)


@pytest.mark.parametrize(
    "text", ["", "*", "us-east", "eu-west-1\n", "EU-west-1", "e-west-1", "eu--1", "eu-west-1.evil"]
)
def test_what_is_no_region(text: str) -> None:
    assert not is_region(text)


@pytest.mark.parametrize(
    ("text", "kind"), [("i-01234567", INSTANCE), ("vol-0123456789abcdef0", VOLUME), ("snap-01234567", SNAPSHOT)]
)
def test_an_id_is_of_its_own_kind_only(text: str, kind: str) -> None:
    assert is_id(text, kind)
    assert is_id(text, INSTANCE, VOLUME, SNAPSHOT)
    assert not is_id(text, *{INSTANCE, VOLUME, SNAPSHOT} - {kind})


@pytest.mark.parametrize(
    "text", ["", "i-*", "i-0123456?", "i-0123456", "i-012345678", "i-0123456G", "ami-01234567", "i"]
)
def test_what_is_no_id(text: str) -> None:
    assert not is_id(text, INSTANCE, VOLUME, SNAPSHOT)


@pytest.mark.parametrize(
    ("arn", "id"),
    [
        ("arn:aws:ec2::us-west-2:snapshot/snap-01234567", "snap-01234567"),
        ("arn:aws-us-gov:ec2:us-gov-west-1:123456789012:snapshot/snap-0123456789abcdef0", "snap-0123456789abcdef0"),
        ("arn:aws:ec2:us-west-2::snapshot/snap-*", None),
        ("arn:aws:ec2:us-west-2::volume/vol-01234567", None),
        ("snap-01234567", None),
    ],
)
def test_the_snapshot_in_an_arn(arn: str, id: str | None) -> None:
    assert snapshot_in_arn(arn) == id
