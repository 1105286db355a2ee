"""lint."""

from __future__ import annotations

import pytest

from chalicelib.models import TagProblem
from emulator import LocalAWS
from reactor_cli.nearest import nearest
from tests.cli.conftest import AWAY, HOME, THIRD, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import tag, volumes_of

REGIONS = ("eu-west-1", "eu-central-1", "us-east-1", "us-east-2")


@pytest.fixture
def careless(aws: LocalAWS) -> Company:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes"}, volumes=(8, 9))
    aws.travel(hours=1)
    [first, *_] = aws.snapshots(HOME)
    tag(aws, HOME, first["SnapshotId"], DeleteOn="29.11.2026")
    tag(aws, HOME, volumes_of(aws, HOME, web)["/dev/sdb"], Backup="Noo")
    aws.launch(HOME, name="typo", tags={"Backup": "Yse"})
    aws.launch(HOME, name="plural", tags={"Backups": "Yes"})
    aws.launch(HOME, name="turned", tags={"Bakcup": "Yes"})
    aws.launch(HOME, name="halfway", tags={"Copy_Dest": AWAY, "Retention": "30"})
    aws.launch(HOME, name="far", tags={"Backup": "Yes", "Copy_Dest": "ap-south-1", "Schedule": "every 5h"})
    over = aws.launch(HOME, name="over", tags={"Backup": "Yes"})
    aws.travel(hours=1)
    aws.client(HOME).delete_tags(Resources=[over], Tags=[{"Key": "Backup"}])
    return Company(aws, web, over)


def test_what_is_not_understood_and_what_looks_meant(careless: Company) -> None:
    said = careless.says("lint")
    assert (said.code, said.err) == (1, "")
    assert_stored("lint", said.out)


def test_lint_as_json(careless: Company) -> None:
    data = careless.says("lint", "--json").json
    found = {each["read"]: each for each in data["regions"][0]["findings"]}
    assert {read: each["meant"] for read, each in found.items()} == {
        "DeleteOn=29.11.2026": "",
        "Backup=Noo": "Backup=No",
        "Backup=Yse": "Backup=Yes",
        "Backups=Yes": "Backup=Yes",
        "Bakcup=Yes": "Backup=Yes",
        "Retention, Copy_Dest, but no Backup": "Backup=Yes",
        "Schedule=every 5h": "Schedule=every 4h",
        "ap-south-1 in Copy_Dest": "",
        "no Backup, but there are snapshots of it": "Backup=Yes",
    } | {"DeleteOn=29.11.2026": found["DeleteOn=29.11.2026"]["meant"]}
    assert found["Backup=Yse"]["name"] == "typo"
    assert set(found["Backup=Yse"]) == {"target", "name", "read", "accepted", "meant", "meanwhile"}


def test_no_finding_is_exit_code_0_and_nothing_changes(careless: Company) -> None:
    calls = len(careless.aws.calls)
    said = careless.says("lint", "--region", THIRD)
    assert (said.code, said.out) == (0, f"{THIRD}  nothing to look at\n\n")
    assert careless.changes(calls) == []


def test_an_instance_that_says_no_is_left_alone(aws: LocalAWS) -> None:
    one = aws.launch(HOME, name="no", tags={"Backup": "No", "Retention": "7"})
    two = aws.launch(HOME, name="office", tags={"Schedule": "office-hours"})
    assert Company(aws, one, two).says("lint").code == 0


def test_without_the_permission_to_list_regions_the_rest_is_still_found(careless: Company) -> None:
    careless.aws.fault("DescribeRegions", error="UnauthorizedOperation", times=9)
    said = careless.says("lint", "--json")
    reads = [each["read"] for each in said.json["regions"][0]["findings"]]
    assert said.code == 1
    assert "Backup=Yse" in reads
    assert "ap-south-1 in Copy_Dest" not in reads


@pytest.mark.parametrize(
    ("read", "accepted", "meant"),
    [
        ("Backup=Yse", "Yes", "Backup=Yes"),
        ("Backup=y", "Yes", ""),
        ("Backup=tru", "Yes", "Backup=true"),
        ("backup=Yes", "the key Backup, spelt exactly so", "Backup=Yes"),
        ("copy-dest=us-east-1", "the key Copy_Dest, spelt exactly so", "Copy_Dest=us-east-1"),
        ("Retention=seven", "days", "Retention=7"),
        ("Retention=7 days", "days", "Retention=7d"),
        ("Retention=2 weeks, 3 months", "days", "Retention=2w 3m"),
        ("Retention=0", "days", ""),
        ("Retention=for ever", "days", ""),
        ("Schedule=dayly", "daily", "Schedule=daily"),
        ("Schedule=daily 3:30", "daily", "Schedule=daily 03:30"),
        ("Schedule=03.30", "daily", "Schedule=daily 03:30"),
        ("Schedule=daily 25:00", "daily", ""),
        ("Schedule=every 5h", "daily", "Schedule=every 4h"),
        ("Schedule=every 7 hours", "daily", "Schedule=every 6h"),
        ("Schedule=weekly", "daily", ""),
        ("Schedule=on request", "daily", "Schedule=on-request"),
        ("Consistency=fsfreze", "crash", "Consistency=fsfreeze"),
        ("DeleteOn=29.11.2026", "a date", "DeleteOn=2026-11-29"),
        ("DeleteOn=2026/11/09", "a date", "DeleteOn=2026-11-09"),
        ("DeleteOn=2026-02-30", "a date", ""),
        ("DeleteOn=soon", "a date", ""),
        ("us-eats-1 in Copy_Dest=us-eats-1", "Regions", "Copy_Dest=us-east-1"),
        ("mars in Copy_Dest=mars", "Regions", ""),
        ("no DeleteOn", "a date", ""),
        ("keep_forever=1", "KeepForever on a snapshot, not on an instance", ""),
    ],
)
def test_nearest(read: str, accepted: str, meant: str) -> None:
    assert nearest(TagProblem("i-0a", read, accepted), REGIONS) == meant
