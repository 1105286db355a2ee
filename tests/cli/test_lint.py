"""lint."""

from __future__ import annotations

import pytest

from chalicelib.models import TagProblem, Wrong
from emulator import LocalAWS
from reactor_cli.lint.suggestions import meanwhile, suggest
from tests.cli.conftest import AWAY, HOME, THIRD, Company
from tests.cli.stored import assert_stored
from tests.scenarios.stories import make, tag, volumes_of

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
    result = careless.run("lint")
    assert (result.code, result.err) == (1, "")
    assert_stored("lint", result.out)


def test_lint_as_json(careless: Company) -> None:
    data = careless.run("lint", "--json").json
    by_read = {finding["read"]: finding for finding in data["regions"][0]["findings"]}
    as_data = ("key", "value", "wrong", "meant", "suggestion")
    assert {read: tuple(finding[name] for name in as_data) for read, finding in by_read.items()} == {
        "DeleteOn=29.11.2026": ("DeleteOn", "29.11.2026", "value", "DeleteOn", "2026-11-29"),
        "Backup=Noo": ("Backup", "Noo", "value", "Backup", "No"),
        "Backup=Yse": ("Backup", "Yse", "value", "Backup", "Yes"),
        "Backups=Yes": ("Backups", "Yes", "key", "Backup", "Yes"),
        "Bakcup=Yes": ("Bakcup", "Yes", "key", "Backup", "Yes"),
        "Retention, Copy_Dest, but no Backup": ("Backup", "", "tags-without-backup", "Backup", "Yes"),
        "Schedule=every 5h": ("Schedule", "every 5h", "value", "Schedule", "every 4h"),
        "ap-south-1 in Copy_Dest": ("Copy_Dest", "ap-south-1", "region-not-enabled", "Copy_Dest", ""),
        "no Backup, but there are snapshots of it": ("Backup", "", "snapshots-without-backup", "Backup", "Yes"),
    }
    assert by_read["Backup=Yse"]["name"] == "typo"
    assert set(by_read["Backup=Yse"]) == {*as_data, "target", "name", "read", "accepted", "meanwhile"}


def test_no_finding_is_exit_code_0_and_nothing_changes(careless: Company) -> None:
    calls = len(careless.aws.calls)
    result = careless.run("lint", "--region", THIRD)
    assert (result.code, result.out) == (0, f"{THIRD}  no findings\n\n")
    assert careless.changes(calls) == []


def test_what_was_only_tagged_as_ours(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes"})
    aws.travel(hours=1)
    stranger = make(aws, HOME, {"Type": "Automated", "DeleteOn": "2027-11-22"}, description="before the upgrade")
    [finding] = Company(aws, web, web).run("lint", "--json").json["regions"][0]["findings"]
    assert (finding["target"], finding["wrong"]) == (stranger, "unproven")
    assert finding["meanwhile"] == "kept, and never deleted"


def test_an_instance_that_says_no_is_left_alone(aws: LocalAWS) -> None:
    one = aws.launch(HOME, name="no", tags={"Backup": "No", "Retention": "7"})
    two = aws.launch(HOME, name="office", tags={"Schedule": "office-hours"})
    assert Company(aws, one, two).run("lint").code == 0


def test_without_the_permission_to_list_regions_the_rest_is_still_found(careless: Company) -> None:
    careless.aws.fault("DescribeRegions", error="UnauthorizedOperation", times=9)
    result = careless.run("lint", "--json")
    reads = [finding["read"] for finding in result.json["regions"][0]["findings"]]
    assert result.code == 1
    assert "Backup=Yse" in reads
    assert "ap-south-1 in Copy_Dest" not in reads


@pytest.mark.parametrize(
    ("problem", "suggestion"),
    [
        (TagProblem("i-0a", "Backup", "Yse", Wrong.VALUE, "Backup"), "Yes"),
        (TagProblem("i-0a", "Backup", "y", Wrong.VALUE, "Backup"), ""),
        (TagProblem("i-0a", "Backup", "tru", Wrong.VALUE, "Backup"), "true"),
        (TagProblem("i-0a", "backup", "Yes", Wrong.KEY, "Backup"), "Yes"),
        (TagProblem("i-0a", "copy-dest", "us-east-1", Wrong.KEY, "Copy_Dest"), "us-east-1"),
        (TagProblem("i-0a", "Retention", "seven", Wrong.VALUE, "Retention"), "7"),
        (TagProblem("i-0a", "Retention", "7 days", Wrong.VALUE, "Retention"), "7d"),
        (TagProblem("i-0a", "Retention", "2 weeks, 3 months", Wrong.VALUE, "Retention"), "2w 3m"),
        (TagProblem("i-0a", "Retention", "0", Wrong.VALUE, "Retention"), ""),
        (TagProblem("i-0a", "Retention", "for ever", Wrong.VALUE, "Retention"), ""),
        (TagProblem("i-0a", "Schedule", "dayly", Wrong.VALUE, "Schedule"), "daily"),
        (TagProblem("i-0a", "Schedule", "daily 3:30", Wrong.VALUE, "Schedule"), "daily 03:30"),
        (TagProblem("i-0a", "Schedule", "03.30", Wrong.VALUE, "Schedule"), "daily 03:30"),
        (TagProblem("i-0a", "Schedule", "daily 25:00", Wrong.VALUE, "Schedule"), ""),
        (TagProblem("i-0a", "Schedule", "every 5h", Wrong.VALUE, "Schedule"), "every 4h"),
        (TagProblem("i-0a", "Schedule", "every 7 hours", Wrong.VALUE, "Schedule"), "every 6h"),
        (TagProblem("i-0a", "Schedule", "every 30 min", Wrong.VALUE, "Schedule"), "hourly"),
        (TagProblem("i-0a", "Schedule", "30m", Wrong.VALUE, "Schedule"), "hourly"),
        (TagProblem("i-0a", "Schedule", "every 90 minutes", Wrong.VALUE, "Schedule"), "hourly"),
        (TagProblem("i-0a", "Schedule", "every 120 min", Wrong.VALUE, "Schedule"), "every 2h"),
        (TagProblem("i-0a", "Schedule", "every 1 hour", Wrong.VALUE, "Schedule"), "hourly"),
        (TagProblem("i-0a", "Schedule", "every 1 day", Wrong.VALUE, "Schedule"), "daily"),
        (TagProblem("i-0a", "Schedule", "every 2 days", Wrong.VALUE, "Schedule"), ""),
        (TagProblem("i-0a", "Schedule", "every 2 weeks", Wrong.VALUE, "Schedule"), ""),
        (TagProblem("i-0a", "Schedule", "weekly", Wrong.VALUE, "Schedule"), ""),
        (TagProblem("i-0a", "Schedule", "on request", Wrong.VALUE, "Schedule"), "on-request"),
        (TagProblem("i-0a", "Consistency", "fsfreze", Wrong.VALUE, "Consistency"), "fsfreeze"),
        (TagProblem("i-0a", "DeleteOn", "29.11.2026", Wrong.VALUE, "DeleteOn"), "2026-11-29"),
        (TagProblem("i-0a", "DeleteOn", "2026/11/09", Wrong.VALUE, "DeleteOn"), "2026-11-09"),
        (TagProblem("i-0a", "DeleteOn", "2026-02-30", Wrong.VALUE, "DeleteOn"), ""),
        (TagProblem("i-0a", "DeleteOn", "soon", Wrong.VALUE, "DeleteOn"), ""),
        (TagProblem("i-0a", "Copy_Dest", "us-eats-1", Wrong.WORD, "Copy_Dest", "us-eats-1"), "us-east-1"),
        (TagProblem("i-0a", "Copy_Dest", "mars", Wrong.WORD, "Copy_Dest", "mars"), ""),
        (TagProblem("i-0a", "DeleteOn", "", Wrong.ABSENT, "DeleteOn"), ""),
        (TagProblem("i-0a", "keep_forever", "1", Wrong.MISPLACED, "KeepForever"), ""),
        (TagProblem("i-0a", "Retention", "9y", Wrong.NOT_ALLOWED, "Retention", limit="up to 3y"), ""),
        (
            TagProblem("snap-0a", "DeleteOn", "2026-11-01", Wrong.BROUGHT_FORWARD, "DeleteOn", limit="2026-11-29"),
            "2026-11-29",
        ),
    ],
)
def test_suggestions(problem: TagProblem, suggestion: str) -> None:
    assert suggest(problem, REGIONS) == suggestion


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (TagProblem("i-0a", "Backup", "Yse", Wrong.VALUE, "Backup"), "not backed up"),
        (TagProblem("vol-0a", "Backup", "Noo", Wrong.VALUE, "Backup"), "backed up with its instance"),
        (TagProblem("vol-0a", "Retention", "7", Wrong.MISPLACED, "Retention", limit="the instance"), ""),
        (
            TagProblem("i-0a", "Retention", "9y", Wrong.NOT_ALLOWED, "Retention", limit="up to 3y"),
            "kept for as long as the settings allow",
        ),
        (TagProblem("i-0a", "Copy_Dest", "us-west-1", Wrong.NOT_ALLOWED, "Copy_Dest", "us-west-1"), "not copied there"),
        (TagProblem("snap-0a", "KeepForevr", "x", Wrong.KEY, "KeepForever"), "not protected"),
        (TagProblem("snap-0a", "Type", "Automated", Wrong.UNPROVEN, "Type"), "kept, and never deleted"),
    ],
)
def test_meanwhile(problem: TagProblem, text: str) -> None:
    assert meanwhile(problem) == text
