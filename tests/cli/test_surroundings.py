"""What goes wrong before a command has an answer, profiles, the policies, and the report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from reactor_cli.commands import main
from reactor_cli.policies import policies
from reactor_cli.terminal import progress
from tests.cli.conftest import AWAY, HOME, Company
from tests.policies.authorisation import requests_of
from tests.policies.evaluator import ALLOWED, verdicts

ROOT = Path(__file__).parents[2]
READING = (["plan"], ["explain", "i-01234567"], ["lint"], ["report"], ["run", "create", "--dry-run"])


@pytest.mark.parametrize("words", [*READING, ["restore", "i-01234567"], ["drill", "i-01234567"]], ids="-".join)
def test_without_a_permission_each_command_says_which(newcomer: Company, words: list[str]) -> None:
    for operation in ("DescribeInstances", "DescribeSnapshots", "DescribeVolumes"):
        newcomer.aws.fault(operation, error="UnauthorizedOperation", message="You are not authorized", times=99)
    result = newcomer.run(*words)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("Error: ")
    assert "UnauthorizedOperation" in result.err
    assert "Traceback" not in result.err


def test_no_permission_names_the_way_out(newcomer: Company) -> None:
    newcomer.aws.fault("DescribeVolumes", error="UnauthorizedOperation", message="You are not authorized", times=9)
    assert newcomer.run("plan").err == (
        "Error: no permission for DescribeVolumes (UnauthorizedOperation): You are not authorized; "
        "'ebs-snapshot-reactor policy' prints the permissions that the commands need\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["plan", "--region", "eu-wset-1"], "no such Region: eu-wset-1; did you mean eu-west-1?"),
        (["plan", "--region", "mars"], "no such Region: mars"),
        (["plan", "--region", "mars", "--region", "all"], "no such Region: mars"),
        (["plan", "--profile", "nobody"], "The config profile (nobody) could not be found"),
        (["run", "everything"], "'everything' is not one of 'create', 'copy', 'sweep', 'report'"),
        (["explain"], "Missing argument 'ID'"),
        (["explain", "web"], "'web' is no id of an instance (i-…), a volume (vol-…) or a snapshot (snap-…)"),
        (
            ["explain", "snap-01234567"],
            "no snapshot with this id in any Region that the account has enabled: snap-01234567",
        ),
        (
            ["explain", "vol-01234567", "--region", HOME],
            "no attached volume with this id, and no snapshot of it, in eu-west-1: vol-01234567",
        ),
        (["policy", "god"], "'god' is not one of 'read', 'run', 'restore', 'undelete'"),
        (["report", "--html", "/nowhere/at/all.html"], "/nowhere/at/all.html cannot be written"),
        (["nothing"], "No such command 'nothing'"),
    ],
    ids=lambda words: "-".join(words).replace("/", "") if isinstance(words, list) else "",
)
def test_wrong_arguments(newcomer: Company, words: list[str], message: str) -> None:
    result = newcomer.run(*words)
    assert (result.code, result.out) == (2, "")
    assert message in result.err


def test_wrong_settings_are_named(newcomer: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAILY_AT", "noon")
    result = newcomer.run("plan")
    assert result.code == 2
    assert "DAILY_AT='noon' is not understood" in result.err


def test_a_profile_leads_to_its_region(newcomer: Company, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[profile ops]\nregion = {AWAY}\naws_access_key_id=x\naws_secret_access_key=y\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    result = newcomer.run("plan", "--profile", "ops", "--json")
    assert [region["region"] for region in result.json["regions"]] == [AWAY]


def environment(**more: str) -> dict[str, str]:
    bare = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "COVERAGE"))}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return bare | nothing | {"AWS_EC2_METADATA_DISABLED": "true"} | more


def test_no_credentials() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "chalicelib", "plan", "--region", HOME],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "Error: no AWS credentials: set them up with 'aws configure' or 'aws sso login', or give a --profile\n"
    )


def test_no_region() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "chalicelib", "lint"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode == 2
    assert "no Region: give --region, or set one in your AWS profile" in result.stderr


def test_policies_are_printed_whole_or_by_group() -> None:
    runner = CliRunner()
    assert json.loads(runner.invoke(main, ["policy"]).stdout) == policies()
    assert json.loads(runner.invoke(main, ["policy", "restore"]).stdout) == policies()["restore"]


def undelete_all(company: Company) -> None:
    """Every form of the command, with snapshots that a sweep put into the bin, and one that is back already."""
    company.aws.keep_deleted(HOME, days=7, tags={"Type": "Automated"})
    company.aws.invoke(HOME, "sweep_snapshots")
    first = company.aws.recycled(HOME)[0]["SnapshotId"]
    everywhere = ("--region", "all")
    for words in ((), (first,), (first, "--days", "30"), (company.db, "--keep", *everywhere), everywhere):
        assert company.run("undelete", *words).code == 0
    assert not company.aws.recycled(HOME)


@pytest.mark.node
@pytest.mark.parametrize(
    ("group", "use"),
    [
        ("read", lambda it: [it.run(*words) for words in (["plan"], ["lint"], ["report"], ["explain", it.web])]),
        ("run", lambda it: [it.run("run", job, "--yes") for job in ("create", "copy", "sweep", "report")]),
        ("restore", lambda it: [it.run("restore", it.web, "--yes"), it.run("drill", it.web)]),
        ("undelete", undelete_all),
    ],
    ids=["read", "run", "restore", "undelete"],
)
def test_a_policy_allows_every_call_of_its_commands(
    company: Company, group: str, use: Callable[[Company], object]
) -> None:
    company.aws.launch(HOME, name="new", tags={"Backup": "Yes", "Copy_Dest": AWAY})
    before = len(company.aws.calls)
    use(company)
    calls = [call for call in company.aws.calls[before:] if call.function is None]
    requests = sorted({request for call in calls for request in requests_of(call)}, key=repr)
    answers = verdicts([(policies()[group], request) for request in requests])
    assert not [pair for pair in zip(requests, answers, strict=True) if pair[1] != ALLOWED]


@pytest.mark.parametrize("group", ["read", "run", "restore", "undelete"])
def test_whatever_changes_is_allowed_under_conditions(group: str) -> None:
    free = {"SendVssDocument", "FollowCommands"}
    for statement in policies()[group]["Statement"]:
        action = statement["Action"]
        actions = [action] if isinstance(action, str) else action
        if not all(action.startswith(("ec2:Describe", "ec2:List")) for action in actions):
            assert "Condition" in statement or statement["Sid"] in free, statement["Sid"]


def test_the_report_as_text_json_csv_and_html(company: Company, tmp_path: Path) -> None:
    html, csv = tmp_path / "report.html", tmp_path / "report.csv"
    result = company.run("report", "--region", HOME, "--region", AWAY, "--html", str(html), "--csv", str(csv))
    assert result.code == 0
    assert result.err == f"wrote {html}\nwrote {csv}\n"
    assert "volumes: 3 covered" in result.out
    assert html.read_text().lstrip().lower().startswith("<!doctype html>")
    assert csv.read_text().count("\n") == 4
    data = company.run("report", "--json").json
    assert (data["command"], data["totals"]["covered"]) == ("report", 3)


def test_a_report_that_needs_attention_is_exit_code_1(newcomer: Company) -> None:
    newcomer.aws.launch(HOME, name="typo", tags={"Backup": "Yse"})
    assert newcomer.run("report").code == 1


def test_progress_is_for_a_terminal_only(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("reading"):
        pass
    assert capsys.readouterr() == ("", "")


def test_help_names_every_command_and_the_exit_codes() -> None:
    result = CliRunner().invoke(main, ["--help"]).stdout
    for name in ("plan", "run", "explain", "lint", "report", "restore", "undelete", "drill", "policy"):
        assert f"\n  {name} " in result
    assert "Exit codes:" in result


@pytest.mark.parametrize("name", sorted(main.commands))
def test_the_help_of_each_command_has_an_example_that_the_command_accepts(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"], terminal_width=100).stdout
    examples = [line.split()[1:] for line in result.splitlines() if line.startswith("    ebs-snapshot-reactor ")]
    assert examples
    for command, *words in examples:
        assert command == name
        assert main.commands[name].make_context(name, [word for word in words if word not in (">", "policy.json")])
