"""EC2 in a process of its own: it sends prepared answers, so that only the cost of the client is measured.

``python -m benchmarks.server NUMBER`` prepares an account with so many snapshots, listens on the loopback interface
only, prints its port, and stops when its standard input ends.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from subprocess import PIPE, Popen
from threading import Thread
from urllib.parse import parse_qsl

from benchmarks.account import Pages, answers

PROJECT = Path(__file__).resolve().parent.parent


def handler(account: Mapping[str, Pages]) -> type[BaseHTTPRequestHandler]:
    """Return a request handler that sends the account's pages."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            form = dict(parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            pages = account.get(matching(account, form))
            body = pages[int(form.get("NextToken", "0"))] if pages else b""
            self.send_response(200 if pages else 400)
            self.send_header("Content-Type", "text/xml;charset=UTF-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Write no log."""

    return Handler


def matching(account: Mapping[str, Pages], form: Mapping[str, str]) -> str:
    """Return the key of the account's pages for a request: its operation, with the first filter that is in a key."""
    filters = [value for key, value in form.items() if key.startswith("Filter.") and key.endswith(".Name")]
    keys = {f"{form['Action']} {name}" for name in filters}
    return next((key for key in account if key in keys), form["Action"])


@contextmanager
def serving(number: int) -> Iterator[str]:
    """Start the server with so many snapshots and yield its URL; stop it at the end of the context."""
    command = [sys.executable, "-m", "benchmarks.server", str(number)]
    with Popen(command, cwd=PROJECT, stdin=PIPE, stdout=PIPE, text=True) as process:  # noqa: S603  # its own program
        try:
            if process.stdout is None or not (port := process.stdout.readline().strip()):
                raise RuntimeError("the server did not start")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def main() -> None:
    """Serve until the standard input ends."""
    account = answers(int(sys.argv[1]))
    gc.freeze()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(account))
    Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
