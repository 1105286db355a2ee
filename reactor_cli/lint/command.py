"""The command ``lint``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.text import Text

from chalicelib.quoting import printable
from chalicelib.wording import counted
from reactor_cli import session
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.lint.findings import Finding, find_all
from reactor_cli.terminal import columns, output, print_json


@click.command()
@account_options
def lint(account: Account) -> int:
    """Show tags that are not understood, misspelt or missing.

    For each tag, the command shows what was read, what is accepted, and a suggestion.

    \b
    Example:
      ebs-snapshot-reactor lint --region all
    """
    by_region, unreadable = account.in_each_region("reading", lambda region: _lint(account, region))
    if account.as_json:
        data = [
            {"region": region, "findings": [asdict(finding) for finding in findings]}
            for region, findings in by_region.items()
        ]
        print_json({"command": "lint", "at": account.now, "regions": data, "unreadable": unreadable})
    else:
        for region, findings in by_region.items():
            _write(output(), region, findings)
    return exit_code(attention=any(by_region.values()), unreadable=unreadable)


def _lint(account: Account, region: str) -> list[Finding]:
    ec2 = account.connect(region)
    return find_all(ec2.instances(), ec2.snapshots(), _enabled_regions(region), session.all_regions())


def _enabled_regions(region: str) -> frozenset[str] | None:
    try:
        return frozenset(session.enabled_regions(region))
    except (BotoCoreError, ClientError):
        return None  # only one check needs this permission


def _write(out: Console, region: str, findings: Sequence[Finding]) -> None:
    count = counted(len(findings), "finding") if findings else "no findings"
    out.print(Text.assemble((region, "title"), f"  {count}"))
    for finding in findings:
        out.print()
        out.print(Text.assemble((f"  {finding.target}", "title"), f"  {printable(finding.name)}"))
        table = columns(14, None)
        table.add_row("    read", Text(finding.read, "bad"))
        table.add_row("    accepted", finding.accepted)
        if finding.suggestion:
            table.add_row("    suggestion", Text(printable(f"{finding.meant}={finding.suggestion}"), "good"))
        if finding.meanwhile:
            table.add_row("    meanwhile", finding.meanwhile)
        out.print(table)
    out.print()
