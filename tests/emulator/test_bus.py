"""Schedules and events call the app's handlers as Lambda does."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from emulator import LocalAWS
from tests.emulator.conftest import AWAY, HOME, START, STUB


def event(kind: str, **detail: object) -> dict[str, object]:
    return {"source": "stub", "detail-type": kind, "detail": detail}


def called(aws: LocalAWS, function: str, region: str = HOME) -> list[datetime]:
    return [
        invocation.at
        for invocation in aws.invocations
        if invocation.function == function and invocation.region == region
    ]


def test_schedules_fire_in_every_region_at_their_times(deployed: LocalAWS) -> None:
    deployed.travel(hours=28)
    for region in (HOME, AWAY):
        assert called(deployed, "daily", region) == [START + timedelta(hours=hours) for hours in (3, 27)]
        assert called(deployed, "six_hourly", region) == [START + timedelta(hours=hours) for hours in (6, 12, 18, 24)]
    times = [invocation.at for invocation in deployed.invocations]
    assert times == sorted(times)


def test_a_schedule_sends_its_envelope(deployed: LocalAWS) -> None:
    deployed.travel(hours=6)
    (sent,) = [
        invocation.result
        for invocation in deployed.invocations
        if invocation.function == "six_hourly" and invocation.region == AWAY
    ]
    assert sent["source"] == "aws.events"
    assert sent["detail-type"] == "Scheduled Event"
    assert (sent["region"], sent["time"], sent["detail"]) == (AWAY, "2026-11-01T06:00:00Z", {})
    assert sent["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/six_hourly"]


def test_a_new_deployment_replaces_the_schedules(deployed: LocalAWS, stub: Path) -> None:
    deployed.travel(hours=1)
    deployed.deploy(HOME, app=stub, GREETING="again")
    deployed.travel(hours=6)
    assert called(deployed, "six_hourly") == [START + timedelta(hours=7)]
    assert called(deployed, "six_hourly", AWAY) == [START + timedelta(hours=6)]


def test_a_disabled_rule_calls_no_function_and_its_events_are_lost(deployed: LocalAWS) -> None:
    deployed.disable(HOME, "daily")
    deployed.disable(HOME, "fails")
    deployed.send(HOME, event("Fails", times=0))
    deployed.travel(hours=24)
    deployed.enable(HOME, "daily")
    deployed.enable(HOME, "fails")
    deployed.travel(hours=24)
    assert called(deployed, "daily") == [START + timedelta(hours=27)]
    assert called(deployed, "fails") == []
    with pytest.raises(KeyError, match="daily"):
        deployed.disable(HOME, "unknown")


def test_a_failure_is_retried_after_one_and_two_minutes_with_the_same_event(deployed: LocalAWS) -> None:
    deployed.send(HOME, event("Fails", times=2))
    deployed.travel(hours=1)
    tries = [invocation for invocation in deployed.invocations if invocation.function == "fails"]
    assert [(invocation.at - START).total_seconds() for invocation in tries] == [0, 60, 180]
    assert [invocation.attempt for invocation in tries] == [1, 2, 3]
    assert [invocation.error for invocation in tries] == ["RuntimeError: no luck", "RuntimeError: no luck", None]
    assert len({invocation.event["id"] for invocation in tries}) == 1
    assert "Traceback" in tries[0].log
    assert tries[2].result == {"attempts": 3}
    assert deployed.dead_letters == []


def test_after_three_failures_the_event_is_a_dead_letter(deployed: LocalAWS) -> None:
    deployed.send(HOME, event("Fails"))
    deployed.travel(hours=1)
    (letter,) = deployed.dead_letters
    assert (letter.region, letter.function, letter.error) == (HOME, "fails", "RuntimeError: no luck")
    assert letter.at == START + timedelta(minutes=3)
    assert len(called(deployed, "fails")) == 3


def test_an_event_is_delivered_in_its_own_region_only(deployed: LocalAWS) -> None:
    deployed.send(AWAY, event("Fails", times=0))
    deployed.travel()
    assert (len(called(deployed, "fails", AWAY)), len(called(deployed, "fails", HOME))) == (1, 0)


def test_a_result_that_is_not_json_is_an_error(deployed: LocalAWS) -> None:
    with pytest.raises(TypeError, match="JSON"):
        deployed.invoke(HOME, "bad_result")
    deployed.send(HOME, event("Bad Result"))
    deployed.travel(hours=1)
    assert len(deployed.dead_letters) == 1


def test_a_handler_that_exceeds_its_timeout_is_ended(aws: LocalAWS, stub: Path) -> None:
    config = stub.parent / ".chalice" / "config.json"
    config.parent.mkdir()
    config.write_text(
        '{"lambda_timeout": 100, "stages": {"dev": {"lambda_functions": {"slow": {"lambda_timeout": 30}}}}}'
    )
    aws.deploy(HOME, app=stub, GREETING="x")
    assert aws.invoke(HOME, "slow", {"seconds": 29}) == {"before": 30000, "after": 1000}
    aws.send(HOME, event("Slow", seconds=31))
    aws.travel()
    assert aws.invocations[-1].error == "TimedOut: Task timed out after 30.00 seconds"


def test_events_can_be_lost(deployed: LocalAWS) -> None:
    deployed.event_loss = 0.5
    for _ in range(200):
        deployed.send(HOME, event("Fails", times=0))
    deployed.travel()
    assert 70 < len(called(deployed, "fails")) < 130
    deployed.travel(hours=6)
    assert called(deployed, "six_hourly"), "schedules are not lost"


def test_events_can_be_delivered_twice(deployed: LocalAWS) -> None:
    deployed.event_duplication = 1.0
    deployed.send(HOME, event("Fails", times=0))
    deployed.travel()
    ids = [invocation.event["id"] for invocation in deployed.invocations]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_events_can_be_late_and_out_of_order(deployed: LocalAWS) -> None:
    deployed.event_jitter = timedelta(minutes=5)
    for number in range(20):
        deployed.send(HOME, event("Fails", times=0, number=number))
    deployed.travel(minutes=5)
    numbers = [invocation.event["detail"]["number"] for invocation in deployed.invocations]
    assert sorted(numbers) == list(range(20))
    assert numbers != sorted(numbers)
    assert all(START <= at <= START + timedelta(minutes=5) for at in called(deployed, "fails"))


def test_a_direct_call_returns_the_result_or_raises_the_error_of_the_handler(deployed: LocalAWS) -> None:
    answer = deployed.invoke(AWAY, "daily", {"dry_run": True})
    assert answer == {"region": AWAY, "detail": {"dry_run": True}, "function": "daily"}
    with pytest.raises(RuntimeError, match="no luck"):
        deployed.invoke(HOME, "fails")
    deployed.travel(hours=1)
    assert len(called(deployed, "fails")) == 1, "a direct call is not retried"
    assert deployed.invoke(HOME, "on_end")["source"] == "aws.ec2"
    with pytest.raises(KeyError, match="not deployed"):
        deployed.invoke("eu-west-1", "unknown")


def test_output_belongs_to_its_invocation_and_a_call_to_its_function(
    deployed: LocalAWS, capsys: pytest.CaptureFixture[str]
) -> None:
    deployed.travel(hours=3)
    assert [invocation.log for invocation in deployed.invocations] == ["daily at 2026-11-01T03:00:00Z\n"] * 2
    deployed.invoke(HOME, "describe")
    assert (deployed.calls[-1].function, deployed.calls[-1].region) == ("describe", HOME)
    assert capsys.readouterr().out == ""


def test_each_region_imports_the_app_anew(deployed: LocalAWS) -> None:
    for region in (HOME, AWAY):
        deployed.send(region, event("Fails", times=1))
    deployed.travel(hours=1)
    assert [invocation.result for invocation in deployed.invocations if invocation.result] == [{"attempts": 2}] * 2


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (STUB.replace('Cron(0, 3, "*", "*", "?", "*")', '"cron(bad)"'), ValueError, "six"),
        (
            STUB.replace('{"source": ["stub"], "detail-type": ["Slow"]}', '{"source": [{"like": "x"}]}'),
            ValueError,
            "like",
        ),
        ("app = 1", ImportError, "no Chalice object"),
    ],
    ids=["bad schedule", "bad pattern", "no app"],
)
def test_an_app_that_aws_would_refuse_is_refused(
    aws: LocalAWS, stub: Path, text: str, error: type[Exception], message: str
) -> None:
    stub.write_text(text)
    with pytest.raises(error, match=message):
        aws.deploy(HOME, app=stub, GREETING="x")


def test_the_clock_only_moves_forward(aws: LocalAWS) -> None:
    aws.travel_to(datetime(2026, 11, 2, tzinfo=UTC))
    with pytest.raises(ValueError, match="forward"):
        aws.travel_to(START)
