"""Debian's PostgreSQL and MariaDB, with their files in a directory, heard on a Unix socket only, ended by their pid."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar


@dataclass
class Database:
    """A server on the files in `data`. Each runs in a process group that nobody else is in."""

    data: Path
    sockets: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="recipe-")))
    process: subprocess.Popen[bytes] | None = None

    name: ClassVar[str]
    tables: ClassVar[tuple[str, ...]]
    stop_signal: ClassVar[signal.Signals]

    @property
    def environment(self) -> Mapping[str, str]:
        """What a client needs to reach this server rather than the machine's own."""
        raise NotImplementedError

    def create(self) -> None:
        raise NotImplementedError

    def server(self) -> list[str]:
        raise NotImplementedError

    def client(self) -> list[str]:
        """A client that reads statements from its input, and prints each row as a line at once."""
        raise NotImplementedError

    def start(self) -> None:
        with (self.sockets / "log").open("ab") as log:
            self.process = subprocess.Popen(self.server(), stdout=log, stderr=log, start_new_session=True)

    def answers(self) -> bool:
        return self.ask("SELECT 1;") == ["1"]

    def ask(self, statements: str) -> list[str]:
        """Return the rows of the answer; none if the server does not answer."""
        done = subprocess.run(
            self.client(),
            input=statements,
            env=os.environ | self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout.splitlines()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=30)
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.sockets, ignore_errors=True)


class PostgreSQL(Database):
    """PostgreSQL as Debian configures it."""

    name = "PostgreSQL"
    tables = ("t",)
    stop_signal = signal.SIGINT

    @staticmethod
    def binaries() -> Path | None:
        versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
        return versions[-1].parent if versions else None

    @property
    def environment(self) -> Mapping[str, str]:
        return {"PGHOST": str(self.sockets)}

    def create(self) -> None:
        shutil.chown(self.data, "postgres")
        self.data.chmod(0o700)
        self._run("initdb", "--auth=trust", "--no-instructions", "--pgdata", str(self.data))

    def start(self) -> None:
        shutil.chown(self.sockets, "postgres")
        super().start()

    def server(self) -> list[str]:
        return self._as_postgres(
            "postgres",
            "-D",
            str(self.data),
            "-k",
            str(self.sockets),
            "-c",
            "listen_addresses=",
            "-c",
            "max_wal_size=32MB",
        )

    def client(self) -> list[str]:
        return ["psql", "--quiet", "--no-align", "--tuples-only", "--username=postgres"]

    def _run(self, *command: str) -> None:
        subprocess.run(self._as_postgres(*command), check=True, capture_output=True)

    def _as_postgres(self, program: str, *arguments: str) -> list[str]:
        account = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        return [*account, f"{self.binaries()}/{program}", *arguments]


class MariaDB(Database):
    """MariaDB with a table that recovers by itself, and one that does not."""

    name = "MariaDB"
    tables = ("innodb", "myisam")
    stop_signal = signal.SIGTERM

    @property
    def environment(self) -> Mapping[str, str]:
        return {"HOME": str(self.sockets)}

    def create(self) -> None:
        command = ["mariadb-install-db", "--no-defaults", "--user=root", f"--datadir={self.data}", "--skip-test-db"]
        subprocess.run(command, check=True, capture_output=True)

    def start(self) -> None:
        # Debian's configuration names the socket of the machine's own server; this file comes after it.
        (self.sockets / ".my.cnf").write_text(f"[client]\nsocket={self.sockets}/mysql.sock\n")
        super().start()

    def server(self) -> list[str]:
        return [
            "/usr/sbin/mariadbd", "--no-defaults", "--user=root", f"--datadir={self.data}", "--skip-networking",
            f"--socket={self.sockets}/mysql.sock", f"--pid-file={self.sockets}/pid", "--myisam-recover-options=OFF",
        ]  # fmt: skip

    def client(self) -> list[str]:
        return ["mysql", "--batch", "--skip-column-names", "--unbuffered", "--database=mysql"]
