"""The Regions and the present time of the growth benchmark, which its client and its server must share."""

from datetime import UTC, datetime

HOME, AWAY = "eu-west-1", "us-east-1"
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
