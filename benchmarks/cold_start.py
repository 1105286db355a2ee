"""What a cold start of the app costs, compared with what it cannot avoid.

Every run is a new interpreter. One imports the app and creates its first EC2 client, the other imports boto3 and
creates only that client. The two take turns and are compared pair by pair, so that a busy machine slows both.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path

from benchmarks.figures import Figure

PROJECT = Path(__file__).resolve().parent.parent
PAIRS = 21
GOAL = 1.25
CLOCK = "import time; start = time.perf_counter()"
PRINT = "print(time.perf_counter() - start)"
BOTO3 = f"{CLOCK}; import boto3; boto3.Session().client('ec2', region_name='eu-west-1'); {PRINT}"
APP = f"{CLOCK}; import app; app._connect('eu-west-1')._client('eu-west-1'); {PRINT}"
# As in Lambda, and with credentials, so that botocore does not look for others.
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
    """Return how long the program took by its own clock, without the start of the interpreter."""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=PROJECT, env=ENVIRONMENT, capture_output=True, text=True, check=True)  # noqa: S603  # its own programs
    return float(done.stdout.splitlines()[-1])


def measure(pairs: int = PAIRS) -> list[Figure]:
    """Return the medians, and that of the ratios; a run of each comes first, to fill the caches of the file system."""
    seconds(APP)
    seconds(BOTO3)
    measured = [(seconds(APP), seconds(BOTO3)) for _ in range(pairs)]
    app, boto3 = (1000 * statistics.median(times) for times in zip(*measured, strict=True))
    ratio = statistics.median(app / boto3 for app, boto3 in measured)
    return [
        Figure("cold start", "app and its first EC2 client", app, "ms"),
        Figure("cold start", "boto3 and the same client", boto3, "ms"),
        Figure("cold start", "ratio", ratio, "", "at most", GOAL),
    ]
