"""What a message says of a value that somebody else wrote."""

import pytest

from chalicelib.quoting import cut, printable, quoted


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("web", "'web'"),
        ("a\nb\x1b[31m\u202e", r"'a\nb\x1b[31m\u202e'"),
        (None, "None"),
        ({"b": [1, True], "a": 0.5}, "{'a': 0.5, 'b': [1, True]}"),
        ([[[["x"]]]], "[[[[...]]]]"),
        ([[["x"]]], "[[['x']]]"),
        ("x" * 198, f"'{'x' * 198}'"),
        ("x" * 199, f"'{'x' * 199}…"),
        ("x" * 9999, f"'{'x' * 199}…"),
        (b"x" * 9999, f"b'{'x' * 198}…"),
    ],
)
def test_quoted(value: object, said: str) -> None:
    assert quoted(value) == said


@pytest.mark.parametrize(
    ("text", "most", "left"), [("", 3, ""), ("web", 3, "web"), ("web1", 3, "web…"), ("web1", 4, "web1")]
)
def test_cut(text: str, most: int, left: str) -> None:
    assert cut(text, most) == left


def test_a_text_is_cut_after_200_characters() -> None:
    assert cut("x" * 200) == "x" * 200
    assert cut("x" * 201) == "x" * 200 + "…"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("web – 中 é", "web – 中 é"),
        ("a\nb\r\tc", "a?b??c"),
        ("\x1b[31m\x9b0m", "?[31m?0m"),
        ("a\u202eb\u2028c\u200b", "a?b?c?"),
        ("\ud800", "?"),
        ("a\u00a0b\u3000c\x07", "a b c?"),
        ("", ""),
    ],
)
def test_printable(text: str, left: str) -> None:
    assert printable(text) == left
    assert printable(text, "") == left.replace("?", "")
