"""POST /saml/ecp: the login of an enhanced client (SAML V2.0 Profiles, section 4.2; HTTP Basic, RFC 7617)."""

import binascii
from base64 import b64decode
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, Response, request

from config.redis.rate_limits import RetryAfter
from idp.login.methods.base import NotProven
from idp.saml.bindings import soap
from idp.saml.bindings.soap_over_http import add_soap_endpoint, soap_answer, soap_body
from idp.saml.ecp.login import Credentials, EnhancedClientLogin, NotUnderstood
from idp.web.client_info import ClientInfo
from idp.web.untrusted_request_pages import UntrustedRequestPages

REALM = 'Basic realm="Poterne", charset="UTF-8"'
LONGEST_LOGIN, LONGEST_PASSWORD = 254, 1_024  # as on the sign-on page
_LONGEST_HEADER = 8_192


@dataclass(frozen=True, slots=True, kw_only=True)
class EnhancedClientViews:
    """The endpoint and its dependencies. It neither reads nor sets cookies."""

    login: EnhancedClientLogin
    untrusted_requests: UntrustedRequestPages

    def blueprint(self) -> Blueprint:
        saml = Blueprint("saml_ecp", __name__, url_prefix="/saml")
        add_soap_endpoint(
            saml, "/ecp", self._answer, message="AuthnRequest", untrusted_requests=self.untrusted_requests
        )
        return saml

    def _answer(self) -> Response:
        body = soap_body()
        credentials = _credentials(request.headers.get("Authorization"))
        if credentials is None:  # clients send the first request without
            return _unauthorized()
        try:
            answered = self.login.answer(body, credentials, ClientInfo.of(request), datetime.now(UTC))
        except NotUnderstood:
            return soap_answer(soap.fault("a header with mustUnderstand is unknown", code="MustUnderstand"), 500)
        if isinstance(answered, NotProven):
            return _unauthorized()
        if isinstance(answered, RetryAfter):
            headers = [("Retry-After", str(answered.seconds))]
            return soap_answer(soap.fault("too many attempts: wait"), 429, headers=headers)
        return soap_answer(answered)


def _unauthorized() -> Response:
    """The same answer for missing, malformed and wrong credentials."""
    return soap_answer(soap.fault("log in by HTTP Basic"), 401, headers=[("WWW-Authenticate", REALM)])


def _credentials(header: str | None) -> Credentials | None:
    """The credentials in an Authorization header (RFC 7617, section 2); None if it has none."""
    if header is None or len(header) > _LONGEST_HEADER:
        return None
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        login, colon, password = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return None
    if not (colon and 0 < len(login) <= LONGEST_LOGIN and 0 < len(password) <= LONGEST_PASSWORD):
        return None
    if "\0" in login or "\0" in password:
        return None
    return Credentials(login=login, password=password)
