"""Logout messages that come in: who sent them, that they are genuine, meant for us, fresh and new.

SAML V2.0 Core section 3.7.3, Profiles section 4.4.4. A logout message is always
signed (Profiles 4.4.3.1 and 4.4.3.2), and a person is named by nothing but
what we gave to that very service provider.
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
    """Why a request names no session of ours."""

    MISSING = "name-id-missing"
    UNREADABLE = "name-id-not-decrypted"
    QUALIFIER = "name-id-of-another"
    SESSION = "session-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoutRequest:
    """A genuine LogoutRequest: the sessions it names (by sid, open or over), and what its answer must say.

    `refusal` is a status to answer with instead, since the request is genuine but cannot be done;
    `reason` is a word for the journal: the status is the same, whatever it was.
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
    """A genuine LogoutResponse."""

    application: Application
    in_response_to: str
    confirmed: bool


class LogoutReader:
    """Reads logout messages. `address` and `soap_address` are where they come, which their Destination must be."""

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
        """A LogoutRequest that a browser brought, from this address.

        Raises:
            UntrustedRequest: it is not genuine, or cannot be read.
            TooManyRequests: too many forged ones have come from there.
        """
        document = document_of(received)
        application = _service_provider(self._registry, sender(document, "LogoutRequest"), now)
        with self._forgery_limit.guard(application, address):
            _verify(received, document, document, application)
        message = parsed(read_request, document)
        require_destination(message.destination, self._address, required=True)
        return self._checked_request(message, document, application, received.binding, received.relay_state, now)

    def request_by_soap(self, body: bytes, now: datetime, *, address: str) -> LogoutRequest:
        """A LogoutRequest from a service provider's own server, at this address: Bindings, section 3.2.

        Raises:
            soap.NotSoap: there is no message.
            UntrustedRequest: it is not genuine, or cannot be read.
            TooManyRequests: too many forged ones have come from there.
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
        """What a request asks, whose sender is known."""
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
        """Core 3.7.3.2: the sessions of the principal, by the identifiers that this service provider was given."""
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
        """Core 3.7.1: what names the person must match strongly; a session that is over has nothing to compare."""
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
        """Core 2.2.4: a NameID that only we can read."""
        encrypted = element.find(f"{SAML}EncryptedID")
        if encrypted is None:
            return None
        return decrypt_name_id(encrypted, self._decryption_keys(), application.saml_sp.weak_algorithms)

    # --- responses ----------------------------------------------------------------------

    def response(self, received: Received, now: datetime, *, address: str) -> LogoutResponse:
        """A LogoutResponse that a browser brought, from this address.

        Raises:
            UntrustedRequest: it is not genuine, or cannot be read.
            TooManyRequests: too many forged ones have come from there.
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
        """Whether the answer to our own SOAP call confirms the logout.

        The connection shows who answers (Profiles 4.4.4.2); a signature, where there
        is one, must be good all the same, and without TLS there must be one.

        Raises:
            UntrustedRequest: it is no answer to that request.
            soap.NotSoap: it is no message at all.
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
    """Whether nothing is open there any more: it says so, or that it knows nobody by that name (any more)."""
    if message.second == StatusCode.UNKNOWN_PRINCIPAL:
        return True
    return message.top == TopStatus.SUCCESS and message.second != StatusCode.PARTIAL_LOGOUT


_UNKNOWN_PRINCIPAL = Status(
    top=TopStatus.REQUESTER,
    second=StatusCode.UNKNOWN_PRINCIPAL,
    message="no session is known by that NameID and SessionIndex with you",
)


def _service_provider(registry: Registry, issuer: str, now: datetime) -> Application:
    """The sender, which may be suspended: its sessions can still be ended."""
    application = registered_service_provider(registry, issuer)
    require_unexpired(application, now)
    return application


def _verify(
    received: Received | None, document: etree._Element, element: etree._Element, application: Application
) -> None:
    """Always signed: by HTTP-Redirect the query (Bindings 3.4.4.1), elsewhere the message itself."""
    if received is not None and received.binding is Binding.REDIRECT:
        require_query_signature(received.raw_query, application)
    else:
        require_signature(document, element, application)
