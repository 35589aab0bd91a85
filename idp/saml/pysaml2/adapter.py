"""The pysaml2 adapter: converts AuthnRequests to plain values, and plain values to Responses.

pysaml2 maps XML elements to its objects and back. It does not parse, sign, encrypt or store
anything here, which it does unsafely or slowly; `server.py` lists what is replaced. Only this
package imports saml2 (docs/decisions/pysaml2-behind-one-adapter.md). Each fault of the library
has a test in tests/idp/saml/pysaml2/test_traps.py.
"""

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from lxml import etree
from saml2 import SAMLError as Pysaml2Error
from saml2.s_utils import OtherError, VersionMismatch
from saml2.sigver import SigverError
from saml2.validate import NotValid

from idp.saml.errors import Status
from idp.saml.pysaml2.messages import (
    AGAINST_THE_SCHEMA,
    AssertionData,
    AuthnRequestMessage,
    MessageMalformed,
    NameIdPolicy,
    RequestedContext,
    WrongDestination,
    WrongVersion,
)
from idp.saml.pysaml2.protocol_messages import name_id_from, status_element
from idp.saml.pysaml2.response.template import ResponseTemplates, ResponseText
from idp.saml.pysaml2.response.tree import response_tree
from idp.saml.pysaml2.response.values import ResponseValues
from idp.saml.pysaml2.server import LoginServer, instant_of, new_id, tree_of
from idp.saml.vocabulary import SAMLP
from relying_parties.sp_metadata.service_provider import Binding


class SamlProvider:
    """Reads and makes SAML messages with pysaml2. A worker has one, shared by its threads."""

    def __init__(
        self,
        *,
        entity_id: str,
        issuer: str,
        clock_skew: timedelta,
    ) -> None:
        self._skew = clock_skew
        self._server = LoginServer(_configuration(entity_id, issuer, clock_skew))
        self._templates = ResponseTemplates(partial(response_tree, self._server))

    def read_authn_request(self, document: etree._Element, binding: Binding) -> AuthnRequestMessage:
        """Read an AuthnRequest. The caller has verified its signature.

        Raises:
            MessageMalformed: the document is not a valid AuthnRequest.
            WrongVersion: it is not SAML 2.0.
            WrongDestination: its Destination is another endpoint.
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
            subject=name_id_from(subject.name_id) if subject and subject.name_id else None,
            has_other_subject=bool(subject and not subject.name_id and (subject.base_id or subject.encrypted_id)),
            context=_requested_context(message.requested_authn_context),
            identity_providers=_identity_providers(message.scoping),
            conditions_end=message.conditions.not_on_or_after if message.conditions else None,
        )

    def response(self, data: AssertionData) -> ResponseText:
        """A Response with one Assertion (Profiles, section 4.1.4.2), neither signed nor encrypted yet.

        Raises:
            ValueError: a value has a character that is not allowed in XML.
        """
        values = ResponseValues(
            response_id=new_id(),
            assertion_id=new_id(),
            issue_instant=instant_of(data.made_at),
            service_provider=data.service_provider,
            consumer_url=data.consumer_url,
            in_response_to=data.in_response_to,
            name_id=data.name_id.value,
            name_id_format=data.name_id.format,
            name_qualifier=data.name_id.name_qualifier,
            sp_name_qualifier=data.name_id.sp_name_qualifier,
            class_ref=data.class_ref,
            authn_instant=instant_of(data.authenticated_at),
            session_index=data.session_index,
            session_end=instant_of(data.session_ends_at),
            not_before=instant_of(data.made_at - self._skew),
            not_on_or_after=instant_of(data.valid_until),
        )
        return self._templates.response(values, data.attributes)

    def refusal(self, status: Status, *, in_response_to: str | None, consumer_url: str) -> etree._Element:
        """A Response with a status and no assertion (Core, section 3.2.2), not signed yet."""
        return tree_of(self._server._response(in_response_to, consumer_url, status_element(status)))

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
            # pysaml2 raises these for invalid instants and numbers, and for misplaced elements
            raise MessageMalformed(AGAINST_THE_SCHEMA) from broken


def _configuration(entity_id: str, issuer: str, clock_skew: timedelta) -> Mapping[str, Any]:
    """The whole configuration of pysaml2. idp/saml/sign_encrypt.py signs and encrypts."""
    return {
        "entityid": entity_id,
        "xmlsec_binary": sys.executable,  # must exist; never run, since pysaml2 has no crypto backend
        "verify_ssl_cert": True,  # a precaution: pysaml2 makes no calls here
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
    """The identity providers that the service provider accepts (Core, section 3.4.1.3); None for any."""
    if scoping is None or scoping.idp_list is None:
        return None
    return tuple(entry.provider_id or "" for entry in scoping.idp_list.idp_entry or ())
