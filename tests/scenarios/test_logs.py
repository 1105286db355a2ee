"""docs/logs.md lists what is logged: each record with its fields, and each metric; no more and no less."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from chalicelib import metrics
from emulator import LocalAWS
from tests.scenarios.conftest import AWAY, HOME
from tests.scenarios.stories import tag, volumes_of

DOCUMENT = (Path(__file__).parents[2] / "docs" / "logs.md").read_text()
ON_EVERY = {
    "message", "level", "timestamp", "service", "correlation_id", "function_name", "function_request_id",
    "function_arn", "function_memory_size", "cold_start", "location",
}  # fmt: skip


def table(heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its head."""
    part = DOCUMENT.split(f"## {heading}\n")[1]
    rows = re.findall(r"^\|(.+)\|$", part.split("\n## ")[0], re.MULTILINE)
    return [[cell.strip() for cell in row.split(" | ")] for row in rows[2:]]


def quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def story(aws: LocalAWS) -> list[dict[str, Any]]:
    """A day on which every kind of record is written."""
    aws.deploy(HOME, REPORT_TOPIC_ARN="arn:aws:sns:eu-west-1:123456789012:gone", LOG_LEVEL="DEBUG")
    web = aws.launch(HOME, name="web", tags={"Backup": "Yes", "Retention": "1", "Copy_Dest": AWAY})
    aws.launch(HOME, name="search", tags={"Backup": "Yse"})
    aws.travel(days=1)
    aws.fail_snapshot(volumes_of(aws, HOME, web)["/dev/xvda"], "An internal error occurred")
    aws.copy_slots = 0
    aws.travel(days=2)
    tag(aws, HOME, web, Backup="No")
    lines = [line for invocation in aws.invocations for line in invocation.log.splitlines() if line.startswith("{")]
    return [json.loads(line) for line in lines]


def test_the_document_lists_what_is_logged(aws: LocalAWS) -> None:
    records = story(aws)
    logged: dict[str, set[str]] = {}
    for record in records:
        if "_aws" not in record:
            assert set(record) >= ON_EVERY, record
            logged.setdefault(record["message"], set()).update(set(record) - ON_EVERY - {"xray_trace_id"})
    listed = {quoted(row[0])[0]: set(quoted(row[3])) for row in table("Records")}
    assert logged == listed
    assert {name for row in table("On every record") for name in quoted(row[0])} == ON_EVERY


def test_the_document_lists_the_metrics(aws: LocalAWS) -> None:
    written = {
        metric["Name"]
        for record in story(aws)
        for metric in record.get("_aws", {}).get("CloudWatchMetrics", ())
        for metric in metric["Metrics"]
    }
    listed = [quoted(row[0])[0] for row in table("Metrics")]
    assert tuple(listed) == metrics.DAILY + metrics.OF_JOBS
    assert written == set(listed)
    assert f"`{metrics.NAMESPACE}`" in DOCUMENT
