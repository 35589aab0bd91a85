"""What can be wrong with a registration, or with what is asked of the registry.

A problem names the field, the value received and what to change. Values are
shown short and on one line: they come from strangers and go to terminals.
"""

import difflib
import json
from collections.abc import Iterable
from dataclasses import dataclass

_SHOWN = 80
_REDIRECTION_ADDRESSES = frozenset({"redirect_uris", "oidc.redirect_uris"})  # as JSON and TOML name them


class RelyingPartyError(Exception):
    """The root of what this package raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong: where, what was received there (already made safe to show), what to change."""

    field: str
    received: str
    change: str

    def __str__(self) -> str:
        return f"{self.field}: received {self.received}: {self.change}"


class RegistrationProblems(RelyingPartyError):
    """The registration cannot be used; every reason at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))

    @property
    def error(self) -> str:
        """The word of RFC 7591 section 3.2.2."""
        about_redirects = any(problem.field in _REDIRECTION_ADDRESSES for problem in self.problems)
        return "invalid_redirect_uri" if about_redirects else "invalid_client_metadata"


class NoSuchApplication(RelyingPartyError):
    """No application is registered under that name, client_id or entity id."""


class AlreadyRegistered(RelyingPartyError):
    """The name, the client_id or the entity id belongs to another application."""


class HasNoSecret(RelyingPartyError):
    """The application is a public client: there is no secret to rotate."""


def shown(value: object) -> str:
    """`value` on one short line of printable ASCII, whatever it is."""
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


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known word that `word` was probably meant to be."""
    if not isinstance(word, str):
        return None
    spelled = {_spelling(name): name for name in known}
    close = difflib.get_close_matches(_spelling(word[:64]), spelled, n=1, cutoff=0.7)
    return spelled[close[0]] if close else None


def _spelling(word: str) -> str:
    return word.lower().replace("-", "_")


def among(word: object, known: Iterable[str]) -> str:
    """What to change when `word` is not one of the `known` words."""
    known = list(known)
    meant = nearest(word, known)
    choices = f"must be one of {', '.join(known)}" if known else "none is available here"
    return f"did you mean {meant}? {choices}" if meant else choices
