"""The project as a user deploys it: `chalice` run in a clean checkout, one stage per Region."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .local_aws import ACCOUNT, LocalAws

DEPLOY_SECONDS = 120


class CommandFailed(AssertionError):
    """A command that had to work did not; the message is the command and all that it said."""


def run(command: list[str], directory: Path, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=DEPLOY_SECONDS,
    )
    if done.returncode:
        raise CommandFailed(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def check_out(project: Path, directory: Path) -> None:
    """Copies what a clone would have: no build leftovers, nothing that git ignores.

    Changes that are not yet committed count.
    """
    names = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], project)
    for name in filter(None, names.split("\0")):
        source, target = project / name, directory / name
        if source.is_file():  # a deleted file is listed until the deletion is committed
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


@dataclass(frozen=True)
class Deployment:
    checkout: Path
    aws: LocalAws

    def deploy(self, region: str) -> None:
        self._chalice("deploy", region)

    def delete(self, region: str) -> None:
        self._chalice("delete", region)

    def functions(self, region: str) -> dict[str, str]:
        """The ARN of each function by its name in app.py, from what chalice notes of the stage."""
        state = self.checkout / ".chalice" / "deployed" / f"{region}.json"
        resources = json.loads(state.read_text())["resources"] if state.exists() else []
        return {r["name"]: r["lambda_arn"] for r in resources if r["resource_type"] == "lambda_function"}

    def zip(self) -> Path:
        """What chalice uploaded."""
        (archive,) = (self.checkout / ".chalice" / "deployments").glob("*.zip")
        return archive

    def zip_size(self) -> int:
        return self.zip().stat().st_size

    def _chalice(self, action: str, region: str) -> str:
        # The interpreter that runs chalice becomes the functions' runtime.
        chalice = [
            sys.executable,
            "-c",
            "import sys; from chalice.cli import main; sys.exit(main())",
        ]
        return run([*chalice, action, "--stage", region], self.checkout, self.environment(region))

    def environment(self, region: str) -> dict[str, str]:
        return os.environ | {  # pip, which chalice calls, is set up by the caller's environment
            "AWS_ENDPOINT_URL": self.aws.endpoint,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": ACCOUNT,
            "AWS_DEFAULT_REGION": region,
            "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1"])),
        }
