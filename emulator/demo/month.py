"""Lives through the month: time passes hour by hour, the story happens, and each day is told when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console

from emulator.demo.account import Account
from emulator.demo.company import DAYS, PLACES, START
from emulator.demo.story import END, STORY
from emulator.judge import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SERVICE = "ebs-snapshot-reactor"
SWEPT_BY = 6  # o'clock; the sweep comes in the hour before


def live(world: World, console: Console, passed: Callable[[datetime], None]) -> None:
    """Takes the world from START to END; `passed` hears of every hour."""
    world.aws.deploy(*PLACES)
    account = Account(world, console)
    for number in range(DAYS):
        morning = START + number * DAY
        earlier = len(world.aws.invocations)
        told = _live_day(world, morning, passed)
        account.tell(morning.date(), told, world.aws.invocations[earlier:])


def _live_day(world: World, morning: datetime, passed: Callable[[datetime], None]) -> list[tuple[datetime, str]]:
    evening = min(morning + DAY - timedelta(minutes=1), END)
    incidents = {one.at: one for one in STORY if morning <= one.at <= evening}
    hours = {morning + number * HOUR for number in range(24)}
    told = []
    for instant in sorted({evening} | hours | set(incidents)):
        with _all_verdicts(instant.hour == SWEPT_BY):
            world.aws.travel_to(instant)
        world.look()
        if instant in incidents:
            told.append((instant, incidents[instant].act(world)))
            world.look()
        passed(instant)
    return told


@contextmanager
def _all_verdicts(wanted: bool) -> Iterator[None]:
    """As LOG_LEVEL=DEBUG does, lets the log tell of all that is kept, and why.

    Not at every hour: the copiers' verdicts on copies that exist would make the month half as long again.
    """
    loggers = [logging.getLogger(name) for name in [*logging.root.manager.loggerDict] if name.startswith(SERVICE)]
    before = [logger.level for logger in loggers]
    try:
        for logger in loggers if wanted else ():
            logger.setLevel(logging.DEBUG)
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
