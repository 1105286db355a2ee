"""The commands of README.md under "Deploy it", one after another, as a reader would type them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import app
from tests.docs.pages import README, commands, sections

from . import aws_command, moto_server
from .deployment import Deployment, check_out
from .local_aws import LocalAws

pytestmark = pytest.mark.e2e

HOME, DESTINATION = "eu-west-1", "us-east-1"
EXAMPLE = "i-0123456789abcdef0"
SECONDS = 300


def clone_with_its_environment(project: Path, directory: Path) -> None:
    """A clone after its first `make`: its .venv is that of the tests, and up to date."""
    check_out(project, directory)
    environment = directory / ".venv"
    environment.mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name != ".ready":
            (environment / part.name).symlink_to(part)
    (environment / ".ready").touch()


def aws_on_the_path(directory: Path) -> None:
    directory.mkdir()
    script = directory / "aws"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{aws_command.__file__}" "$@"\n')
    script.chmod(0o755)


def run(command: str, clone: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=clone,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    # A report ends with 1 if something needs attention: the instance has no snapshot yet.
    assert done.returncode == (1 if " report " in command else 0), f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def launch(aws: LocalAws) -> str:
    ec2 = aws.client("ec2", HOME)
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance: str = ec2.run_instances(ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    return instance


def test_the_commands_lead_to_an_instance_that_will_be_backed_up(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    clone_with_its_environment(pytestconfig.rootpath, clone)
    aws_on_the_path(tmp_path / "bin")
    with moto_server.running(tmp_path) as aws:
        instance = launch(aws)
        environment = Deployment(clone, aws).environment("eu-north-1") | {
            "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(clone),
        }
        section = commands(sections(README)["Deploy it"])
        said = {command: run(command.replace(EXAMPLE, instance), clone, environment) for command in section}
        for region in (HOME, DESTINATION):
            functions = aws.client("lambda", region).list_functions()["Functions"]
            assert {function["FunctionName"] for function in functions} == {
                f"ebs-snapshot-reactor-{region}-{name}" for name in app.handler_map
            }
    [planned] = [text for command, text in said.items() if " plan " in command]
    assert f"of {instance} has no snapshot" in " ".join(planned.split())
