"""What needs the attention of a person, most urgent first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from chalicelib.models import TagProblem
from chalicelib.report.model import Attention, Cover, Failure, InstanceReport, Unreadable
from chalicelib.wording import counted, problem_text

# The ranks: data may be lost; a backup is older than asked for; a tag is not understood.
DATA, AGE, TAGS = 1, 2, 3


def find_attention(
    instances: Sequence[InstanceReport],
    failures: Iterable[Failure],
    unreadable: Iterable[Unreadable],
    problems: Iterable[TagProblem],
) -> tuple[Attention, ...]:
    """Return what needs attention. What one entry says already is not said again by another."""
    entries = [_of_unreadable(region) for region in unreadable]
    not_covered = {volume.id for instance in instances for volume in instance.volumes if not volume.covered}
    for instance in instances:
        entries += _of_instance(instance)
    for failure in failures:
        if not failure.resolution and failure.kind == "snapshot" and failure.of not in not_covered:
            text = f"the snapshot {failure.id} of {failure.of} failed: {failure.cause}"
            entries.append(Attention(AGE, failure.region, text))
    # An instance that is not enabled fails only because of its tags, and its own entry says so.
    reported = {instance.id for instance in instances if not instance.enabled and instance.failing}
    entries += [
        Attention(TAGS, problem.target, problem_text(problem)) for problem in problems if problem.target not in reported
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.rank, entry.target, entry.text)))


def _of_unreadable(region: Unreadable) -> Attention:
    if not region.asked_by:
        return Attention(DATA, region.region, f"the Region cannot be read: {region.reason}")
    return Attention(AGE, region.region, f"its copies of {region.asked_by} cannot be read: {region.reason}")


def _of_instance(instance: InstanceReport) -> list[Attention]:
    """Return one entry for all volumes with the same kind of failure."""
    failing: dict[tuple[int, str], list[tuple[str, str]]] = defaultdict(list)
    for volume in instance.volumes:
        if volume.cover in (Cover.LATE, Cover.UNCOVERED):
            failing[DATA if volume.cover == Cover.UNCOVERED else AGE, ""].append((volume.id, volume.reason))
        for copy in volume.copies:
            # A destination that cannot be read has an entry of its own, and none for each volume.
            if copy.missing or copy.failed:
                failing[AGE, copy.region].append((volume.id, copy.reason))
    target = f"{instance.name} ({instance.id}, {instance.region})"
    return [Attention(rank, target, _summary(volumes)) for (rank, _), volumes in failing.items()]


def _summary(volumes: list[tuple[str, str]]) -> str:
    """Return one sentence about some volumes, each with its reason."""
    first, reason = volumes[0]
    if len({reason for _, reason in volumes}) == 1:
        return f"{', '.join(id for id, _ in volumes)}: {reason}"
    return f"{first}: {reason}; and {counted(len(volumes) - 1, 'more volume')} with a similar problem"
