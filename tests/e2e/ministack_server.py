"""ministack with what it lacks of EBS and IAM: a program that runs as a process of its own.

Only the files named `ministack_*` use ministack's private names; they suit the pinned version only.

Two settings beside ministack's own: `EBS_SECONDS`, how long a snapshot is pending, and `FUNCTIONS_PYTHON`, the
interpreter for Lambda functions: they must be able to import what Lambda offers, and nothing that ministack has
installed.
"""

import os
import sys
import threading

import ministack_ebs
import ministack_iam
from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import ec2, lambda_svc
from ministack_pages import paged
from ministack_tags import announcing
from ministack_wire import ORIGINAL


def ready_at_once(function: str, delay: float) -> None:
    """Makes functions ready at once: otherwise Chalice sleeps for five seconds."""
    lambda_svc._functions[function]["config"].update(State="Active", LastUpdateStatus="Successful")


def install() -> None:
    ec2._snapshot_inner_xml = ministack_ebs.snapshot_xml
    ec2._snapshot_matches_filters = ministack_ebs.matches
    ec2._ACTION_MAP |= {
        "CreateSnapshot": ministack_ebs.create_snapshot,
        "CreateSnapshots": ministack_ebs.create_snapshots,
        "CopySnapshot": ministack_ebs.copy_snapshot,
        "DeleteSnapshot": ministack_ebs.delete_snapshot,
        "DescribeLockedSnapshots": ministack_ebs.describe_locked_snapshots,
        **{action: announcing(ORIGINAL[action]) for action in ("CreateTags", "DeleteTags")},
    }
    for action in ("DescribeInstances", "DescribeVolumes", "DescribeSnapshots"):
        ec2._ACTION_MAP[action] = paged(ORIGINAL[action])

    lambda_svc._schedule_state_transition = ready_at_once
    if python := os.environ.get("FUNCTIONS_PYTHON"):
        _, worker = lambda_runtime._detect_runtime_binary("python")
        lambda_runtime._detect_runtime_binary = lambda runtime: (python, worker)


def end_with_parent() -> None:
    """Ends this process when its parent ends, which closes the pipe."""
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    install()
    ministack_iam.install()
    threading.Thread(target=end_with_parent, daemon=True).start()
    main()
