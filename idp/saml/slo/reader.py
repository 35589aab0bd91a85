"""Reads logout messages and checks their sender, signature, destination, freshness and replay.

SAML V2.0 Core section 3.7.3, Profiles section 4.4.4. Logout messages must be signed (Profiles 4.4.3.1 and 4.4.3.2). A
person is identified only by a NameID that the same service provider received from us.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from lxml import etree

from idp.keys.certificates import SigningIdentity
from idp.saml.bindings import soap
from idp.saml.bindings.messages import Received, document_of
from idp.saml.encrypted_name_ids import decrypt_name_id
from idp.saml.errors import SamlFault, Status
from idp.saml.forgery_limit import ForgeryLimit
from idp.saml.message_checks import (
    parsed,
    require_destination,
    require_fresh,
    require_names,
    require_new,
    require_not_over,
    require_query_signature,
    require_signature,
    sender,
)
from idp.saml.pysaml2.logout_messages import LogoutRequestMessage, LogoutResponseMessage, read_request, read_response
from idp.saml.pysaml2.messages import NameId
from idp.saml.replay import ReplayCache
from idp.saml.service_providers import registered_service_provider, require_unexpired
from idp.saml.vocabulary import LONGEST_ID, SAML, NameIdFormat, StatusCode, TopStatus
from idp.saml.xmlsec.encryption import DecryptionRefused
from idp.sessions.session import Sessions
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.service_provider import Binding


class UnknownSession(StrEnum):
    """Why a request identifies no session."""

    MISSING = "name-id-missing"
    UNREADABLE = "name-id-not-decrypted"
    QUALIFIER = "name-id-of-another"
    SESSION = "session-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """A verified LogoutRequest: the sessions that it identifies, by sid, also those that have ended.

    `refusal` is the status to answer if the request identifies no session. `reason` is a code for the log; the
    status is the same for every reason.
    """

    application: Application
    identifier: str
    binding: Binding
    relay_state: str | None = field(default=None, repr=False)
    sids: tuple[str, ...] = ()
    refusal: Status | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutResponse:
    """A verified LogoutResponse."""

    application: Application
    in_response_to: str
    confirmed: bool


class LogoutReader:
    """Reads logout messages. Their Destination must be `address`, or `soap_address` for messages by SOAP."""

    def __init__(
        self,
        *,
        address: str,
        soap_address: str,
        entity_id: str,
        registry: Registry,
        sessions: Sessions,
        replay_cache: ReplayCache,
        decryption_keys: Callable[[], Sequence[SigningIdentity]],
        lifetime: timedelta,
        skew: timedelta,
    ) -> None:
        self._address = address
        self._soap_address = soap_address
        self._entity_id = entity_id
        self._registry = registry
        self._sessions = sessions
        self._replay_cache = replay_cache
        self._decryption_keys = decryption_keys
        self._lifetime = lifetime
        self._skew = skew
        self._forgery_limit = ForgeryLimit()

    # --- requests ---------------------------------------------------------------------

    def request(self, received: Received, now: datetime, *, address: str) -> LogoutRequest:
        """The LogoutRequest that a browser at the network address `address` carried.

        Raises:
            UntrustedRequest: the message is not signed, not valid or not new.
            TooManyRequests: the sender has sent too many forged messages.
        """
        document = document_of(received)
        application = _service_provider(self._registry, sender(document, "LogoutRequest"), now)
        with self._forgery_limit.guard(application, address):
            _verify(received, document, document, application)
        message = parsed(read_request, document)
        require_destination(message.destination, self._address, required=True)
        return self._checked_request(message, document, application, received.binding, received.relay_state, now)

    def request_by_soap(self, body: bytes, now: datetime, *, address: str) -> LogoutRequest:
        """The LogoutRequest that a server at the network address `address` sent by SOAP: Bindings, section 3.2.

        Raises:
            soap.NotSoap: the body is not an envelope with one message.
            UntrustedRequest: the message is not signed, not valid or not new.
            TooManyRequests: the sender has sent too many forged messages.
        """
        document, element = soap.message_in(body)
        application = _service_provider(self._registry, sender(element, "LogoutRequest"), now)
        with self._forgery_limit.guard(application, address):
            _verify(None, document, element, application)
        message = parsed(read_request, element)
        require_destination(message.destination, self._soap_address)
        return self._checked_request(message, element, application, Binding.SOAP, None, now)

    def _checked_request(
        self,
        message: LogoutRequestMessage,
        element: etree._Element,
        application: Application,
        binding: Binding,
        relay_state: str | None,
        now: datetime,
    ) -> LogoutRequest:
        """Check the rest of a request whose signature is verified, and find its sessions."""
        require_names(message.identifier, message.issuer_format)
        require_fresh(message.issue_instant, now, lifetime=self._lifetime, skew=self._skew)
        if message.not_on_or_after is not None:
            require_not_over(message.not_on_or_after, now, skew=self._skew)
        require_new(self._replay_cache, message.issuer, message.identifier, application)
        sids = self._named_sessions(message, element, application)
        is_known = not isinstance(sids, UnknownSession)
        return LogoutRequest(
            application=application,
            identifier=message.identifier,
            binding=binding,
            relay_state=relay_state,
            sids=tuple(sids) if is_known else (),
            refusal=None if is_known else _UNKNOWN_PRINCIPAL,
            reason="" if is_known else str(sids),
        )

    def _named_sessions(
        self, message: LogoutRequestMessage, element: etree._Element, application: Application
    ) -> Sequence[str] | UnknownSession:
        """The sessions of the principal, by the identifiers that this service provider was given: Core 3.7.3.2."""
        try:
            name_id = message.name_id or self._decrypted(element, application)
        except DecryptionRefused:
            return UnknownSession.UNREADABLE
        if name_id is None or not name_id.value or len(name_id.value) > LONGEST_ID:
            return UnknownSession.MISSING
        if name_id.name_qualifier not in (None, "", self._entity_id):
            return UnknownSession.QUALIFIER
        if name_id.sp_name_qualifier not in (None, "", application.saml_sp.entity_id):
            return UnknownSession.QUALIFIER
        indexes = message.session_indexes
        if any(not index or len(index) > LONGEST_ID for index in indexes):
            return UnknownSession.SESSION
        sids = self._sessions.named_by(application.identifier, name_id=name_id.value, session_indexes=indexes)
        return [sid for sid in sids if self._has_format(sid, application, name_id)] or UnknownSession.SESSION

    def _has_format(self, sid: str, application: Application, name_id: NameId) -> bool:
        """Whether the session has the Format of this NameID: Core 3.7.1. An ended session has no record to compare."""
        if name_id.format in (None, "", NameIdFormat.UNSPECIFIED):
            return True
        formats = [
            participation.detail.get("name_id_format")
            for participation in self._sessions.participations(sid)
            if (participation.identifier, participation.detail.get("name_id"))
            == (application.identifier, name_id.value)
        ]
        return not formats or name_id.format in formats

    def _decrypted(self, element: etree._Element, application: Application) -> NameId | None:
        """The NameID in the EncryptedID of a request, if it has one: Core 2.2.4."""
        encrypted = element.find(f"{SAML}EncryptedID")
        if encrypted is None:
            return None
        return decrypt_name_id(encrypted, self._decryption_keys(), application.saml_sp.weak_algorithms)

    # --- responses ----------------------------------------------------------------------

    def response(self, received: Received, now: datetime, *, address: str) -> LogoutResponse:
        """The LogoutResponse that a browser at the network address `address` carried.

        Raises:
            UntrustedRequest: the message is not signed or not valid.
            TooManyRequests: the sender has sent too many forged messages.
        """
        document = document_of(received)
        application = _service_provider(self._registry, sender(document, "LogoutResponse"), now)
        with self._forgery_limit.guard(application, address):
            _verify(received, document, document, application)
        message = parsed(read_response, document)
        require_destination(message.destination, self._address, required=True)
        require_fresh(message.issue_instant, now, lifetime=self._lifetime, skew=self._skew)
        return LogoutResponse(
            application=application,
            in_response_to=(message.in_response_to or "")[:LONGEST_ID],
            confirmed=confirms(message),
        )

    def response_by_soap(self, body: bytes, application: Application, *, to: str, over_tls: bool) -> bool:
        """Whether the answer to our LogoutRequest `to` by SOAP confirms the logout.

        TLS authenticates the service provider (Profiles 4.4.4.2). Without TLS the answer must
        be signed; a signature must be valid in any case.

        Raises:
            UntrustedRequest: the message does not answer that request, or its signature is refused.
            soap.NotSoap: the body is not an envelope with one message.
        """
        document, element = soap.message_in(body)
        message = parsed(read_response, element)
        if message.issuer != application.saml_sp.entity_id or message.in_response_to != to:
            raise UntrustedRequest(SamlFault.RESPONSE_UNEXPECTED, received=message.issuer[:500])
        try:
            _verify(None, document, element, application)
        except UntrustedRequest as refused:
            if not (over_tls and refused.fault is SamlFault.SIGNATURE_MISSING):
                raise
        return confirms(message)


def confirms(message: LogoutResponseMessage) -> bool:
    """Whether no session is open at the application: it confirms, or it does not know the principal."""
    if message.second == StatusCode.UNKNOWN_PRINCIPAL:
        return True
    return message.top == TopStatus.SUCCESS and message.second != StatusCode.PARTIAL_LOGOUT


_UNKNOWN_PRINCIPAL = Status(
    top=TopStatus.REQUESTER,
    second=StatusCode.UNKNOWN_PRINCIPAL,
    message="you have no session with this NameID and SessionIndex",
)


def _service_provider(registry: Registry, issuer: str, now: datetime) -> Application:
    """The sender. It may be suspended: its sessions can still be ended."""
    application = registered_service_provider(registry, issuer)
    require_unexpired(application, now)
    return application


def _verify(
    received: Received | None, document: etree._Element, element: etree._Element, application: Application
) -> None:
    """Require a signature: of the query by HTTP-Redirect (Bindings 3.4.4.1), of the message by other bindings."""
    if received is not None and received.binding is Binding.REDIRECT:
        require_query_signature(received.raw_query, application)
    else:
        require_signature(document, element, application)
