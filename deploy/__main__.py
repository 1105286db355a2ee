"""`make package`: writes the files for CloudFormation, a stack set or Terraform to build/."""

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
    """Write a template and the code, for `aws cloudformation package`; return the path of the template."""
    _create_empty(out)
    addition = out / "addition.json"
    addition.write_text(_pretty(template(functions())))
    _chalice(project, "--merge-template", str(addition), str(out))
    addition.unlink()
    return str(out / "sam.json")


def stacks(out: Path, project: Path = PROJECT) -> str:
    """Write a template for a stack set, whose code is in a bucket of each Region; return its path."""
    cloudformation(out, project)
    sam = out / "sam.json"
    template_path = out / "stack-set.json"
    template_path.write_text(_pretty(stack_set.translated(json.loads(sam.read_text()))))
    sam.unlink()
    return str(template_path)


def terraformed(out: Path, project: Path = PROJECT) -> str:
    """Write Terraform's JSON and return its directory; ``project`` is where Chalice keeps built packages."""
    _create_empty(out)
    with tempfile.TemporaryDirectory() as source:
        terraform.check_out(Path(source), terraform.RETENTION)
        built = project / ".chalice" / "deployments"
        if built.exists():
            shutil.copytree(built, Path(source) / ".chalice" / "deployments")
        _chalice(Path(source), "--pkg-format", "terraform", str(out))
    main = out / "chalice.tf.json"
    chalice = json.loads(main.read_text())
    main.write_text(_pretty(terraform.with_literal_variables(chalice)))
    (out / "logs.tf.json").write_text(_pretty(terraform.log_groups(chalice)))
    return str(out)


FORMATS: Mapping[str, Callable[..., str]] = {
    "cloudformation": cloudformation,
    "stack-set": stacks,
    "terraform": terraformed,
}


def _create_empty(directory: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)


def _chalice(project: Path, *arguments: str) -> None:
    # Chalice asks botocore for the names of service principals, which needs some Region.
    environment = {"AWS_DEFAULT_REGION": "us-east-1"} | os.environ
    chalice = [sys.executable, "-c", "import sys; from chalice.cli import main; sys.exit(main())"]
    command = [*chalice, "--project-dir", str(project), "package", "--stage", "stack", *arguments]
    subprocess.run(command, cwd=project, env=environment, check=True)  # noqa: S603  # its own arguments


def _pretty(content: Mapping[str, Any]) -> str:
    return json.dumps(content, indent=2) + "\n"


def main(arguments: list[str]) -> int:
    """Write the files of a format; return 2 if there is no such format."""
    if len(arguments) != 1 or arguments[0] not in FORMATS:
        sys.stderr.write(f"FORMAT={' '.join(arguments)} is not understood; accepted: {', '.join(FORMATS)}\n")
        return 2
    path = FORMATS[arguments[0]](BUILD / arguments[0])
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
