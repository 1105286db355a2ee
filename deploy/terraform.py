"""What Chalice's Terraform output lacks. Chalice fails if a log retention is set, so the log groups are added here."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from deploy.functions import PROJECT, configuration

RETENTION = "log_retention_in_days"
PARTS = ("app.py", "chalicelib", "requirements.txt", ".chalice")
BUILT = ("__pycache__", "deployed", "deployments")


def check_out(directory: Path, *without: str) -> None:
    """Copy what is deployed into a directory, with a configuration without the given keys."""
    for name in PARTS:
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, directory / name, ignore=shutil.ignore_patterns(*BUILT), dirs_exist_ok=True)
        else:
            shutil.copy2(source, directory / name)
    config = {key: value for key, value in configuration().items() if key not in without}
    (directory / ".chalice" / "config.json").write_text(json.dumps(config))


def with_literal_variables(chalice: dict[str, Any]) -> dict[str, Any]:
    """Return Chalice's output with the variables of IAM escaped. Terraform would evaluate ``${aws:PrincipalAccount}``.

    https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences
    """
    policies = {
        name: policy | {"policy": policy["policy"].replace("${", "$${")}
        for name, policy in chalice["resource"]["aws_iam_role_policy"].items()
    }
    return chalice | {"resource": chalice["resource"] | {"aws_iam_role_policy": policies}}


def log_groups(chalice: dict[str, Any]) -> dict[str, Any]:
    """Return the log group of each function in Chalice's output."""
    days = configuration()[RETENTION]
    functions = chalice["resource"]["aws_lambda_function"]
    groups = {
        name: {"name": f"/aws/lambda/{function['function_name']}", "retention_in_days": days}
        for name, function in functions.items()
    }
    return {"resource": {"aws_cloudwatch_log_group": groups}}
