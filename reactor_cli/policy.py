"""``policy``: prints the IAM policies that the commands need. It does not call AWS."""

from __future__ import annotations

import click

from reactor_cli.policies import GROUPS, policies
from reactor_cli.terminal import print_json


@click.command()
@click.argument("group", type=click.Choice(list(GROUPS)), required=False)
@click.option("--json", "as_json", is_flag=True, help="Write JSON. This command always does.")
def policy(group: str | None, as_json: bool) -> None:
    """Print the IAM policy that a group of commands needs.

    Without GROUP, the command prints the policies of all groups, by name.

    \b
    The groups:
      read      plan, explain, lint, report, run --dry-run
      run       run create, copy, sweep and report
      restore   restore and drill
      undelete  undelete

    \b
    Example:
      ebs-snapshot-reactor policy read > policy.json
    """
    by_group = policies()
    print_json(by_group[group] if group else by_group)
