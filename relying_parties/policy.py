"""What a relying party may have: the assurance it asks for, who may enter, how it proves itself.

The words here are the ones files and commands use. What an installation can
give is an `Capabilities`, stated by the identity provider: nothing here imports it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AssuranceLevel(StrEnum):
    """How well a person has proved who they are, least first; compared by that order, never as texts."""

    PASSWORD = "password"  # noqa: S105 - a level's name
    TWO_FACTORS = "two-factors"
    CARD = "card"

    def reaches(self, lowest: "AssuranceLevel") -> bool:
        """Whether this is enough where `lowest` is asked for."""
        return self >= lowest

    def __lt__(self, other: str) -> bool:
        return _rank(self) < _rank(other)

    def __le__(self, other: str) -> bool:
        return _rank(self) <= _rank(other)

    def __gt__(self, other: str) -> bool:
        return _rank(self) > _rank(other)

    def __ge__(self, other: str) -> bool:
        return _rank(self) >= _rank(other)


_RANKS = {assurance: rank for rank, assurance in enumerate(AssuranceLevel)}


def _rank(assurance: str) -> int:
    """A word that is no assurance has no place in the order: ValueError, not the alphabet."""
    rank = _RANKS.get(assurance)  # type: ignore[call-overload]  # a StrEnum is found by its word
    if rank is None:
        raise ValueError(f"{assurance!r} is not an assurance")
    return int(rank)


class AccessRule(StrEnum):
    """Who may enter an application: everyone with an account, or the people entitled to it."""

    EVERYONE = "everyone"
    ENTITLED = "entitled"


class ClientAuthentication(StrEnum):
    """How an application proves itself at the token endpoint: OpenID Connect Core 1.0, section 9.

    `SECRET` is ours: the registration pins neither way of showing the secret, and each request may use one of them.
    """

    SECRET = "client_secret"  # noqa: S105 - a method's name
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    NONE = "none"

    @property
    def has_secret(self) -> bool:
        return self is not ClientAuthentication.NONE

    @property
    def is_pinned(self) -> bool:
        """Whether it is one method of OpenID Connect, by its name there."""
        return self is not ClientAuthentication.SECRET

    def accepts(self, method: "ClientAuthentication") -> bool:
        """Whether an application that is registered with this one may use `method`."""
        return method is self or (self is ClientAuthentication.SECRET and method.has_secret)


class SubjectType(StrEnum):
    """Whether applications see one subject for a person, or one each: OpenID Connect Core 1.0, section 8."""

    PUBLIC = "public"
    PAIRWISE = "pairwise"


class IdTokenAlgorithm(StrEnum):
    """What an application may ask its ID tokens to be signed with: RFC 7518, section 3.1."""

    RS256 = "RS256"
    ES256 = "ES256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this installation can give an application.

    `methods` are the login methods enabled here, each with the assurance it
    reaches; `loopback_http` is for development: http to this machine only.
    """

    attributes: frozenset[str]
    methods: Mapping[str, AssuranceLevel] = field(default_factory=dict)
    loopback_http: bool = False

    def reaches(self, lowest: AssuranceLevel) -> bool:
        """Whether someone could log in at all where `lowest` is asked for."""
        return any(assurance.reaches(lowest) for assurance in self.methods.values())
