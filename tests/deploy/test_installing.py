"""pip installs the command line from a clone, whole; the functions' zip has none of it."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from chalice.deploy.packager import LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from deploy.functions import PROJECT, configuration
from tests.e2e.deployment import check_out, run

PACKAGES = ("chalicelib", "reactor_cli")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("clone")
    check_out(PROJECT, directory)
    return directory


@pytest.fixture(scope="module")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built without a network: the build tool comes from the environment of the tests."""
    directory = tmp_path_factory.mktemp("wheel")
    pip(clone, "wheel", "--no-build-isolation", "--wheel-dir", str(directory), ".")
    [built] = directory.iterdir()
    return built


def pip(directory: Path, command: str, *options: str) -> None:
    run([sys.executable, "-m", "pip", command, "--no-deps", "--no-index", *options], directory)


def files(clone: Path) -> set[str]:
    return {
        path.relative_to(clone).as_posix()
        for package in PACKAGES
        for path in (clone / package).rglob("*")
        if path.is_file()
    }


def test_the_wheel_holds_the_command_line_and_nothing_else(clone: Path, wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name for name in names if ".dist-info/" not in name} == files(clone)


PAGE = """
from datetime import UTC, datetime
from chalicelib.report import make_report
from reactor_cli.page import as_html
print(as_html(make_report([], datetime(2026, 11, 22, tzinfo=UTC))))
"""


def test_what_is_installed_runs_anywhere(wheel: Path, tmp_path: Path) -> None:
    pip(tmp_path, "install", "--target", "installed", str(wheel))
    script = tmp_path / "installed" / "bin" / "ebs-snapshot-reactor"
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "installed")}
    page = run([sys.executable, "-c", PAGE], tmp_path, environment)
    assert "No volume is to be backed up." in page
    assert page.startswith("<!doctype html>")
    help_page = run([str(script), "--help"], tmp_path, environment)
    assert help_page.startswith("Usage: ebs-snapshot-reactor [OPTIONS] COMMAND")
    assert '"ec2:DescribeSnapshots"' in run([str(script), "policy", "read"], tmp_path, environment)


class NoDependencies:
    """In place of Chalice's: what pip would download is not what is asked here."""

    def build_site_packages(self, abi: str, requirements: str, directory: str) -> None:
        """Leave the directory empty."""


def test_the_zip_for_lambda_holds_the_app_and_nothing_else(clone: Path) -> None:
    builder: Any = NoDependencies()
    packager = LambdaDeploymentPackager(OSUtils(), builder, UI(), configuration()["lambda_architecture"])
    names = zipfile.ZipFile(packager.create_deployment_package(str(clone), "python3.12")).namelist()
    assert {name.split("/")[0] for name in names} == {"app.py", "chalice", "chalicelib"}
    assert {name for name in names if name.startswith("chalicelib/")} == {
        name for name in files(clone) if name.startswith("chalicelib/")
    }
