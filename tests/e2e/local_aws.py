"""A local AWS that runs functions: ministack, a process that only this machine can reach."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ACCOUNT = "123456789012"  # ministack takes an access key of twelve digits for the account
WRAPPER = Path(__file__).with_name("ministack_server.py")
EBS_SECONDS = 1.5  # long enough for a function to tag the snapshots that it has just created
START_SECONDS = 30
STOP_SECONDS = 10


@dataclass(frozen=True)
class LocalAws:
    endpoint: str
    log: Path

    def client(self, service: str, region: str) -> Any:
        return boto3.client(  # type: ignore[call-overload]
            service,
            region_name=region,
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key=ACCOUNT,  # nobody checks it
            config=Config(proxies={}, retries={"total_max_attempts": 1}, read_timeout=60),
        )

    def complaints(self) -> str:
        lines = self.log.read_text().splitlines()
        return "\n".join(line for line in lines if " WARNING " in line or " ERROR " in line)


@contextmanager
def running(functions_python: str, directory: Path) -> Iterator[LocalAws]:
    """Starts it on a free port, and ends it by its process id, whatever happened."""
    port = free_port()
    aws = LocalAws(f"http://127.0.0.1:{port}", directory / "ministack.log")
    with (
        aws.log.open("wb") as log,
        subprocess.Popen(
            [sys.executable, str(WRAPPER)],
            env=environment(port, functions_python, directory),
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            wait_until_healthy(process, aws)
            yield aws
        finally:
            stop(process)


def environment(port: int, functions_python: str, directory: Path) -> dict[str, str]:
    """Nothing of the caller's but the bare system: the functions inherit it."""
    return {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ} | {
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",  # functions may do what their roles allow; the account's own key may do everything
        "HOME": str(directory),
        "TMPDIR": str(directory),
        "EBS_SECONDS": str(EBS_SECONDS),
        "FUNCTIONS_PYTHON": functions_python,
        "PYTHONNOUSERSITE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until_healthy(process: subprocess.Popen[bytes], aws: LocalAws) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            with opener.open(f"{aws.endpoint}/_ministack/health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.1)
    state = "did not answer" if process.poll() is None else f"ended with {process.returncode}"
    raise RuntimeError(f"ministack {state}:\n{aws.log.read_text()[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
