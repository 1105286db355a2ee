"""Every fault at every call: the story runs once to count its calls, then again for each call and each fault.

`python -m tests.proof.faults` runs all; `--call N --fault NAME` repeats one run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass

from emulator import ApiCall, LocalAWS
from emulator.judge import ExpectedFailure
from tests.proof.runs import Finding, prove
from tests.proof.world import REGIONS, START, calm, deploy, judge, live

FAULTS = {
    "throttled": ("RequestLimitExceeded", False),
    "internal error": ("InternalError", False),
    "time-out, carried out": ("timeout", True),
    "time-out, not carried out": ("timeout", False),
    "access denied": ("UnauthorizedOperation", False),
    "killed just before": ("killed", False),
    "killed just after": ("killed", True),
}
# These must end the invocation with an error, at whatever call: the run itself cannot make up for them.
REPORTED = {
    "access denied": "UnauthorizedOperation",
    "killed just before": "FunctionKilled",
    "killed just after": "FunctionKilled",
}


@dataclass(frozen=True)
class Faulty(Finding):
    """The result of the story with a fault at one call."""

    operation: str


def calls_of_story() -> list[ApiCall]:
    """Returns the calls that functions make in the story, in order."""
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        live(deploy(aws))
        return [call for call in aws.calls if call.function]


def run(call: int, fault: str) -> Faulty:
    """Lives through the story with a fault at one call, lets two calm days follow, and returns what does not hold."""
    error, carried_out = FAULTS[fault]
    with LocalAWS(start=START, regions=REGIONS, seed=1) as aws:
        aws.fault_at(call, error=error, carried_out=carried_out)
        world = deploy(aws)
        if fault in REPORTED:
            world.facts.failures.append(ExpectedFailure(REPORTED[fault]))
        live(world)
        calm(world)
        calls = [call for call in aws.calls if call.function]
        wrong = judge(world)
        if not any(call.error for call in calls):
            wrong.append("the fault never happened")
        operation = calls[call - 1].operation
        what = f"call {call} ({operation}), {fault}"
        return Faulty(what, f"--call {call} --fault '{fault}'", tuple(wrong), operation)


def _run(order: tuple[int, str]) -> Faulty:
    return run(*order)


def main() -> int:
    """Prints runs, faults and violations; returns 1 if there is a violation."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--call", type=int, help="only this call")
    parser.add_argument("--fault", choices=FAULTS, help="only this fault")
    wanted = parser.parse_args()
    started = time.perf_counter()
    count = len(calls_of_story())
    numbers = [wanted.call] if wanted.call else range(1, count + 1)
    faults = [wanted.fault] if wanted.fault else list(FAULTS)
    findings = prove(_run, [(number, fault) for number in numbers for fault in faults], "tests.proof.faults")
    bad = [run for run in findings if run.wrong]
    kinds = Counter(run.operation for run in findings)
    sys.stdout.write(
        f"{len(findings)} runs, {count} calls, {len(faults)} faults, {len(bad)} violations in "
        f"{time.perf_counter() - started:.0f} s\nby operation: {', '.join(f'{name} {count}' for name, count in kinds.most_common())}\n"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
