"""The packages, made by chalice itself but without the dependencies: their zip, empty, is there already."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from chalice.config import Config
from chalice.deploy.packager import LambdaDeploymentPackager
from chalice.utils import UI, OSUtils

from deploy import __main__ as package
from deploy import stack_set, terraform
from deploy.functions import configuration

Template = dict[str, Any]
NO_BUILDER: Any = None


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project")
    terraform.check_out(directory)
    architecture = configuration()["lambda_architecture"]
    packager = LambdaDeploymentPackager(OSUtils(), NO_BUILDER, UI(), architecture)
    name = Path(packager.deployment_package_filename(str(directory), Config().lambda_python_version))
    name.parent.mkdir(parents=True)
    zipfile.ZipFile(name, "w").close()
    return directory


@pytest.fixture(scope="session")
def sam(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(package.cloudformation(tmp_path_factory.mktemp("cloudformation"), project))


@pytest.fixture(scope="session")
def stack_sets(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(package.stacks(tmp_path_factory.mktemp("stack-set"), project))


@pytest.fixture(scope="session")
def terraform_files(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(package.terraformed(tmp_path_factory.mktemp("terraform"), project))


@pytest.fixture(scope="session")
def translated(sam: Path) -> Template:
    """What CloudFormation makes of the template once `aws cloudformation package` has put the code into a bucket."""
    template = json.loads(sam.read_text())
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            assert (sam.parent / resource["Properties"]["CodeUri"]).is_file()
            resource["Properties"]["CodeUri"] = "s3://bucket/0123456789abcdef"
    return stack_set.plain(template)
