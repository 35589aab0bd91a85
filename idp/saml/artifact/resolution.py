"""Resolves our artifacts for service providers: SAML V2.0 Core section 3.5, Profiles section 5.

An ArtifactResolve must be signed. The connection does not authenticate the service provider,
and the artifact alone does not either, because a browser has carried it.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from lxml import etree

from config.xml import read_xml
from idp.saml.artifact.artifacts import Artifacts
from idp.saml.bindings import soap
from idp.saml.forgery_limit import ForgeryLimit
from idp.saml.message_checks import (
    parsed,
    require_destination,
    require_fresh,
    require_names,
    require_new,
    require_signature,
    sender,
)
from idp.saml.pysaml2.artifact_messages import make_answer, read_resolve
from idp.saml.replay import ReplayCache
from idp.saml.service_providers import active_service_provider
from idp.saml.sign_encrypt import Protection
from idp.sessions.session import Sessions
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry

LARGEST_MESSAGE = 1_000_000  # octets; our own messages are smaller

journal = logging.getLogger("poterne.saml")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveRequest:
    """An ArtifactResolve whose signature is verified."""

    application: Application
    identifier: str
    artifact: str = field(repr=False)


class ArtifactResolution:
    """Reads and answers ArtifactResolve messages. `address` is the endpoint, which their Destination must be."""

    def __init__(
        self,
        *,
        address: str,
        entity_id: str,
        registry: Registry,
        sessions: Sessions,
        artifacts: Artifacts,
        replay_cache: ReplayCache,
        protection: Protection,
        lifetime: timedelta,
        skew: timedelta,
    ) -> None:
        self._address = address
        self._entity_id = entity_id
        self._registry = registry
        self._sessions = sessions
        self._artifacts = artifacts
        self._replay_cache = replay_cache
        self._protection = protection
        self._lifetime = lifetime
        self._skew = skew
        self._forgery_limit = ForgeryLimit()

    def read(self, body: bytes, now: datetime, *, address: str) -> ResolveRequest:
        """The ArtifactResolve in an envelope that came from the network address `address`.

        Raises:
            soap.NotSoap: there is no SOAP message.
            UntrustedRequest: the message is not signed, not valid or not new.
            TooManyRequests: the sender has sent too many forged messages.
        """
        document, element = soap.message_in(body)
        application = active_service_provider(self._registry, sender(element, "ArtifactResolve"), now)
        with self._forgery_limit.guard(application, address):
            require_signature(document, element, application)
        message = parsed(read_resolve, element)
        require_names(message.identifier, message.issuer_format)
        require_destination(message.destination, self._address)
        require_fresh(message.issue_instant, now, lifetime=self._lifetime, skew=self._skew)
        require_new(self._replay_cache, message.issuer, message.identifier, application)
        return ResolveRequest(application=application, identifier=message.identifier, artifact=message.artifact)

    def answer(self, request: ResolveRequest, now: datetime) -> bytes:
        """The signed ArtifactResponse in an envelope. It has no message if the artifact cannot be resolved."""
        application = request.application
        answer = make_answer(
            issuer=self._entity_id,
            in_response_to=request.identifier,
            message=self._message(request),
            made_at=now,
        )
        self._protection.sign(application, answer)
        return soap.wrap_in_envelope(answer)

    def _message(self, request: ResolveRequest) -> etree._Element | None:
        """The message of the artifact, unless the session has ended since: the person must stay logged out."""
        application = request.application
        stored = self._artifacts.redeem(request.artifact, by=application.saml_sp.entity_id)
        reason = "artifact-unknown" if stored is None else "session-ended"
        if stored is None or (stored.sid and not self._is_open(stored.sid)):
            journal.warning("artifact not resolved", extra={"fault": reason, "application": application.identifier})
            return None
        return read_xml(stored.message, at_most=LARGEST_MESSAGE)

    def _is_open(self, sid: str) -> bool:
        session = self._sessions.by_sid(sid)
        if session is None:
            return False
        return self._sessions.snapshot(session.account_id, since=session.account_valid_from) is not None
