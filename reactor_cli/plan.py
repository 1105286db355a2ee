"""``plan``: what each job would do now, and why. It reads, and changes nothing."""

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
from chalicelib.wording import counted, moment, reason_text, targets_text
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.terminal import columns, output, print_json
from reactor_cli.wording import action, label, needs_attention, reasons

PLANNED: Mapping[str, jobs.Job] = {
    "create": jobs.create_snapshots,
    "copy": jobs.copy_missing,
    "sweep": jobs.sweep_snapshots,
}
ACTIONS = ("failed", "create", "copy", "tag", "delete", "deferred")
STYLES = {"failed": "bad", "delete": "soon", "deferred": "soon"}


@dataclass(frozen=True, slots=True)
class RegionPlan:
    """The decisions of each job in one Region; ``names`` says what the snapshots that are to change are of."""

    decisions: Mapping[str, Sequence[Decision]]
    problems: Sequence[TagProblem]
    names: Mapping[str, str]


@click.command()
@click.option("--why", is_flag=True, help="Show each target that nothing will be done to as well, with its reason.")
@account_options
def plan(account: Account, why: bool) -> int:
    """Show what each job would do now, and why. Reads only."""
    found, lost = account.in_each_region("planning", lambda region: _look(account, region))
    attention = any(needs_attention(each) for one in found.values() for part in one.decisions.values() for each in part)
    if account.as_json:
        data = [_data(region, each) for region, each in found.items()]
        print_json({"command": "plan", "at": account.now, "regions": data, "unreadable": lost})
    else:
        for region, each in found.items():
            _draw(output(), account, region, each, why)
    return exit_code(attention=attention, lost=lost)


def _look(account: Account, region: str) -> RegionPlan:
    decisions: dict[str, Sequence[Decision]] = {}
    problems: set[TagProblem] = set()
    for name, job in PLANNED.items():
        planned = job(account.invocation(region))
        decisions[name] = planned.decisions
        problems |= set(planned.problems)
    ids = [
        target.id
        for part in decisions.values()
        for decision in part
        if action(decision) in ACTIONS
        for target in decision.targets
        if target.kind == Kind.SNAPSHOT
    ]
    named = account.connect(region).snapshots_by_id(ids).snapshots if ids else ()
    return RegionPlan(decisions, sorted(problems), {snapshot.id: label(snapshot) for snapshot in named})


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
        "tag_problems": [problem_data(each) for each in planned.problems],
    }


def _draw(out: Console, account: Account, region: str, planned: RegionPlan, why: bool) -> None:
    out.print(Text.assemble((region, "title"), f"  what each job would do at {moment(account.now)}"))
    for name, decisions in planned.decisions.items():
        out.print()
        out.print(Text.assemble((f"{name:<8}", "title"), _headline(decisions)))
        table = columns(8, 22, None, None)
        for kind in ACTIONS:
            for each in decisions:
                if action(each) == kind:
                    table.add_row(
                        Text(f"  {kind}", STYLES.get(kind, "good")),
                        *_what(each, planned.names),
                        reason_text(each.reason),
                    )
        kept = [each for each in decisions if action(each) == "kept"]
        if why:
            for each in kept:
                table.add_row(Text("  kept", "quiet"), targets_text(each, "\n"), "", reason_text(each.reason))
        elif kept:
            for count, reason in reasons(kept):
                table.add_row(Text("  kept", "quiet"), Text(f"{count:,}", "quiet"), "", Text(reason, "quiet"))
        out.print(table)
    if planned.problems:
        found = counted(len(planned.problems), "tag problem")
        out.print(Text(f"\n{found}: 'ebs-snapshot-reactor lint' shows them", "soon"))
    out.print()


def _headline(decisions: Sequence[Decision]) -> str:
    counts = {kind: sum(len(each.targets) for each in decisions if action(each) == kind) for kind in ACTIONS}
    said = [f"{count:,} {_to(kind)}" for kind, count in counts.items() if count]
    return ", ".join(said) or "nothing to do"


def _to(kind: str) -> str:
    return kind if kind in ("failed", "deferred") else f"to {kind}"


def _what(decision: Decision, names: Mapping[str, str]) -> tuple[str, str]:
    """Return the targets, and what they are of."""
    if isinstance(decision.call, CreateSnapshot | CreateSnapshots):
        return targets_text(decision, "\n"), printable(str(dict(decision.reason.parameters)["name"]))
    of = [names.get(target.id, "") for target in decision.targets]
    return targets_text(decision, "\n"), "\n".join(of)
