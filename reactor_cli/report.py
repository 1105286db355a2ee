"""``report``: which volumes are covered and which are not, as text, JSON, CSV and one HTML file."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from chalicelib.report import Prices, Report, as_csv, as_json, as_text, make_report
from chalicelib.report.gather import view_region_or_error
from reactor_cli.account import Account, account_options, exit_code
from reactor_cli.errors import CommandFailed
from reactor_cli.page import as_html
from reactor_cli.terminal import print_json, progress

DEFAULTS = Prices()
MAX_AMOUNT = 1_000_000


class Amount(click.FloatRange):
    """A number in a range; click alone would accept "nan" in every range."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number; a usage error names what is accepted."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a valid number", param, ctx)
        return number


AMOUNT = Amount(0, MAX_AMOUNT)
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.option("--html", type=NEW_FILE, metavar="FILE", help="Write the report as one HTML file that needs no network.")
@click.option("--csv", type=NEW_FILE, metavar="FILE", help="Write a line for each volume and destination as CSV.")
@click.option(
    "--storage",
    type=AMOUNT,
    metavar="USD",
    default=DEFAULTS.storage_per_gb_month,
    help="Set the price of storage in USD per GB-month.",
    show_default=True,
)
@click.option(
    "--transfer",
    type=(AMOUNT, AMOUNT),
    metavar="LOW HIGH",
    default=(DEFAULTS.transfer_per_gb_low, DEFAULTS.transfer_per_gb_high),
    help="Set the price in USD per GB copied to another Region.",
    show_default=True,
)
@click.option(
    "--daily-change",
    type=(AMOUNT, AMOUNT),
    metavar="LOW HIGH",
    default=(DEFAULTS.daily_change_low, DEFAULTS.daily_change_high),
    help="Set the part of a volume that changes in a day.",
    show_default=True,
)
@account_options
def report(
    account: Account,
    *,
    html: Path | None,
    csv: Path | None,
    storage: float,
    transfer: tuple[float, float],
    daily_change: tuple[float, float],
) -> int:
    """Report which volumes are covered by a backup, and what the backups cost.

    The report starts with what needs attention.

    \b
    Example:
      ebs-snapshot-reactor report --region eu-west-1 --html report.html
    """
    complete = _read(account, Prices(storage, *transfer, *daily_change))
    _write(html, lambda: as_html(complete))
    _write(csv, lambda: as_csv(complete))
    if account.as_json:
        print_json({"command": "report", **as_json(complete)})
    else:
        click.echo(as_text(complete), nl=False)
    unreadable = {region.region: region.reason for region in complete.unreadable if not region.asked_by}
    return exit_code(attention=bool(complete.attention), unreadable=unreadable)


def _read(account: Account, prices: Prices) -> Report:
    views = []
    for region in account.regions:
        with progress(f"reading {region}"):
            views.append(view_region_or_error(account.connect(region), account.settings.copy_slots))
    if all(view.unreadable for view in views):
        raise CommandFailed(views[0].unreadable)
    return make_report(views, account.now, prices, account.settings.last_copy_grace_days)


def _write(path: Path | None, content: Callable[[], str]) -> None:
    if path is None:
        return
    try:
        path.write_text(content(), encoding="utf-8", newline="")
    except (OSError, ValueError) as error:
        raise CommandFailed(f"{path} cannot be written: {getattr(error, 'strerror', error)}") from error
    click.echo(f"wrote {path}", err=True)
