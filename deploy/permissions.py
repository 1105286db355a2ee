"""The table of permissions in docs/permissions.md, made from the policies: `make docs` writes it, a test holds it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.functions import PROJECT, configuration

PAGE = PROJECT / "docs" / "permissions.md"
START, END = "<!-- the table begins -->", "<!-- the table ends -->"

PURPOSES = {
    "CopyFromSnapshots": "copies need to be allowed on their source, too",
    "CreateOnlyManagedCopies": "a copy is marked as made by this app in the call that makes it",
    "CreateOnlyManagedSnapshots": "a snapshot is marked as made by this app in the call that makes it",
    "DeleteOnlyManagedUnprotectedSnapshots": "what has expired",
    "DeleteOnlyUnprotectedCopies": "copies that failed, and second ones of the same snapshot",
    "Describe": "what there is: EC2 offers no narrower resource",
    "FollowCommands": "whether a script ended well; to cancel one that did not answer",
    "GrantKeysToEC2": "EC2 encrypts the copy later, when nobody calls any more",
    "PublishTheReport": "the daily report, if `REPORT_TOPIC_ARN` is set",
    "SendDocumentsTaggedForIt": "`Consistency=ssm:DOCUMENT`: scripts that their owner has released for backups",
    "SendFsfreezeDocument": "`Consistency=fsfreeze`: the app's own script",
    "SendToInstancesTaggedForIt": "scripts run where the owner of the instance asked for them",
    "SendVssDocument": "`Consistency=vss`: AWS's own document, which is why its ARN has no account",
    "SnapshotInstancesTaggedForIt": "the volumes of one instance at one point in time",
    "SnapshotVolumes": "the volumes themselves",
    "TagManagedCopies": "protection, a later expiry and lineage go from a snapshot to its copies",
    "TagManagedPrimaries": "volumes of a set are told apart by a second call; lost lineage is written again",
    "TagWhatIsBeingCopied": "the tags of a copy, in the call that makes it",
    "TagWhatIsBeingCreated": "the tags of a snapshot, in the call that makes it",
    "UseKeysThroughEC2": "encrypted snapshots, and `Copy_KmsKey`",
    "WriteLogs": "the function's own log",
}

THIS_ACCOUNT = "${aws:PrincipalAccount}"
Row = tuple[str, str, str, str]


def table() -> str:
    """One row for each statement that at least one function has. KeyError for one that nobody has given a purpose."""
    found: dict[Row, list[str]] = {}
    for function, own in sorted(configuration()["lambda_functions"].items()):
        policy = json.loads((PROJECT / ".chalice" / own["iam_policy_file"]).read_text())
        for row in _rows(function, policy["Statement"]):
            found.setdefault(row, []).append(function)
    lines = ["| allowed | on | only if | which functions | what for |", "|---|---|---|---|---|"]
    for (sid, actions, resources, conditions), functions in sorted(found.items(), key=lambda each: each[0][1:]):
        named = ", ".join(f"`{each}`" for each in functions)
        lines.append(f"| {actions} | {resources} | {conditions} | {named} | {PURPOSES[sid]} |")
    return "\n".join(lines)


def _rows(function: str, statements: list[Mapping[str, Any]]) -> Iterator[Row]:
    for statement in statements:
        actions = ", ".join(f"`{each}`" for each in _listed(statement["Action"]))
        resources = ", ".join(f"`{each}`" for each in _listed(statement["Resource"])).replace(function, "FUNCTION")
        yield statement["Sid"], actions, resources, _conditions(statement.get("Condition", {}))


def _conditions(condition: Mapping[str, Mapping[str, Any]]) -> str:
    parts = [_condition(operator, key, value) for operator, keys in condition.items() for key, value in keys.items()]
    return "; ".join(parts) or "-"


def _condition(operator: str, key: str, value: Any) -> str:
    if value == THIS_ACCOUNT:
        return "it belongs to this account" if operator == "StringEquals" else f"`{key}`, if there, is this account"
    values = " or ".join(f"`{each}`" for each in _listed(value))
    forms = {
        "Null": f"`{key}` is {'not there' if value == 'true' else 'there'}",
        "StringEqualsIfExists": f"`{key}`, if there, is {values}",
    }
    return forms.get(operator, f"`{key}` is {values}")


def _listed(value: Any) -> list[str]:
    return list(value) if isinstance(value, list) else [value]


def with_table(page: str) -> str:
    """The page with its table as it should be. ValueError if the marks around it are gone."""
    before, rest = page.split(START)
    _, after = rest.split(END)
    return f"{before}{START}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
    sys.stdout.write(f"{PAGE}\n")
