"""Forms: `read_form(PasswordForm)` reads the posted form into a frozen dataclass.

Each field is a text of bounded length, and is given once. `read_form` returns the problems of all fields together for
the page to show, with the values of the fields that are not secret.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import request
from werkzeug.datastructures import MultiDict

Form = TypeVar("Form")
Problems = tuple[tuple[str, str], ...]
"""The problems that a page shows: for each, the name of a field and the code of a sentence, in the fields' order."""

MISSING, TOO_LONG, REPEATED, NOT_TEXT = "field.missing", "field.too-long", "field.repeated", "field.not-text"

_LONGEST_KEPT = 1_024  # characters of a text that is too long, which the page shows again


@dataclass(frozen=True, slots=True)
class FormProblems:
    """The problems of a form, by field, and the values of the fields that are not secret."""

    problems: Mapping[str, str]
    kept: Mapping[str, str] = field(default_factory=dict, repr=False)

    def listed(self) -> Problems:
        return tuple(self.problems.items())


def form_field(
    *, longest: int, optional: bool = False, secret: bool = False, as_typed: bool = False, error_prefix: str = "field"
) -> Any:
    """Declare a field: its longest text in characters, and whether it may be empty.

    Surrounding spaces are removed, unless the field is `as_typed` or `secret`. A `secret` is not in the form's `repr`.
    `error_prefix` begins the codes of its problems: "login" for "login.missing".
    """
    metadata = {"longest": longest, "as_typed": as_typed or secret, "optional": optional, "error_prefix": error_prefix}
    return field(default="", repr=not secret, metadata=metadata | {"secret": secret})


def read_form(form: type[Form], posted: MultiDict[str, str] | None = None) -> Form | FormProblems:
    """The form of the current request, or its problems. Fields that `form` does not declare are ignored."""
    posted = request.form if posted is None else posted
    values: dict[str, str] = {}
    problems: dict[str, str] = {}
    kept: dict[str, str] = {}
    for declared in dataclasses.fields(form):  # type: ignore[arg-type]  # a dataclass, as every form is
        texts = posted.getlist(declared.name)
        text = texts[0] if texts else ""
        if not declared.metadata["as_typed"]:
            text = text.strip()
        if (problem := REPEATED if len(texts) > 1 else _problem(text, declared.metadata)) is not None:
            problems[declared.name] = problem
        values[declared.name] = text
        if not declared.metadata["secret"]:
            kept[declared.name] = text.replace("\x00", "")[:_LONGEST_KEPT]
    return FormProblems(problems, kept) if problems else form(**values)


def posted_version(posted: MultiDict[str, str] | None = None) -> int:
    """The `version` of what the posted page showed; 0, which nothing has, when it cannot be read."""
    text = (request.form if posted is None else posted).get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _problem(text: str, declared: Mapping[str, Any]) -> str | None:
    if not text and not declared["optional"]:
        return f"{declared['error_prefix']}.missing"
    if len(text) > declared["longest"]:
        return f"{declared['error_prefix']}.too-long"
    return NOT_TEXT if "\x00" in text else None
