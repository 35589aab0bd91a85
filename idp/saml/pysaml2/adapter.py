"""The pysaml2 adapter: SAML messages, read into words of ours and made out of them.

pysaml2 reads requests and makes responses, as objects; it is neither asked to
parse, nor to sign, encrypt or remember, which it does unsafely or slowly. What
is replaced is in `pysaml2_server.py`; with the metadata modules these are the
only ones that import saml2 (docs/decisions/pysaml2-behind-one-adapter.md; each
fault of the library has its test in tests/idp/saml/pysaml2/test_traps.py).
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lxml import etree
from saml2 import SAMLError as Pysaml2Error
from saml2 import saml, samlp
from saml2.s_utils import OtherError, VersionMismatch
from saml2.sigver import SigverError
from saml2.validate import NotValid

from idp.attribute_release import SamlAttribute
from idp.saml.errors import Status
from idp.saml.pysaml2.response_template import ResponsePatterns, ResponseText, ResponseValues
from idp.saml.pysaml2.server import Conditions, LoginServer, instant_of, new_id, tree_of
from idp.saml.vocabulary import BEARER, SAMLP, TopStatus
from relying_parties.sp_metadata.service_provider import Binding

__all__ = [
    "AssertionData", "AuthnRequestMessage", "MessageMalformed", "NameId", "NameIdPolicy",
    "RequestedContext", "SamlProvider", "WrongDestination", "WrongVersion",
]  # fmt: skip


AGAINST_THE_SCHEMA = "against the schema"
"""What is said of whatever pysaml2 found wrong: its own words are names of its classes, which are nobody's business."""


class MessageMalformed(Exception):
    """pysaml2 cannot make sense of it; the text is for the journal and says nothing of the content."""


class WrongVersion(Exception):
    """It is not SAML 2.0."""


class WrongDestination(Exception):
    """It says that it is for another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameId:
    """Core, section 2.2.3."""

    value: str = field(repr=False)
    format: str | None = None
    name_qualifier: str | None = None
    sp_name_qualifier: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NameIdPolicy:
    """Core, section 3.4.1.1. `allow_create` is what was written, None for nothing."""

    format: str | None = None
    sp_name_qualifier: str | None = None
    allow_create: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedContext:
    """Core, section 3.3.2.2.1; declarations are only counted, since none is known here."""

    comparison: str
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthnRequestMessage:
    """An AuthnRequest, Core section 3.4.1, as it was written: texts are not yet checked."""

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
    """What we assert: who, to whom, how they proved it, and what is known of them."""

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


class SamlProvider:
    """SAML messages by pysaml2. One a worker, shared by its threads."""

    def __init__(
        self,
        *,
        entity_id: str,
        issuer: str,
        clock_skew: timedelta,
    ) -> None:
        self._skew = clock_skew
        self._server = LoginServer(_configuration(entity_id, issuer, clock_skew))
        self._patterns = ResponsePatterns(self._made)

    def read_authn_request(self, document: etree._Element, binding: Binding) -> AuthnRequestMessage:
        """An AuthnRequest; whoever signed it has been looked at already.

        Raises:
            MessageMalformed
            WrongVersion
            WrongDestination
        """
        if document.tag != f"{SAMLP}AuthnRequest":
            raise MessageMalformed("not an AuthnRequest")
        message = self._parsed(lambda: self._server.parse_authn_request(document, binding.value))
        if message.issuer is None or not message.issuer.text:
            raise MessageMalformed("no Issuer")
        subject = message.subject
        return AuthnRequestMessage(
            identifier=message.id,
            issuer=message.issuer.text.strip(),
            issuer_format=message.issuer.format,
            issue_instant=message.issue_instant,
            destination=message.destination,
            consumer_url=message.assertion_consumer_service_url,
            consumer_index=message.assertion_consumer_service_index,
            protocol_binding=message.protocol_binding,
            attributes_index=message.attribute_consuming_service_index,
            force_authn=message.force_authn,
            is_passive=message.is_passive,
            name_id_policy=_name_id_policy(message.name_id_policy),
            subject=_name_id(subject.name_id) if subject and subject.name_id else None,
            has_other_subject=bool(subject and not subject.name_id and (subject.base_id or subject.encrypted_id)),
            context=_requested_context(message.requested_authn_context),
            identity_providers=_identity_providers(message.scoping),
            conditions_end=message.conditions.not_on_or_after if message.conditions else None,
        )

    def response(self, made: AssertionData) -> ResponseText:
        """A Response with one Assertion (Profiles, section 4.1.4.2), neither signed nor encrypted yet.

        Raises:
            ValueError: XML cannot hold what it says.
        """
        words = ResponseValues(
            response_id=new_id(),
            assertion_id=new_id(),
            issue_instant=instant_of(made.made_at),
            service_provider=made.service_provider,
            consumer_url=made.consumer_url,
            in_response_to=made.in_response_to,
            name_id=made.name_id.value,
            name_id_format=made.name_id.format,
            name_qualifier=made.name_id.name_qualifier,
            sp_name_qualifier=made.name_id.sp_name_qualifier,
            class_ref=made.class_ref,
            authn_instant=instant_of(made.authenticated_at),
            session_index=made.session_index,
            session_end=instant_of(made.session_ends_at),
            not_before=instant_of(made.made_at - self._skew),
            not_on_or_after=instant_of(made.valid_until),
        )
        return self._patterns.response(words, made.attributes)

    def _made(self, words: ResponseValues, attributes: Sequence[SamlAttribute]) -> etree._Element:
        """The same by pysaml2, whose own identifiers and instants give way to ours."""
        response = self._server.create_authn_response(
            {attribute.name: attribute for attribute in attributes},
            words.in_response_to,
            words.consumer_url,
            words.service_provider,
            name_id=saml.NameID(
                text=words.name_id,
                format=words.name_id_format,
                name_qualifier=words.name_qualifier,
                sp_name_qualifier=words.sp_name_qualifier,
            ),
            authn={"class_ref": words.class_ref, "authn_instant": 0},
            session_not_on_or_after=words.session_end,
            release_policy=Conditions(not_before=words.not_before, not_on_or_after=words.not_on_or_after),
            farg={"assertion": {"subject": {"subject_confirmation": _bearer(words)}}},
        )
        response.id, response.assertion.id = words.response_id, words.assertion_id
        response.issue_instant = response.assertion.issue_instant = words.issue_instant
        [statement] = response.assertion.authn_statement
        statement.authn_instant, statement.session_index = words.authn_instant, words.session_index
        return tree_of(response)

    def refusal(self, status: Status, *, in_response_to: str | None, consumer_url: str) -> etree._Element:
        """A Response without an assertion, Core section 3.2.2, not signed yet."""
        return tree_of(self._server._response(in_response_to, consumer_url, _status(status)))

    def _parsed(self, parse: Callable[[], Any]) -> Any:
        try:
            return parse().message
        except VersionMismatch as refused:
            raise WrongVersion from refused
        except OtherError as refused:  # "Not destined for me!"
            raise WrongDestination from refused
        except (Pysaml2Error, NotValid, SigverError) as refused:
            raise MessageMalformed(AGAINST_THE_SCHEMA) from refused
        except (ValueError, KeyError, AttributeError, TypeError) as broken:
            # pysaml2 raises these bare for instants, numbers and elements in the wrong place
            raise MessageMalformed(AGAINST_THE_SCHEMA) from broken


def _configuration(entity_id: str, issuer: str, clock_skew: timedelta) -> Mapping[str, Any]:
    """pysaml2's configuration, in whole. It signs nothing itself: what goes out passes signing.py."""
    return {
        "entityid": entity_id,
        "xmlsec_binary": sys.executable,  # must exist, and is never run: the crypto backend is ours
        "verify_ssl_cert": True,  # pysaml2's own calls, of which there is none
        "http_client_timeout": 5,
        "only_use_keys_in_metadata": True,
        "accepted_time_diff": int(clock_skew.total_seconds()),
        "service": {
            "idp": {
                "endpoints": {
                    "single_sign_on_service": [
                        (f"{issuer}/saml/sso", Binding.REDIRECT.value),
                        (f"{issuer}/saml/sso", Binding.POST.value),
                        (f"{issuer}/saml/sso", Binding.ARTIFACT.value),
                        (f"{issuer}/saml/ecp", Binding.SOAP.value),
                    ],
                    "single_logout_service": [
                        (f"{issuer}/saml/logout", Binding.REDIRECT.value),
                        (f"{issuer}/saml/logout", Binding.POST.value),
                        (f"{issuer}/saml/logout/soap", Binding.SOAP.value),
                    ],
                },
                "signing_algorithm": "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
                "digest_algorithm": "http://www.w3.org/2001/04/xmlenc#sha256",
                "sign_response": False,
                "sign_assertion": False,
                "encrypt_assertion": False,
            }
        },
    }


def _bearer(words: ResponseValues) -> Mapping[str, Any]:
    """Profiles, section 4.1.4.2: the Recipient, and InResponseTo unless nobody asked."""
    confirmation = {"recipient": words.consumer_url}
    if words.in_response_to is not None:
        confirmation["in_response_to"] = words.in_response_to
    return {"method": BEARER, "subject_confirmation_data": confirmation}


def _status(status: Status) -> samlp.Status:
    code = samlp.StatusCode(value=status.top.value)
    if status.second is not None:
        code.status_code = samlp.StatusCode(value=status.second.value)
    message = samlp.StatusMessage(text=status.message) if status.message else None
    assert status.top is not TopStatus.SUCCESS or message is None  # noqa: S101
    return samlp.Status(status_code=code, status_message=message)


def _name_id(named: Any) -> NameId:
    return NameId(
        value=(named.text or "").strip(),
        format=named.format,
        name_qualifier=named.name_qualifier,
        sp_name_qualifier=named.sp_name_qualifier,
    )


def _name_id_policy(policy: Any) -> NameIdPolicy:
    if policy is None:
        return NameIdPolicy()
    return NameIdPolicy(
        format=policy.format, sp_name_qualifier=policy.sp_name_qualifier, allow_create=policy.allow_create
    )


def _requested_context(context: Any) -> RequestedContext | None:
    if context is None:
        return None
    return RequestedContext(
        comparison=context.comparison or "exact",
        classes=tuple((named.text or "").strip() for named in context.authn_context_class_ref or ()),
    )


def _identity_providers(scoping: Any) -> tuple[str, ...] | None:
    """Core, section 3.4.1.3: whom the service provider accepts, None for anyone."""
    if scoping is None or scoping.idp_list is None:
        return None
    return tuple(entry.provider_id or "" for entry in scoping.idp_list.idp_entry or ())
