"""An authentication request that has been read and checked."""

from dataclasses import dataclass
from typing import Any

from idp.login.request import LoginRequest
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
