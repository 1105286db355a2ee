"""One local AWS and one deployment for all tests here.

They do not get in each other's way: each has instances and snapshots of its own.
"""

import os
from collections.abc import Generator, Iterator

import pytest
from botocore.exceptions import BotoCoreError

from . import local_aws
from .deployment import Deployment, check_out
from .local_aws import LocalAws
from .region import Region

HOME, DESTINATION = "eu-west-1", "us-east-1"
DEPLOYMENT = pytest.StashKey[Deployment]()


@pytest.fixture(scope="session", autouse=True)
def _no_way_to_a_real_account() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            patch.delenv(name)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


@pytest.fixture(scope="session")
def functions_python(pytestconfig: pytest.Config) -> str:
    """An interpreter with boto3 and nothing else, as Lambda has it."""
    python = pytestconfig.rootpath / os.environ.get("FUNCTIONS_PYTHON", ".venv-lambda/bin/python")
    if not python.exists():
        pytest.exit(f"{python} is missing: run `make test-e2e`, or set FUNCTIONS_PYTHON", returncode=2)
    return str(python)


@pytest.fixture(scope="session")
def aws(functions_python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with local_aws.running(functions_python, tmp_path_factory.mktemp("aws")) as aws:
        yield aws


@pytest.fixture(scope="session")
def deployment(
    pytestconfig: pytest.Config, aws: LocalAws, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """A clean checkout, deployed to both Regions.

    A function that the bus called may have raised although all looks well in the end; none may.
    """
    checkout = tmp_path_factory.mktemp("checkout")
    check_out(pytestconfig.rootpath, checkout)
    deployment = Deployment(checkout, aws)
    pytestconfig.stash[DEPLOYMENT] = deployment
    for region in (HOME, DESTINATION):
        deployment.deploy(region)
    yield deployment
    for region in (HOME, DESTINATION):
        logs = Region(deployment, region).logs()
        assert "Traceback" not in logs, logs


@pytest.fixture(scope="session")
def home(deployment: Deployment) -> Region:
    return Region(deployment, HOME)


@pytest.fixture(scope="session")
def destination(deployment: Deployment) -> Region:
    return Region(deployment, DESTINATION)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure shows what the functions and the local AWS said."""
    report = yield
    deployment = item.config.stash.get(DEPLOYMENT, None)
    if report.failed and deployment and call.when != "teardown":  # when the local AWS is gone
        for name in (HOME, DESTINATION):
            try:
                logs = Region(deployment, name).logs()
            except BotoCoreError as error:  # the local AWS may be what failed
                logs = str(error)
            report.sections.append((f"functions in {name}", logs))
        report.sections.append(("complaints of ministack", deployment.aws.complaints()))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    deployment = config.stash.get(DEPLOYMENT, None)
    if deployment and deployment.functions(HOME):
        terminalreporter.write_line(f"The deployment zip has {deployment.zip_size():,} bytes.")
