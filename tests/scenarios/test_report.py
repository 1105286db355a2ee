"""The report's handler: what it says to the log, to metrics and to a topic."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib import metrics
from emulator import Invocation, LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import by_volume, failures, tag, volumes_of

BACKUP = {"Backup": "Yes", "Copy_Dest": AWAY}
MORNING = datetime(2026, 11, 22, 6, 45, tzinfo=UTC)


def records(invocation: Invocation) -> list[dict[str, Any]]:
    return [json.loads(line) for line in invocation.log.splitlines() if line.startswith("{")]


def emitted(invocation: Invocation) -> dict[str, float]:
    """The metrics in a log, as CloudWatch reads them."""
    emitted_metrics: dict[str, float] = {}
    for record in records(invocation):
        for group in record.get("_aws", {}).get("CloudWatchMetrics", ()):
            assert group["Namespace"] == metrics.NAMESPACE
            assert group["Dimensions"] == [["service"]]
            emitted_metrics |= {metric["Name"]: record[metric["Name"]][0] for metric in group["Metrics"]}
    return emitted_metrics


def last_report(aws: LocalAWS, region: str = HOME) -> Invocation:
    return [
        invocation for invocation in aws.invocations if invocation.function == "report" and invocation.region == region
    ][-1]


def report_record(aws: LocalAWS, region: str = HOME) -> dict[str, Any]:
    [report] = [record for record in records(last_report(aws, region)) if record.get("message") == "report"]
    return report


def test_all_is_well_on_an_ordinary_morning(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP, volumes=(8, 100))
    aws.launch(HOME, name="scratch")
    aws.travel_to(MORNING)
    record = report_record(aws)
    assert record["headline"] == "All 2 volumes to be backed up are covered."
    assert record["attention"] == []
    assert (record["totals"]["covered"], record["totals"]["untagged"]) == (2, 1)
    assert (record["totals"]["snapshots"], record["totals"]["copies"]) == (2, 2)
    assert emitted(last_report(aws)) == {
        "VolumesCovered": 2,
        "VolumesUncovered": 0,
        "VolumesUntagged": 1,
        "CopiesMissing": 0,
        "TagProblems": 0,
        "Attention": 0,
        "OldestSnapshotAge": 3.5,
    }
    assert last_report(aws).result["counts"] == {"done": 1, "kept": 0, "deferred": 0, "failed": 0}
    assert not failures(aws)


def test_what_is_wrong_is_told_and_is_no_error(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags=BACKUP)
    aws.launch(HOME, name="search", tags={"Backup": "Yse"})
    aws.disable(HOME, "create_snapshots")
    aws.travel_to(MORNING)
    record = report_record(aws)
    assert record["headline"] == "2 of 2 volumes to be backed up are not covered."
    [volume] = volumes_of(aws, HOME, web).values()
    texts = [entry["text"] for entry in record["attention"]]
    assert any(text == f"{volume}: no snapshot yet" for text in texts)
    assert any("is not understood: read Backup=Yse" in text for text in texts)
    assert emitted(last_report(aws))["VolumesUncovered"] == 2
    assert "OldestSnapshotAge" not in emitted(last_report(aws))
    assert not failures(aws)


def test_a_volume_is_late_when_its_slot_has_passed_it_by(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes"})
    aws.travel_to(MORNING)
    aws.disable(HOME, "create_snapshots")
    aws.travel(days=1)
    [entry] = report_record(aws)["attention"]
    assert "no snapshot since 2026-11-23 03:00; snap-" in entry["text"]
    assert "is 28 h old" in entry["text"]
    assert emitted(last_report(aws))["OldestSnapshotAge"] == pytest.approx(27.5, abs=0.1)


def test_a_copy_that_failed_and_one_that_nobody_made(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.fail_copy(AWAY, "Given key ID is not accessible", times=9)
    aws.travel_to(MORNING)
    [entry] = report_record(aws)["attention"]
    assert "and will be made again: Given key ID is not accessible" in entry["text"]
    assert emitted(last_report(aws))["CopiesMissing"] == 1


def test_a_destination_that_does_not_answer_is_part_of_the_report(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.travel_to(MORNING.replace(hour=6, minute=20))
    aws.fault("DescribeSnapshots", error="AuthFailure", message="not enabled", times=9, region=AWAY,
              match=lambda params: "Source_Region" in str(params))  # fmt: skip
    aws.travel_to(MORNING)
    record = report_record(aws)
    assert record["headline"] == "The one volume to be backed up is covered, but some copies could not be read."
    [unreadable] = record["unreadable"]
    assert unreadable["region"] == AWAY
    assert "not enabled" in unreadable["reason"]
    assert not last_report(aws).error


def test_a_report_that_cannot_be_made_is_an_error(aws: LocalAWS) -> None:
    aws.fault("DescribeInstances", error="UnauthorizedOperation", message="no", times=99, region=HOME)
    aws.disable(HOME, "create_snapshots")
    aws.disable(HOME, "sweep_snapshots")
    aws.travel_to(MORNING)
    assert "UnauthorizedOperation" in str(last_report(aws).error)
    assert [failure.function for failure in failures(aws)] == ["report"] * 3


@pytest.fixture
def topic(aws: LocalAWS) -> str:
    """A topic with a queue that gets what is published."""
    arn: str = aws.client(HOME, "sns").create_topic(Name="backups")["TopicArn"]
    queue = aws.client(HOME, "sqs").create_queue(QueueName="mails")["QueueUrl"]
    aws.client(HOME, "sns").subscribe(TopicArn=arn, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:mails")
    assert queue.endswith("/mails")
    return arn


def mails(aws: LocalAWS) -> list[dict[str, str]]:
    client = aws.client(HOME, "sqs")
    url = client.get_queue_url(QueueName="mails")["QueueUrl"]
    messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", ())
    return [json.loads(message["Body"]) for message in messages]


def test_the_mail_starts_with_what_needs_attention(aws: LocalAWS, topic: str) -> None:
    aws.deploy(HOME, REPORT_TOPIC_ARN=topic)
    aws.launch(HOME, name="shop", tags={"Backup": "Yes"})
    aws.launch(HOME, name="web\nBcc: all", tags={"Backup": "Yes", "Retention": "seven"})
    aws.travel_to(MORNING)
    [mail] = mails(aws)
    assert mail["Subject"] == f"EBS backups in {HOME}: 1 item needs attention"
    lines = mail["Message"].splitlines()
    assert lines[0] == "All 2 volumes to be backed up are covered; 1 item needs attention."
    assert lines[2] == "Needs attention, most urgent first:"
    assert "read Retention=seven; accepted: days such as 7 or 7d" in lines[3]
    assert "  volumes: 2 covered, 0 late, 0 uncovered, 0 left out, 0 not tagged for backup" in lines


def test_a_dry_run_sends_no_mail(aws: LocalAWS, topic: str) -> None:
    aws.deploy(HOME, REPORT_TOPIC_ARN=topic)
    assert aws.invoke(HOME, "report", {"dry_run": True})["dry_run"] is True
    assert not mails(aws)
    assert aws.invoke(HOME, "report")["dry_run"] is False
    assert len(mails(aws)) == 1


def test_a_report_that_cannot_be_sent_is_an_error(aws: LocalAWS, topic: str) -> None:
    aws.deploy(HOME, REPORT_TOPIC_ARN=topic.replace("backups", "gone"))
    aws.travel_to(MORNING)
    assert "JobFailed" in str(last_report(aws).error)
    assert "gone" in str(last_report(aws).error)
    assert report_record(aws)["headline"] == "No volume is to be backed up."


def test_jobs_count_what_they_deleted_deferred_and_failed_at(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags={"Backup": "Yes", "Retention": "1"})
    aws.travel(days=3)
    swept = [
        emitted(invocation)
        for invocation in aws.invocations
        if invocation.function == "sweep_snapshots" and invocation.region == HOME
    ]
    assert [counts for counts in swept if counts] == [{"Deletions": 1}] * 2
    broken = aws.launch(HOME, name="broken", tags={"Backup": "Yes"})
    aws.fail_snapshot(volumes_of(aws, HOME, broken)["/dev/xvda"], "An internal error occurred")
    aws.travel(hours=2)
    metrics_of_failures = [emitted(failure) for failure in failures(aws)]
    assert metrics_of_failures[0] == {"Failures": 1}


def test_every_record_says_which_event_it_belongs_to(aws: LocalAWS) -> None:
    aws.launch(HOME, name="web", tags=BACKUP)
    aws.travel_to(MORNING)
    for invocation in aws.invocations:
        for record in records(invocation):
            if "_aws" not in record:
                assert record["correlation_id"] == invocation.event["id"], record


def test_kept_forever_and_orphans(aws: LocalAWS) -> None:
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Retention": "3"})
    aws.travel(hours=1)
    [[snapshot]] = by_volume(aws, HOME).values()
    tag(aws, HOME, snapshot["SnapshotId"], KeepForever="audit")
    aws.client(HOME).terminate_instances(InstanceIds=[web])
    aws.travel_to(MORNING)
    record = report_record(aws)
    assert record["orphans"] == 1
    assert record["attention"] == []
    assert record["headline"] == "No volume is to be backed up."
