"""What an application may learn of a person: one table from attribute to OpenID Connect claim.

An attribute leaves when three agree: the application's registration names it,
the request's scope asks for it, and the account has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from idp.accounts.accounts import Standing

PROFESSION_TABLE = "1.2.250.1.71.1.2.7"  # ANS, NOS TRE_G15, Profession


@dataclass(frozen=True, slots=True)
class Released:
    """One attribute: its claim, the scope that asks for it, and where its value comes from."""

    claim: str
    scope: str
    value: Callable[[Standing], object]


def _profession(standing: Standing) -> object:
    """Pro Santé Connect's form: a list of `code^OID`."""
    return [f"{standing.profession}^{PROFESSION_TABLE}"] if standing.profession else None


RELEASE: Mapping[str, Released] = {
    "given_name": Released("given_name", "profile", lambda standing: standing.given_name),
    "family_name": Released("family_name", "profile", lambda standing: standing.family_name),
    "display_name": Released("name", "profile", lambda standing: standing.display_name),
    "login": Released("preferred_username", "profile", lambda standing: standing.login),
    "language": Released("locale", "profile", lambda standing: standing.language),
    "email": Released("email", "email", lambda standing: standing.email),
    "profession": Released("SubjectRole", "professional", _profession),
    "national_id": Released("SubjectNameID", "professional", lambda standing: standing.national_id),
}

ATTRIBUTES = frozenset(RELEASE)

SCOPES: Mapping[str, tuple[str, ...]] = {
    scope: tuple(released.claim for released in RELEASE.values() if released.scope == scope)
    for scope in dict.fromkeys(released.scope for released in RELEASE.values())
}


def claims(standing: Standing, attributes: frozenset[str]) -> dict[str, object]:
    """The claims an application with these `attributes` may see of this person; absent values are left out."""
    found = {RELEASE[name].claim: RELEASE[name].value(standing) for name in attributes if name in RELEASE}
    return {claim: value for claim, value in found.items() if value}
