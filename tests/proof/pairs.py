"""Every pair of functions side by side, interleaved at every AWS call.

At a point of the story at which every function has work to do, two of them are run at once: one makes some of its
calls, then the other all of its own, then the first the rest; for every number of calls. Then each in turn, call by
call; then in orders that are drawn. Afterwards the normal schedule goes on for two days, and the judge looks at the account.

``python -m tests.proof.pairs`` runs all of it; ``--pair A B --order 0,1,…`` repeats one run.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations_with_replacement

from emulator import Delivery, LocalAWS
from emulator.judge import World
from tests.proof.runs import Finding, prove
from tests.proof.world import AWAY, HOME, REGIONS, START, WEB, calm, deploy, judge, protect_newest, request

# Where each function has something to do, and somebody to be in the way of.
FUNCTIONS = {
    "create_snapshots": HOME,
    "create_on_request": HOME,
    "copy_on_completion": HOME,
    "continue_copies": AWAY,
    "copy_missing": HOME,
    "mirror_protection": HOME,
    "sweep_snapshots": HOME,
    "report": HOME,
}
PAIRS = tuple(combinations_with_replacement(FUNCTIONS, 2))
DRAWN = 4  # orders per pair
DAYS = 2  # before the calm ones


@dataclass(frozen=True)
class Meeting:
    """Two functions, and the order in which they make their calls: the places of the two, call after call."""

    first: str
    second: str
    order: tuple[int, ...]


@dataclass(frozen=True)
class Met(Finding):
    """What one meeting came to.

    `turns` are whose calls were made, in order; `doubled` is how many snapshots were one too many for a time.
    """

    turns: tuple[int, ...]
    doubled: int


def crossroads(aws: LocalAWS) -> tuple[World, Mapping[str, Delivery]]:
    """Live up to the second night; return the world, and for each function what is about to call it.

    One primary is copied, and protected since; those of a set are not copied; a slot is due; something has expired; a
    snapshot is asked for.
    """
    world = deploy(aws)
    aws.copy_slots = 20  # a full destination would refuse what is one too many
    with aws.holding() as held:
        aws.travel_to(START + timedelta(minutes=10))
        for one in [one for one in held if one.function == "create_snapshots"]:
            aws.deliver(one)
        aws.travel(minutes=5)
        volume = world.facts.volume_ids[WEB.name][0]
        [completed] = [one for one in held if volume in str(one.event["detail"].get("source"))]
        aws.deliver(completed)
        aws.travel(minutes=5)
        protect_newest(world)
        aws.send(HOME, request(world, "0a0a0a0a-0000-0000-0000-000000000001"))
        aws.travel_to(START + timedelta(days=1, minutes=45))
        world.look()
    waiting = {one.function: one for one in held if FUNCTIONS[one.function] == one.region}
    return world, waiting


def meet(meeting: Meeting) -> Met:
    """Run two functions side by side, let two calm days follow, and return what does not hold."""
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        world, waiting = crossroads(aws)
        if "create_on_request" not in (meeting.first, meeting.second):
            world.facts.requests.clear()  # its event is lost
        turns = aws.deliver(waiting[meeting.first], waiting[meeting.second], order=meeting.order)
        world.look()
        aws.travel(hours=2)  # the rest of the night, with the schedules of each hour
        calm(world, first=DAYS)
        wrong = judge(world)
        order = ",".join(map(str, turns))
        what = f"{meeting.first} and {meeting.second}"
        repeat = f"--pair {meeting.first} {meeting.second} --order {order}"
        return Met(what, repeat, tuple(wrong), tuple(turns), _doubled(world))


def _doubled(world: World) -> int:
    """Return how many snapshots have been one too many: for the same slot, or of the same primary."""
    counts: Counter[tuple[str, str]] = Counter()
    for snapshot in world.evidence().seen.values():
        what = snapshot.primary_id or f"{snapshot.volume_id} {snapshot.slot or snapshot.id}"
        counts[snapshot.region, what] += snapshot.state != "error"
    return sum(count - 1 for count in counts.values() if count > 1)


def meetings(pairs: Iterable[tuple[str, str]], drawn: int = DRAWN) -> Iterator[Meeting]:
    """Return every meeting of these pairs."""
    calls = calls_of_functions()
    for first, second in pairs:
        counts = (calls[first], calls[second])
        # A function beside itself: whoever is first, it is the same.
        for place in (0,) if first == second else (0, 1):
            for number in range(counts[place]):
                yield Meeting(first, second, (place,) * number + (1 - place,) * sum(counts))
        yield Meeting(first, second, (0, 1) * max(counts))
        rng = random.Random(f"{first} {second}")  # noqa: S311  # for repetition, not for secrets
        for _ in range(drawn):
            order = [0] * counts[0] + [1] * counts[1]
            rng.shuffle(order)
            yield Meeting(first, second, tuple(order))


def calls_of_functions() -> dict[str, int]:
    """Return how many calls each function makes at the crossroads, alone."""
    counts = {}
    for name in FUNCTIONS:
        with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
            _, waiting = crossroads(aws)
            counts[name] = len(aws.deliver(waiting[name]))
    return counts


def main() -> int:
    """Print meetings and violations; return 1 if there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", nargs=2, choices=FUNCTIONS, metavar="FUNCTION", help="only these two")
    parser.add_argument("--order", help="only this order of calls, as in 0,0,1")
    wanted = parser.parse_args()
    started = time.perf_counter()
    pairs = [tuple(wanted.pair)] if wanted.pair else PAIRS
    orders = list(meetings(pairs))
    if wanted.pair and wanted.order:
        orders = [Meeting(wanted.pair[0], wanted.pair[1], tuple(map(int, wanted.order.split(","))))]
    found = prove(meet, orders, "tests.proof.pairs")
    bad = [run for run in found if run.wrong]
    different = len({run.repeat for run in found})
    doubled = sum(run.doubled > 0 for run in found)
    sys.stdout.write(
        f"{len(found)} runs, {len(pairs)} pairs, {different} different orders of calls, {len(bad)} violations in "
        f"{time.perf_counter() - started:.0f} s\n"
        f"a snapshot or copy was doubled for a time in {doubled} runs\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
