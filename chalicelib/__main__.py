"""``python -m chalicelib``: another name of the console script ``ebs-snapshot-reactor``. Never run by a function."""

from reactor_cli.commands import main

main(prog_name="python -m chalicelib")
