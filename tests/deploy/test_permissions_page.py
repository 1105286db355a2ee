"""docs/permissions.md says what the policies say."""

from deploy.permissions import PAGE, PURPOSES, table, with_table
from tests.policies.documents import document, functions


def test_the_table_is_the_one_made_from_the_policies() -> None:
    assert PAGE.read_text() == with_table(PAGE.read_text()), "run `make docs`"


def test_every_statement_of_every_function_is_in_it() -> None:
    text = table()
    for function in functions():
        for statement in document(function)["Statement"]:
            assert statement["Sid"] in PURPOSES
            assert any(f"`{function}`" in line and PURPOSES[statement["Sid"]] in line for line in text.splitlines())
