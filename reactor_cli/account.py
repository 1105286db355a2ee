"""The options that every command has, and the account that they select."""

from __future__ import annotations

import difflib
import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, TypeVar

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import jobs
from chalicelib.aws.clients import Clients
from chalicelib.aws.reading import EC2
from chalicelib.settings import Settings
from reactor_cli import session
from reactor_cli.errors import CommandFailed, error_text, errors_on_one_line
from reactor_cli.terminal import progress

ALL = "all"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """The user's account as a command sees it: its Regions in order, the time ``now`` (aware, UTC), and the format.

    ``regions_given`` is whether the user named the Regions; ``interactive`` whether a person can answer questions.
    """

    settings: Settings
    regions: tuple[str, ...]
    regions_given: bool
    now: datetime
    as_json: bool
    profile: str | None
    interactive: bool
    clients: Clients = field(default_factory=Clients)
    _connected: dict[str, EC2] = field(default_factory=dict)

    def connect(self, region: str) -> EC2:
        """Return EC2 as seen from a Region."""
        if region not in self._connected:
            self._connected[region] = EC2(replace(self.settings, region=region), self.clients)
        return self._connected[region]

    def invocation(self, region: str, *, dry_run: bool = False) -> jobs.Invocation:
        """Return what a job needs to run in a Region as its function does, but without a time limit."""
        event = {"detail": {"dry_run": True}} if dry_run else {}
        settings = replace(self.settings, region=region)
        return jobs.Invocation(settings, self.connect, self.now, event, time_left=lambda: math.inf)

    def one_region(self) -> str:
        """Return the only Region asked for; UsageError if there are several."""
        if len(self.regions) != 1:
            raise click.UsageError("this command works in one Region: give one --region")
        return self.regions[0]

    def in_each_region(self, activity: str, work: Callable[[str], T]) -> tuple[dict[str, T], dict[str, str]]:
        """Return the result of ``work`` for each Region that answers, and the error of each other one.

        CommandFailed if no Region answers. ``activity`` is what the progress says.
        """
        results: dict[str, T] = {}
        unreadable: dict[str, str] = {}
        for region in self.regions:
            try:
                with progress(f"{activity} {region}"):
                    results[region] = work(region)
            except (BotoCoreError, ClientError) as error:
                if len(self.regions) == 1:
                    raise
                unreadable[region] = error_text(error)
                click.echo(f"Error: {region}: {unreadable[region]}", err=True)
        if not results:
            raise CommandFailed("no Region could be read")
        return results, unreadable


_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Write JSON."),
    click.option(
        "--region",
        "regions",
        metavar="REGION",
        multiple=True,
        help="Work in this Region; give it several times for several Regions, or 'all' for all enabled ones.",
    ),
    click.option("--profile", metavar="NAME", help="Use this profile of your AWS configuration."),
)


def account_options(command: Callable[..., int]) -> Callable[..., None]:
    """Give a command --profile, --region and --json, and the account as its first argument.

    The command returns its exit code.
    """

    def with_account(
        context: click.Context, /, profile: str | None, regions: tuple[str, ...], as_json: bool, **options: Any
    ) -> None:
        interactive = bool(context.find_object(SimulatedTerminal) or sys.stdin.isatty())
        with errors_on_one_line():
            code = command(_open(profile, regions, as_json, interactive), **options)
        context.exit(code)

    wrapped: Callable[..., None] = click.pass_context(with_account)
    for option in _OPTIONS:
        wrapped = option(wrapped)
    wrapped.__name__, wrapped.__doc__ = command.__name__, command.__doc__
    return wrapped


class SimulatedTerminal:
    """A test puts one into click's context if a person answers questions, although there is no terminal."""


def _open(profile: str | None, regions: Sequence[str], as_json: bool, interactive: bool) -> Account:
    settings = Settings.from_environ(os.environ)
    if profile:
        session.use_profile(profile)
    own = os.environ.get("AWS_REGION") or session.own_region()
    selected = _select_regions(regions, own)
    return Account(settings, selected, bool(regions), datetime.now(UTC), as_json, profile, interactive)


def _select_regions(regions: Sequence[str], own: str | None) -> tuple[str, ...]:
    if not regions:
        if not own:
            raise click.UsageError("no Region: give --region, or set one in your AWS profile")
        return (own,)
    known = session.all_regions()
    for region in regions:
        if region not in known and region != ALL:
            raise click.UsageError(f"no such Region: {region}{_suggestion(region, known)}")
    if ALL in regions:
        return session.enabled_regions(own or session.ANY_REGION)
    return tuple(dict.fromkeys(regions))


def _suggestion(word: str, known: Iterable[str]) -> str:
    closest = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {closest[0]}?" if closest else ""


def exit_code(*, attention: bool, unreadable: Mapping[str, str]) -> int:
    """Return 2 if a Region could not be read, 1 if something needs attention, else 0."""
    return 2 if unreadable else int(attention)
