"""The daily report of one Region: to the log, to metrics, and to an SNS topic if one is set."""

from __future__ import annotations

import logging
from dataclasses import asdict

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import events, jobs, metrics
from chalicelib.aws import sns
from chalicelib.report.gather import view_region
from chalicelib.report.making import make_report
from chalicelib.report.model import Report
from chalicelib.report.text import as_text, headline, subject

logger = logging.getLogger(f"{jobs.SERVICE}.report")
# A record of CloudWatch Logs holds 256 KiB; what is cut is in the mail, and in the operator's report.
MOST_ENTRIES = 100


def report(invocation: jobs.Invocation) -> jobs.Summary:
    """Make and hand out the report on this Region, and return a summary.

    What it finds wrong is no error; JobFailed if it could not be sent, and EC2's own error if it could not be made.
    """
    settings = invocation.settings
    dry_run = settings.dry_run or events.wants_dry_run(invocation.event)
    view = view_region(invocation.ec2, settings.copy_slots)
    made = make_report([view], invocation.now, last_copy_grace_days=settings.last_copy_grace_days)
    _log(made, dry_run)
    metrics.emit(figures(made))
    failures = [] if dry_run else _send(made, settings.report_topic_arn)
    summary = jobs.Summary(
        job="report",
        region=settings.region,
        dry_run=dry_run,
        counts={"done": 1 - len(failures), "kept": 0, "deferred": 0, "failed": len(failures)},
        failures=failures,
        tag_problems=jobs.list_problems(made.problems),
    )
    logger.info("summary", extra={"summary": summary})
    if failures:
        raise jobs.JobFailed(summary)
    return summary


def figures(report: Report) -> dict[str, float]:
    """Return the daily metrics; the oldest age only if a volume has a snapshot."""
    totals = report.totals
    found: dict[str, float] = {
        metrics.VOLUMES_PROTECTED: totals.protected,
        metrics.VOLUMES_UNPROTECTED: totals.unprotected + totals.late,
        metrics.VOLUMES_UNTAGGED: totals.untagged,
        metrics.COPIES_MISSING: totals.copies_missing,
        metrics.TAG_PROBLEMS: totals.tag_problems,
        metrics.ATTENTION: len(report.attention),
    }
    if totals.oldest_age is not None:
        found[metrics.OLDEST_SNAPSHOT_AGE] = totals.oldest_age
    return found


def _log(report: Report, dry_run: bool) -> None:
    logger.info(
        "report",
        extra={
            "job": "report",
            "dry_run": dry_run,
            "headline": headline(report),
            "totals": asdict(report.totals),
            "attention": [asdict(each) for each in report.attention[:MOST_ENTRIES]],
            "attention_count": len(report.attention),
            "orphans": len(report.orphans),
            "unreadable": [asdict(each) for each in report.unreadable],
            "monthly_cost_usd": [report.cost.low, report.cost.high],
        },
    )
    for problem in report.problems:
        logger.warning(
            "tag_problem", extra={"target": problem.target, "read": problem.read, "accepted": problem.accepted}
        )


def _send(report: Report, topic_arn: str) -> list[dict[str, str]]:
    if not topic_arn:
        return []
    try:
        sns.publish(topic_arn, subject(report), as_text(report))
    except (ClientError, BotoCoreError) as error:
        logger.error("report_not_sent", extra={"topic": topic_arn, "reason": str(error)})
        return [{"target": topic_arn, "reason": str(error)}]
    return []
