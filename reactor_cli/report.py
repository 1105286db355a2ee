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
from reactor_cli.errors import CannotDo
from reactor_cli.page import as_html
from reactor_cli.terminal import print_json, progress

USUAL = Prices()
MAX_AMOUNT = 1_000_000


class Amount(click.FloatRange):
    """A number that costs can be computed from: in the range, and not "nan", which click takes for in any range."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number written; a usage error names what is accepted."""
        number: float = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail(f"{value!r} is not a valid number", param, ctx)
        return number


AMOUNT = Amount(0, MAX_AMOUNT)
NEW_FILE = click.Path(dir_okay=False, writable=True, path_type=Path)


@click.command()
@click.option(
    "--html", type=NEW_FILE, metavar="FILE", help="Write the report as one HTML file, which needs no network."
)
@click.option("--csv", type=NEW_FILE, metavar="FILE", help="Write a line for each volume and destination.")
@click.option(
    "--storage",
    type=AMOUNT,
    metavar="USD",
    default=USUAL.storage_per_gb_month,
    help="USD per GB-month.",
    show_default=True,
)
@click.option(
    "--transfer",
    type=(AMOUNT, AMOUNT),
    metavar="LOW HIGH",
    default=(USUAL.transfer_per_gb_low, USUAL.transfer_per_gb_high),
    help="USD per GB copied to another Region.",
    show_default=True,
)
@click.option(
    "--daily-change",
    type=(AMOUNT, AMOUNT),
    metavar="LOW HIGH",
    default=(USUAL.daily_change_low, USUAL.daily_change_high),
    help="The part of a volume that changes in a day.",
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
    """Report which volumes are covered by a backup and what the backups cost; what needs attention comes first."""
    made = _make(account, Prices(storage, *transfer, *daily_change))
    _write(html, lambda: as_html(made))
    _write(csv, lambda: as_csv(made))
    if account.as_json:
        print_json({"command": "report", **as_json(made)})
    else:
        click.echo(as_text(made), nl=False)
    lost = {each.region: each.reason for each in made.unreadable if not each.asked_by}
    return exit_code(attention=bool(made.attention), lost=lost)


def _make(account: Account, prices: Prices) -> Report:
    views = []
    for region in account.regions:
        with progress(f"reading {region}"):
            views.append(view_region_or_error(account.connect(region), account.settings.copy_slots))
    if all(each.unreadable for each in views):
        raise CannotDo(views[0].unreadable)
    return make_report(views, account.now, prices, account.settings.last_copy_grace_days)


def _write(path: Path | None, content: Callable[[], str]) -> None:
    if path is None:
        return
    try:
        path.write_text(content(), encoding="utf-8", newline="")
    except (OSError, ValueError) as error:
        raise CannotDo(f"{path} cannot be written: {getattr(error, 'strerror', error)}") from error
    click.echo(f"wrote {path}", err=True)
