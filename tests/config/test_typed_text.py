"""What people type in several words is kept as it is read (config/typed_text.py)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.escaping import is_invisible
from config.typed_text import lines, one_line


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Je présente  mes\tpatientes.\r\n", "Je présente mes patientes."),
        ("Réunion\u2028du\xa0jeudi\u202f!", "Réunion du jeudi !"),
        ("co\u00adopé\u200bration \U0001f468\u200d\u2695\ufe0f", "coopération \U0001f468\u2695\ufe0f"),
        ("\u202egnirts\u202c a\x00b\x1b[31m\ufeff", "gnirts ab[31m"),
        ("\u200b \u00ad", ""),
    ],
)
def test_a_line_has_what_is_seen(typed, kept):
    assert one_line(typed) == kept


def test_lines_stay_apart_however_they_end():
    assert lines(" a\r\nb\rc\u2028d\x85\x00\n") == "a\nb\nc\nd"


@given(st.text())
def test_nothing_invisible_is_kept(text):
    assert not any(map(is_invisible, one_line(text)))
    assert not any(is_invisible(character, keeping="\n") for character in lines(text))
    assert one_line(one_line(text)) == one_line(text)
    assert lines(lines(text)) == lines(text)
