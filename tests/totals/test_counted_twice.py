"""One fleet, counted twice: by the report, and by plain arithmetic on what EC2 answers."""

from __future__ import annotations

import csv
import json
import random
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import LocalAWS
from tests.cli.account_counts import MISTAKES, Counts, count, instances_of, tags_of
from tests.cli.conftest import AWAY, HOME, SCHEDULED, START, THIRD, Company
from tests.scenarios.stories import volumes_of

DAYS = 5
# How many copies a Region of a crowded fleet takes at a time, as EC2 and the setting say.
SLOTS = 2


def random_fleet(aws: LocalAWS, rng: random.Random, *, crowded: bool) -> None:
    """Five days of a fleet in which everything happens: failures, changed tags, volumes and instances that go.

    In a crowded one, two copies take all slots of each Region for the last hours.
    """
    for name in SCHEDULED:
        aws.disable(HOME, name)
    # In some fleets nothing but a machine that is gone names the third Region.
    destinations = rng.choice(((AWAY,), (AWAY, f"{AWAY} {THIRD}")))
    machines = [_launch(aws, rng, number, destinations) for number in range(6)]
    tags = {"Backup": "Yes", "Copy_Dest": THIRD, "Copy_Retention": "30"}
    gone = aws.launch(HOME, name="gone", tags=tags, volumes=(8, 1, 100))
    for day in range(20, 20 + DAYS):
        aws.travel_to(datetime(2026, 11, day, 3, tzinfo=UTC))
        if day > 20:
            _fail(aws, rng)
        aws.invoke(HOME, "create_snapshots")
        aws.travel(hours=rng.choice((1, 4, 7)))
        if day > 21:
            aws.invoke(HOME, "sweep_snapshots")
        if day == 22:
            _forget(aws, gone)
            _change(aws, rng, machines)
    aws.travel_to(datetime(2026, 11, 20 + DAYS, rng.choice((3, 9) if crowded else (2, 3, 9)), 1, tzinfo=UTC))
    if crowded:
        aws.clear_faults()
        aws.copy_slots, aws.copy_duration = SLOTS, lambda gib: timedelta(hours=6)
    if crowded or rng.random() < 0.7:
        aws.invoke(HOME, "create_snapshots")
    aws.launch(HOME, name="new", tags={"Backup": "Yes"})
    # Some copies are pending after two minutes, none after an hour.
    aws.travel(minutes=200 if crowded else rng.choice((2, 5, 60)))
    aws.clear_faults()


def _forget(aws: LocalAWS, instance_id: str) -> None:
    """Terminate an instance and delete its snapshots, so that only their copies are left."""
    aws.client(HOME).terminate_instances(InstanceIds=[instance_id])
    for snapshot in aws.snapshots(HOME):
        if snapshot["Tags"]["Source_InstanceId"] == instance_id:
            aws.client(HOME).delete_snapshot(SnapshotId=snapshot["SnapshotId"])


def _launch(aws: LocalAWS, rng: random.Random, number: int, destinations: tuple[str, ...]) -> str:
    tags = {"Backup": "Yes", "Retention": rng.choice(("1", "2", "7"))} if rng.random() < 0.8 else {}
    if rng.random() < 0.3:
        tags["Schedule"] = "every 6h"
    if "Backup" in tags and rng.random() < 0.3:
        tags |= dict((rng.choice(MISTAKES),))
    if rng.random() < 0.7:
        tags["Copy_Dest"] = rng.choice(destinations)
        tags["Copy_Retention"] = rng.choice(("1", "3", "30"))
    sizes = tuple(rng.choice((1, 8, 100)) for _ in range(rng.randint(2, 3)))
    id = aws.launch(HOME, name=f"machine-{number}", tags=tags, volumes=sizes)
    for volume in _data_volumes(aws, id):
        if rng.random() < 0.2:
            aws.client(HOME).create_tags(Resources=[volume], Tags=[{"Key": "Backup", "Value": "No"}])
    return id


def _data_volumes(aws: LocalAWS, instance_id: str) -> list[str]:
    by_device = volumes_of(aws, HOME, instance_id)
    return [by_device[device] for device in sorted(by_device) if device != "/dev/xvda"]


def _fail(aws: LocalAWS, rng: random.Random) -> None:
    volumes = [volume["VolumeId"] for volume in aws.client(HOME).describe_volumes()["Volumes"]]
    for volume in rng.sample(sorted(volumes), 2):
        aws.fail_snapshot(volume, "no luck")
    aws.fail_copy(rng.choice((AWAY, THIRD)), "no key", times=2)


def _change(aws: LocalAWS, rng: random.Random, machines: list[str]) -> None:
    home = aws.client(HOME)
    gone, no_longer_copied, smaller = rng.sample(machines, 3)
    home.delete_tags(Resources=[no_longer_copied], Tags=[{"Key": "Copy_Dest"}])
    aws.detach(HOME, _data_volumes(aws, smaller)[-1])
    home.terminate_instances(InstanceIds=[gone])
    for region in (HOME, AWAY, THIRD):
        snapshots = sorted(snapshot["SnapshotId"] for snapshot in aws.snapshots(region))
        for id in rng.sample(snapshots, min(2, len(snapshots))):
            aws.client(region).create_tags(Resources=[id], Tags=[{"Key": "KeepForever", "Value": "audit"}])
        for id in rng.sample(snapshots, min(3, len(snapshots))):
            aws.client(region).delete_snapshot(SnapshotId=id)


def test_the_report_and_plain_arithmetic_agree(tmp_path: Path) -> None:
    occurred: set[str] = set()
    for seed in range(1, 6):
        with LocalAWS(start=START, regions=(HOME, AWAY, THIRD), seed=1) as aws:
            aws.deploy(HOME, CONCURRENCY="1")
            crowded = seed % 2 == 1
            random_fleet(aws, random.Random(seed), crowded=crowded)  # noqa: S311  # for repetition
            expected = count(aws, HOME, (AWAY, THIRD), slots=SLOTS if crowded else None)
            company = Company(aws, "", "", {"COPY_SLOTS": f"{SLOTS}"} if crowded else {})
            _compare(company, tmp_path / str(seed), expected)
            _compare_foreign(company, tmp_path / f"{seed}.html")
        occurred |= {name for name, number in expected.totals.items() if number}
        occurred |= {name for states in expected.copies.values() for name in ("missing", "failed") if states[name]}
        occurred |= {"orphans"} if expected.orphans else set()
    # A fleet without a state would say nothing about it.
    assert occurred == expected.totals.keys() | {"missing", "failed", "orphans"}


def _compare(company: Company, folder: Path, expected: Counts) -> None:
    folder.mkdir()
    page, table = folder / "page.html", folder / "table.csv"
    regions = [word for region in (HOME, AWAY, THIRD) for word in ("--region", region)]
    _compare_json(company.run("report", *regions, "--json", "--html", str(page), "--csv", str(table)).json, expected)
    _compare_text(company.run("report", *regions).out, expected)
    _compare_page(page.read_text(), expected)
    _compare_csv(table.read_text(), expected)


@pytest.mark.parametrize("seed", [4, 5])
def test_the_mail_and_plain_arithmetic_agree(aws: LocalAWS, seed: int) -> None:
    """The daily report is on one Region, with the copies in the Regions that its tags name."""
    topic = aws.client(HOME, "sns").create_topic(Name="backups")["TopicArn"]
    queue = aws.client(HOME, "sqs").create_queue(QueueName="mails")["QueueUrl"]
    arn = "arn:aws:sqs:eu-west-1:123456789012:mails"
    aws.client(HOME, "sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    crowded = seed % 2 == 1
    aws.deploy(HOME, CONCURRENCY="1", REPORT_TOPIC_ARN=topic, COPY_SLOTS=f"{SLOTS if crowded else 20}")
    random_fleet(aws, random.Random(seed), crowded=crowded)  # noqa: S311  # for repetition
    named = " ".join(
        tags.get("Copy_Dest", "")
        for tags in (*map(tags_of, instances_of(aws, HOME)), *(snapshot["Tags"] for snapshot in aws.snapshots(HOME)))
    )
    regions = [region for region in (AWAY, THIRD) if region in named]
    expected = count(aws, HOME, regions, slots=SLOTS if crowded else None)
    aws.invoke(HOME, "report")
    [message] = aws.client(HOME, "sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    _compare_text(json.loads(message["Body"])["Message"], expected)
    records = [json.loads(line) for line in aws.invocations[-1].log.splitlines() if line.startswith("{")]
    [record] = [record for record in records if record.get("message") == "report"]
    assert {name: record["totals"][name] for name in expected.totals} == expected.totals
    assert record["monthly_cost_usd"] == pytest.approx(expected.cost, abs=0.01)
    assert record["orphans"] == len(expected.orphans)
    assert record["attention_count"] == expected.attention


def _compare_json(report: Any, expected: Counts) -> None:
    assert {name: report["totals"][name] for name in expected.totals} == expected.totals
    volumes = {volume["id"]: volume for instance in report["instances"] for volume in instance["volumes"]}
    assert volumes.keys() == expected.volumes.keys()
    for id, volume in volumes.items():
        wanted = expected.volumes[id]
        for name in ("cover", "size_gib", "newest_age", "next_expiry"):
            assert (id, name, volume[name]) == (id, name, wanted[name])
        assert len(volume["marks"]) == wanted["snapshots"]
        assert (volume["cost"]["low"], volume["cost"]["high"]) == pytest.approx(wanted["cost"], abs=0.0002)
        for copy in volume["copies"]:
            counted = {name: copy[name] for name in ("missing", "deferred", "failed", "pending", "newest_age")}
            assert counted | {"copies": len(copy["marks"])} == expected.copies.get(
                (id, copy["region"]), counted | {"copies": 0}
            )
    orphans = {orphan["volume_id"]: orphan for orphan in report["orphans"]}
    assert orphans.keys() == expected.orphans.keys()
    for id, orphan in orphans.items():
        wanted = expected.orphans[id]
        for name in ("snapshots", "copies", "kept_forever", "newest_at"):
            assert (id, name, orphan[name]) == (id, name, wanted[name])
        assert (orphan["cost"]["low"], orphan["cost"]["high"]) == pytest.approx(wanted["cost"], abs=0.0002)
    assert (report["cost"]["low"], report["cost"]["high"]) == pytest.approx(expected.cost, abs=0.01)
    assert len(report["attention"]) == expected.attention
    assert len(report["problems"]) == expected.totals["tag_problems"]


def _compare_foreign(company: Company, path: Path) -> None:
    """Compare the copies that a report shows which leaves their source Region out."""
    expected = {name: len(company.aws.snapshots(name)) for name in (AWAY, THIRD) if company.aws.snapshots(name)}
    words = ("report", "--region", AWAY, "--region", THIRD)
    report = company.run(*words, "--json", "--html", str(path)).json
    assert {copies["region"]: copies["copies"] for copies in report["foreign_copies"]} == expected
    assert {copies["source_region"] for copies in report["foreign_copies"]} == {HOME}
    text = company.run(*words).out
    page = re.sub(r"<[^>]*>", "", path.read_text())
    for name, number in expected.items():
        assert re.search(rf"{name}: {number} cop(y|ies) from {HOME}", text)
        assert re.search(rf"{HOME} in {name}: {number} cop(y|ies)", page)


def _numbers(line: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", line)]


def _compare_text(text: str, expected: Counts) -> None:
    """The mail is this text."""
    totals = expected.totals
    lines = {line.split(":")[0].strip(): _numbers(line) for line in text.splitlines()}
    names = ("covered", "late", "uncovered", "left_out", "untagged")
    assert lines["volumes"] == [totals[name] for name in names]
    assert lines["copies"] == [totals["copies_missing"], totals["copies_deferred"], totals["copies_pending"]]
    [kept] = [_numbers(line) for line in text.splitlines() if "kept forever" in line]
    assert kept == [totals["snapshots"], totals["copies"], totals["kept_forever"]]
    assert lines["Estimated cost"] == pytest.approx(expected.cost, abs=0.011)
    urgent = text.split("\n\n")[1].splitlines()[1:] if "Needs attention" in text else []
    more = [int(line.split()[1]) for line in urgent if line.startswith("  and ")]
    assert len(urgent) + sum(more) - len(more) == expected.attention


def _compare_page(page: str, expected: Counts) -> None:
    tiles = {
        name: _numbers(re.sub(r"<[^>]*>", " ", cell))
        for name, cell in re.findall(r"<div><dt>(.*?)</dt><dd[^>]*>(.*?)</dd></div>", page)
    }
    totals = {name: value or 0 for name, value in expected.totals.items()}
    wanted = totals["covered"] + totals["late"] + totals["uncovered"]
    assert tiles["Volumes covered"] == [totals["covered"], wanted]
    under_way = [totals[name] for name in ("copies_deferred", "copies_pending") if totals[name]]
    assert tiles["Copies missing"] == [totals["copies_missing"], *under_way]
    assert tiles["Unresolved failures"] == [totals["failures"]]
    kept = [totals["kept_forever"]] if totals["kept_forever"] else []
    assert tiles["Snapshots"] == [totals["snapshots"], totals["copies"], *kept]
    assert tiles["Estimated cost a month"] == pytest.approx(expected.cost, abs=0.6)
    [heading] = re.findall(r"<h2>Estimated cost a month <small>(.*?)</small>", page)
    assert _numbers(heading) == pytest.approx(expected.cost, abs=0.011)
    for title, number in (("Needs attention", expected.attention), ("Tag problems", totals["tag_problems"])):
        assert re.findall(rf"<h2>{title} <small>(.*?)</small>", page) == ([f"{number:.0f}"] if number else [])
    for volume in re.split(r'<div class="v">', page)[1:]:
        [id] = re.findall(r"<code>(vol-\w+)</code></div>", volume)
        for region, label in re.findall(
            r'<div class="l[^"]*"><span>(?:→ )?(.*?)</span><svg.*?aria-label="(.*?)"', volume
        ):
            copies = expected.copies.get((id, region), {"copies": 0})["copies"]
            assert int(label.split()[0]) == (expected.volumes[id]["snapshots"] if region == HOME else copies)


def _compare_csv(text: str, expected: Counts) -> None:
    lines = list(csv.DictReader(text.splitlines()))
    assert {line["volume_id"] for line in lines} == expected.volumes.keys()
    for name, index in (("cost_low_usd", 0), ("cost_high_usd", 1)):
        assert sum(float(line[name] or 0) for line in lines) == pytest.approx(
            sum(volume["cost"][index] for volume in expected.volumes.values()), abs=0.01
        )
    for line in lines:
        assert int(line["snapshots"]) == expected.volumes[line["volume_id"]]["snapshots"]
