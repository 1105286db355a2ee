"""Any hostile tags on one instance and one snapshot: the jobs run, and the healthy instance beside it is backed up."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator import LocalAWS
from tests.hostile.strategies import BRIEF
from tests.hostile.test_fleet import AWAY, EXPIRED, HOME, JOBS, LEGAL, ON_INSTANCE, ON_SNAPSHOT
from tests.scenarios.stories import make, tag, volumes_of


@settings(BRIEF, max_examples=5)
@given(st.dictionaries(st.sampled_from(ON_INSTANCE), st.sampled_from(LEGAL), min_size=1),
       st.dictionaries(st.sampled_from(ON_SNAPSHOT), st.sampled_from(LEGAL), min_size=1))  # fmt: skip
def test_whatever_is_written_the_jobs_run(on_instance: dict[str, str], on_snapshot: dict[str, str]) -> None:
    with LocalAWS(start=datetime(2026, 11, 22, 2, 55, tzinfo=UTC), regions=(HOME, AWAY), seed=1) as aws:
        aws.deploy(HOME, CONCURRENCY="1")
        healthy = aws.launch(HOME, name="web", tags={"Backup": "Yes"})
        odd = aws.launch(HOME, name="odd", tags={"Backup": "Yes"} | on_instance)
        tag(aws, HOME, volumes_of(aws, HOME, odd)["/dev/xvda"], **on_instance)
        kept = make(aws, HOME, EXPIRED | {"DeleteOn": "9999-12-31"} | on_snapshot | {"KeepForever": ""})
        aws.travel(hours=4)
        backed_up = {snapshot["Tags"].get("Source_InstanceId") for snapshot in aws.snapshots(HOME)}
        assert backed_up >= {healthy, odd}
        assert kept in {snapshot["SnapshotId"] for snapshot in aws.snapshots(HOME)}
        assert {invocation.function for invocation in aws.invocations} >= set(JOBS)
        assert [
            invocation.error
            for invocation in aws.invocations
            if invocation.error and "JobFailed" not in invocation.error
        ] == []
