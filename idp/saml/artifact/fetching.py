"""Fetches a request that was sent as an artifact from the service provider: SAML V2.0 Bindings, section 3.6.

Anyone can send us an artifact and thereby cause a call. Calls go only to registered service providers, at the addresses
in their verified metadata. Each artifact causes one call, the calls caused from one address are limited, and one thread
of the worker stays free for other requests when service providers do not answer.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import BoundedSemaphore

from lxml import etree

from config.http_client import HttpClient, HttpFailed
from config.redis.rate_limits import Throttle, Visit
from config.redis.store import fingerprint
from config.xml import detached_copy
from idp.saml.artifact.artifacts import Artifact
from idp.saml.bindings import soap
from idp.saml.bindings.messages import Parameter, Received
from idp.saml.errors import SamlFault
from idp.saml.message_checks import parsed, require_fresh, require_names, require_new, require_signature
from idp.saml.pysaml2.artifact_messages import make_resolve, read_answer
from idp.saml.replay import ReplayCache
from idp.saml.service_providers import require_active
from idp.saml.sign_encrypt import Protection
from idp.saml.vocabulary import SAMLP, TopStatus
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.artifact_sources import ArtifactSources
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.service_provider import Binding, Endpoint

BURST_PER_ADDRESS = 60  # calls; enough for the people of one hospital, who share an address
_REFILL_INTERVAL = 1.0  # seconds until one more call is allowed
_SLOT_TIMEOUT = 0.25  # seconds to wait for a free slot


class ArtifactFetching:
    """Fetches the AuthnRequest that an artifact stands for."""

    def __init__(
        self,
        *,
        entity_id: str,
        registry: Registry,
        sources: ArtifactSources,
        replay_cache: ReplayCache,
        throttle: Throttle,
        http_client: HttpClient,
        protection: Protection,
        at_once: int,
        lifetime: timedelta,
        skew: timedelta,
    ) -> None:
        """`at_once`: how many calls may wait for an answer at the same time."""
        self._entity_id = entity_id
        self._registry = registry
        self._sources = sources
        self._replay_cache = replay_cache
        self._throttle = throttle
        self._http_client = http_client
        self._protection = protection
        self._slots = BoundedSemaphore(at_once)
        self._lifetime = lifetime
        self._skew = skew

    def fetch(self, received: Received, visit: Visit) -> Received:
        """The request behind the received artifact. `visit` identifies the browser for the limit.

        Raises:
            UntrustedRequest: the artifact is malformed, its issuer is unknown, or it cannot be resolved.
        """
        artifact = Artifact.read("".join(received.xml.decode().split()))  # Shibboleth appends a newline
        if artifact is None:
            expected = ("base64 of 44 octets, of type 0x0004 (SAML Bindings, section 3.6.4)",)
            raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received="SAMLart", expected=expected)
        text = artifact.serialized()
        application, endpoint = self._issuer(artifact, datetime.now(UTC))
        unresolved = UntrustedRequest(
            SamlFault.ARTIFACT_UNRESOLVED,
            received=application.identifier,
            registered=(endpoint.location,),
            home_url=application.home_url,
        )
        if self._throttle.admit("saml-artifact", visit, at_once=BURST_PER_ADDRESS, every=_REFILL_INTERVAL):
            raise unresolved
        require_new(self._replay_cache, application.saml_sp.entity_id, f"artifact {fingerprint(text)}", application)
        request = make_resolve(
            issuer=self._entity_id, destination=endpoint.location, artifact=text, made_at=datetime.now(UTC)
        )
        self._protection.sign(application, request)
        try:
            with self._slot():
                body = self._post(endpoint, soap.wrap_in_envelope(request))
            message = self._message(body, application, to=request.get("ID") or "")
        except (HttpFailed, soap.NotSoap) as failure:
            raise unresolved from failure
        if message is None:
            raise unresolved
        return replace(
            received,
            parameter=Parameter.REQUEST,
            xml=message,
            binding=Binding.ARTIFACT,
            raw_query="",
            signed_query=False,
            artifact_issuer=application.saml_sp.entity_id,
        )

    # --- the call ---------------------------------------------------------------------

    def _issuer(self, artifact: Artifact, now: datetime) -> tuple[Application, Endpoint]:
        """The service provider with the SourceID, and its service with the index: section 3.6.4.1."""
        entity_id = self._sources.entity_id(artifact.source_id)
        application = self._registry.by_entity_id(entity_id) if entity_id is not None else None
        if application is None:
            raise UntrustedRequest(SamlFault.ISSUER_UNKNOWN, received="SAMLart")
        require_active(application, now)
        for service in application.saml_sp.service_provider.artifact_resolution_services:
            if service.binding is Binding.SOAP and service.index == artifact.endpoint_index:
                return application, service
        raise UntrustedRequest(
            SamlFault.ARTIFACT_UNRESOLVED,
            received=f"{application.identifier}, index {artifact.endpoint_index}",
            home_url=application.home_url,
        )

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(timeout=_SLOT_TIMEOUT):
            raise HttpFailed("too many calls wait for an answer")
        try:
            yield
        finally:
            self._slots.release()

    def _post(self, endpoint: Endpoint, body: bytes) -> bytes:
        answer = self._http_client.post(
            endpoint.location,
            body,
            content_type=f"{soap.CONTENT_TYPE}; charset=utf-8",
            headers={"SOAPAction": f'"{soap.ACTION}"'},
        )
        if answer.status != 200:
            raise HttpFailed(f"the answer has the status {answer.status}")
        return answer.body

    # --- the answer ---------------------------------------------------------------------

    def _message(self, body: bytes, application: Application, *, to: str) -> bytes | None:
        """The AuthnRequest in the ArtifactResponse to our request `to`; None if there is none.

        Raises:
            soap.NotSoap: the answer is not a SOAP message.
            UntrustedRequest: the service provider has not signed the answer, or it is not valid.
        """
        document, element = soap.message_in(body)
        answer = parsed(read_answer, element)
        if answer.issuer != application.saml_sp.entity_id or answer.in_response_to != to:
            return None
        require_signature(document, element, application)
        require_names(answer.identifier, answer.issuer_format)
        require_fresh(answer.issue_instant, datetime.now(UTC), lifetime=self._lifetime, skew=self._skew)
        if answer.top != TopStatus.SUCCESS:
            return None
        requests = element.findall(f"{SAMLP}AuthnRequest")
        if len(requests) != 1:
            return None
        return etree.tostring(detached_copy(requests[0]), encoding="utf-8", xml_declaration=False)
