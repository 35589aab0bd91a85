"""The choices of a registration that both protocols share: assurance levels, access rules, client authentication.

Each value is the word that registration files and commands use. `Capabilities`
says what an installation offers; the identity provider makes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class AssuranceLevel(StrEnum):
    """How well a person has proved their identity, lowest first. Levels compare by this order, not as text."""

    PASSWORD = "password"  # noqa: S105 - a level's name
    TWO_FACTORS = "two-factors"
    CARD = "card"

    def reaches(self, lowest: "AssuranceLevel") -> bool:
        """Whether this level satisfies a requirement of `lowest`."""
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
    """
    Raises:
        ValueError: `assurance` is not a level. Python would otherwise compare it alphabetically.
    """
    rank = _RANKS.get(assurance)  # type: ignore[call-overload]  # a StrEnum equals its value
    if rank is None:
        raise ValueError(f"{assurance!r} is not an assurance level")
    return int(rank)


class AccessRule(StrEnum):
    """Who may log in to an application: everyone with an account, or only the people entitled to it."""

    EVERYONE = "everyone"
    ENTITLED = "entitled"


class CardRemoval(StrEnum):
    """What happens to a session that uses an application when the card that opened the session leaves its reader."""

    KEEP = "keep"
    END_SESSION = "end-session"


class ClientAuthentication(StrEnum):
    """How an application authenticates at the token endpoint: OpenID Connect Core 1.0, section 9.

    `SECRET` is our own value: each request may use either `client_secret_basic` or `client_secret_post`.
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
        """Whether this is a single method of OpenID Connect, with its standard name."""
        return self is not ClientAuthentication.SECRET

    def accepts(self, method: "ClientAuthentication") -> bool:
        """Whether an application registered with this value may authenticate by `method`."""
        return method is self or (self is ClientAuthentication.SECRET and method.has_secret)


class SubjectType(StrEnum):
    """Whether all applications see the same subject for a person: OpenID Connect Core 1.0, section 8."""

    PUBLIC = "public"
    PAIRWISE = "pairwise"


class IdTokenAlgorithm(StrEnum):
    """The signature algorithms that an application may request for its ID tokens: RFC 7518, section 3.1."""

    RS256 = "RS256"
    ES256 = "ES256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this installation offers to applications.

    `methods` maps each enabled login method to the assurance level it reaches. `confidentiality_levels` are those that
    a person can choose. `loopback_http` accepts http addresses of this machine, for development.
    """

    attributes: frozenset[str]
    methods: Mapping[str, AssuranceLevel] = field(default_factory=dict)
    confidentiality_levels: tuple[str, ...] = ()
    loopback_http: bool = False

    def reaches(self, lowest: AssuranceLevel) -> bool:
        """Whether an enabled login method reaches `lowest`."""
        return any(assurance.reaches(lowest) for assurance in self.methods.values())
