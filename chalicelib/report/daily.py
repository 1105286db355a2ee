"""The job that makes the daily report and sends it: to the log, to metrics, and to an SNS topic if one is set."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from chalicelib import jobs, metrics
from chalicelib.models import Code, Decision, Kind, Result, SendReport, Target, because
from chalicelib.report.gather import view_region
from chalicelib.report.making import make_report
from chalicelib.report.model import Report
from chalicelib.report.text import as_text, headline, subject

# A record of CloudWatch Logs holds 256 KiB; the mail and the operator's report have all entries.
MAX_ENTRIES = 100


def report(invocation: jobs.Invocation) -> jobs.Plan:
    """Make the report on this Region and plan to send it. A report that says what is wrong is not a failed job."""
    settings = invocation.settings
    view = view_region(invocation.ec2, settings.copy_slots)
    daily = make_report([view], invocation.now, last_copy_grace_days=settings.last_copy_grace_days)
    targets = (Target(Kind.REGION, settings.region, settings.region),)
    decision = Decision(targets, because(Code.REPORT_MADE), result=Result.DONE)
    if settings.report_topic_arn:
        call = SendReport(settings.report_topic_arn, subject(daily), as_text(daily))
        decision = Decision(targets, because(Code.REPORT_TO_SEND, topic=settings.report_topic_arn), call)
    return jobs.Plan([decision], daily.problems, invocation.ec2, figures(daily), _record(daily))


def figures(report: Report) -> dict[str, float]:
    """Return the daily metrics; the oldest age only if a volume has a snapshot."""
    totals = report.totals
    values: dict[str, float] = {
        metrics.VOLUMES_COVERED: totals.covered,
        metrics.VOLUMES_UNCOVERED: totals.uncovered + totals.late,
        metrics.VOLUMES_UNTAGGED: totals.untagged,
        metrics.COPIES_MISSING: totals.copies_missing,
        metrics.TAG_PROBLEMS: totals.tag_problems,
        metrics.ATTENTION: len(report.attention),
    }
    if totals.oldest_age is not None:
        values[metrics.OLDEST_SNAPSHOT_AGE] = totals.oldest_age
    return values


def _record(report: Report) -> dict[str, Any]:
    return {
        "headline": headline(report),
        "totals": asdict(report.totals),
        "attention": [asdict(entry) for entry in report.attention[:MAX_ENTRIES]],
        "attention_count": len(report.attention),
        "orphans": len(report.orphans),
        "unreadable": [asdict(region) for region in report.unreadable],
        "monthly_cost_usd": [report.cost.low, report.cost.high],
    }
