"""`make deploy` and `make undeploy` as a user types them, and what stands in each Region afterwards."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app import app
from tests.deploy.triggers import when
from tests.policies.documents import document

from . import moto_server
from .deployment import Deployment, check_out, run
from .local_aws import LocalAws

pytestmark = pytest.mark.e2e

FIRST, SECOND = "eu-west-1", "us-east-1"


@dataclass(frozen=True)
class Account:
    checkout: Path
    aws: LocalAws

    def make(self, target: str, *regions: str) -> str:
        # The virtual environment is the one that runs this test.
        options = ["-o", ".venv/.ready", f"BIN={Path(sys.executable).parent}"]
        environment = Deployment(self.checkout, self.aws).environment("eu-north-1")
        return run(["make", *options, target, f"REGION={' '.join(regions)}"], self.checkout, environment)

    def state(self, region: str) -> bytes:
        return (self.checkout / ".chalice" / "deployed" / f"{region}.json").read_bytes()

    def installed(self, region: str) -> dict[str, Any]:
        """All that a deployment leaves in a Region, as AWS tells it."""
        functions = self.aws.client("lambda", region).list_functions()["Functions"]
        changing = ("LastModified", "RevisionId")
        return {
            "functions": {
                function["FunctionName"]: {key: value for key, value in function.items() if key not in changing}
                for function in functions
            },
            "callers": {
                function["FunctionName"]: self._callers(region, function["FunctionName"]) for function in functions
            },
            "rules": self._rules(region),
            "roles": self._roles(region),
        }

    def _callers(self, region: str, function: str) -> list[Any]:
        policy = self.aws.client("lambda", region).get_policy(FunctionName=function)["Policy"]
        return [statement["Condition"]["ArnLike"]["AWS:SourceArn"] for statement in json.loads(policy)["Statement"]]

    def _rules(self, region: str) -> dict[str, Any]:
        events = self.aws.client("events", region)
        return {
            rule["Name"]: {
                "state": rule["State"],
                "when": json.loads(rule["EventPattern"]) if rule.get("EventPattern") else rule["ScheduleExpression"],
                "targets": [target["Arn"] for target in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]],
            }
            for rule in events.list_rules()["Rules"]
        }

    def _roles(self, region: str) -> dict[str, Any]:
        """IAM knows no Regions: a role's name says for which it is."""
        iam = self.aws.client("iam", region)
        names = [role["RoleName"] for role in iam.list_roles(MaxItems=1000)["Roles"]]
        return {name: self._policies(iam, name) for name in names if f"-{region}-" in name}

    def _policies(self, iam: Any, role: str) -> list[Any]:
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        return [iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"] for name in names]

    def log_groups(self, region: str) -> dict[str, int | None]:
        groups = self.aws.client("logs", region).describe_log_groups()["logGroups"]
        return {group["logGroupName"]: group.get("retentionInDays") for group in groups}


@pytest.fixture(scope="module")
def account(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with moto_server.running(tmp_path_factory.mktemp("moto")) as aws:
        checkout = tmp_path_factory.mktemp("make")
        check_out(pytestconfig.rootpath, checkout)
        deployed = Account(checkout, aws)
        deployed.make("deploy", FIRST, SECOND)
        yield deployed


@pytest.mark.parametrize("region", [FIRST, SECOND])
def test_every_function_stands_with_its_role_its_rule_and_its_log_group(account: Account, region: str) -> None:
    installed = account.installed(region)
    names = {f"ebs-snapshot-reactor-{region}-{name}": name for name in app.handler_map}
    assert set(installed["functions"]) == set(installed["roles"]) == set(names)
    config = json.loads((account.checkout / ".chalice" / "config.json").read_text())
    assert account.log_groups(region) == {f"/aws/lambda/{name}": config["log_retention_in_days"] for name in names}
    for full, name in names.items():
        function, own = installed["functions"][full], config["lambda_functions"][name]
        assert function["Handler"] == f"app.{name}"
        assert function["Role"].endswith(f"role/{full}")
        assert len(full) <= 64
        assert function["Architectures"] == [config["lambda_architecture"]] == ["arm64"]
        assert function["MemorySize"] == config["lambda_memory_size"]
        assert function["Timeout"] == own.get("lambda_timeout", config["lambda_timeout"])
        assert installed["roles"][full] == [document(name)]


@pytest.mark.parametrize("region", [FIRST, SECOND])
def test_rules_call_what_they_should_and_may(account: Account, region: str) -> None:
    installed = account.installed(region)
    called = {}
    for rule, targets in installed["rules"].items():
        [target] = targets["targets"]
        function = target.rsplit(":", 1)[1]
        assert targets["state"] == "ENABLED"
        [caller] = installed["callers"][function]
        assert caller.endswith(f":{region}:123456789012:rule/{rule}")
        called[function.removeprefix(f"ebs-snapshot-reactor-{region}-")] = targets["when"]
    assert called == {source.name: when(source) for source in app.event_sources}


def test_deployed_again_nothing_changes(account: Account) -> None:
    before = [(account.installed(region), json.loads(account.state(region))) for region in (FIRST, SECOND)]
    account.make("deploy", FIRST, SECOND)
    assert [(account.installed(region), json.loads(account.state(region))) for region in (FIRST, SECOND)] == before


def test_one_region_leaves_the_other_alone_and_nothing_but_log_groups_behind(account: Account) -> None:
    other, state, groups = account.installed(SECOND), account.state(SECOND), account.log_groups(FIRST)
    account.make("undeploy", FIRST)
    assert account.installed(FIRST) == {"functions": {}, "callers": {}, "rules": {}, "roles": {}}
    assert set(account.log_groups(FIRST)) == set(groups)
    assert (account.installed(SECOND), account.state(SECOND)) == (other, state)
    account.make("undeploy", SECOND)
    assert account.installed(SECOND) == {"functions": {}, "callers": {}, "rules": {}, "roles": {}}
