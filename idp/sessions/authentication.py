"""The authentication of a session: the factors that the person has achieved, and the assurance that they reach."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from relying_parties.policy import AssuranceLevel

MULTIPLE_FACTORS = "mfa"  # RFC 8176 section 2
SMART_CARD = "sc"
PASSWORD_REFERENCE = "pwd"  # noqa: S105 - the name of a factor


class FactorKind(StrEnum):
    """The kind of a factor. Two factors must be of two kinds (NIST SP 800-63B section 5.1)."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"
    INHERENCE = "inherence"


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorType:
    """The factor that a login method adds.

    `kinds` has two kinds for a device that works only with a secret of the person, such as a card with its PIN.
    `alone` is the assurance that the factor reaches by itself; None for a factor that counts only with another.
    `amr` are its authentication method references (RFC 8176 section 2).
    """

    method: str
    kinds: frozenset[FactorKind]
    alone: AssuranceLevel | None
    amr: tuple[str, ...]

    def achieved(self, at: datetime) -> "Factor":
        return Factor(type=self, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A factor that a person has achieved, and the login flow in which they did (`PendingLogin.flow_id`).

    `revocation_ended_at` is that of a card that an application's grace has accepted (`CardIdentity`).
    """

    type: FactorType
    at: datetime
    flow_id: str = ""
    revocation_ended_at: datetime | None = None

    def achieved_in(self, flow_id: str | None) -> bool:
        """Whether the person achieved it in this login flow, and not merely after the flow began."""
        return bool(flow_id) and self.flow_id == flow_id


@dataclass(frozen=True, slots=True)
class Authentication:
    """The factors of a session. At least one of them reaches an assurance alone."""

    factors: tuple[Factor, ...]

    def __post_init__(self) -> None:
        if assurance_of(factor.type for factor in self.factors) is None:
            raise ValueError("these factors reach no assurance")

    @property
    def assurance(self) -> AssuranceLevel:
        assurance = assurance_of(factor.type for factor in self.factors)
        assert assurance is not None  # noqa: S101 - checked when it was made
        return assurance

    @property
    def at(self) -> datetime:
        """The `auth_time`: when the latest factor that reaches an assurance alone was achieved. Others do not count."""
        return max(factor.at for factor in self.factors if factor.type.alone is not None)

    @property
    def amr(self) -> tuple[str, ...]:
        """The references of each factor, and `mfa` when the factors are of several kinds (RFC 8176 section 2)."""
        references = [reference for factor in self.factors for reference in factor.type.amr]
        if len(_kinds(factor.type for factor in self.factors)) > 1:
            references.append(MULTIPLE_FACTORS)
        return tuple(dict.fromkeys(references))

    def achieved_in(self, flow_id: str | None) -> bool:
        """Whether the person achieved a factor in this login flow."""
        return any(factor.achieved_in(flow_id) for factor in self.factors)

    def factor_of(self, method: str) -> Factor | None:
        """The factor that the login method `method` added."""
        return next((factor for factor in self.factors if factor.type.method == method), None)

    def with_factor(self, factor: Factor) -> Self:
        """This authentication with `factor`, which replaces an earlier factor of the same method."""
        others = tuple(each for each in self.factors if each.type.method != factor.type.method)
        return type(self)((*others, factor))

    def among(self, counts: Callable[[Factor], bool]) -> Self | None:
        """This authentication with only the factors that `counts` accepts; None when they reach no assurance."""
        factors = tuple(factor for factor in self.factors if counts(factor))
        if len(factors) == len(self.factors):
            return self
        return None if assurance_of(factor.type for factor in factors) is None else type(self)(factors)


def assurance_of(types: Iterable[FactorType]) -> AssuranceLevel | None:
    """The assurance that factors reach together: the highest that one reaches alone, and at least `TWO_FACTORS` when
    they are of two kinds.
    """
    types = tuple(types)
    levels = [each.alone for each in types if each.alone is not None]
    if not levels or len(_kinds(types)) < 2:
        return max(levels, default=None)
    return max(*levels, AssuranceLevel.TWO_FACTORS)


def _kinds(types: Iterable[FactorType]) -> frozenset[FactorKind]:
    return frozenset().union(*(each.kinds for each in types))
