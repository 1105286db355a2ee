"""The zip that was uploaded: small, and complete for an interpreter as Lambda offers it."""

import zipfile
from pathlib import Path

import pytest

from .deployment import Deployment, run

pytestmark = pytest.mark.e2e

MAX_BYTES = 3_000_000

IMPORT = """
import sys
sys.path.insert(0, sys.argv[1])
import app
handlers = sys.argv[2:]
missing = [name for name in handlers if not callable(getattr(app, name, None))]
assert not missing, missing
outside = sorted(
    name for name, module in sys.modules.items()
    if "." not in name and "site-packages" in (getattr(module, "__file__", None) or "")
)
print(*outside)
"""
BOTO3 = {"boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3"}


def test_the_zip_is_small(deployment: Deployment) -> None:
    assert deployment.zip_size() < MAX_BYTES


def test_the_zip_holds_what_the_functions_import(deployment: Deployment, functions_python: str, tmp_path: Path) -> None:
    unpacked = tmp_path / "zip"
    zipfile.ZipFile(deployment.zip()).extractall(unpacked)
    handlers = list(deployment.functions("eu-west-1"))

    environment = {
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [functions_python, "-E", "-s", "-c", IMPORT, str(unpacked), *handlers]
    borrowed = set(run(command, tmp_path, environment).split())

    assert borrowed <= BOTO3, "the interpreter has more beside it than Lambda has"
