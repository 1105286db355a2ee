"""``run``: a job, from here and now, as the function would do it; time never runs out."""

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
from chalicelib.wording import counted, outcome_text, targets_text
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.plan import PLANNED
from reactor_cli.terminal import columns, output, print_json, progress

STYLES = {Result.DONE: "good", Result.PLANNED: "good", Result.FAILED: "bad", Result.DEFERRED: "soon"}
RUNS: Mapping[str, jobs.Job] = {**PLANNED, "report": daily.report}


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
    runs, lost = account.in_each_region(
        f"{job} in", lambda region: jobs.run(RUNS[job], account.invocation(region, dry_run=dry_run))
    )
    failed = any(outcome.result == Result.FAILED for run in runs.values() for outcome in run.outcomes)
    if account.as_json:
        data = [{**summarise(run), "outcomes": [outcome_data(one) for one in _shown(run)]} for run in runs.values()]
        print_json({"command": "run", "at": account.now, "regions": data, "unreadable": lost})
    else:
        for run in runs.values():
            _draw(output(), run)
    return exit_code(attention=failed, lost=lost)


def _ask(account: Account) -> None:
    """Say what the sweep would delete, and go on only if somebody agrees."""
    if not account.terminal:
        raise click.UsageError(
            "sweep deletes snapshots, and there is no terminal to ask for your consent: give --yes, or --dry-run"
        )
    for region in account.regions:
        with progress(f"planning {region}"):
            decisions = jobs.sweep_snapshots(account.invocation(region)).decisions
        expired = [decision for decision in decisions if isinstance(decision.call, DeleteSnapshot)]
        click.echo(f"{region}: {len(expired)} of {len(decisions)} snapshots have expired", err=True)
    click.confirm("Delete them?", abort=True, err=True)


def _draw(out: Console, run: jobs.Run) -> None:
    summary = summarise(run)
    mode = "  dry run: nothing was changed" if run.dry_run else ""
    counts = ", ".join(f"{count:,} {name}" for name, count in summary["counts"].items() if count) or "nothing to do"
    out.print(Text.assemble((f"{run.region}  {run.job}", "title"), f"  {counts}{mode}"))
    table = columns(8, None, None)
    for outcome in _shown(run):
        style = STYLES.get(outcome.result, "")
        created = [f"→ {id}" for id in outcome.created]
        targets = "\n".join([targets_text(outcome.decision, "\n"), *created])
        table.add_row(Text(f"  {outcome.result}", style), targets, outcome_text(outcome))
    out.print(table)
    if summary["tag_problems"]:
        problems = counted(len(summary["tag_problems"]), "tag problem")
        out.print(Text(f"{problems}: 'ebs-snapshot-reactor lint' shows them", "soon"))


def _shown(run: jobs.Run) -> list[Outcome]:
    """Return the outcomes but for those of targets that the job left alone."""
    return [outcome for outcome in run.outcomes if outcome.result != Result.KEPT]
