"""The storage that pyop sees: for one request, over our own codes, tokens and registry.

pyop's own storage is not used: it is not atomic, keeps codes and tokens in clear and searches all accounts for a
subject (docs/decisions/pyop-behind-one-adapter.md).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pyop.access_token import AccessToken
from pyop.authz_state import AuthorizationState
from pyop.exceptions import InvalidAuthorizationCode
from pyop.userinfo import Userinfo

from idp import attribute_release
from idp.accounts.snapshot import AccountSnapshot
from idp.attribute_release import Recipient
from idp.keys.key_ring import Algorithm
from idp.oidc.grant_store import AuthorizationCode, Grant
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry


@dataclass(frozen=True, slots=True)
class Person:
    """pyop's user id: an account, and the application that receives claims about it."""

    snapshot: AccountSnapshot
    application: Application

    def claims(self) -> dict[str, object]:
        """The claims that the application may receive."""
        recipient = Recipient(self.application.identifier, datetime.now(UTC))
        return attribute_release.claims(self.snapshot, self.application.attributes, recipient)


class ReleasedClaims(Userinfo):  # type: ignore[misc]  # pyop has no types
    """Claims by the release table. pyop's `authorize` looks here for a custom `sub`, and finds none."""

    def __init__(self) -> None:
        super().__init__({})

    def __getitem__(self, _: object) -> dict[str, Any]:
        return {}

    def get_claims_for(self, person: Person, requested: Mapping[str, Any], _: object = None) -> dict[str, Any]:
        if not requested:  # the usual ID token
            return {}
        claims = person.claims()
        return {claim: claims[claim] for claim in requested if claim in claims}


class State(AuthorizationState):  # type: ignore[misc]
    """pyop's authorization state, for one request. Grants are stored by idp/oidc/grant_store.py."""

    stateless = False

    def __init__(self) -> None:
        """pyop's in-memory storage is not created."""


class IssuedCode(State):
    """At the authorization endpoint: a code that has been stored."""

    def __init__(self, code: str) -> None:
        self._code = code

    def create_authorization_code(self, *_: object, **__: object) -> str:
        return self._code


class RedeemedCode(State):
    """At the token endpoint: a code that its client has just redeemed."""

    def __init__(
        self,
        token_request: Mapping[str, str],
        code: AuthorizationCode,
        person: Person,
        issue: Callable[[], str | None],
        lifetime: timedelta,
    ) -> None:
        self.token_request = token_request
        self.client_id = code.grant.client_id
        self.signing_algorithm = Algorithm(person.application.oidc_client.id_token_signing_alg)
        self._code = code
        self._person = person
        self._issue = issue
        self._lifetime = lifetime

    def get_authorization_request_for_code(self, _: str) -> dict[str, Any]:
        """What `_verify_code_exchange_req` and `_get_requested_claims_in` compare with."""
        code = self._code
        request: dict[str, Any] = {
            "client_id": code.grant.client_id,
            "redirect_uri": code.redirect_uri,
            "nonce": code.nonce,
        }
        if code.code_challenge is not None:
            request |= {"code_challenge": code.code_challenge, "code_challenge_method": "S256"}
        if code.id_token_claims:
            request["claims"] = {"id_token": code.id_token_claims}
        return request

    def get_subject_identifier_for_code(self, _: str) -> str:
        return self._code.grant.subject

    def get_user_id_for_subject_identifier(self, _: str) -> Person:
        return self._person

    def exchange_code_for_token(self, _: str) -> AccessToken:
        token = self._issue()
        if token is None:
            raise InvalidAuthorizationCode("revoked")
        return AccessToken(token, int(self._lifetime.total_seconds()))

    def create_refresh_token(self, _: str) -> None:
        """No refresh token: access ends with the session."""


class OpenedToken(State):
    """At the userinfo endpoint: an access token that is valid."""

    def __init__(self, grant: Grant, person: Person) -> None:
        self._grant = grant
        self._person = person

    def introspect_access_token(self, _: str) -> dict[str, Any]:
        return {"active": True, "scope": self._grant.scope, "sub": self._grant.subject}

    def get_user_id_for_subject_identifier(self, _: str) -> Person:
        return self._person

    def get_authorization_request_for_access_token(self, _: str) -> dict[str, Any]:
        return {"claims": {"userinfo": self._grant.userinfo_claims or {}}}


class Clients(Mapping[str, dict[str, Any]]):
    """The registry as pyop's `clients`: from a client_id to the metadata that pyop uses."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def __getitem__(self, client_id: str) -> dict[str, Any]:
        application = self._registry.by_client_id(client_id)
        if application is None:
            raise KeyError(client_id)
        return {
            "redirect_uris": list(application.oidc_client.redirect_uris),  # a list: pyop tests with `in` on them
            "response_types": ["code"],
        }

    def __contains__(self, client_id: object) -> bool:
        return isinstance(client_id, str) and self._registry.by_client_id(client_id) is not None

    def __iter__(self) -> Any:
        raise TypeError("the registry is not enumerated while answering a request")

    def __len__(self) -> int:
        raise TypeError("the registry is not counted while answering a request")
