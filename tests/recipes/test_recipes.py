"""The recipes of docs/consistency.md against the real databases, while they are written to.

A database lies on a filesystem in a file. The hook is the text of the page, the script that of the document. A copy of
the file, made while everything is frozen, stands for the snapshot.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.documents.machine import eventually
from tests.documents.real_machine import RealMachine, can_mount
from tests.recipes.databases import Database, MariaDB, PostgreSQL

pytestmark = pytest.mark.recipes
PAGE = Path(__file__).parents[2] / "docs" / "consistency.md"
INSTALLED = {
    PostgreSQL: PostgreSQL.binaries() is not None and shutil.which("psql"),
    MariaDB: shutil.which("mariadbd") and shutil.which("mysql"),
}
WRITERS = 4


def hook_for(name: str) -> str:
    """Return the hook that the page recommends for a database."""
    [section] = re.findall(rf"^### (?:MySQL and )?{name}\n(.*?)(?=^##)", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    [hook] = re.findall(r"^```sh\n(#!/bin/sh\n.*?)^```", section, re.MULTILINE | re.DOTALL)
    return str(hook)


@dataclass
class Writer:
    """A client that inserts 1, 2, 3 and so on, each in a transaction, and knows which were acknowledged."""

    database: Database
    table: str
    number: int
    acknowledged: int = 0
    longest: float = 0.0
    ends: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        client = subprocess.Popen(
            self.database.client(),
            env=os.environ | self.database.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        with client:
            assert client.stdin is not None
            assert client.stdout is not None
            while not self.ends.is_set():
                value = self.acknowledged + 1
                began = time.monotonic()
                client.stdin.write(f"INSERT INTO {self.table} VALUES ({self.number}, {value}); SELECT {value};\n")
                client.stdin.flush()
                if client.stdout.readline().strip() != str(value):
                    return
                self.longest = max(self.longest, time.monotonic() - began)
                self.acknowledged = value

    def stop(self) -> None:
        self.ends.set()
        self.thread.join(timeout=60)
        assert not self.thread.is_alive()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[RealMachine]:
    if not can_mount(tmp_path):
        pytest.skip("the recipes need root, loop devices, util-linux, e2fsprogs and xfsprogs")
    # The account of a database may not enter the directories of pytest.
    place = Path(tempfile.mkdtemp(prefix="recipe-"))
    place.chmod(0o755)
    machine = RealMachine(place / "machine")
    # The hooks count in real seconds.
    (machine.root / "bin" / "sleep").unlink()
    try:
        yield machine
    finally:
        eventually(machine.is_over, seconds=30)
        machine.close()
        shutil.rmtree(place)


@pytest.fixture(params=[PostgreSQL, MariaDB], ids=lambda kind: kind.__name__)
def database(request: pytest.FixtureRequest, machine: RealMachine) -> Iterator[Database]:
    if not INSTALLED[request.param]:
        pytest.skip(f"{request.param.__name__} is not installed: make databases")
    place = machine.mount("xfs", "data", image=machine.root / "image", size=600 << 20)
    database: Database = request.param(place / "files")
    database.data.mkdir()
    try:
        yield database
    finally:
        subprocess.run(["fsfreeze", "--unfreeze", str(place)], check=False, capture_output=True)
        database.stop()


def install_hook(machine: RealMachine, database: Database) -> None:
    text = hook_for(database.name)
    machine.hook(text.replace("/run/reactor-mysql", str(machine.root / "run" / "reactor-mysql")))
    machine.environment |= database.environment


def create_tables(database: Database) -> None:
    for table in database.tables:
        engine = f" ENGINE={table}" if isinstance(database, MariaDB) else ""
        database.ask(f"CREATE TABLE {table} (writer int, value int){engine};")


def test_the_copy_has_what_was_committed_before_the_freeze(machine: RealMachine, database: Database) -> None:
    install_hook(machine, database)
    database.create()
    database.start()
    assert eventually(database.answers, seconds=60)
    create_tables(database)
    writers = [Writer(database, table, number) for table in database.tables for number in range(WRITERS)]
    try:
        assert eventually(lambda: all(writer.acknowledged > 20 for writer in writers), seconds=60)
        began = time.monotonic()
        assert machine.run("pre-script").code == 0
        committed = {(writer.table, writer.number): writer.acknowledged for writer in writers}
        shutil.copy(machine.root / "image", machine.root / "copy")
        assert machine.run("post-script").code == 0
        took = time.monotonic() - began
        # Everybody goes on.
        assert eventually(
            lambda: all(writer.acknowledged > committed[writer.table, writer.number] + 20 for writer in writers)
        )
    finally:
        for writer in writers:
            writer.stop()
    # Nobody waited longer than from freeze to thaw, but for what a slow machine adds.
    assert max(writer.longest for writer in writers) <= took + 5
    # A server that still runs would look like the owner of the copy's files.
    database.stop()
    check_copy(machine, type(database), committed)


def check_copy(machine: RealMachine, kind: type[Database], committed: dict[tuple[str, int], int]) -> None:
    place = machine.attach("restored", "-o", "loop,nouuid", str(machine.root / "copy"))
    restored = kind(place / "files")
    try:
        restored.start()
        assert eventually(restored.answers, seconds=60)
        for (table, number), value in committed.items():
            expected = [f"{value}"]
            query = f"SELECT count(DISTINCT value) FROM {table} WHERE writer = {number} AND value <= {value};"
            assert restored.ask(query) == expected
        if kind is MariaDB:
            # A table that was open would also be reported as not closed properly.
            assert restored.ask("CHECK TABLE myisam, innodb;") == [
                "mysql.myisam\tcheck\tstatus\tOK",
                "mysql.innodb\tcheck\tstatus\tOK",
            ]
    finally:
        restored.stop()


def test_a_database_that_does_not_answer_is_not_frozen(machine: RealMachine, database: Database) -> None:
    install_hook(machine, database)
    answer = machine.run("pre-script")
    assert answer.code == 206
    assert answer.messages
    assert not subprocess.run(["touch", str(machine.root / "data" / "file")], check=False, timeout=10).returncode


def test_after_auto_thaw_nobody_waits_any_more(machine: RealMachine, database: Database) -> None:
    install_hook(machine, database)
    database.create()
    database.start()
    assert eventually(database.answers, seconds=60)
    create_tables(database)
    assert machine.run("pre-script", seconds=3).code == 0
    writers = [Writer(database, table, 0) for table in database.tables]
    try:
        assert eventually(lambda: all(writer.acknowledged > 20 for writer in writers), seconds=20)
    finally:
        for writer in writers:
            writer.stop()
    assert machine.run("post-script").code == 203
