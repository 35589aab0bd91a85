"""SAML messages as plain values, between the adapter and the rest of idp.saml.

This module does not import pysaml2, so idp/saml/sso and idp/saml/slo do not depend on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from idp.attribute_release import SamlAttribute

AGAINST_THE_SCHEMA = "against the schema"
"""The text for anything that pysaml2 finds wrong: its own messages name its classes."""


class MessageMalformed(Exception):
    """pysaml2 cannot read the message. The text is for the log and quotes none of the message."""


class WrongVersion(Exception):
    """The message is not SAML 2.0."""


class WrongDestination(Exception):
    """The message has the Destination of another endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameId:
    """A NameID: Core, section 2.2.3."""

    value: str = field(repr=False)
    format: str | None = None
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameIdPolicy:
    """A NameIDPolicy: Core, section 3.4.1.1. `allow_create` is the text of the attribute, or None."""

    format: str | None = None
    sp_name_qualifier: str | None = None
    allow_create: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedContext:
    """A RequestedAuthnContext: Core, section 3.3.2.2.1. AuthnContextDeclRef is not read: we support no declaration."""

    comparison: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthnRequestMessage:
    """An AuthnRequest (Core, section 3.4.1). Its values are not checked yet."""

    identifier: str
    issuer: str
    issuer_format: str | None
    issue_instant: str
    destination: str | None
    consumer_url: str | None
    consumer_index: str | None
    protocol_binding: str | None
    attributes_index: str | None
    force_authn: str | None
    is_passive: str | None
    name_id_policy: NameIdPolicy
    subject: NameId | None
    has_other_subject: bool
    context: RequestedContext | None
    identity_providers: tuple[str, ...] | None
    conditions_end: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionData:
    """The content of an assertion: subject, audience, authentication and attributes."""

    service_provider: str
    consumer_url: str
    in_response_to: str | None
    name_id: NameId
    class_ref: str
    authenticated_at: datetime
    session_index: str
    session_ends_at: datetime
    attributes: Sequence[SamlAttribute]
    made_at: datetime
    valid_until: datetime
