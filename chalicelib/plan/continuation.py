"""Continuation: what a job does about work that is left when its time is up. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.models import Code, Decision, InvokeAgain, Kind, Outcome, Result, Target, because

# Two and a half hours of work. Lambda itself stops functions that invoke each other after about 16 invocations.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
MAX_CONTINUATIONS = 10


def plan_continuation(outcomes: Iterable[Outcome], call: InvokeAgain, continuations: int) -> list[Decision]:
    """Decide whether to make the ``call``, because work was left when the time was up.

    ``continuations`` is how many invocations before this one left work in a row. An invocation that did nothing is not
    continued, and ``MAX_CONTINUATIONS`` are enough: both are failures, or nobody would know of the work that is left.
    """
    left, progress = 0, False
    for outcome in outcomes:
        if any(reason.code == Code.TIME_NEARLY_UP for reason in outcome.details):
            left += len(outcome.decision.targets)
        progress = progress or outcome.result == Result.DONE or bool(outcome.created)
    target = (Target(Kind.REGION, call.region, call.region),)
    if not left:
        return []
    if not progress:
        return [Decision(target, because(Code.NOTHING_WAS_DONE, count=left), result=Result.FAILED)]
    if continuations >= MAX_CONTINUATIONS:
        reason = because(Code.TOO_MANY_CONTINUATIONS, count=left, limit=MAX_CONTINUATIONS)
        return [Decision(target, reason, result=Result.FAILED)]
    return [Decision(target, because(Code.WORK_LEFT, count=left), call)]
