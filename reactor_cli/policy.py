"""``policy``: the IAM policies that these commands need. It asks AWS nothing."""

from __future__ import annotations

import click

from reactor_cli.policies import GROUPS, policies
from reactor_cli.terminal import print_json


@click.command()
@click.argument("group", type=click.Choice(list(GROUPS)), required=False)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: it does so anyway.")
def policy(group: str | None, as_json: bool) -> None:
    """Print the IAM policy that a group of commands needs, ready to be attached; without GROUP, all by name.

    \b
    read     plan, explain, lint, report, run --dry-run
    run      run create, copy, sweep and report
    restore  restore and drill
    """
    found = policies()
    print_json(found[group] if group else found)
