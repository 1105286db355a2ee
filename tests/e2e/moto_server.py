"""moto as a server that only this machine can reach: an AWS that keeps what is deployed, and runs none of it."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .local_aws import LocalAws, environment, free_port, stop

START_SECONDS = 30


@contextmanager
def running(directory: Path) -> Iterator[LocalAws]:
    """Starts it on a free port, and ends it by its process id, whatever happened."""
    port = free_port()
    aws = LocalAws(f"http://127.0.0.1:{port}", directory / "moto.log")
    command = [sys.executable, "-c", "from moto.server import main; main()", "-H", "127.0.0.1", "-p", str(port)]
    with (
        aws.log.open("wb") as log,
        subprocess.Popen(
            command, env=environment(port, sys.executable, directory), stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            without_docker(process, aws)
            yield aws
        finally:
            stop(process)


def without_docker(process: subprocess.Popen[bytes], aws: LocalAws) -> None:
    """Before anything is deployed: moto would look for Docker to keep a function's code in."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    body = json.dumps({"lambda": {"use_docker": False}}).encode()
    request = urllib.request.Request(  # noqa: S310  # its own address
        f"{aws.endpoint}/moto-api/config", body, {"Content-Type": "application/json"}
    )
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with opener.open(request, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"moto did not answer:\n{aws.log.read_text()[-4000:]}")
