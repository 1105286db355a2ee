"""``run``: a job, from here and now, as the function would do it; time never runs out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from chalicelib import jobs
from chalicelib.models import DeleteSnapshot, Result
from chalicelib.report import daily
from chalicelib.report.wording import counted
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.plan import PLANNED
from reactor_cli.terminal import columns, output, print_json, progress
from reactor_cli.wording import shown

STYLES = {Result.DONE: "good", Result.FAILED: "bad", Result.DEFERRED: "soon"}
Work = Callable[[jobs.Invocation], jobs.Summary]
RUNS: Mapping[str, Work] = {
    **{name: (lambda invocation, job=job: jobs.run(job, invocation)) for name, job in PLANNED.items()},  # type: ignore[misc]
    "report": daily.report,
}


@dataclass(frozen=True, slots=True)
class Ran:
    """What a job returned in one Region, and what came of each target that it did not keep."""

    summary: jobs.Summary
    outcomes: list[dict[str, Any]]


@click.command()
@click.argument("job", type=click.Choice(list(RUNS)))
@click.option("--dry-run", is_flag=True, help="Plan only, and say what would be done.")
@click.option("--yes", is_flag=True, help="Delete without asking (sweep).")
@account_options
def run(account: Account, job: str, dry_run: bool, yes: bool) -> int:
    """Run a job now, as its function would: create, copy, sweep or report.

    sweep deletes snapshots: it asks first, and where nobody can answer it wants --yes.
    """
    if job == "sweep" and not (dry_run or yes):
        _ask(account)
    found, lost = account.in_each_region(f"{job} in", lambda region: _run(account, RUNS[job], region, dry_run))
    failed = any(each.summary["failures"] for each in found.values())
    if account.as_json:
        data = [{**each.summary, "outcomes": each.outcomes} for each in found.values()]
        print_json({"command": "run", "at": account.now.isoformat(), "regions": data, "unreadable": lost})
    else:
        for region, each in found.items():
            _draw(output(), region, each)
    return exit_code(attention=failed, lost=lost)


def _ask(account: Account) -> None:
    """Say what the sweep would delete, and go on only if somebody agrees."""
    if not account.terminal:
        raise click.UsageError(
            "sweep deletes snapshots, and nobody can be asked here: give --yes, or --dry-run to look"
        )
    for region in account.regions:
        with progress(f"planning {region}"):
            decisions = jobs.sweep_snapshots(account.invocation(region)).decisions
        doomed = [each for each in decisions if isinstance(each.call, DeleteSnapshot)]
        click.echo(f"{region}: {len(doomed)} of {len(decisions)} snapshots have expired", err=True)
    click.confirm("Delete them?", abort=True, err=True)


def _run(account: Account, work: Work, region: str, dry_run: bool) -> Ran:
    with _outcomes() as outcomes:
        try:
            summary = work(account.invocation(region, dry_run=dry_run))
        except jobs.JobFailed as failed:
            summary = failed.summary
    return Ran(summary, outcomes)


@contextmanager
def _outcomes() -> Iterator[list[dict[str, Any]]]:
    """Collect the outcomes that a job logs, and keep its log and its metrics off the terminal."""
    found: list[dict[str, Any]] = []
    logger = logging.getLogger(jobs.SERVICE)
    handlers, level, spreads = logger.handlers, logger.level, logger.propagate
    logger.handlers, logger.propagate = [_Collector(found)], False
    logger.setLevel(logging.INFO)
    try:
        with redirect_stdout(StringIO()):
            yield found
    finally:
        logger.handlers, logger.propagate = handlers, spreads
        logger.setLevel(level)


class _Collector(logging.Handler):
    """Takes the fields of the records that tell an outcome."""

    def __init__(self, found: list[dict[str, Any]]) -> None:
        super().__init__()
        self._found = found

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage() == "outcome":
            fields = vars(record)
            taken = {key: fields[key] for key in ("targets", "result", "reason", "created_snapshots")}
            self._found.append(
                {key: list(value) if isinstance(value, tuple) else value for key, value in taken.items()}
            )


def _draw(out: Console, region: str, ran: Ran) -> None:
    summary = ran.summary
    mode = "  dry run: nothing was changed" if summary["dry_run"] else ""
    counts = ", ".join(f"{count:,} {name}" for name, count in summary["counts"].items() if count) or "nothing to do"
    out.print(Text.assemble((f"{region}  {summary['job']}", "title"), f"  {counts}{mode}"))
    table = columns(8, None, None)
    for each in ran.outcomes:
        made = [f"→ {id}" for id in each["created_snapshots"]]
        style = STYLES.get(each["result"], "")
        table.add_row(Text(f"  {each['result']}", style), "\n".join([*each["targets"], *made]), shown(each["reason"]))
    known = {tuple(each["targets"]) for each in ran.outcomes}
    for failure in summary["failures"]:
        if (failure["target"],) not in known and tuple(failure["target"].split(", ")) not in known:
            table.add_row(Text("  failed", "bad"), failure["target"], shown(failure["reason"]))
    out.print(table)
    if summary["tag_problems"]:
        found = counted(len(summary["tag_problems"]), "tag problem")
        out.print(Text(f"{found}: 'ebs-snapshot-reactor lint' shows them", "soon"))
