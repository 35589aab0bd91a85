"""Reads an AuthnRequest: its sender, signature, destination, freshness and replay. `request_options.py` reads the rest.

SAML V2.0 Core section 3.4.1, Profiles section 4.1.4.1. Until the assertion consumer service is verified, a fault is
shown on a page (`UntrustedRequest`). Afterwards it is sent there as a Response (`RefusedAtServiceProvider`). Several
checks are here because pysaml2 lacks them: docs/decisions/pysaml2-behind-one-adapter.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from lxml import etree

from config.redis.store import Put
from idp.keys.certificates import SigningIdentity
from idp.saml.bindings.messages import Received, document_of
from idp.saml.encrypted_name_ids import decrypt_name_id
from idp.saml.errors import SamlFault
from idp.saml.forgery_limit import ForgeryLimit
from idp.saml.message_checks import (
    against_the_schema,
    require_destination,
    require_fresh,
    require_names,
    require_query_signature,
    require_signature,
    sender,
)
from idp.saml.pysaml2.adapter import SamlProvider
from idp.saml.pysaml2.messages import AuthnRequestMessage, MessageMalformed, WrongDestination, WrongVersion
from idp.saml.replay import ReplayCache
from idp.saml.service_providers import active_service_provider, is_active, require_active
from idp.saml.sso.login_request import AuthnRequest, RequestParameters, request_of, still_valid
from idp.saml.sso.name_ids import NameIds
from idp.saml.sso.relay_state import read_target
from idp.saml.sso.request_options import INDEX, RequestOptionsReader
from idp.saml.vocabulary import SAML
from idp.saml.xmlsec.encryption import DecryptionRefused
from idp.saml.xmlsec.verification import SIGNATURE
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application
from relying_parties.registry.registry import Registry
from relying_parties.sp_metadata.service_provider import ANSWERED_BY, Binding, Endpoint, ServiceProvider


class RequestReader:
    """Reads AuthnRequests, in the order of Profiles section 4.1.4.1."""

    def __init__(
        self,
        *,
        address: str,
        ecp_address: str,
        entity_id: str,
        provider: SamlProvider,
        registry: Registry,
        names: NameIds,
        replay_cache: ReplayCache,
        decryption_keys: Callable[[], Sequence[SigningIdentity]],
        lifetime: timedelta,
        skew: timedelta,
    ) -> None:
        """The Destination of AuthnRequests must be `address`, or `ecp_address` for requests by SOAP."""
        self._address = address
        self._ecp_address = ecp_address
        self._provider = provider
        self._registry = registry
        self._options = RequestOptionsReader(entity_id=entity_id, names=names)
        self._replay_cache = replay_cache
        self._decryption_keys = decryption_keys
        self._lifetime = lifetime
        self._skew = skew
        self._forgery_limit = ForgeryLimit()

    def read(self, received: Received, received_at: datetime, *, address: str) -> AuthnRequest:
        """The AuthnRequest, with every check except replay, which is checked when a login begins or is answered.

        `address` is the network address of the sender. The signature is verified before the rest is read.

        Raises:
            UntrustedRequest: a fault before the assertion consumer service is verified.
            RefusedAtServiceProvider: a fault after that.
            TooManyRequests: the sender has sent too many forged messages.
        """
        document = document_of(received)
        application = active_service_provider(self._registry, sender(document, "AuthnRequest"), received_at)
        signed = self._verify_signature(received, document, application, address)
        message = self._message(document, received.binding)
        if received.artifact_issuer not in (None, message.issuer):
            raise UntrustedRequest(
                SamlFault.ISSUER_UNKNOWN, received=message.issuer[:500], expected=(received.artifact_issuer or "",)
            )
        address = self._address_of(received.binding)
        required = signed and received.binding in (Binding.REDIRECT, Binding.POST)  # not by SOAP and artifact
        require_destination(message.destination, address, required=required)
        require_fresh(message.issue_instant, received_at, lifetime=self._lifetime, skew=self._skew)
        consumer = _consumer(message, application, received.binding)
        if signed:
            message = self._with_decrypted_subject(message, document, application)
        return self._options.read(message, application, consumer, received, received_at, signed=signed)

    def is_new(self, parameters: RequestParameters) -> bool:
        """Whether the ID of the request is new. It is recorded as used."""
        return self._replay_cache.is_new(parameters.entity_id, parameters.in_response_to or "")

    def is_known(self, parameters: RequestParameters) -> bool:
        """Whether the ID of the request was used. Nothing is recorded."""
        return self._replay_cache.is_known(parameters.entity_id, parameters.in_response_to or "")

    def use_record(self, parameters: RequestParameters, *, at_least: timedelta) -> Put:
        """The record that the ID was used, to be stored once with the answer and kept for `at_least`."""
        return self._replay_cache.use_record(parameters.entity_id, parameters.in_response_to or "", at_least=at_least)

    def forget(self, parameters: RequestParameters) -> None:
        """Delete the record that the ID was used: the request was not answered and may be sent again."""
        self._replay_cache.forget(parameters.entity_id, parameters.in_response_to or "")

    def reload(self, parameters: RequestParameters, received_at: datetime) -> AuthnRequest | None:
        """The request at the end of a login; None if a change of its application no longer allows it."""
        application = self._registry.by_entity_id(parameters.entity_id)
        if application is None or not is_active(application, datetime.now(UTC)):
            return None
        if not still_valid(parameters, application):
            return None
        return request_of(parameters, application, received_at, is_used=not parameters.unrecorded)

    def unsolicited(self, identifier: str, targets: Sequence[str], received_at: datetime) -> AuthnRequest:
        """A login that starts at the identity provider, without an AuthnRequest: Profiles, section 4.1.5.

        Raises:
            UntrustedRequest: the registration does not allow it, or the target is outside the application.
        """
        application = self._registry.by_identifier(identifier)
        if application is None or application.saml is None:
            raise UntrustedRequest(SamlFault.ISSUER_UNKNOWN, received=identifier)
        require_active(application, received_at)
        consumer = _consumer_service(application.saml.service_provider)
        if not application.saml.idp_initiated or consumer is None:
            raise UntrustedRequest(SamlFault.START_REFUSED, received=identifier, home_url=application.home_url)
        parameters = RequestParameters(
            entity_id=application.saml.entity_id,
            in_response_to=None,
            consumer_url=consumer.location,
            consumer_binding=consumer.binding.value,
            relay_state=read_target(targets, application),
            name_id=application.saml.name_id.value,
            encrypt_name_id=application.saml.encrypt_name_id,
        )
        return request_of(parameters, application, received_at, is_used=True)

    # --- the steps --------------------------------------------------------------------

    def _message(self, document: etree._Element, binding: Binding) -> AuthnRequestMessage:
        try:
            message = self._provider.read_authn_request(document, binding)
        except WrongDestination:
            require_destination(document.get("Destination"), self._address_of(binding), required=True)
            raise against_the_schema(document) from None
        except (MessageMalformed, WrongVersion) as refused:
            raise against_the_schema(document) from refused
        require_names(message.identifier, message.issuer_format)
        return message

    def _address_of(self, binding: Binding) -> str:
        return self._ecp_address if binding is Binding.SOAP else self._address

    def _verify_signature(
        self, received: Received, document: etree._Element, application: Application, address: str
    ) -> bool:
        """Whether the request is signed (Bindings 3.4.4.1 and 3.5.4.1). A wrong signature is always refused."""
        if not received.signed_query and document.find(SIGNATURE) is None:
            return _unsigned(received, application)
        with self._forgery_limit.guard(application, address):
            return _verify_signature(received, document, application)

    def _with_decrypted_subject(
        self, message: AuthnRequestMessage, document: etree._Element, application: Application
    ) -> AuthnRequestMessage:
        """The message with its encrypted Subject decrypted, if that succeeds: Core 2.2.4 and 3.4.1.

        Only signed requests are decrypted, so that strangers cannot use our keys or learn from failures.
        """
        encrypted = document.find(f"{SAML}Subject/{SAML}EncryptedID")
        if encrypted is None or message.subject is not None:
            return message
        try:
            name = decrypt_name_id(encrypted, self._decryption_keys(), application.saml_sp.weak_algorithms)
        except DecryptionRefused:
            return message
        return replace(message, subject=name)


def _unsigned(received: Received, application: Application) -> bool:
    """Whether an unsigned message counts as signed, because a signed ArtifactResponse contained it.

    Raises:
        UntrustedRequest: the requests of this application must be signed.
    """
    registration = application.saml_sp
    if received.artifact_issuer == registration.entity_id:
        return True
    if registration.requests_signed or registration.service_provider.authn_requests_signed:
        raise UntrustedRequest(
            SamlFault.SIGNATURE_MISSING, received=registration.entity_id, home_url=application.home_url
        )
    return False


def _verify_signature(received: Received, document: etree._Element, application: Application) -> bool:
    signed = False
    if received.signed_query:
        require_query_signature(received.raw_query, application, missing=SamlFault.SIGNATURE_WRONG)
        signed = True
    if document.find(SIGNATURE) is not None:
        require_signature(document, document, application, missing=SamlFault.SIGNATURE_WRONG)
        # with HTTP-Redirect, a signature of the XML does not cover RelayState
        signed = signed or received.binding is not Binding.REDIRECT
    return signed or _unsigned(received, application)


def _consumer(message: AuthnRequestMessage, application: Application, binding_used: Binding) -> Endpoint:
    """The assertion consumer service: by index, by URL and binding, or the default; always one of the metadata.

    Core 3.4.1. Requests of enhanced clients are answered by PAOS (Profiles 4.2.4.1), and no others.

    Raises:
        UntrustedRequest: the metadata have no such service.
    """
    url, index = message.consumer_url, message.consumer_index
    if index is not None and (url is not None or message.protocol_binding is not None):
        received = "AssertionConsumerServiceIndex together with AssertionConsumerServiceURL or ProtocolBinding"
        raise UntrustedRequest(
            SamlFault.REQUEST_MALFORMED, received=received, expected=("either the index or the others",)
        )
    if index is not None and not INDEX.match(index):
        raise _unregistered(message, application)
    try:
        binding = Binding(message.protocol_binding) if message.protocol_binding is not None else None
    except ValueError:
        raise _unregistered(message, application) from None
    is_ecp = binding_used is Binding.SOAP
    if binding is not None and binding not in ((Binding.PAOS,) if is_ecp else ANSWERED_BY):
        raise _unregistered(message, application)
    if is_ecp:
        binding = Binding.PAOS
    provider = application.saml_sp.service_provider
    consumer = _consumer_service(
        provider, index=int(index) if index is not None else None, location=url, binding=binding
    )
    if consumer is None:
        raise _unregistered(message, application)
    return consumer


def _unregistered(message: AuthnRequestMessage, application: Application) -> UntrustedRequest:
    """The error for an assertion consumer service that the metadata do not have."""
    requested = (message.consumer_url, message.consumer_index, message.protocol_binding)
    services = application.saml_sp.service_provider.assertion_consumer_services
    return UntrustedRequest(
        SamlFault.CONSUMER_UNREGISTERED,
        received=" ".join(filter(None, requested))[:500],
        registered=tuple(f"{each.location} {each.binding}" for each in services),
        home_url=application.home_url,
    )


def _consumer_service(
    provider: ServiceProvider, *, index: int | None = None, location: str | None = None, binding: Binding | None = None
) -> Endpoint | None:
    """The requested assertion consumer service.

    HTTP-Artifact needs a service provider with a signing certificate, to authenticate its ArtifactResolve.
    """
    if binding is None and not provider.signing_certificates:
        binding = Binding.POST
    consumer = provider.assertion_consumer_service(index=index, location=location, binding=binding)
    if consumer is not None and consumer.binding is Binding.ARTIFACT and not provider.signing_certificates:
        return None
    return consumer
