"""Reads the options of an AuthnRequest, for the login and the answer. Each option is read or refused with a status.

SAML V2.0 Core section 3.4.1. `authn_request.py` has verified the sender and the assertion
consumer service, so a refusal is a Response (`RefusedAtServiceProvider`).
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import partial

from idp.saml.bindings.messages import Received
from idp.saml.errors import Status
from idp.saml.pysaml2.messages import AuthnRequestMessage
from idp.saml.sso.authn_context import KNOWN_CLASSES, NoAuthnContext, UnknownComparison, required_level
from idp.saml.sso.errors import RefusedAtServiceProvider
from idp.saml.sso.login_request import AuthnRequest, RequestParameters, request_of
from idp.saml.sso.name_ids import FORMATS, InvalidNameIdPolicy, NameIds, requested_kind
from idp.saml.vocabulary import LONGEST_ID, NameIdFormat, StatusCode, TopStatus, instant
from relying_parties.registration.saml_sp import NameIdKind
from relying_parties.registry.application import Application
from relying_parties.sp_metadata.service_provider import Endpoint

INDEX = re.compile(r"[0-9]{1,5}\Z")  # xs:unsignedShort
_BOOLEANS = {None: False, "true": True, "1": True, "false": False, "0": False}

Refuse = Callable[[str, TopStatus, StatusCode | None, str], RefusedAtServiceProvider]


class RequestOptionsReader:
    """Reads the options of requests to the identity provider `entity_id`."""

    def __init__(self, *, entity_id: str, names: NameIds) -> None:
        self._entity_id = entity_id
        self._names = names

    def read(
        self,
        message: AuthnRequestMessage,
        application: Application,
        consumer: Endpoint,
        received: Received,
        received_at: datetime,
        *,
        signed: bool,
    ) -> AuthnRequest:
        """The login request with all its options.

        Raises:
            RefusedAtServiceProvider: an option is malformed or cannot be satisfied.
        """
        registration = application.saml_sp
        parameters = partial(
            RequestParameters,
            entity_id=registration.entity_id,
            in_response_to=message.identifier,
            signed=signed,
            consumer_url=consumer.location,
            consumer_binding=consumer.binding.value,
            relay_state=received.relay_state,
        )

        def refuse(reason: str, top: TopStatus, second: StatusCode | None, text: str) -> RefusedAtServiceProvider:
            status = Status(top=top, second=second, message=text)
            return RefusedAtServiceProvider(reason, status, request=request_of(parameters(), application, received_at))

        self._check_scoping(message, refuse)
        kind = _name_id_kind(message, application, refuse)
        return request_of(
            parameters(
                force_authn=_boolean(message.force_authn, "ForceAuthn", refuse),
                passive=_boolean(message.is_passive, "IsPassive", refuse),
                name_id=kind.value,
                encrypt_name_id=registration.encrypt_name_id or message.name_id_policy.format == NameIdFormat.ENCRYPTED,
                may_create=_may_create(message, refuse),
                expected_name=self._expected_name(message, kind, application, refuse),
                comparison=message.context.comparison if message.context else None,
                classes=_classes(message, refuse),
                attributes_index=_attributes_index(message, application, refuse),
                until=_until(message, received_at, refuse),
            ),
            application,
            received_at,
        )

    def _check_scoping(self, message: AuthnRequestMessage, refuse: Refuse) -> None:
        """Refuse an IDPList without us: Core 3.4.1.2. We are not a proxy, so any ProxyCount is accepted."""
        accepted = message.identity_providers
        if accepted is not None and self._entity_id not in accepted:
            raise refuse(
                "scoping", TopStatus.RESPONDER, StatusCode.NO_SUPPORTED_IDP, "this identity provider is not in IDPList"
            )

    def _expected_name(
        self, message: AuthnRequestMessage, kind: NameIdKind, application: Application, refuse: Refuse
    ) -> str | None:
        """The NameID that the answer must have: Core 3.4.1, Subject."""
        if message.subject is None and not message.has_other_subject:
            return None
        unknown = refuse(
            "subject",
            TopStatus.REQUESTER,
            StatusCode.UNKNOWN_PRINCIPAL,
            "the Subject is not an identifier that you received from us",
        )
        subject = message.subject
        if subject is None or not subject.value or len(subject.value) > LONGEST_ID:
            raise unknown
        if subject.format not in (None, NameIdFormat.UNSPECIFIED, FORMATS[kind]):
            raise unknown
        if subject.name_qualifier not in (None, self._entity_id):
            raise unknown
        if subject.sp_name_qualifier not in (None, application.saml_sp.entity_id):
            raise unknown
        if kind is NameIdKind.PERSISTENT and not self._names.is_persistent_id(subject.value, application):
            raise unknown
        return subject.value


def _boolean(text: str | None, name: str, refuse: Refuse) -> bool:
    """An xs:boolean."""
    if text not in _BOOLEANS:
        raise refuse("malformed", TopStatus.REQUESTER, None, f"{name} must be true or false")
    return _BOOLEANS[text]


def _name_id_kind(message: AuthnRequestMessage, application: Application, refuse: Refuse) -> NameIdKind:
    registration = application.saml_sp
    try:
        return requested_kind(message.name_id_policy, registration.name_id, registration.entity_id)
    except InvalidNameIdPolicy as refused:
        raise refuse("name-id-policy", TopStatus.REQUESTER, StatusCode.INVALID_NAMEID_POLICY, str(refused)) from refused


def _may_create(message: AuthnRequestMessage, refuse: Refuse) -> bool:
    """AllowCreate: Core 3.4.1.1. The default is false in the text; errata E14 and common practice make it true."""
    allow_create = message.name_id_policy.allow_create
    return allow_create is None or _boolean(allow_create, "AllowCreate", refuse)


def _classes(message: AuthnRequestMessage, refuse: Refuse) -> tuple[str, ...]:
    try:
        required_level(message.context)
    except NoAuthnContext:
        raise refuse(
            "authn-context",
            TopStatus.RESPONDER,
            StatusCode.NO_AUTHN_CONTEXT,
            "no requested authentication context can be satisfied",
        ) from None
    except UnknownComparison:
        raise refuse(
            "malformed", TopStatus.REQUESTER, None, "Comparison must be exact, minimum, maximum or better"
        ) from None
    named = message.context.classes if message.context else ()
    return tuple(dict.fromkeys(word for word in named if word in KNOWN_CLASSES))  # unknown ones are not kept


def _attributes_index(message: AuthnRequestMessage, application: Application, refuse: Refuse) -> int | None:
    text = message.attributes_index
    if text is None:
        return None
    if not INDEX.match(text) or application.saml_sp.service_provider.attribute_consuming_service(int(text)) is None:
        raise refuse(
            "attributes-index",
            TopStatus.REQUESTER,
            None,
            "your metadata have no AttributeConsumingService with this index",
        )
    return int(text)


def _until(message: AuthnRequestMessage, now: datetime, refuse: Refuse) -> float | None:
    """The requested end of the assertion: Core 3.4.1, Conditions. Our own limit applies if it is earlier."""
    if message.conditions_end is None:
        return None
    until = instant(message.conditions_end)
    if until is None or until <= now:
        raise refuse(
            "conditions", TopStatus.REQUESTER, StatusCode.REQUEST_DENIED, "NotOnOrAfter in Conditions has passed"
        )
    return until.timestamp()
