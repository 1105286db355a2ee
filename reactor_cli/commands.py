"""The commands of ``ebs-snapshot-reactor``."""

from __future__ import annotations

from typing import Any

import click

from chalicelib.quoting import printable
from reactor_cli import __version__
from reactor_cli.drill import drill
from reactor_cli.explain import explain
from reactor_cli.lint import lint
from reactor_cli.plan import plan
from reactor_cli.policy import policy
from reactor_cli.report import report
from reactor_cli.restore import restore
from reactor_cli.run import run


class Commands(click.Group):
    """Commands that say of a wrong argument nothing that a terminal would act on."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            said = error.format_message()
            if said.isprintable():
                raise
            raise click.UsageError(printable(" ".join(said.split())), error.ctx) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Look after the EBS snapshots that this app makes, with your own AWS profile.

    Exit codes: 0 all is well; 1 something needs attention; 2 the command could not do its work (wrong
    arguments, no credentials, no permission, no such id, a Region that does not answer).

    The settings of the functions (DAILY_AT, DEFAULT_RETENTION, …) are read from the environment: set
    them as they are deployed.
    """


for command in (plan, run, explain, lint, report, restore, drill, policy):
    main.add_command(command)
