"""A posted form becomes a frozen dataclass once, at the edge: `read_form(PasswordForm)`.

Each field is a text of bounded length, given once. What is wrong is returned, every
field at once, for the page to say; nothing is ever echoed from here.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict

Form = TypeVar("Form")

MISSING, TOO_LONG, REPEATED, NOT_TEXT = "field.missing", "field.too-long", "field.repeated", "field.not-text"


@dataclass(frozen=True, slots=True)
class FormProblems:
    """What cannot be read: a word for each field, to be said by the wording."""

    problems: dict[str, str]


def form_field(*, longest: int, optional: bool = False, secret: bool = False, as_typed: bool = False) -> Any:
    """Declare a field: how long it may be, and whether it may be left out.

    A text loses the spaces around it unless it is taken `as_typed`, as a
    password is; a `secret` stays out of the form's `repr`.
    """
    metadata = {"longest": longest, "as_typed": as_typed or secret}
    return field(default="", repr=not secret, metadata=metadata | {"optional": optional})


def read_form(form: type[Form], given: MultiDict[str, str] | None = None) -> Form | FormProblems:
    """The present request's form as `form`, or every problem of it. Fields that `form` does not declare are ignored."""
    given = request.form if given is None else given
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    for declared in dataclasses.fields(form):  # type: ignore[arg-type]  # a dataclass, as every form is
        texts = given.getlist(declared.name)
        text = texts[0] if texts else ""
        if not declared.metadata["as_typed"]:
            text = text.strip()
        if (problem := REPEATED if len(texts) > 1 else _problem(text, declared.metadata)) is not None:
            problems[declared.name] = problem
        values[declared.name] = text
    return FormProblems(problems) if problems else form(**values)


def _problem(text: str, declared: Mapping[str, Any]) -> str | None:
    if not text and not declared["optional"]:
        return MISSING
    if len(text) > declared["longest"]:
        return TOO_LONG
    return NOT_TEXT if "\x00" in text else None
