"""``run``: runs a job from the operator's machine as its function does, but without a time limit."""

from __future__ import annotations

from collections.abc import Mapping

import click
from rich.console import Console
from rich.text import Text

from chalicelib import jobs
from chalicelib.models import DeleteSnapshot, Outcome, Result
from chalicelib.publish import summarise
from chalicelib.records import outcome_data
from chalicelib.report import daily
from chalicelib.wording import outcome_text, targets_text
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.plan import PLANNED
from reactor_cli.terminal import columns, output, print_json, progress
from reactor_cli.wording import tag_problems_text

STYLES = {Result.DONE: "good", Result.PLANNED: "good", Result.FAILED: "bad", Result.DEFERRED: "soon"}
RUNS: Mapping[str, jobs.Job] = {**PLANNED, "report": daily.report}


@click.command()
@click.argument("job", type=click.Choice(list(RUNS)))
@click.option("--dry-run", is_flag=True, help="Show what the job would do, and change nothing.")
@click.option("--yes", is_flag=True, help="Let sweep delete without asking.")
@account_options
def run(account: Account, job: str, dry_run: bool, yes: bool) -> int:
    """Run a job now, as its function does: create, copy, sweep or report.

    The job sweep deletes snapshots. It asks before it deletes; where there is no terminal, give --yes.

    \b
    Examples:
      ebs-snapshot-reactor run copy --region eu-west-1
      ebs-snapshot-reactor run sweep --region eu-west-1 --dry-run
    """
    if job == "sweep" and not (dry_run or yes):
        _ask_before_sweep(account)
    runs, unreadable = account.in_each_region(
        f"{job} in", lambda region: jobs.run(RUNS[job], account.invocation(region, dry_run=dry_run))
    )
    failed = any(outcome.result == Result.FAILED for run in runs.values() for outcome in run.outcomes)
    if account.as_json:
        data = [
            {**summarise(run), "outcomes": [outcome_data(outcome) for outcome in _without_kept(run)]}
            for run in runs.values()
        ]
        print_json({"command": "run", "at": account.now, "regions": data, "unreadable": unreadable})
    else:
        for run in runs.values():
            _write(output(), run)
    return exit_code(attention=failed, unreadable=unreadable)


def _ask_before_sweep(account: Account) -> None:
    """Show how much the sweep would delete, and abort unless the person agrees."""
    if not account.interactive:
        raise click.UsageError(
            "sweep deletes snapshots, and there is no terminal to ask for your consent: give --yes, or --dry-run"
        )
    for region in account.regions:
        with progress(f"planning {region}"):
            decisions = jobs.sweep_snapshots(account.invocation(region)).decisions
        expired = [decision for decision in decisions if isinstance(decision.call, DeleteSnapshot)]
        click.echo(f"{region}: {len(expired)} of {len(decisions)} snapshots have expired", err=True)
    click.confirm("Delete them?", abort=True, err=True)


def _write(out: Console, run: jobs.Run) -> None:
    summary = summarise(run)
    mode = "  dry run: nothing was changed" if run.dry_run else ""
    counts = ", ".join(f"{count:,} {name}" for name, count in summary["counts"].items() if count) or "nothing to do"
    out.print(Text.assemble((f"{run.region}  {run.job}", "title"), f"  {counts}{mode}"))
    table = columns(8, None, None)
    for outcome in _without_kept(run):
        created = [f"→ {id}" for id in outcome.created]
        targets = "\n".join([targets_text(outcome.decision, "\n"), *created])
        style = STYLES.get(outcome.result, "")
        table.add_row(Text(f"  {outcome.result}", style), targets, outcome_text(outcome))
    out.print(table)
    if summary["tag_problems"]:
        out.print(Text(tag_problems_text(len(summary["tag_problems"])), "soon"))


def _without_kept(run: jobs.Run) -> list[Outcome]:
    return [outcome for outcome in run.outcomes if outcome.result != Result.KEPT]
