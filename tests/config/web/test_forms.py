"""A form is read once, into a dataclass; what cannot be read is named, field by field."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from config.web.forms import MISSING, NOT_TEXT, REPEATED, TOO_LONG, FormProblems, form_field, read_form


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginForm:
    login: str = form_field(longest=8)
    password: str = form_field(longest=16, secret=True)
    remark: str = form_field(longest=8, optional=True)


def test_a_good_form_becomes_a_dataclass():
    form = read_form(LoginForm, MultiDict({"login": " jdupont ", "password": " a b ", "other": "ignored"}))
    assert form == LoginForm(login="jdupont", password=" a b ", remark="")


def test_a_secret_is_not_in_what_is_printed():
    assert "a b" not in repr(read_form(LoginForm, MultiDict({"login": "j", "password": "a b"})))


@pytest.mark.parametrize(
    ("given_", "problems"),
    [
        ([], {"login": MISSING, "password": MISSING}),
        ([("login", "  "), ("password", "x")], {"login": MISSING}),
        ([("login", " " + "j" * 9), ("password", "x" * 17)], {"login": TOO_LONG, "password": TOO_LONG}),
        ([("login", "a"), ("login", "b"), ("password", "x")], {"login": REPEATED}),
        ([("login", "a\x00"), ("password", "x")], {"login": NOT_TEXT}),
    ],
)
def test_every_problem_is_named_at_once(given_, problems):
    found = read_form(LoginForm, MultiDict(given_))
    assert isinstance(found, FormProblems)
    assert found.problems == problems


def test_the_values_that_are_not_secret_are_kept_for_the_page():
    found = read_form(LoginForm, MultiDict({"login": "j" * 9, "password": "x" * 17, "remark": "kept"}))
    assert isinstance(found, FormProblems)
    assert found.kept == {"login": "j" * 9, "remark": "kept"}
    assert "j" * 9 not in repr(found)


def test_a_field_has_sentences_of_its_own():
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Search:
        sought: str = form_field(longest=8, error_prefix="sought")

    assert read_form(Search, MultiDict()).listed() == (("sought", "sought.missing"),)
    assert read_form(Search, MultiDict({"sought": "x" * 9})).listed() == (("sought", "sought.too-long"),)


@given(st.lists(st.tuples(st.sampled_from(["login", "password", "remark", "x"]), st.text(max_size=20))))
def test_every_form_gives_values_or_problems(fields):
    form = read_form(LoginForm, MultiDict(fields))
    match form:
        case FormProblems(problems):
            assert problems
        case LoginForm():
            assert 0 < len(form.login) <= 8
            assert 0 < len(form.password) <= 16


def test_a_flood_is_refused_before_it_is_read(visitor):
    assert visitor.post("/form", data={"form_token": "x" * 100_000}).status_code == 413
    assert (
        visitor.post("/token", data=b"x" * 100_000, content_type="application/x-www-form-urlencoded").status_code == 200
    )
