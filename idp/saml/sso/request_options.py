"""What an AuthnRequest demands of the login and of its answer: each demand read by itself, or refused with its status.

SAML V2.0 Core section 3.4.1. Who sent it, and where the answer goes, is known by now
(`authn_request.py`), so that a refusal is a Response (`RefusedAtServiceProvider`).
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
    """Reads what is parameters of the identity provider `entity_id`; `names` are the identifiers that it has given."""

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
        """The request that may be answered.

        Raises:
            RefusedAtServiceProvider: it asks for what cannot be given.
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
        """Core 3.4.1.2: we are the one who authenticates, and no proxy: any ProxyCount will do."""
        accepted = message.identity_providers
        if accepted is not None and self._entity_id not in accepted:
            raise refuse(
                "scoping", TopStatus.RESPONDER, StatusCode.NO_SUPPORTED_IDP, "this identity provider is not in IDPList"
            )

    def _expected_name(
        self, message: AuthnRequestMessage, kind: NameIdKind, application: Application, refuse: Refuse
    ) -> str | None:
        """Core 3.4.1: the Subject that the answer must be about."""
        if message.subject is None and not message.has_other_subject:
            return None
        unknown = refuse(
            "subject", TopStatus.REQUESTER, StatusCode.UNKNOWN_PRINCIPAL, "the Subject is no identifier we gave you"
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
    """xs:boolean."""
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
    """Core 3.4.1.1. Left out it means no, by the letter; errata E14 and everyone's practice say otherwise."""
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
            "none of the requested authentication contexts can be met here",
        ) from None
    except UnknownComparison:
        raise refuse(
            "malformed", TopStatus.REQUESTER, None, "Comparison must be exact, minimum, maximum or better"
        ) from None
    named = message.context.classes if message.context else ()
    return tuple(dict.fromkeys(word for word in named if word in KNOWN_CLASSES))  # what is kept is ours to bound


def _attributes_index(message: AuthnRequestMessage, application: Application, refuse: Refuse) -> int | None:
    text = message.attributes_index
    if text is None:
        return None
    if not INDEX.match(text) or application.saml_sp.service_provider.attribute_consuming_service(int(text)) is None:
        raise refuse(
            "attributes-index", TopStatus.REQUESTER, None, "metadata has no AttributeConsumingService of that index"
        )
    return int(text)


def _until(message: AuthnRequestMessage, now: datetime, refuse: Refuse) -> float | None:
    """Core 3.4.1, Conditions: when the assertion should stop being good; never later than we would say ourselves."""
    if message.conditions_end is None:
        return None
    until = instant(message.conditions_end)
    if until is None or until <= now:
        raise refuse("conditions", TopStatus.REQUESTER, StatusCode.REQUEST_DENIED, "Conditions: NotOnOrAfter is past")
    return until.timestamp()
