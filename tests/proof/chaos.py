"""Chaos of events: lost, doubled, late and out of order, with concurrent functions and an API that lags behind.

Hypothesis chooses what happens (`machine`). Then the normal schedule runs for two days, and the judge looks at the
account. `python -m tests.proof.chaos` runs many courses of events, on all processors.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.reporting import with_reporter
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.machine import CALMS, Chaos

STEPS = 40
# Every chunk of examples has a seed of its own.
CHUNK = 20


@dataclass(frozen=True)
class Finding:
    """The result of some examples: how often each rule ran, and what does not hold after which steps."""

    seed: int
    examples: int
    steps: Counter[str]
    wrong: str = ""


def run(seed_: int, examples: int, *, shrink: bool = True) -> Finding:
    """Runs courses of events; the same seed and number of examples give the same courses."""
    Chaos.steps.clear()
    reported: list[object] = []
    drawn = settings(
        max_examples=examples,
        stateful_step_count=STEPS,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink) if shrink else (Phase.generate,),
        report_multiple_bugs=False,
        print_blob=False,
    )
    # Hypothesis reads the seed from the class.
    machine: Any = seed(seed_)(type("Chaos", (Chaos,), {}))
    try:
        with with_reporter(reported.append):
            run_state_machine_as_test(machine, settings=drawn)
    except AssertionError as error:
        lines = [line for text in [*reported, *getattr(error, "__notes__", ())] for line in str(text).splitlines()]
        steps = [line for line in lines if line.startswith("state.") and line != "state.holds()"]
        return Finding(seed_, examples, Counter(Chaos.steps), "\n  ".join([str(error), *steps]))
    return Finding(seed_, examples, Counter(Chaos.steps))


def _run(order: tuple[int, int]) -> Finding:
    return run(*order)


def main() -> int:
    """Prints runs, steps and violations; returns 1 if there is a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="how many courses of events")
    parser.add_argument(
        "--seed", type=int, default=1, help=f"seed of the first {CHUNK} courses; the next {CHUNK} have the next seed"
    )
    wanted = parser.parse_args()
    started = time.perf_counter()
    starts = range(0, wanted.examples, CHUNK)
    orders = [(wanted.seed + number, min(CHUNK, wanted.examples - at)) for number, at in enumerate(starts)]
    steps: Counter[str] = Counter()
    bad = 0
    # New processes now and then, to free their memory.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=10) as pool:
        for finding in pool.map(_run, orders):
            steps += finding.steps
            if finding.wrong:
                bad += 1
                repeat = f"python -m tests.proof.chaos --seed {finding.seed} --examples {finding.examples}"
                sys.stdout.write(f"{finding.wrong}\n  repeat: {repeat}\n")
    taken = time.perf_counter() - started
    calms = steps.pop(CALMS, 0)
    sys.stdout.write(
        f"{wanted.examples} examples ({calms} lived to the calm), {steps.total()} steps, {bad} violations in "
        f"{taken:.0f} s\nby rule: {dict(steps.most_common())}\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
