"""`make bench-cold-start`: what a cold start costs beside what it cannot avoid.

Every run is a fresh interpreter. One imports the app and makes its first EC2 client, the other imports boto3 and makes
that client alone; the two take turns, and their ratio is taken pair by pair, so that a busy machine weighs on both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import Figure, all_met

PROJECT = Path(__file__).resolve().parent.parent
PAIRS = 21
GOAL = 1.25
CLOCK = "import time; start = time.perf_counter()"
TOLD = "print(time.perf_counter() - start)"
ALONE = f"{CLOCK}; import boto3; boto3.Session().client('ec2', region_name='eu-west-1'); {TOLD}"
APP = f"{CLOCK}; import app; app._connect('eu-west-1')._client('eu-west-1'); {TOLD}"
# As in Lambda, and with credentials that keep botocore from looking for others.
ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "bench",
    "AWS_SECRET_ACCESS_KEY": "bench",
    "AWS_LAMBDA_FUNCTION_NAME": "ebs-snapshot-reactor",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "PATH": os.environ["PATH"],
}


def seconds(program: str) -> float:
    """How long the program took by its own clock, without the interpreter's start."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, check=True)  # noqa: S603  # its own programs
    return float(done.stdout.splitlines()[-1])


def pairs(count: int) -> list[tuple[float, float]]:
    """Runs of the app and of boto3 alone, after one of each that fills the caches of the file system."""
    seconds(APP)
    seconds(ALONE)
    return [(seconds(APP), seconds(ALONE)) for _ in range(count)]


def ratio(measured: list[tuple[float, float]]) -> float:
    """The median of the ratios of the pairs."""
    return statistics.median(app / alone for app, alone in measured)


def slowest_imports(most: int) -> list[tuple[int, str]]:
    """Microseconds of the modules, without what they import in turn, that boto3 and its client do not import."""

    def timed(program: str) -> dict[str, int]:
        command = [sys.executable, "-X", "importtime", "-c", program]
        done = subprocess.run(command, cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, check=True)  # noqa: S603
        rows = [
            line.split(":", 1)[1].split("|") for line in done.stderr.splitlines() if line.startswith("import time:")
        ]
        return {name.strip(): int(own) for own, _, name in rows if own.strip().isdigit()}

    alone = timed(ALONE)
    return sorted(((own, name) for name, own in timed(APP).items() if name not in alone), reverse=True)[:most]


def figures(measured: list[tuple[float, float]]) -> list[Figure]:
    """The ratio beside its goal, and what it is made of."""
    app, alone = (1000 * statistics.median(each) for each in zip(*measured, strict=True))
    return [
        Figure("cold start", "app and first EC2 client", app, "ms"),
        Figure("cold start", "boto3 and that client alone", alone, "ms"),
        Figure("cold start", "ratio", ratio(measured), "", "at most", GOAL),
    ]


def show(measured: list[tuple[float, float]]) -> None:
    """Prints medians, the ratio beside its goal, and where the difference comes from."""
    app, alone = (1000 * statistics.median(each) for each in zip(*measured, strict=True))
    found = ratio(measured)
    lines = [
        f"Cold start, medians of {len(measured)} pairs:",
        f"app and first EC2 client {app:.0f} ms, boto3 and that client alone {alone:.0f} ms.",
        f"Ratio {found:.2f}, goal at most {GOAL}: {'met' if found <= GOAL else 'missed'}.",
        "The slowest imports that are not boto3's, in ms without what they import in turn:",
        *(f"  {own / 1000:5.1f}  {name}" for own, name in slowest_imports(15)),
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def main() -> int:
    """Prints the figures; 1 if the goal is missed."""
    measured = pairs(PAIRS)
    show(measured)
    return 0 if all_met(figures(measured)) else 1


if __name__ == "__main__":
    sys.exit(main())
