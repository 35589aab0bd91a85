"""Back-channel logout: a signed token tells an application's server that a session has ended.

OpenID Connect Back-Channel Logout 1.0. A job sends the token, and retries, only to the address that is registered
for the application.
"""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from config.http_client import HttpClient, HttpFailed
from idp.keys.key_ring import Algorithm, KeyRing
from idp.logout.protocol import FrontChannelRequest, LogoutChannel, NotReached
from idp.oidc.id_token import sign
from idp.oidc.vocabulary import PROTOCOL
from idp.sessions.participation import Participation
from idp.web.protocol_response import ProtocolResponse, Redirect
from relying_parties.registry.application import Application

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TOKEN_TYPE = "logout+jwt"  # noqa: S105 - section 2.4: explicit typing
LIFETIME = 120  # seconds: section 2.6 suggests two minutes at most
_CONFIRMED = frozenset({200, 204})  # section 2.8; frameworks answer 204 to an empty 200
_RETRIED = frozenset({408, 425, 429})


class BackchannelLogout:
    """OpenID Connect as a protocol of single logout (idp/logout/protocol.py)."""

    name = PROTOCOL
    notifies_initiator = True  # its server may have other sessions with the same sid

    def __init__(self, *, issuer: str, ring: Callable[[], KeyRing], outgoing: HttpClient) -> None:
        self._issuer = issuer
        self._ring = ring
        self._outgoing = outgoing

    def channel(self, application: Application) -> LogoutChannel:
        return (
            LogoutChannel.BACK_CHANNEL
            if application.oidc and application.oidc.backchannel_logout_uri
            else LogoutChannel.NONE
        )

    def notify(self, application: Application, participation: Participation, *, sid: str) -> bool:
        """POST the logout token (section 2.5); the response confirms the logout or not (section 2.8)."""
        return self._send(application, self.token(application, participation.detail.get("sub"), sid=sid))

    def notify_of_subject(self, application: Application, subject: str, *, at: int) -> bool:
        """POST a logout token for every session of this subject (section 2.4: `sub` without `sid`).

        `at` is its `toe`, the time of the event (RFC 8417 section 2.2): a job sends the token later.
        """
        return self._send(application, self.token(application, subject, sid=None, at=at))

    def _send(self, application: Application, token: str) -> bool:
        try:
            answer = self._outgoing.post(
                application.oidc_client.backchannel_logout_uri,
                urlencode({"logout_token": token}).encode("ascii"),
                content_type="application/x-www-form-urlencoded",
            )
        except HttpFailed as failure:
            raise NotReached(str(failure)) from failure
        if answer.status >= 500 or answer.status in _RETRIED:
            raise NotReached(f"the response was {answer.status}")
        return answer.status in _CONFIRMED

    def token(self, application: Application, subject: str | None, *, sid: str | None, at: int | None = None) -> str:
        """The logout token, section 2.4: with a `sid`, a `sub` or both, and without a nonce."""
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "aud": application.identifier,
            "iat": now,
            "exp": now + LIFETIME,
            "jti": secrets.token_urlsafe(24),
            "events": {EVENT: {}},
        }
        claims |= {name: value for name, value in (("sid", sid), ("sub", subject), ("toe", at)) if value}
        algorithm = Algorithm(application.oidc_client.id_token_signing_alg)
        return sign(claims, algorithm=algorithm, ring=self._ring(), typ=TOKEN_TYPE)

    def front_channel_request(
        self,
        _application: Application,
        _participation: Participation,
        *,
        relay_state: str,  # noqa: ARG002
    ) -> FrontChannelRequest:
        """Never used: Front-Channel Logout 1.0 needs third-party cookies, which browsers block."""
        raise NotReached

    def answer(
        self,
        _application: Application | None,
        request: Mapping[str, Any],
        *,
        complete: bool,  # noqa: ARG002
    ) -> ProtocolResponse:
        """RP-Initiated Logout 1.0, section 3: a redirect to the registered address, with `state` unchanged."""
        return Redirect(url=request["url"])
