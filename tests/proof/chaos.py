"""Chaos of events: lost, doubled, late and out of order, functions side by side, an API that lags behind.

Hypothesis draws the course of it (`machine`), and a calm follows: then all must be as it should.
``python -m tests.proof.chaos`` runs many courses, on all processors.
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
# Examples are drawn in chunks, each with a seed of its own.
CHUNK = 20


@dataclass(frozen=True)
class Finding:
    """What some examples came to: how often each rule was followed, and what does not hold after which steps."""

    seed: int
    examples: int
    steps: Counter[str]
    wrong: str = ""


def run(seed_: int, examples: int, *, shrink: bool = True) -> Finding:
    """Let Hypothesis draw courses; the same seed and number of examples draw the same ones."""
    Chaos.steps.clear()
    told: list[object] = []
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
    # Hypothesis finds the seed on the class.
    machine: Any = seed(seed_)(type("Chaos", (Chaos,), {}))
    try:
        with with_reporter(told.append):
            run_state_machine_as_test(machine, settings=drawn)
    except AssertionError as error:
        lines = [line for text in [*told, *getattr(error, "__notes__", ())] for line in str(text).splitlines()]
        steps = [line for line in lines if line.startswith("state.") and line != "state.holds()"]
        return Finding(seed_, examples, Counter(Chaos.steps), "\n  ".join([str(error), *steps]))
    return Finding(seed_, examples, Counter(Chaos.steps))


def _run(order: tuple[int, int]) -> Finding:
    return run(*order)


def main() -> int:
    """Print runs, steps and violations; return 1 if there is any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="how many courses")
    parser.add_argument(
        "--seed", type=int, default=1, help=f"of the first {CHUNK} of them; the next have the next seed"
    )
    wanted = parser.parse_args()
    started = time.perf_counter()
    starts = range(0, wanted.examples, CHUNK)
    orders = [(wanted.seed + number, min(CHUNK, wanted.examples - at)) for number, at in enumerate(starts)]
    steps: Counter[str] = Counter()
    bad = 0
    # Fresh processes now and then: what they keep in memory goes with them.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context, max_tasks_per_child=10) as pool:
        for found in pool.map(_run, orders):
            steps += found.steps
            if found.wrong:
                bad += 1
                repeat = f"python -m tests.proof.chaos --seed {found.seed} --examples {found.examples}"
                sys.stdout.write(f"{found.wrong}\n  repeat: {repeat}\n")
    taken = time.perf_counter() - started
    calms = steps.pop(CALMS, 0)
    sys.stdout.write(
        f"{wanted.examples} examples ({calms} lived to the calm), {steps.total()} steps, {bad} violations in "
        f"{taken:.0f} s\nby rule: {dict(steps.most_common())}\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
