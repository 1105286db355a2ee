"""The names of the metrics, and how they are written: as records in the log, without a call to CloudWatch.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
"""

from __future__ import annotations

from collections.abc import Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

NAMESPACE = "EBSSnapshotReactor"
SERVICE = "ebs-snapshot-reactor"

# Once a day, by the report.
VOLUMES_COVERED = "VolumesCovered"
VOLUMES_UNCOVERED = "VolumesUncovered"  # to be backed up, and late or without any snapshot
VOLUMES_UNTAGGED = "VolumesUntagged"
OLDEST_SNAPSHOT_AGE = "OldestSnapshotAge"  # hours
COPIES_MISSING = "CopiesMissing"
TAG_PROBLEMS = "TagProblems"
ATTENTION = "Attention"
# By every job in which there was any.
FAILURES = "Failures"
DEFERRED = "Deferred"
DELETIONS = "Deletions"

DAILY = (
    VOLUMES_COVERED,
    VOLUMES_UNCOVERED,
    VOLUMES_UNTAGGED,
    OLDEST_SNAPSHOT_AGE,
    COPIES_MISSING,
    TAG_PROBLEMS,
    ATTENTION,
)
OF_JOBS = (FAILURES, DEFERRED, DELETIONS)


def emit(values: Mapping[str, float]) -> None:
    """Write one record with these metrics, all with the dimension ``service`` alone."""
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    for name, value in values.items():
        unit = MetricUnit.NoUnit if name == OLDEST_SNAPSHOT_AGE else MetricUnit.Count
        metrics.add_metric(name=name, unit=unit, value=value)
    metrics.flush_metrics()
