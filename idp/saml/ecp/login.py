"""The Enhanced Client or Proxy profile: a login without a page. SAML V2.0 Profiles, section 4.2, and ECP V2.0.

A program sends the request of a service provider in an envelope, and the login and password of a person by HTTP Basic.
The application must be registered with `ecp`. The password is checked as on the sign-on page, with the same limits and
requirements. Where another page would be shown, the answer is a status. Each login opens a session without a cookie,
which ends by a logout of the application or when it has been idle.

We build the envelope ourselves: pysaml2's fails on a signed Response (tests/idp/saml/pysaml2/test_ecp.py).
"""

import logging
import secrets
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from config.redis.rate_limits import RetryAfter
from config.xml import detached_copy, read_message, read_xml
from idp.accounts.login_throttle import Attempt
from idp.login.flow import Answer, LoginFlow, Refuse, ShowPage
from idp.login.methods.base import CredentialsMethod, NotProven, Proof
from idp.login.requirements import UnmetRequirement
from idp.login.session_opener import LoggedIn, SessionOpener
from idp.logout.single_logout import SingleLogout
from idp.saml.artifact.resolution import LARGEST_MESSAGE
from idp.saml.bindings import soap
from idp.saml.bindings.messages import Parameter, Received
from idp.saml.errors import Status
from idp.saml.sso.errors import RefusedAtServiceProvider
from idp.saml.sso.login_request import AuthnRequest
from idp.saml.sso.protocol import SamlProtocol
from idp.saml.sso.refusals import refusal_of_enhanced_client
from idp.saml.vocabulary import SAMLP, StatusCode, TopStatus
from idp.sessions.end_reason import EndedBy
from idp.sessions.session import Session, Sessions
from idp.web.client_info import ClientInfo
from idp.web.protocol_response import FormPost, ProtocolResponse
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.policy import AssuranceLevel
from relying_parties.sp_metadata.service_provider import Binding

ECP_NAMESPACE = "urn:oasis:names:tc:SAML:2.0:profiles:SSO:ecp"
PAOS_NAMESPACE = "urn:liberty:paos:2003-08"
CHANNEL_BINDINGS_NAMESPACE = "urn:oasis:names:tc:SAML:protocol:ext:channel-binding"
ECP = f"{{{ECP_NAMESPACE}}}"
NEXT = "http://schemas.xmlsoap.org/soap/actor/next"
PAGE = "ecp"  # the page of these logins in the audit trail

journal = logging.getLogger("poterne.saml")


class NotUnderstood(Exception):
    """A header has mustUnderstand, and we do not understand it: SOAP 1.1, section 4.2.3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """The credentials of HTTP Basic."""

    login: str
    password: str = field(repr=False)


class EnhancedClientLogin:
    """Answers the requests of enhanced clients."""

    def __init__(
        self,
        *,
        protocol: SamlProtocol,
        flow: LoginFlow,
        method: CredentialsMethod,
        opener: SessionOpener,
        sessions: Sessions,
        logout: SingleLogout,
        max_lifetime: timedelta,
    ) -> None:
        """`max_lifetime`: the longest time that a session opened here may last."""
        self._protocol = protocol
        self._flow = flow
        self._method = method
        self._opener = opener
        self._sessions = sessions
        self._logout = logout
        self._max_lifetime = max_lifetime

    def answer(
        self, body: bytes, credentials: Credentials, client: ClientInfo, received_at: datetime
    ) -> bytes | RetryAfter | NotProven:
        """The envelope of the answer.

        Returns NotProven if the password is wrong, and RetryAfter if it may not be tried now.

        Raises:
            soap.NotSoap: the body is not an envelope with one message.
            NotUnderstood: a header that must be understood is unknown.
            UntrustedRequest: the request cannot be trusted.
        """
        received = _read_request(body)
        try:
            request = self._protocol.read(received, received_at, address=client.address)
            if (status := _refusal_before_password(request, received, self._method.factor.alone)) is not None:
                return self._refusal(request, status)
            return self._log_in(request, credentials, client)
        except RefusedAtServiceProvider as refused:
            return self._refusal(refused.request, refused.status)

    def _log_in(
        self, request: AuthnRequest, credentials: Credentials, client: ClientInfo
    ) -> bytes | RetryAfter | NotProven:
        """The request counts as used only when it is answered: after a wrong password the client sends it again."""
        flow_id = secrets.token_urlsafe(18)  # takes the place of a pending login
        application = request.application.identifier
        verified = self._method.verify(
            _attempt(credentials, client), credentials.password, application=application, client=client, page=PAGE
        )
        if not isinstance(verified, Proof):
            return verified
        logged_in = self._opener.open(
            verified,
            application=application,
            replacing=None,
            client=client,
            flow_id=flow_id,
            max_lifetime=self._max_lifetime,
        )
        try:
            envelope = self._answer_session(request, logged_in, client, flow_id)
        except (UntrustedRequest, RefusedAtServiceProvider):
            self._end(logged_in.session, client)
            raise
        if envelope is None:
            return NotProven()  # the account was disabled, or its password changed, at this moment
        return envelope

    def _answer_session(
        self, request: AuthnRequest, logged_in: LoggedIn, client: ClientInfo, flow_id: str
    ) -> bytes | None:
        """The envelope of the answer in the new session; None if the session has ended already."""
        session = self._sessions.find(logged_in.cookie)
        match self._flow.decide(self._protocol, request, session, client, flow_id=flow_id):
            case Answer(response):
                return _envelope(request, response)
            case Refuse(requirement) | ShowPage(requirement):
                self._end(logged_in.session, client)
                return (
                    None
                    if requirement is UnmetRequirement.AUTHENTICATION
                    else self._refusal(request, refusal_of_enhanced_client(requirement))
                )
        raise AssertionError("only a pending login starts again")

    def _end(self, session: Session, client: ClientInfo) -> None:
        self._logout.begin([session], by=EndedBy.NO_PAGE, client=client, has_browser=False)

    def _refusal(self, request: AuthnRequest, status: Status) -> bytes:
        details = {
            "fault": (status.second or status.top).rpartition(":")[2],
            "application": request.application.identifier,
        }
        journal.warning("enhanced client refused", extra=details)
        return _envelope(request, self._protocol.refusal(request, status))


def _attempt(credentials: Credentials, client: ClientInfo) -> Attempt:
    """The attempt for the limits. A program has no device cookie: address, user agent and login identify it."""
    login, address = credentials.login, client.address
    return Attempt(login=login, address=address, client=f"{address}\n{client.agent}\n{login}")


def _read_request(body: bytes) -> Received:
    """The request in the envelope, as a message of its own."""
    document, element = soap.message_in(body)
    header = document.find(f"{soap.SOAP}Header")
    for block in () if header is None else header:
        namespace = etree.QName(block).namespace
        if namespace in (ECP_NAMESPACE, PAOS_NAMESPACE):  # these address the client, which may leave them there
            continue
        if block.get(f"{soap.SOAP}mustUnderstand", "0") != "0" and block.get(f"{soap.SOAP}actor", NEXT) == NEXT:
            raise NotUnderstood
    xml = etree.tostring(detached_copy(element), encoding="utf-8", xml_declaration=False)
    return Received(parameter=Parameter.REQUEST, xml=xml, binding=Binding.SOAP)


def _refusal_before_password(
    request: AuthnRequest, received: Received, reached: AssuranceLevel | None
) -> Status | None:
    """The refusal that no password can change, if any. The password is then not tried."""
    if not request.application.saml_sp.ecp:
        return _NOT_DECLARED
    if reached is None or reached < request.required_assurance:
        return refusal_of_enhanced_client(UnmetRequirement.REACHABLE_ASSURANCE)
    extensions = read_message(received.xml).find(f"{SAMLP}Extensions")
    if extensions is not None and extensions.find(f"{{{CHANNEL_BINDINGS_NAMESPACE}}}ChannelBindings") is not None:
        return _NO_CHANNEL_BINDINGS  # if we ignored them, the client would take the answer for bound
    return None


def _envelope(request: AuthnRequest, response: ProtocolResponse) -> bytes:
    """The Response, and the address where the client must deliver it: section 4.2.4.5. The client compares both."""
    assert isinstance(response, FormPost)  # noqa: S101 - the consumer has the binding PAOS
    [message] = [value for name, value in response.fields if name == Parameter.RESPONSE.value]
    document = read_xml(b64decode(message), at_most=LARGEST_MESSAGE)
    headers = [_header("Response", mustUnderstand="1")]
    headers[0].set("AssertionConsumerServiceURL", request.parameters.consumer_url)
    if request.parameters.signed:  # ECP V2.0: the service provider is authenticated
        headers.append(_header("RequestAuthenticated"))
    return soap.wrap_in_envelope(document, headers=headers)


def _header(name: str, **attributes: str) -> etree._Element:
    header = etree.Element(f"{ECP}{name}", nsmap={"ecp": ECP_NAMESPACE, "soap": soap.ENVELOPE_NAMESPACE})
    for attribute, value in {"actor": NEXT, **attributes}.items():
        header.set(f"{soap.SOAP}{attribute}", value)
    return header


_NOT_DECLARED = Status(
    top=TopStatus.RESPONDER,
    second=StatusCode.REQUEST_UNSUPPORTED,
    message="this application is not registered for enhanced clients",
)
_NO_CHANNEL_BINDINGS = Status(
    top=TopStatus.RESPONDER, second=StatusCode.REQUEST_UNSUPPORTED, message="channel bindings are not supported"
)
