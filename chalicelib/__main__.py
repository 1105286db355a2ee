"""``python -m chalicelib``: the operator's command line. Nothing of it is imported by the functions."""

from chalicelib.cli.commands import main

main(prog_name="python -m chalicelib")
