"""Terraform's files: one log group for each function beside what chalice makes, and nothing that Terraform fills in."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app import app
from deploy.functions import configuration
from tests.policies.documents import document


def test_functions_roles_and_log_groups(terraform_files: Path) -> None:
    chalice = json.loads((terraform_files / "chalice.tf.json").read_text())["resource"]
    functions = chalice["aws_lambda_function"]
    assert sorted(functions) == sorted(app.handler_map)
    for name, function in functions.items():
        assert function["architectures"] == ["arm64"]
        assert function["role"] == f"${{aws_iam_role.{name}.arn}}" or "aws_iam_role" in function["role"]
    groups = json.loads((terraform_files / "logs.tf.json").read_text())["resource"]["aws_cloudwatch_log_group"]
    assert {group["name"] for group in groups.values()} == {
        f"/aws/lambda/{f['function_name']}" for f in functions.values()
    }
    assert {group["retention_in_days"] for group in groups.values()} == {configuration()["log_retention_in_days"]}
    assert (terraform_files / "deployment.zip").is_file()


def test_policies_hold_nothing_that_terraform_would_fill_in(terraform_files: Path) -> None:
    resources = json.loads((terraform_files / "chalice.tf.json").read_text())["resource"]
    policies = [policy["policy"] for policy in resources["aws_iam_role_policy"].values()]
    assert all("$${aws:PrincipalAccount}" in policy for policy in policies)
    assert not [policy for policy in policies if re.search(r"(?<!\$)\$\{|%\{", policy)]
    # What Terraform makes of them.
    given = sorted(json.dumps(json.loads(policy.replace("$${", "${"))) for policy in policies)
    assert given == sorted(json.dumps(document(name)) for name in app.handler_map)
