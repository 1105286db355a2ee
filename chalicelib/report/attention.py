"""What of a report a person has to look at, the worst first. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from chalicelib.models import TagProblem
from chalicelib.report.model import Attention, Cover, Failure, InstanceReport, Unreadable
from chalicelib.wording import counted, problem_text

LOSS, STALE, TAGS = 1, 2, 3


def find_attention(
    instances: Sequence[InstanceReport],
    failures: Iterable[Failure],
    unreadable: Iterable[Unreadable],
    problems: Iterable[TagProblem],
) -> tuple[Attention, ...]:
    """Return what needs attention: 1 for what may cost data, 2 for what is older than asked for, 3 for tags."""
    found = [_of_unreadable(each) for each in unreadable]
    told: set[str] = set()
    late = {each.id for instance in instances for each in instance.volumes if each.cover != Cover.COVERED}
    for instance in instances:
        found += _of_instance(instance)
        told |= {instance.id} if not instance.enabled and instance.failing else set()
    for failure in failures:
        if not failure.repaired and failure.kind == "snapshot" and failure.of not in late:
            what = f"the snapshot {failure.id} of {failure.of} failed: {failure.cause}"
            found.append(Attention(STALE, failure.region, what))
    found += [Attention(TAGS, each.target, problem_text(each)) for each in problems if each.target not in told]
    return tuple(sorted(found, key=lambda each: (each.rank, each.target, each.text)))


def _of_unreadable(region: Unreadable) -> Attention:
    if not region.asked_by:
        return Attention(LOSS, region.region, f"the Region cannot be read: {region.reason}")
    return Attention(STALE, region.region, f"its copies of {region.asked_by} cannot be read: {region.reason}")


def _of_instance(instance: InstanceReport) -> list[Attention]:
    """Return one entry for each thing that is wrong: with all volumes if the same is to be said of them."""
    wrong: dict[tuple[int, str], list[tuple[str, str]]] = defaultdict(list)
    for volume in instance.volumes:
        if volume.cover in (Cover.LATE, Cover.UNCOVERED):
            wrong[LOSS if volume.cover == Cover.UNCOVERED else STALE, ""].append((volume.id, volume.reason))
        for copy in volume.copies:
            # A destination that cannot be read is told once, and not for each volume.
            if copy.missing or copy.failed:
                wrong[STALE, copy.region].append((volume.id, copy.reason))
    target = f"{instance.name} ({instance.id}, {instance.region})"
    return [Attention(rank, target, _summed_up(found)) for (rank, _), found in wrong.items()]


def _summed_up(found: list[tuple[str, str]]) -> str:
    if len({reason for _, reason in found}) == 1:
        return f"{', '.join(id for id, _ in found)}: {found[0][1]}"
    return f"{found[0][0]}: {found[0][1]}; and {counted(len(found) - 1, 'more volume')} like it"
