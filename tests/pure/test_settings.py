from datetime import time

import pytest

from chalicelib.schedule import NO_LIMITS, Limits, Retention, Tier
from chalicelib.settings import Settings, SettingsError


def test_defaults() -> None:
    settings = Settings.from_environ({"AWS_REGION": "eu-west-1"})
    assert settings == Settings(
        region="eu-west-1",
        daily_at=time(3),
        default_retention=Retention((Tier(7, "d"),)),
        limits=NO_LIMITS,
        allowed_destinations=None,
        requests_per_day=24,
        max_delete_percent=80,
        last_copy_grace_days=30,
        copy_slots=20,
        concurrency=16,
        consistency_timeout=60,
        vss_timeout=180,
        vss_copy_only=True,
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
        ("requests_per_day", 0, 10_000),
        ("max_delete_percent", 0, 100),
        ("last_copy_grace_days", 0, 3650),
        ("copy_slots", 1, 1000),
        ("concurrency", 1, 64),
        ("consistency_timeout", 5, 300),
        ("vss_timeout", 30, 240),
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


@pytest.mark.parametrize(("environ", "copy_only"), [({}, True), ({"VSS_COPY_ONLY": "false"}, False)])
def test_whether_vss_leaves_the_chain_of_backups_alone(environ: dict[str, str], copy_only: bool) -> None:
    assert Settings.from_environ(environ).vss_copy_only is copy_only


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
        ("VSS_COPY_ONLY", "maybe", "true or false"),
        ("MAX_RETENTION", "seven", "days such as 7 or 7d, or one of 4w, 12m, 3y; or nothing"),
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


def test_limits_and_destinations_of_the_administrator() -> None:
    settings = Settings.from_environ(
        {
            "MIN_RETENTION": "7",
            "MAX_RETENTION": "3y",
            "ALLOWED_DESTINATIONS": "eu-central-1,us-east-1 EU-WEST-1",
            "REQUESTS_PER_DAY": "3",
        }
    )
    assert settings.limits == Limits(Tier(7, "d"), Tier(3, "y"))
    assert settings.allowed_destinations == frozenset({"eu-central-1", "us-east-1", "eu-west-1"})
    assert settings.requests_per_day == 3


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"DRYRUN": "true"}, "DRYRUN is no setting: DRY_RUN?"),
        ({"dry_run": "true"}, "dry_run is no setting: DRY_RUN?"),
        ({"D_R_Y_RUN": "true"}, "D_R_Y_RUN is no setting: DRY_RUN?"),
        ({"DRY_RUNN": "true"}, "DRY_RUNN is no setting: DRY_RUN?"),
        ({"MAX_DELETE_PERCENTAGE": "5"}, "MAX_DELETE_PERCENTAGE is no setting: MAX_DELETE_PERCENT?"),
        ({"DEFAULT_RETENTION_DAYS": "30"}, "DEFAULT_RETENTION_DAYS is no setting: DEFAULT_RETENTION?"),
        ({"MAX_DELETE": "5"}, "MAX_DELETE is no setting: MAX_DELETE_PERCENT?"),
        ({"DEFAULT_RETENTIONS": "5"}, "DEFAULT_RETENTIONS is no setting: DEFAULT_RETENTION?"),
        ({"MIN_RETENTION": "5 6"}, "MIN_RETENTION='5 6' is not understood; accepted: days such as 7 or 7d, or one of 4w, 12m, 3y; or nothing"),
        ({"MIN_RETENTION": "5w", "MAX_RETENTION": "1m"}, "MIN_RETENTION is longer than MAX_RETENTION"),
        ({"ALLOWED_DESTINATIONS": "mars"}, "ALLOWED_DESTINATIONS='mars' is not understood; accepted: Regions such as eu-west-1, or nothing"),
    ],
)  # fmt: skip
def test_what_stops_the_app_at_its_start(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        Settings.from_environ(environ)
    assert str(error.value) == message


@pytest.mark.parametrize(
    "name", ["PATH", "AWS_REGION", "AWS_LAMBDA_LOG_LEVEL", "POWERTOOLS_LOG_LEVEL", "HOME", "RETENTION", "DAILY_UP"]
)
def test_names_that_are_nobodys_setting_are_left_alone(name: str) -> None:
    Settings.from_environ({name: "eu-west-1"})
