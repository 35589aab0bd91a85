"""An authentication request that has been read and checked, and how a pending login keeps it."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from idp.login.request import LoginRequest
from idp.oidc.vocabulary import PROTOCOL
from relying_parties.policy import AssuranceLevel
from relying_parties.registry.application import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticationRequest(LoginRequest):
    """A LoginRequest in the terms of OpenID Connect. Apart from the application, its values are plain."""

    application: Application
    redirect_uri: str
    scope: str
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    id_token_claims: dict[str, Any] | None = None
    userinfo_claims: dict[str, Any] | None = None

    def serialized(self) -> str:
        """The checked values as JSON; a value that says nothing is left out."""
        members = {
            "client_id": self.application.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": self.code_challenge,
            "passive": self.passive or None,
            "force_authn": self.force_authn or None,
            "select_account": self.select_account or None,
            "max_age": None if self.max_age is None else int(self.max_age.total_seconds()),
            "voluntary_assurance": self.voluntary_assurance,
            "essential_assurance": self.essential_assurance,
            "expected_subjects": None if self.expected_subjects is None else sorted(self.expected_subjects),
            "login_hint": self.login_hint or None,
            "languages": self.languages or None,
            "id_token_claims": self.id_token_claims,
            "userinfo_claims": self.userinfo_claims,
        }
        return json.dumps({name: value for name, value in members.items() if value is not None})

    @classmethod
    def restored(cls, members: dict[str, Any], application: Application, received_at: datetime) -> Self:
        """The request that `serialized` wrote, for its application as it is registered now."""
        max_age, subjects = members.get("max_age"), members.get("expected_subjects")
        return cls(
            protocol=PROTOCOL,
            received_at=received_at,
            application=application,
            sector=application.oidc_client.sector,
            passive=members.get("passive", False),
            force_authn=members.get("force_authn", False),
            select_account=members.get("select_account", False),
            max_age=None if max_age is None else timedelta(seconds=max_age),
            voluntary_assurance=_level(members.get("voluntary_assurance")),
            essential_assurance=_level(members.get("essential_assurance")),
            expected_subjects=None if subjects is None else frozenset(subjects),
            login_hint=members.get("login_hint", ""),
            languages=tuple(members.get("languages", ())),
            redirect_uri=members["redirect_uri"],
            scope=members["scope"],
            state=members.get("state"),
            nonce=members.get("nonce"),
            code_challenge=members.get("code_challenge"),
            id_token_claims=members.get("id_token_claims"),
            userinfo_claims=members.get("userinfo_claims"),
        )


def _level(name: str | None) -> AssuranceLevel | None:
    return None if name is None else AssuranceLevel(name)
