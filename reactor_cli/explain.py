"""``explain``: what an id stands for, what happens to it, and why."""

from __future__ import annotations

import click

from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.explain_data import data_of
from reactor_cli.explain_text import draw
from reactor_cli.explained import explain_family
from reactor_cli.family import find_family
from reactor_cli.terminal import output, print_json, progress


@click.command()
@click.argument("id")
@click.option("--all", "everything", is_flag=True, help="Show all snapshots, not the newest of each volume.")
@account_options
def explain(account: Account, id: str, everything: bool) -> int:
    """Explain an instance, a volume or a snapshot: policy, slots, snapshots and copies, and why each is kept.

    Without --region, an id that is not in your own Region is looked for in all that the account has enabled.
    """
    with progress(f"explaining {id}"):
        explained = explain_family(account, find_family(account, id))
    if account.as_json:
        print_json({"command": "explain", "at": account.now, **data_of(explained, account.now)})
    else:
        draw(output(), explained, account.now, everything)
    return exit_code(attention=explained.needs_attention, lost=explained.family.unreadable)
