"""The policy documents of the functions, and the single grants that they are made of."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reactor_cli.policies import policies

CHALICE = Path(__file__).resolve().parents[2] / ".chalice"
Statement = Mapping[str, Any]
Document = Mapping[str, Any]


def functions() -> list[str]:
    """The functions that are configured: each has a policy of its own."""
    config = json.loads((CHALICE / "config.json").read_text())
    return sorted(config["lambda_functions"])


def document(function: str) -> Document:
    config = json.loads((CHALICE / "config.json").read_text())
    name = config["lambda_functions"][function]["iam_policy_file"]
    content: Document = json.loads((CHALICE / name).read_text())
    return content


def roles() -> dict[str, Document]:
    """What each function may do, and what an operator may with the policies that `policy` prints."""
    return {function: document(function) for function in functions()} | {
        f"policy {group}": content for group, content in policies().items()
    }


def listed(value: Any) -> list[Any]:
    """IAM takes one value or a list of them."""
    return list(value) if isinstance(value, list) else [value]


@dataclass(frozen=True, slots=True)
class Grant:
    """The smallest part of a policy: one action on one resource, with one value for each of its conditions."""

    sid: str
    action: str
    resource: str
    conditions: tuple[tuple[str, str, str], ...]

    @property
    def statement(self) -> Statement:
        condition: dict[str, dict[str, str]] = {}
        for operator, key, value in self.conditions:
            condition.setdefault(operator, {})[key] = value
        rest = {"Condition": condition} if condition else {}
        return {"Effect": "Allow", "Action": self.action, "Resource": self.resource} | rest

    def __str__(self) -> str:
        conditions = "".join(f", {operator} {key} {value}" for operator, key, value in self.conditions)
        return f"{self.sid}: {self.action} on {self.resource}{conditions}"


def grants(policy: Document) -> Iterator[Grant]:
    for statement in policy["Statement"]:
        choices = [
            [(operator, key, value) for value in listed(values)]
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        ]
        for action, resource, *conditions in itertools.product(
            listed(statement["Action"]), listed(statement["Resource"]), *choices
        ):
            yield Grant(statement["Sid"], action, resource, tuple(conditions))


def made_of(parts: list[Grant]) -> Document:
    return {"Version": "2012-10-17", "Statement": [part.statement for part in parts]}
