"""Runs the month: hour by hour time passes and the story happens; each day is printed when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from rich.console import Console

from emulator.demo.company import DAYS, PLACES, START
from emulator.demo.narration import Narrator
from emulator.demo.story import END, STORY
from emulator.judge import World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SERVICE = "ebs-snapshot-reactor"
SWEEP_DONE_HOUR = 1  # the first sweep of a day runs in the hour before


def live(world: World, console: Console, passed: Callable[[datetime], None]) -> None:
    """Takes the world from START to END; calls `passed` at every hour."""
    world.aws.deploy(*PLACES)
    narrator = Narrator(world, console)
    for number in range(DAYS):
        morning = START + number * DAY
        earlier = len(world.aws.invocations)
        events = _live_day(world, morning, passed)
        narrator.tell(morning.date(), events, world.aws.invocations[earlier:])


def _live_day(world: World, morning: datetime, passed: Callable[[datetime], None]) -> list[tuple[datetime, str]]:
    evening = min(morning + DAY - timedelta(minutes=1), END)
    events = {event.at: event for event in STORY if morning <= event.at <= evening}
    hours = {morning + number * HOUR for number in range(24)}
    happened = []
    for instant in sorted({evening} | hours | set(events)):
        with _debug_log(instant.hour == SWEEP_DONE_HOUR):
            world.aws.travel_to(instant)
        world.look()
        if instant in events:
            happened.append((instant, events[instant].act(world)))
            world.look()
        passed(instant)
    return happened


@contextmanager
def _debug_log(wanted: bool) -> Iterator[None]:
    """If `wanted`, logs as with LOG_LEVEL=DEBUG: then the log names everything that is kept, and why.

    Not at every hour: the demo would take half as long again.
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
