"""The commands of ``ebs-snapshot-reactor``."""

from __future__ import annotations

from typing import Any

import click

from chalicelib.quoting import printable
from reactor_cli import __version__
from reactor_cli.explain import explain
from reactor_cli.lint import lint
from reactor_cli.plan import plan
from reactor_cli.policy import policy
from reactor_cli.report import report
from reactor_cli.restore import drill, restore
from reactor_cli.run import run
from reactor_cli.undelete import undelete


class Commands(click.Group):
    """A group whose usage errors contain no control characters, whatever the arguments were."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            message = error.format_message()
            if message.isprintable():
                raise
            raise click.UsageError(printable(" ".join(message.split())), error.ctx) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def main() -> None:
    """Operate the EBS backups of ebs-snapshot-reactor, with your own AWS credentials.

    Exit codes: 0 if all is well; 1 if something needs attention; 2 if the command could not do its work
    (wrong arguments, no credentials, no permission, no such id, a Region that does not answer).

    The commands read the settings of the functions (DAILY_AT, DEFAULT_RETENTION, …) from the environment:
    set them to the values that you deployed.

    \b
    Example:
      ebs-snapshot-reactor plan --profile ops --region eu-west-1
    """


for command in (plan, run, explain, lint, report, restore, undelete, drill, policy):
    main.add_command(command)
