"""Loggers keep the standard output that they meet first: here it is the one that the emulator reads."""

from contextlib import redirect_stdout

from emulator.functions.runtime import sink

with redirect_stdout(sink):
    import app  # noqa: F401  # so that no test has to import it after another
