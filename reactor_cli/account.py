"""The options that every command has, and the account that they lead to."""

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
from reactor_cli import ec2_restore
from reactor_cli.errors import CannotDo, reason_of, said_clearly
from reactor_cli.terminal import progress

ALL = "all"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Account:
    """The user's account as a command sees it: its Regions in order, one present time (aware, UTC), and the format.

    ``regions_given`` is whether the user named them; ``terminal`` whether there is somebody to be asked.
    """

    settings: Settings
    regions: tuple[str, ...]
    regions_given: bool
    now: datetime
    as_json: bool
    profile: str | None
    terminal: bool
    clients: Clients = field(default_factory=Clients)
    _connected: dict[str, EC2] = field(default_factory=dict)

    def connect(self, region: str) -> EC2:
        """Return EC2 as seen from a Region."""
        if region not in self._connected:
            self._connected[region] = EC2(replace(self.settings, region=region), self.clients)
        return self._connected[region]

    def invocation(self, region: str, *, dry_run: bool = False) -> jobs.Invocation:
        """Return what a job needs to run from here: as in a function, but that time never runs out."""
        event = {"detail": {"dry_run": True}} if dry_run else {}
        settings = replace(self.settings, region=region)
        return jobs.Invocation(settings, self.connect, self.now, event, time_left=lambda: math.inf)

    def one_region(self) -> str:
        """Return the only Region asked for; UsageError if there are several."""
        if len(self.regions) != 1:
            raise click.UsageError("this command works in one Region: give one --region")
        return self.regions[0]

    def in_each_region(self, doing: str, look: Callable[[str], T]) -> tuple[dict[str, T], dict[str, str]]:
        """Return what was found by Region, and why nothing was; CannotDo if no Region could be looked at."""
        found: dict[str, T] = {}
        lost: dict[str, str] = {}
        for region in self.regions:
            try:
                with progress(f"{doing} {region}"):
                    found[region] = look(region)
            except (BotoCoreError, ClientError) as error:
                if len(self.regions) == 1:
                    raise
                lost[region] = reason_of(error)
                click.echo(f"Error: {region}: {lost[region]}", err=True)
        if not found:
            raise CannotDo("none of the Regions could be looked at")
        return found, lost


_OPTIONS = (
    click.option("--json", "as_json", is_flag=True, help="Write JSON."),
    click.option(
        "--region",
        "named",
        metavar="REGION",
        multiple=True,
        help="A Region; several times for several, or 'all' for those that the account has enabled.",
    ),
    click.option("--profile", metavar="NAME", help="A profile of your AWS configuration."),
)


def account_options(command: Callable[..., int]) -> Callable[..., None]:
    """Give a command --profile, --region and --json, and the account first; it returns its exit code."""

    def with_account(
        context: click.Context, /, profile: str | None, named: tuple[str, ...], as_json: bool, **options: Any
    ) -> None:
        terminal = bool(context.find_object(Person) or sys.stdin.isatty())
        with said_clearly():
            code = command(_open(profile, named, as_json, terminal), **options)
        context.exit(code)

    given: Callable[..., None] = click.pass_context(with_account)
    for option in _OPTIONS:
        given = option(given)
    given.__name__, given.__doc__ = command.__name__, command.__doc__
    return given


class Person:
    """Put into click's context by a test: somebody sits there and answers, though there is no terminal."""


def _open(profile: str | None, named: Sequence[str], as_json: bool, terminal: bool) -> Account:
    settings = Settings.from_environ(os.environ)
    if profile:
        ec2_restore.use_profile(profile)
    own = os.environ.get("AWS_REGION") or ec2_restore.own_region()
    regions = _regions(named, own)
    return Account(settings, regions, bool(named), datetime.now(UTC), as_json, profile, terminal)


def _regions(named: Sequence[str], own: str | None) -> tuple[str, ...]:
    if not named:
        if not own:
            raise click.UsageError("no Region: give --region, or set one in your AWS profile")
        return (own,)
    known = ec2_restore.all_regions()
    for each in named:
        if each not in known and each != ALL:
            raise click.UsageError(f"no such Region: {each}{_meant(each, known)}")
    if ALL in named:
        return ec2_restore.enabled_regions(own or ec2_restore.ANY_REGION)
    return tuple(dict.fromkeys(named))


def _meant(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, sorted(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""


def exit_code(*, attention: bool, lost: Mapping[str, str]) -> int:
    """Return 2 if a Region could not be looked at, 1 if something needs attention, else 0."""
    return 2 if lost else int(attention)
