"""The parameters of a verified AuthnRequest, which a pending login keeps and the answer needs.

SAML V2.0 Core section 3.4.1. The XML is not kept: `authn_request.py` has verified it.
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
    """The parameters of a verified request.

    `in_response_to` is None if the login started at the identity provider. `unrecorded`: the ID is recorded as used
    (replay.py) only with the answer, not when the login begins.
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
        values = {name: getattr(self, name) for name in self.__slots__}
        return json.dumps({name: value for name, value in values.items() if value is not None})

    @classmethod
    def read(cls, text: str) -> "RequestParameters":
        """The parameters that `serialized` wrote. Unknown names are ignored: another node may run a newer version."""
        values = {name: value for name, value in json.loads(text).items() if name in cls.__slots__}
        return cls(**(values | {"classes": tuple(values.get("classes", ()))}))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthnRequest(LoginRequest):
    """The login request of SAML.

    `is_used`: the ID is already recorded as used (replay.py), or there is none because the login started here.
    """

    application: Application
    parameters: RequestParameters
    is_used: bool

    def serialized(self) -> str:
        return self.parameters.serialized()


def request_of(
    parameters: RequestParameters, application: Application, received_at: datetime, *, is_used: bool = False
) -> AuthnRequest:
    """The AuthnRequest of these parameters."""
    persistent = parameters.name_id_kind is NameIdKind.PERSISTENT
    # a sector creates an identifier, which AllowCreate="false" forbids; an expected one exists already
    may_create = persistent and (parameters.may_create or parameters.expected_name is not None)
    return AuthnRequest(
        protocol=PROTOCOL,
        received_at=received_at,
        application=application,
        sector=sector_of(application) if may_create else "",
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
    """The same request, with its ID recorded as used only when it is answered."""
    parameters = replace(request.parameters, unrecorded=True)
    return replace(request, parameters=parameters)


def still_valid(parameters: RequestParameters, application: Application) -> bool:
    """Whether the current registration of the application still allows this request."""
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
