from datetime import time

import pytest

from chalicelib.schedule import Retention, Tier
from chalicelib.settings import Settings, SettingsError


def test_defaults() -> None:
    settings = Settings.from_environ({"AWS_REGION": "eu-west-1"})
    assert settings == Settings(
        region="eu-west-1",
        daily_at=time(3),
        default_retention=Retention((Tier(7, "d"),)),
        max_delete_percent=80,
        last_copy_grace_days=30,
        copy_slots=20,
        concurrency=16,
        consistency_timeout=60,
        report_topic_arn="",
        dry_run=False,
        log_level="INFO",
    )


def test_everything_set() -> None:
    settings = Settings.from_environ(
        {
            "AWS_REGION": "us-gov-west-1",
            "DAILY_AT": " 22:15 ",
            "DEFAULT_RETENTION": "14d 3m",
            "CONCURRENCY": "4",
            "REPORT_TOPIC_ARN": "arn:aws-us-gov:sns:us-gov-west-1:123456789012:Backups_of-2026",
            "DRY_RUN": "True",
            "LOG_LEVEL": "debug",
        }
    )
    assert settings.region == "us-gov-west-1"
    assert settings.daily_at == time(22, 15)
    assert settings.default_retention == Retention((Tier(14, "d"), Tier(3, "m")))
    assert settings.report_topic_arn == "arn:aws-us-gov:sns:us-gov-west-1:123456789012:Backups_of-2026"
    assert (settings.concurrency, settings.dry_run, settings.log_level) == (4, True, "DEBUG")


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("max_delete_percent", 0, 100),
        ("last_copy_grace_days", 0, 3650),
        ("copy_slots", 1, 1000),
        ("concurrency", 1, 64),
        ("consistency_timeout", 5, 300),
    ],
)
def test_what_a_number_may_be(name: str, least: int, most: int) -> None:
    for value in (least, most):
        assert getattr(Settings.from_environ({name.upper(): str(value)}), name) == value
    for value in (least - 1, most + 1):
        with pytest.raises(SettingsError, match=f"{name.upper()}='{value}' .* from {least} to {most}$"):
            Settings.from_environ({name.upper(): str(value)})


@pytest.mark.parametrize(
    ("word", "dry_run"),
    [("true", True), ("yes", True), ("1", True), ("false", False), ("no", False), ("0", False)],
)
def test_how_to_say_yes_and_no(word: str, dry_run: bool) -> None:
    assert Settings.from_environ({"DRY_RUN": word.upper()}).dry_run is dry_run


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"])
def test_how_much_may_be_logged(level: str) -> None:
    assert Settings.from_environ({"LOG_LEVEL": level.lower()}).log_level == level


def test_outside_lambda_there_is_no_region() -> None:
    assert Settings.from_environ({}).region == ""


def test_an_empty_setting_is_one_that_is_not_set() -> None:
    assert Settings.from_environ({"DAILY_AT": "", "CONCURRENCY": " "}).daily_at == time(3)


@pytest.mark.parametrize(
    ("name", "value", "accepted"),
    [
        ("DAILY_AT", "25:00", "HH:MM from 00:00 to 23:59, UTC"),
        ("DEFAULT_RETENTION", "seven", "days such as 7 or 7d, or tiers such as 7d 4w 12m 3y, up to a hundred years"),
        ("CONCURRENCY", "1e1", "a number from 1 to 64"),
        ("REPORT_TOPIC_ARN", "backups", "the ARN of an SNS topic, or nothing"),
        ("REPORT_TOPIC_ARN", "arn:aws:sqs:eu-west-1:123456789012:backups", "the ARN of an SNS topic, or nothing"),
        ("DRY_RUN", "maybe", "true or false"),
        ("LOG_LEVEL", "loud", "DEBUG, INFO, WARNING, ERROR, CRITICAL"),
        ("AWS_REGION", "Ireland", "a Region such as eu-west-1"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str, accepted: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environ({name: value})
    assert str(refusal.value) == f"{name}={value!r} is not understood; accepted: {accepted}"


def test_all_bad_settings_are_named_at_once() -> None:
    with pytest.raises(SettingsError, match=r"DAILY_AT='3' .*; DRY_RUN='2' "):
        Settings.from_environ({"DAILY_AT": "3", "DRY_RUN": "2"})
