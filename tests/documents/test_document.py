"""The Systems Manager document around the script: its schema, and that the app and the document agree."""

from __future__ import annotations

import re

from tests.documents.machine import DOCUMENT, content


def test_the_document_keeps_to_the_schema() -> None:
    document = content()
    assert document["schemaVersion"] == "2.2"
    assert set(document) <= {"schemaVersion", "description", "parameters", "mainSteps"}
    names = set(document["parameters"])
    assert {"command", "executionId"} <= names
    for parameter in document["parameters"].values():
        assert parameter["type"] == "String"
        assert set(parameter) <= {"type", "description", "default", "allowedValues", "allowedPattern"}
        if "allowedPattern" in parameter:
            assert re.fullmatch(parameter["allowedPattern"], parameter["default"])
        else:
            assert parameter["default"] in parameter["allowedValues"]
    [step] = document["mainSteps"]
    assert set(step) == {"action", "name", "precondition", "inputs"}
    assert step["action"] == "aws:runShellScript"
    assert set(re.findall(r"\{\{ *(\w+) *\}\}", DOCUMENT.read_text())) <= names
    assert len(DOCUMENT.read_bytes()) < 64 * 1024


def test_the_app_asks_for_what_the_document_offers() -> None:
    from chalicelib import consistency  # noqa: PLC0415

    assert consistency.FSFREEZE_DOCUMENT in DOCUMENT.read_text()
    assert content()["parameters"]["command"]["allowedValues"] == ["pre-script", "post-script", "dry-run"]
