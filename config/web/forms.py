"""A posted form becomes a frozen dataclass once, at the edge: `read_form(PasswordForm)`.

Each field is a text of bounded length, given once. What is wrong is returned, every
field at once, for the page to say; what was typed into the others is kept for it,
but never what is secret.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict

Form = TypeVar("Form")
Problems = tuple[tuple[str, str], ...]
"""What a page says of its form: the id of a field and the code of a sentence, in the order of the fields."""

MISSING, TOO_LONG, REPEATED, NOT_TEXT = "field.missing", "field.too-long", "field.repeated", "field.not-text"

_LONGEST_KEPT = 1_024  # characters of a text too long that the page gives back, to be shortened


@dataclass(frozen=True, slots=True)
class FormProblems:
    """What cannot be read: the code of a sentence for each field at fault; and what was typed, less the secrets."""

    problems: Mapping[str, str]
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)

    def listed(self) -> Problems:
        return tuple(self.problems.items())


def form_field(
    *, longest: int, optional: bool = False, secret: bool = False, as_typed: bool = False, said_as: str = "field"
) -> Any:
    """Declare a field: how many characters it may hold, and whether it may be left out.

    A text loses the spaces around it unless it is taken `as_typed`, as a
    password is; a `secret` stays out of the form's `repr`. `said_as` begins the codes of the
    sentences that are said when it is missing or too long: "login" for "login.missing".
    """
    metadata = {"longest": longest, "as_typed": as_typed or secret, "optional": optional, "said_as": said_as}
    return field(default="", repr=not secret, metadata=metadata | {"secret": secret})


def read_form(form: type[Form], given: MultiDict[str, str] | None = None) -> Form | FormProblems:
    """The present request's form as `form`, or every problem of it. Fields that `form` does not declare are ignored."""
    given = request.form if given is None else given
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    kept: dict[str, str] = {}
    for declared in dataclasses.fields(form):  # type: ignore[arg-type]  # a dataclass, as every form is
        texts = given.getlist(declared.name)
        text = texts[0] if texts else ""
        if not declared.metadata["as_typed"]:
            text = text.strip()
        if (problem := REPEATED if len(texts) > 1 else _problem(text, declared.metadata)) is not None:
            problems[declared.name] = problem
        values[declared.name] = text
        if not declared.metadata["secret"]:
            kept[declared.name] = text.replace("\x00", "")[:_LONGEST_KEPT]
    return FormProblems(problems, kept) if problems else form(**values)


def _problem(text: str, declared: Mapping[str, Any]) -> str | None:
    if not text and not declared["optional"]:
        return f"{declared['said_as']}.missing"
    if len(text) > declared["longest"]:
        return f"{declared['said_as']}.too-long"
    return NOT_TEXT if "\x00" in text else None
