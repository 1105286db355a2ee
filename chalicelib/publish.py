"""What a run tells the world: its summary, its log and its metrics; and whether the invocation fails."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Mapping
from typing import TypedDict

from chalicelib import metrics
from chalicelib.jobs import Run
from chalicelib.models import DeleteSnapshot, InvokeAgain, Outcome, Result
from chalicelib.records import outcome_data, problem_data
from chalicelib.wording import outcome_text, targets_text

# A child of the logger that app.py sets up under this name, with its level and its format.
logger = logging.getLogger(f"{metrics.SERVICE}.publish")

# The most entries of a list in a summary: Lambda limits what a function may return, and the log has every outcome.
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_LISTED = 500


class Summary(TypedDict):
    """What a handler returns."""

    job: str
    region: str
    dry_run: bool
    counts: dict[str, int]
    failures: list[dict[str, str]]
    tag_problems: list[dict[str, str]]


class JobFailed(Exception):
    """At least one target failed, or was deferred by a job that no later run continues; carries the job's summary.

    The job dealt with all other targets.
    """

    def __init__(self, summary: Summary) -> None:
        super().__init__(json.dumps(summary))
        self.summary = summary


def publish(run: Run) -> Summary:
    """Log and count what a run did, and return its summary; JobFailed, with the same, if any target failed."""
    summary = summarise(run)
    for outcome in run.outcomes:
        _log(run, outcome)
    for problem in summary["tag_problems"]:
        logger.warning("tag_problem", extra=dict(problem))
    if run.plan.record:
        logger.info(run.job, extra={"job": run.job, "dry_run": run.dry_run, **run.plan.record})
    logger.info("summary", extra={"summary": summary})
    if values := {**_counts(run), **run.plan.metrics}:
        metrics.emit(values)
    if summary["failures"]:
        raise JobFailed(summary)
    return summary


def summarise(run: Run) -> Summary:
    """Return what a run did in numbers, with each failure and each tag problem, up to ``MAX_LISTED`` of each."""
    counts = Counter({result.value: 0 for result in Result if run.dry_run or result != Result.PLANNED})
    failures = []
    for outcome in run.outcomes:
        if isinstance(outcome.decision.call, InvokeAgain) and outcome.result == Result.DONE:
            continue  # what is left is counted as deferred
        counts[outcome.result.value] += len(outcome.decision.targets)
        if outcome.result == Result.FAILED or (outcome.result == Result.DEFERRED and run.plan.no_later_run):
            failures.append({"target": targets_text(outcome.decision), "reason": outcome_text(outcome)})
    problems = [problem_data(problem) for problem in sorted(set(run.plan.problems))]
    return Summary(
        job=run.job,
        region=run.region,
        dry_run=run.dry_run,
        counts=dict(counts),
        failures=_cut(failures, "reason"),
        tag_problems=_cut(problems, "read"),
    )


def _cut(items: list[dict[str, str]], place: str) -> list[dict[str, str]]:
    if len(items) <= MAX_LISTED:
        return items
    more = dict.fromkeys(items[0], "") | {"target": "…", place: f"and {len(items) - MAX_LISTED} more"}
    return [*items[:MAX_LISTED], more]


def _counts(run: Run) -> Mapping[str, float]:
    """Return the metrics that a run has anything to count for: most runs have nothing to do, and cost nothing."""
    results = Counter[Result]()
    for outcome in run.outcomes:
        results[outcome.result] += len(outcome.decision.targets)
    deletions = sum(
        outcome.result == Result.DONE and isinstance(outcome.decision.call, DeleteSnapshot) for outcome in run.outcomes
    )
    counts = {
        metrics.FAILURES: results[Result.FAILED],
        metrics.DEFERRED: results[Result.DEFERRED],
        metrics.DELETIONS: deletions,
    }
    return {name: count for name, count in counts.items() if count}


def _log(run: Run, outcome: Outcome) -> None:
    level = logging.DEBUG if outcome.result == Result.KEPT else logging.INFO
    if outcome.result == Result.FAILED:
        level = logging.ERROR
    # A sweep keeps a hundred thousand snapshots: no text is made for a record that nobody gets.
    if logger.isEnabledFor(level):
        logger.log(level, "outcome", extra={"job": run.job, "dry_run": run.dry_run, **outcome_data(outcome)})
