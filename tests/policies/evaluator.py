"""Asks iam-simulate, a policy evaluator, whether a document allows a request. Its package comes by `make test`."""

from __future__ import annotations

import json
import subprocess
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.policies.documents import Document

HERE = Path(__file__).parent
NODE = Path(sysconfig.get_path("scripts")) / "node"
ALLOWED = "Allowed"
REFUSED = "ImplicitlyDenied"
Value = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """What IAM is asked before a call is carried out: once for each resource that the call is about."""

    action: str
    resource: str
    context: tuple[tuple[str, Value], ...] = ()


def installed() -> bool:
    """Whether there is an evaluator to ask."""
    return (HERE / "node_modules").exists()


def verdicts(questions: Sequence[tuple[Document, Request]]) -> list[str]:
    """One verdict for each question, in their order; an error of the evaluator is a verdict too."""
    if not installed():
        raise RuntimeError("the policy evaluator is missing: run `make test` once, which installs it")
    asked = [
        {
            "policy": policy,
            "action": request.action,
            "resource": request.resource,
            "context": {key: list(value) if isinstance(value, tuple) else value for key, value in request.context},
        }
        for policy, request in questions
    ]
    # The evaluator knows no document without an account, which is how IAM sees AWS's own.
    text = json.dumps(asked).replace("::document/", ":000000000000:document/")
    done = subprocess.run([str(NODE), "simulate.mjs"], cwd=HERE, input=text, capture_output=True, text=True, check=True)
    results: list[str] = json.loads(done.stdout)
    return results


def verdict(policy: Document, request: Request) -> str:
    return verdicts([(policy, request)])[0]
