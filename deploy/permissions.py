"""The table in docs/permissions.md, generated from the policies. `make docs` writes it; a test checks it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.functions import PROJECT, configuration

PAGE = PROJECT / "docs" / "permissions.md"
START, END = "<!-- the table begins -->", "<!-- the table ends -->"

PURPOSES = {
    "ContinueInANextRun": "a function whose time is up invokes itself again, and no other one",
    "CopyFromSnapshots": "EC2 also checks the source of a copy",
    "CreateOnlyManagedCopies": "a copy gets `Type=Automated` in the call that creates it",
    "CreateOnlyManagedSnapshots": "a snapshot gets `Type=Automated` in the call that creates it",
    "DeleteOnlyManagedUnprotectedSnapshots": "expired snapshots",
    "DeleteOnlyUnprotectedCopies": "failed copies, and duplicate copies of a snapshot",
    "Describe": "to read; EC2 offers no narrower resource",
    "FollowCommands": "to see whether a script succeeded, and to cancel one that does not end",
    "GrantKeysToEC2": "EC2 encrypts the copy after the call",
    "PublishTheReport": "the daily report, if `REPORT_TOPIC_ARN` is set",
    "SendDocumentsTaggedForIt": "`Consistency=ssm:DOCUMENT`: scripts that their owner has tagged for this app",
    "SendFsfreezeDocument": "`Consistency=fsfreeze`: the script of this app",
    "SendToInstancesTaggedForIt": "scripts run only on instances whose owner asked for it by a tag",
    "SendVssDocument": "`Consistency=vss`: a document of AWS, so its ARN has no account",
    "SnapshotInstancesTaggedForIt": "the volumes of one instance at one point in time",
    "SnapshotVolumes": "the volumes themselves",
    "TagManagedCopies": "to propagate protection, a later expiry and lineage from a snapshot to its copies",
    "TagManagedPrimaries": "the consistency that was achieved, and tags that the VSS document cannot be given",
    "TagPrimariesOfSets": "to tag each snapshot of a set with its volume; neither its expiry nor its destinations",
    "TagWhatIsBeingCopied": "the tags of a copy, in the call that creates it",
    "TagWhatIsBeingCreated": "the tags of a snapshot, in the call that creates it",
    "UseKeysThroughEC2": "encrypted snapshots, and `Copy_KmsKey`",
    "WriteLogs": "the function's own log",
}

THIS_ACCOUNT = "${aws:PrincipalAccount}"
Row = tuple[str, str, str, str]


def table() -> str:
    """Return one row for each different statement of the policies; KeyError for one without a purpose above."""
    functions_by_row: dict[Row, list[str]] = {}
    for function, own in sorted(configuration()["lambda_functions"].items()):
        policy = json.loads((PROJECT / ".chalice" / own["iam_policy_file"]).read_text())
        for row in _rows(function, policy["Statement"]):
            functions_by_row.setdefault(row, []).append(function)
    lines = ["| allowed | on | only if | which functions | what for |", "|---|---|---|---|---|"]
    for (sid, actions, resources, conditions), functions in sorted(
        functions_by_row.items(), key=lambda item: item[0][1:]
    ):
        names = ", ".join(f"`{function}`" for function in functions)
        lines.append(f"| {actions} | {resources} | {conditions} | {names} | {PURPOSES[sid]} |")
    return "\n".join(lines)


def _rows(function: str, statements: list[Mapping[str, Any]]) -> Iterator[Row]:
    for statement in statements:
        actions = ", ".join(f"`{action}`" for action in _listed(statement["Action"]))
        resources = ", ".join(f"`{resource}`" for resource in _listed(statement["Resource"])).replace(
            function, "FUNCTION"
        )
        yield statement["Sid"], actions, resources, _conditions(statement.get("Condition", {}))


def _conditions(condition: Mapping[str, Mapping[str, Any]]) -> str:
    parts = [_condition(operator, key, value) for operator, keys in condition.items() for key, value in keys.items()]
    return "; ".join(parts) or "-"


def _condition(operator: str, key: str, value: Any) -> str:
    if value == THIS_ACCOUNT:
        return "it belongs to this account" if operator == "StringEquals" else f"`{key}`, if there, is this account"
    values = " or ".join(f"`{item}`" for item in _listed(value))
    forms = {
        "Null": f"`{key}` is {'not there' if value == 'true' else 'there'}",
        "StringEqualsIfExists": f"`{key}`, if there, is {values}",
    }
    return forms.get(operator, f"`{key}` is {values}")


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def with_table(page: str) -> str:
    """Return the page with an up-to-date table; ValueError if the marks around the table are missing."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
    sys.stdout.write(f"{PAGE}\n")
