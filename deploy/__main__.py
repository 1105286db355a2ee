"""`make package`: what CloudFormation, a stack set or Terraform deploys, in build/."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from deploy import stack_set, terraform
from deploy.functions import PROJECT, functions
from deploy.template import template

BUILD = PROJECT / "build"


def cloudformation(out: Path, project: Path = PROJECT) -> str:
    """A template with code beside it, as `aws cloudformation package` takes them."""
    _emptied(out)
    addition = out / "addition.json"
    addition.write_text(_pretty(template(functions())))
    _chalice(project, "--merge-template", str(addition), str(out))
    addition.unlink()
    return str(out / "sam.json")


def stacks(out: Path, project: Path = PROJECT) -> str:
    """A template without a transform, which stack sets do not take; its code is in a bucket of each Region."""
    cloudformation(out, project)
    sam = out / "sam.json"
    written = out / "stack-set.json"
    written.write_text(_pretty(stack_set.translated(json.loads(sam.read_text()))))
    sam.unlink()
    return str(written)


def terraformed(out: Path, project: Path = PROJECT) -> str:
    """Terraform's JSON. ``project`` is where chalice keeps the dependencies that it has built."""
    _emptied(out)
    with tempfile.TemporaryDirectory() as source:
        terraform.check_out(Path(source), terraform.RETENTION)
        built = project / ".chalice" / "deployments"
        if built.exists():
            shutil.copytree(built, Path(source) / ".chalice" / "deployments")
        _chalice(Path(source), "--pkg-format", "terraform", str(out))
    written = out / "chalice.tf.json"
    chalice = json.loads(written.read_text())
    written.write_text(_pretty(terraform.with_literal_variables(chalice)))
    (out / "logs.tf.json").write_text(_pretty(terraform.log_groups(chalice)))
    return str(out)


FORMATS: Mapping[str, Callable[..., str]] = {
    "cloudformation": cloudformation,
    "stack-set": stacks,
    "terraform": terraformed,
}


def _emptied(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def _chalice(project: Path, *arguments: str) -> None:
    # Chalice asks botocore for the names of service principals, for which any Region will do.
    environment = {"AWS_DEFAULT_REGION": "us-east-1"} | os.environ
    chalice = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
    command = [*chalice, "--project-dir", str(project), "package", "--stage", "stack", *arguments]
    subprocess.run(command, cwd=project, env=environment, check=True)  # noqa: S603  # its own arguments


def _pretty(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Takes the format's name."""
    if len(arguments) != 1 or arguments[0] not in FORMATS:
        sys.stderr.write(f"FORMAT={' '.join(arguments)} is not understood; accepted: {', '.join(FORMATS)}\n")
        return 2
    made = FORMATS[arguments[0]](BUILD / arguments[0])
    sys.stdout.write(f"{made}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
