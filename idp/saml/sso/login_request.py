"""The parameters of a verified AuthnRequest: what a pending login keeps, and what the answer needs.

SAML V2.0 Core section 3.4.1. The XML is not kept: that it was genuine, fresh and for
us was looked at once, when it came (`authn_request.py`).
"""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime

from idp.login.request import LoginRequest
from idp.saml.pysaml2.messages import RequestedContext
from idp.saml.sso.authn_context import required_level
from idp.saml.sso.name_ids import sector_of
from idp.saml.sso.relay_state import read_target
from idp.saml.vocabulary import PROTOCOL
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registration.saml_sp import NameIdKind
from relying_parties.registry.application import Application
from relying_parties.sp_metadata.service_provider import Binding


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestParameters:
    """The parameters of a verified request. A pending login keeps them, and not the XML.

    `in_response_to` is None when the login began at the identity provider. `unrecorded` says of one
    that a login was begun for that its ID counts as used (replay.py) only once it is answered.
    """

    entity_id: str
    consumer_url: str
    consumer_binding: str
    in_response_to: str | None = None
    signed: bool = False
    relay_state: str | None = field(default=None, repr=False)
    force_authn: bool = False
    passive: bool = False
    name_id: str = NameIdKind.PERSISTENT.value
    encrypt_name_id: bool = False
    may_create: bool = True
    expected_name: str | None = field(default=None, repr=False)
    comparison: str | None = None
    classes: tuple[str, ...] = ()
    attributes_index: int | None = None
    until: float | None = None
    unrecorded: bool | None = None

    @property
    def name_id_kind(self) -> NameIdKind:
        return NameIdKind(self.name_id)

    @property
    def context(self) -> RequestedContext | None:
        if self.comparison is None:
            return None
        return RequestedContext(comparison=self.comparison, classes=self.classes)

    def serialized(self) -> str:
        said = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({name: value for name, value in said.items() if value is not None})

    @classmethod
    def read(cls, text: str) -> "RequestParameters":
        """What `written` gave; a later version's words are passed over, since nodes of two versions live together."""
        values = {name: value for name, value in json.loads(text).items() if name in cls.__slots__}
        return cls(**(values | {"classes": tuple(values.get("classes", ()))}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthnRequest(LoginRequest):
    """A LoginRequest as SAML says it.

    `is_used`: its ID counts as used (replay.py) since a login was begun for it, or it has none, since nobody sent it.
    """

    application: Application
    parameters: RequestParameters
    is_used: bool

    def serialized(self) -> str:
        return self.parameters.serialized()


def request_of(
    parameters: RequestParameters, application: Application, received_at: datetime, *, is_used: bool = False
) -> AuthnRequest:
    """What is the same when the request is read again."""
    persistent = parameters.name_id_kind is NameIdKind.PERSISTENT
    # a sector draws an identifier: AllowCreate="false" forbids, unless one is expected, which then exists
    drawn = persistent and (parameters.may_create or parameters.expected_name is not None)
    return AuthnRequest(
        protocol=PROTOCOL,
        received_at=received_at,
        application=application,
        sector=sector_of(application) if drawn else "",
        passive=parameters.passive,
        force_authn=parameters.force_authn,
        essential_assurance=required_level(parameters.context),
        expected_subjects=frozenset({parameters.expected_name})
        if persistent and parameters.expected_name is not None
        else None,
        parameters=parameters,
        is_used=is_used,
    )


def unrecorded(request: AuthnRequest) -> AuthnRequest:
    """The same request, whose ID counts as used only once it is answered."""
    parameters = replace(request.parameters, unrecorded=True)
    return replace(request, parameters=parameters)


def still_valid(parameters: RequestParameters, application: Application) -> bool:
    """Whether the same request would be answered as its application is registered by now."""
    registration = application.saml_sp
    provider = registration.service_provider
    if parameters.in_response_to is None:
        try:
            target = read_target([parameters.relay_state or ""], application)
        except UntrustedRequest:
            return False
        if not registration.idp_initiated or target != parameters.relay_state:
            return False
    elif not parameters.signed and (registration.requests_signed or provider.authn_requests_signed):
        return False
    if (
        parameters.attributes_index is not None
        and provider.attribute_consuming_service(parameters.attributes_index) is None
    ):
        return False
    binding = Binding(parameters.consumer_binding)
    return provider.assertion_consumer_service(location=parameters.consumer_url, binding=binding) is not None
