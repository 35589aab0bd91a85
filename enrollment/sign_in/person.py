"""A person who is signed in, as the identity provider described them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedInPerson:
    """A person who is signed in.

    Attributes:
        subject: the `sub` of the identity provider, by which its interface knows the account.
        sid: the session at the identity provider (Back-Channel Logout 1.0, section 2.1).
        roles: what the account may do as an operator: `approver:community:onco-centre`, `administrator`.
        communities: names of the communities that the account belongs to.
    """

    subject: str
    sid: str
    name: str
    username: str
    email: str
    roles: frozenset[str]
    communities: frozenset[str]
    given_name: str = ""
    family_name: str = ""

    @classmethod
    def of_claims(cls, claims: Mapping[str, Any]) -> Self:
        """The person of the claims of an ID token and of userinfo. A claim of another type counts as absent."""
        parts = [_text(claims, name) for name in ("given_name", "family_name")]
        return cls(
            subject=_text(claims, "sub"),
            sid=_text(claims, "sid"),
            name=_text(claims, "name") or " ".join(filter(None, parts)) or _text(claims, "preferred_username"),
            username=_text(claims, "preferred_username"),
            email=_text(claims, "email"),
            roles=_texts(claims, "operator_roles"),
            communities=_texts(claims, "communities"),
            given_name=_text(claims, "given_name"),
            family_name=_text(claims, "family_name"),
        )

    def as_record(self) -> dict[str, Any]:
        """What `of_record` reads."""
        return asdict(self) | {"roles": sorted(self.roles), "communities": sorted(self.communities)}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        texts = ("subject", "sid", "name", "username", "email", "given_name", "family_name")
        named = {name: str(record[name]) for name in texts}
        return cls(**named, roles=frozenset(record["roles"]), communities=frozenset(record["communities"]))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value[:254] if isinstance(value, str) else ""


def _texts(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value = claims.get(name)
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()
