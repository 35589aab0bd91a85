"""The errors of this package: what is wrong with a registration, or with a request to the registry.

A problem names the field, the received value and what to change. Values are
shortened and escaped, because strangers write them and terminals show them.
"""

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 80
_REDIRECTION_ADDRESSES = frozenset({"redirect_uris", "oidc.redirect_uris"})  # as JSON and TOML name them


class RelyingPartyError(Exception):
    """The root of what this package raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One problem: the field, the received value (already safe to show), and what to change."""

    field: str
    received: str
    change: str

    def __str__(self) -> str:
        return f"{self.field}: received {self.received}: {self.change}"


class RegistrationProblems(RelyingPartyError):
    """The registration is refused; `problems` holds every reason."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def error(self) -> str:
        """The error code of RFC 7591 section 3.2.2."""
        about_redirects = any(problem.field in _REDIRECTION_ADDRESSES for problem in self.problems)
        return "invalid_redirect_uri" if about_redirects else "invalid_client_metadata"


class NoSuchApplication(RelyingPartyError):
    """No application is registered under that name, client_id or entity id."""


class AlreadyRegistered(RelyingPartyError):
    """The name, the client_id or the entity id belongs to another application."""


class HasNoSecret(RelyingPartyError):
    """The application is a public client: there is no secret to rotate."""


def shown(value: object) -> str:
    """`value`, of any type, as one short line of printable ASCII."""
    match value:
        case None:
            return "nothing"
        case str():
            text = json.dumps(value[: _SHOWN + 1]).replace("\x7f", "\\u007f")
        case bool() | float():
            text = str(value).lower()
        case int():
            text = str(value) if abs(value) < 10**_SHOWN else "a number of many digits"
        case list() | tuple():
            text = "an empty list" if not value else f"a list of {len(value)}"
        case dict():
            text = "a table"
        case _:
            text = f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN + 2 else f"{text[:_SHOWN]}..."


def shown_name(name: str) -> str:
    """The name of a field that a stranger wrote, shortened and escaped."""
    return name if len(name) <= 64 and re.fullmatch(r"[\w.-]+", name, re.ASCII) else ascii(name[:64])


def nearest(value: object, known: Iterable[str]) -> str | None:
    """The known name that is spelled most like `value`, or None when none is close."""
    if not isinstance(value, str):
        return None
    spelled = {_spelling(name): name for name in known}
    close = difflib.get_close_matches(_spelling(value[:64]), spelled, n=1, cutoff=0.7)
    return spelled[close[0]] if close else None


def _spelling(name: str) -> str:
    return name.lower().replace("-", "_")


def among(value: object, known: Iterable[str]) -> str:
    """What to change when `value` is not one of the `known` names."""
    known = list(known)
    meant = nearest(value, known)
    choices = f"must be one of {', '.join(known)}" if known else "none is available here"
    return f"did you mean {meant}? {choices}" if meant else choices
