"""SAML service providers of the identity provider under test: for the folders that ask for them."""

from typing import Any

import pytest

from tests.actors.identity_provider import OPERATOR, IdentityProvider, Operator
from tests.actors.service_provider import ServiceProvider
from tests.builders_saml import a_saml_registration, key_pair

ATTRIBUTES = frozenset({"given_name", "family_name", "email", "profession"})


CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"


def context(*classes: str, comparison: str | None = None) -> str:
    """A RequestedAuthnContext, Core section 3.3.2.2.1, of classes that SAML names itself."""
    named = "".join(f"<saml:AuthnContextClassRef>{CLASSES}{name}</saml:AuthnContextClassRef>" for name in classes)
    said = f' Comparison="{comparison}"' if comparison else ""
    return f"<samlp:RequestedAuthnContext{said}>{named}</samlp:RequestedAuthnContext>"


def is_noticed_by(idp: IdentityProvider) -> None:
    """The half second in which a worker may not have seen an operator's change is over."""
    idp.app.extensions["idp"].accounts._remembered._revisions.expire()


def registers(idp: Operator, **changed: Any) -> ServiceProvider:
    """Register a service provider, or amend it; itself, as it then is. It takes our key when it is registered."""
    registration = a_saml_registration(**({"attributes": ATTRIBUTES} | changed))
    application = idp.services.registry.declare(registration, actor=OPERATOR).application
    terms = application.saml_terms
    identity = idp.services.keys.ring().saml_identity(application.saml_signing_kid, terms.signature_algorithm)
    provider = terms.service_provider
    return ServiceProvider(
        issuer=idp.settings.issuer,
        idp_certificate=identity.certificate,
        entity_id=provider.entity_id,
        consumer=provider.assertion_consumer_services[0].location,
        keys=key_pair("messagerie"),
        wants_assertions_signed=terms.signs.assertion or provider.want_assertions_signed,
        wants_messages_signed=terms.signs.response,
        wants_assertions_encrypted=bool(provider.encryption_keys),
        wants_name_id_encrypted=terms.encrypt_name_id,
    )


@pytest.fixture
def messagerie(idp: IdentityProvider) -> ServiceProvider:
    """Entered by everyone who has an account; it does not sign its requests, and is not encrypted for."""
    return registers(idp)
