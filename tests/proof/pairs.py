"""Every pair of functions, run concurrently, interleaved at every AWS call.

At a point of the story at which every function has work to do, two of them run at the same time. The first makes some
of its calls, the second all of its calls, then the first makes the rest: for every number of calls. Then they make
their calls in turn, and then in random orders. Afterwards the normal schedule runs for two days, and the judge looks
at the account.

`python -m tests.proof.pairs` runs all; `--pair A B --order 0,1,…` repeats one run.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations_with_replacement

from emulator import Delivery, LocalAWS
from emulator.judge import Snapshot, World
from tests.proof.runs import Finding, prove
from tests.proof.world import AWAY, HOME, REGIONS, START, WEB, calm, deploy, judge, protect_newest, request

# The Region in which each function has work to do.
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
RANDOM_ORDERS = 4  # per pair
DAYS = 2  # before the calm ones


@dataclass(frozen=True)
class Meeting:
    """Two functions, and the order of their calls: by call, 0 for the first and 1 for the second."""

    first: str
    second: str
    order: tuple[int, ...]


@dataclass(frozen=True)
class Met(Finding):
    """The result of a meeting.

    `turns` has for each call the function that made it; `doubled` is how many snapshots were too many for a time, and
    `moved_gib` what was transferred for those of them that are copies.
    """

    turns: tuple[int, ...]
    doubled: int
    moved_gib: float


def meeting_point(aws: LocalAWS) -> tuple[World, Mapping[str, Delivery]]:
    """Runs the story up to the second night; returns the world, and for each function the delivery that is to call it.

    One primary is copied and then protected; those of a set are not copied; a slot is due; something has expired; a
    snapshot is requested.
    """
    world = deploy(aws)
    aws.copy_slots = 20  # a full destination would refuse a second copy
    with aws.holding() as held:
        aws.travel_to(START + timedelta(minutes=10))
        for delivery in [delivery for delivery in held if delivery.function == "create_snapshots"]:
            aws.deliver(delivery)
        aws.travel(minutes=5)
        volume = world.facts.volume_ids[WEB.name][0]
        [completed] = [delivery for delivery in held if volume in str(delivery.event["detail"].get("source"))]
        aws.deliver(completed)
        aws.travel(minutes=5)
        protect_newest(world)
        aws.send(HOME, request(world, "0a0a0a0a-0000-0000-0000-000000000001"))
        aws.travel_to(START + timedelta(days=1, minutes=45))
        world.look()
    waiting = {delivery.function: delivery for delivery in held if FUNCTIONS[delivery.function] == delivery.region}
    return world, waiting


def meet(meeting: Meeting) -> Met:
    """Runs two functions concurrently, lets two calm days follow, and returns what does not hold."""
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        world, waiting = meeting_point(aws)
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
        return Met(what, repeat, tuple(wrong), tuple(turns), *_doubled(world))


def _doubled(world: World) -> tuple[int, float]:
    """Returns how many snapshots have been too many, for the same slot or of the same primary, and what that moved."""
    same: dict[tuple[str, str], list[Snapshot]] = defaultdict(list)
    for snapshot in sorted(world.evidence().seen.values(), key=lambda snapshot: snapshot.started):
        what = snapshot.primary_id or f"{snapshot.volume_id} {snapshot.slot or snapshot.id}"
        if snapshot.state != "error":
            same[snapshot.region, what].append(snapshot)
    surplus = [snapshot for snapshots in same.values() for snapshot in snapshots[1:]]
    return len(surplus), sum(snapshot.moved_gib for snapshot in surplus)


def meetings(pairs: Iterable[tuple[str, str]], drawn: int = RANDOM_ORDERS) -> Iterator[Meeting]:
    """Returns every meeting of these pairs."""
    calls = calls_of_functions()
    for first, second in pairs:
        counts = (calls[first], calls[second])
        # With the same function twice, it does not matter which one is first.
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
    """Returns how many calls each function makes at the meeting point if it runs alone."""
    counts = {}
    for name in FUNCTIONS:
        with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
            _, waiting = meeting_point(aws)
            counts[name] = len(aws.deliver(waiting[name]))
    return counts


def main() -> int:
    """Prints meetings and violations; returns 1 if there is a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pair", nargs=2, choices=FUNCTIONS, metavar="FUNCTION", help="only these two")
    parser.add_argument("--order", help="only this order of calls, as in 0,0,1")
    wanted = parser.parse_args()
    started = time.perf_counter()
    pairs = [tuple(wanted.pair)] if wanted.pair else PAIRS
    orders = list(meetings(pairs))
    if wanted.pair and wanted.order:
        orders = [Meeting(wanted.pair[0], wanted.pair[1], tuple(map(int, wanted.order.split(","))))]
    findings = prove(meet, orders, "tests.proof.pairs")
    bad = [run for run in findings if run.wrong]
    different = len({run.repeat for run in findings})
    doubled = sum(run.doubled > 0 for run in findings)
    moved = sum(run.moved_gib for run in findings)
    sys.stdout.write(
        f"{len(findings)} runs, {len(pairs)} pairs, {different} different orders of calls, {len(bad)} violations in "
        f"{time.perf_counter() - started:.0f} s\n"
        f"a snapshot or copy was doubled for a time in {doubled} runs; the doubled copies moved {moved:g} GiB\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
