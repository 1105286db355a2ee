"""Where and when the growth is measured: what client and server have to agree on."""

from datetime import UTC, datetime

HOME, AWAY = "eu-west-1", "us-east-1"
NOW = datetime(2026, 11, 22, 6, 30, tzinfo=UTC)
