"""What an operator may do: the roles that the identity provider released, and what each permits.

`PERMISSIONS` is the matrix. Pages and actions declare the permission they need, and a
test holds each of them against every role.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from enrollment.offer import Offer
from enrollment.requests.vocabulary import PartKind
from enrollment.sign_in.person import SignedInPerson

LONGEST_NAME: Final = 240
"""Characters of an operator's name that are kept with what they do."""


class Role(StrEnum):
    """A role of an operator, as the identity provider writes it in the claim `operator_roles`."""

    APPROVER = "approver"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a page or an action of the office needs."""

    READ = "read"  # the queue, a request, its history
    ASSIGN = "assign"  # take charge of a request, and give it up
    NOTE = "note"  # write to colleagues
    DECIDE = "decide"  # the parts that the operator answers for, and ask for more
    INVITE = "invite"
    ENROL = "enrol"  # fill in a request with a person
    RETRY_DELIVERY = "retry-delivery"


PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.AUDITOR: frozenset({Permission.READ}),
    Role.APPROVER: frozenset(
        {
            Permission.READ,
            Permission.ASSIGN,
            Permission.NOTE,
            Permission.DECIDE,
            Permission.INVITE,
            Permission.ENROL,
        }
    ),
    Role.ADMINISTRATOR: frozenset(Permission),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRole:
    """A role, for everything or for one scope: `community:onco-centre`, `application:dcc`."""

    role: Role
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """A person who is signed in, as an operator: without roles, nothing is permitted."""

    subject: str
    name: str
    username: str
    email: str
    roles: frozenset[HeldRole]

    @classmethod
    def of(cls, person: SignedInPerson) -> Self:
        return cls(
            subject=person.subject,
            name=person.name[:LONGEST_NAME],
            username=person.username,
            email=person.email,
            roles=held_roles(person.roles),
        )

    def may(self, permission: Permission) -> bool:
        """Whether any of the roles permits this; for a decision, see also `answers_for`."""
        return any(permission in PERMISSIONS[held.role] for held in self.roles)

    def answers_for(self, kind: str, name: str) -> bool:
        """Whether this operator decides a part: an administrator any; an approver, those of the scope.

        The account belongs to every approver.
        """
        return answer_for(self.roles, kind, name)

    @property
    def roles_named(self) -> tuple[Role, ...]:
        """The roles without their scopes, for the head of the page."""
        return tuple(sorted({held.role for held in self.roles}))


def held_roles(claims: Iterable[str]) -> frozenset[HeldRole]:
    """The roles of the claim; a role that this version does not know gives no right."""
    named = (claim.partition(":") for claim in claims)
    return frozenset(HeldRole(role=Role(name), scope=scope) for name, _, scope in named if name in set(Role))


def answer_for(roles: Iterable[HeldRole], kind: str, name: str) -> bool:
    """Whether these roles decide a part: an administrator's any; an approver's, those of the scope, and the account."""
    scope = f"{kind}:{name}"
    return any(
        held.role is Role.ADMINISTRATOR
        or (held.role is Role.APPROVER and (kind == PartKind.ACCOUNT or held.scope in ("", scope)))
        for held in roles
    )


def falls_to_region(offer: Offer | None, kind: str, name: str) -> bool:
    """Whether those who decide on everything decide on this part, for want of approvers that others have."""
    if offer is None:
        return False
    have = [each.has_approvers for each in offer.communities] + [each.has_approvers for each in offer.applications]
    if not any(have):
        return False
    offered = offer.community(name) if kind == PartKind.COMMUNITY else offer.application(name)
    return offered is not None and not offered.has_approvers
