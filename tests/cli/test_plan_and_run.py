"""plan, and run."""

from __future__ import annotations

import pytest

from tests.cli.conftest import AWAY, HOME, SCHEDULED, THIRD, Company
from tests.cli.stored import assert_stored


def actions(data: object, job: str) -> list[tuple[str, tuple[str, ...]]]:
    [region] = data["regions"]  # type: ignore[index]
    [plan] = [plan for plan in region["jobs"] if plan["job"] == job]
    return [
        (decision["action"], tuple(decision["targets"]))
        for decision in plan["decisions"]
        if decision["action"] != "kept"
    ]


@pytest.fixture
def busy(company: Company) -> Company:
    """Something to do for every job: a new instance, a snapshot without its copy, and what has expired."""
    for name in (*SCHEDULED, "copy_on_completion"):
        company.aws.disable(HOME, name)
    company.aws.travel(hours=23)
    company.aws.travel(minutes=30)
    company.aws.invoke(HOME, "create_snapshots")
    company.aws.travel(minutes=30)
    company.aws.launch(HOME, name="new", tags={"Backup": "Yes", "Retention": "seven"}, volumes=(8, 9))
    return company


def test_plan_tells_what_each_job_would_do_and_changes_nothing(busy: Company) -> None:
    before, calls = busy.aws.snapshots(HOME), len(busy.aws.calls)
    result = busy.run("plan")
    assert (result.code, result.err) == (0, "")
    assert_stored("plan", result.out)
    assert busy.aws.snapshots(HOME) == before
    assert busy.changes(calls) == []


def test_plan_why_shows_what_is_kept(company: Company) -> None:
    result = company.run("plan", "--why")
    newest = company.newest(HOME, Source_InstanceId=company.db)
    assert f"slot 2026-11-25T00:00Z has {newest['SnapshotId']}" in result.out


def test_plan_json_is_what_the_jobs_then_do(busy: Company) -> None:
    planned = busy.run("plan", "--json").json
    assert planned["at"] == "2026-11-26T03:30:00Z"
    assert [problem["read"] for problem in planned["regions"][0]["tag_problems"]] == ["Retention=seven"]
    [(_, created)] = actions(planned, "create")
    copied = [action for action, _ in actions(planned, "copy")]
    deleted = [targets for action, targets in actions(planned, "sweep")]
    assert (len(created), copied) == (2, ["copy", "copy", "tag", "tag"])
    assert deleted

    ran = busy.run("run", "create", "--json").json["regions"][0]
    assert ran["counts"]["done"] == 2
    assert [tuple(outcome["targets"]) for outcome in ran["outcomes"]] == [created]
    assert busy.run("run", "copy", "--json").json["regions"][0]["counts"]["done"] == len(copied)
    before = {snapshot["SnapshotId"] for snapshot in busy.aws.snapshots(HOME)}
    assert busy.run("run", "sweep", "--yes", "--json").code == 0
    assert before - {snapshot["SnapshotId"] for snapshot in busy.aws.snapshots(HOME)} == {id for [id] in deleted}
    for job in ("create", "copy", "sweep"):
        assert actions(busy.run("plan", "--json").json, job) == []


def test_a_dry_run_changes_nothing_and_says_so(busy: Company) -> None:
    calls = len(busy.aws.calls)
    for job in ("create", "copy", "sweep"):
        result = busy.run("run", job, "--dry-run")
        assert result.code == 0
        assert "dry run: nothing was changed" in result.out
    assert busy.changes(calls) == []


def test_run_as_text(busy: Company) -> None:
    assert_stored("run_create", busy.run("run", "create").out)
    assert_stored("run_copy", busy.run("run", "copy").out)


def test_sweep_asks_and_takes_no_for_an_answer(busy: Company) -> None:
    before = busy.aws.snapshots(HOME)
    result = busy.run("run", "sweep", answer="n\n")
    assert result.code == 1
    assert "snapshots have expired" in result.err
    assert busy.aws.snapshots(HOME) == before
    assert busy.run("run", "sweep", answer="y\n").code == 0
    assert len(busy.aws.snapshots(HOME)) < len(before)


def test_sweep_wants_yes_where_nobody_can_answer(busy: Company) -> None:
    before = busy.aws.snapshots(HOME)
    result = busy.run("run", "sweep")
    assert result.code == 2
    assert "give --yes, or --dry-run" in result.err
    assert busy.aws.snapshots(HOME) == before


def test_a_target_that_fails_is_shown_and_is_exit_code_1(busy: Company) -> None:
    busy.aws.fault("CopySnapshot", error="UnauthorizedOperation", message="not you", times=9)
    result = busy.run("run", "copy")
    assert result.code == 1
    assert "failed" in result.out
    assert "UnauthorizedOperation: not you" in result.out
    busy.aws.fault("CopySnapshot", error="UnauthorizedOperation", times=9)
    data = busy.run("run", "copy", "--json")
    assert (data.code, len(data.json["regions"][0]["failures"])) == (1, 2)


def test_nothing_of_the_log_or_the_metrics_gets_onto_the_terminal(busy: Company) -> None:
    result = busy.run("run", "report")
    assert (result.code, result.err) == (0, "")
    assert result.out.startswith(f"{HOME}  report  1 done")
    assert "_aws" not in result.out


def test_several_regions_and_one_that_does_not_answer(company: Company) -> None:
    company.aws.fault("DescribeInstances", error="AuthFailure", message="not enabled", times=99, region=THIRD)
    result = company.run("plan", "--region", HOME, "--region", THIRD)
    assert result.code == 2
    assert HOME in result.out
    assert f"Error: {THIRD}: AWS refuses the credentials for DescribeInstances" in result.err
    data = company.run("plan", "--region", "all", "--json")
    assert [region["region"] for region in data.json["regions"]] == [HOME, AWAY]
    assert list(data.json["unreadable"]) == [THIRD]
