"""Short ways to say what an inventory holds, as EC2 would say it: in raw tags."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time

from chalicelib import tags
from chalicelib.models import Call, Decision, Instance, Result, Snapshot, TagProblem, Volume
from chalicelib.schedule import Retention, Tier
from chalicelib.wording import problem_text, reason_text, target_text

ACCOUNT = "123456789012"
REGION = "eu-west-1"
ELSEWHERE = "us-east-1"
SEVEN_DAYS = Retention((Tier(7, "d"),))
CONTRACT = tags.Contract(
    region=REGION,
    regions=frozenset({REGION, ELSEWHERE, "eu-central-1"}),
    daily_at=time(3),
    retention=SEVEN_DAYS,
)


def at(text: str) -> datetime:
    """Return the time written as ``2026-11-22 03:00``, UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NOW = at("2026-11-22 03:00")


def instance(
    id: str = "i-0a",
    raw: Mapping[str, str] | None = None,
    volumes: Sequence[Volume] = (),
    root_device: str = "/dev/xvda",
) -> Instance:
    raw = {"Backup": "Yes", "Name": "web"} if raw is None else raw
    return tags.read_instance(id, raw, root_device, volumes, CONTRACT, account=ACCOUNT)[0]


def volume(id: str = "vol-0a", device: str = "/dev/xvda", raw: Mapping[str, str] | None = None) -> Volume:
    return tags.read_volume(id, device, raw or {})[0]


def snapshot(
    id: str = "snap-0a",
    raw: Mapping[str, str] | None = None,
    *,
    volume_id: str = "vol-0a",
    state: str = "completed",
    started: datetime = NOW,
    region: str = REGION,
    description: str = "",
    state_message: str = "",
) -> Snapshot:
    raw = {"Type": "Automated", "DeleteOn": "2026-11-29"} if raw is None else raw
    return tags.read_snapshot(
        id,
        raw,
        CONTRACT.in_region(region),
        volume_id=volume_id,
        state=state,
        started=started,
        account=ACCOUNT,
        description=description,
        state_message=state_message,
    )[0]


@dataclass(frozen=True, slots=True)
class Said:
    """A decision as people read it: short to write in a table."""

    targets: tuple[str, ...]
    reason: str
    call: Call | None = None
    result: Result = Result.KEPT


def told(problems: Iterable[TagProblem]) -> list[str]:
    """Return tag problems as people read them."""
    return [f"{problem.target}: {problem_text(problem)}" for problem in problems]


def said(decisions: Iterable[Decision]) -> list[Said]:
    """Return decisions as people read them."""
    return [
        Said(
            tuple(target_text(target) for target in decision.targets),
            reason_text(decision.reason),
            decision.call,
            decision.result,
        )
        for decision in decisions
    ]
