"""``plan``: what each job would do now, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from chalicelib import jobs
from chalicelib.models import CreateSnapshot, CreateSnapshots, Decision, Kind, TagProblem
from chalicelib.quoting import printable
from chalicelib.records import decision_data, problem_data
from chalicelib.wording import moment, reason_text, targets_text
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.terminal import columns, output, print_json
from reactor_cli.wording import action, label, needs_attention, reasons, tag_problems_text

PLANNED: Mapping[str, jobs.Job] = {
    "create": jobs.create_snapshots,
    "copy": jobs.copy_missing,
    "sweep": jobs.sweep_snapshots,
}
ACTIONS = ("failed", "create", "copy", "tag", "delete", "deferred")
STYLES = {"failed": "bad", "delete": "soon", "deferred": "soon"}


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """The decisions of each job in one Region; ``labels`` says what the snapshots in them were taken of."""

    decisions: Mapping[str, Sequence[Decision]]
    problems: Sequence[TagProblem]
    labels: Mapping[str, str]


@click.command()
@click.option("--why", is_flag=True, help="Also list each target that is kept, with the reason.")
@account_options
def plan(account: Account, why: bool) -> int:
    """Show what each job would do now, and why. This command only reads.

    \b
    Example:
      ebs-snapshot-reactor plan --region eu-west-1 --why
    """
    plans, unreadable = account.in_each_region("planning", lambda region: _plan(account, region))
    decisions = [decision for plan in plans.values() for of_job in plan.decisions.values() for decision in of_job]
    if account.as_json:
        data = [_data(region, plan) for region, plan in plans.items()]
        print_json({"command": "plan", "at": account.now, "regions": data, "unreadable": unreadable})
    else:
        for region, plan in plans.items():
            _write(output(), account, region, plan, why)
    return exit_code(attention=any(map(needs_attention, decisions)), unreadable=unreadable)


def _plan(account: Account, region: str) -> RegionPlan:
    decisions: dict[str, Sequence[Decision]] = {}
    problems: set[TagProblem] = set()
    for name, job in PLANNED.items():
        planned = job(account.invocation(region))
        decisions[name] = planned.decisions
        problems |= set(planned.problems)
    ids = [
        target.id
        for of_job in decisions.values()
        for decision in of_job
        if action(decision) in ACTIONS
        for target in decision.targets
        if target.kind == Kind.SNAPSHOT
    ]
    snapshots = account.connect(region).snapshots_by_id(ids).snapshots if ids else ()
    return RegionPlan(decisions, sorted(problems), {snapshot.id: label(snapshot) for snapshot in snapshots})


def _data(region: str, planned: RegionPlan) -> dict[str, Any]:
    return {
        "region": region,
        "jobs": [
            {
                "job": name,
                "decisions": [{**decision_data(decision), "action": action(decision)} for decision in decisions],
            }
            for name, decisions in planned.decisions.items()
        ],
        "tag_problems": [problem_data(problem) for problem in planned.problems],
    }


def _write(out: Console, account: Account, region: str, planned: RegionPlan, why: bool) -> None:
    out.print(Text.assemble((region, "title"), f"  what each job would do at {moment(account.now)}"))
    for name, decisions in planned.decisions.items():
        out.print()
        out.print(Text.assemble((f"{name:<8}", "title"), _headline(decisions)))
        _write_decisions(out, decisions, planned.labels, why)
    if planned.problems:
        out.print(Text(f"\n{tag_problems_text(len(planned.problems))}", "soon"))
    out.print()


def _write_decisions(out: Console, decisions: Sequence[Decision], labels: Mapping[str, str], why: bool) -> None:
    table = columns(8, 22, None, None)
    for kind in ACTIONS:
        for decision in decisions:
            if action(decision) == kind:
                style = STYLES.get(kind, "good")
                targets, reason = targets_text(decision, "\n"), reason_text(decision.reason)
                table.add_row(Text(f"  {kind}", style), targets, _label(decision, labels), reason)
    kept = [decision for decision in decisions if action(decision) == "kept"]
    if why:
        for decision in kept:
            targets, reason = targets_text(decision, "\n"), reason_text(decision.reason)
            table.add_row(Text("  kept", "quiet"), targets, "", reason)
    else:
        for count, reason in reasons(kept):
            table.add_row(Text("  kept", "quiet"), Text(f"{count:,}", "quiet"), "", Text(reason, "quiet"))
    out.print(table)


def _headline(decisions: Sequence[Decision]) -> str:
    counts = {
        kind: sum(len(decision.targets) for decision in decisions if action(decision) == kind) for kind in ACTIONS
    }
    parts = [f"{count:,} {_to(kind)}" for kind, count in counts.items() if count]
    return ", ".join(parts) or "nothing to do"


def _to(kind: str) -> str:
    return kind if kind in ("failed", "deferred") else f"to {kind}"


def _label(decision: Decision, labels: Mapping[str, str]) -> str:
    """Return what the targets are: the instance of a creation, the origin of each snapshot otherwise."""
    if isinstance(decision.call, CreateSnapshot | CreateSnapshots):
        return printable(str(dict(decision.reason.parameters)["name"]))
    return "\n".join(labels.get(target.id, "") for target in decision.targets)
