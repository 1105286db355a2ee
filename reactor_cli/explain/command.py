"""The command ``explain``."""

from __future__ import annotations

import click

from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.explain.data import as_data
from reactor_cli.explain.explanation import explain_lineage
from reactor_cli.explain.lineage import find_lineage
from reactor_cli.explain.text import write_text
from reactor_cli.terminal import output, print_json, progress


@click.command()
@click.argument("id")
@click.option("--all", "show_all", is_flag=True, help="Show all snapshots, not only the newest ones of each volume.")
@account_options
def explain(account: Account, id: str, show_all: bool) -> int:
    """Explain what happens to an instance, a volume or a snapshot, and why.

    The command shows the policy, the slots, and each snapshot and copy with the reason why it is kept.
    Without --region, it looks in your own Region first, and then in all that the account has enabled.

    \b
    Example:
      ebs-snapshot-reactor explain i-0123456789abcdef0
    """
    with progress(f"explaining {id}"):
        lineage = find_lineage(account, id)
        explanation = explain_lineage(account, lineage)
    if account.as_json:
        print_json({"command": "explain", "at": account.now, **as_data(explanation, account.now)})
    else:
        write_text(output(), explanation, account.now, show_all)
    return exit_code(attention=explanation.needs_attention, unreadable=lineage.unreadable)
