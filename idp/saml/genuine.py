"""What makes a message from a service provider genuine, whatever it asks: SAML V2.0 Core, sections 3.2.1 and 5."""

import re
from datetime import UTC, datetime, timedelta

from lxml import etree

from idp.login.unverified import Unverified
from idp.saml.algorithms import accepted
from idp.saml.errors import SamlFault
from idp.saml.signing import ISSUER, SignatureFault, SignatureRefused, verify_signature
from idp.saml.vocabulary import ENTITY_FORMAT, LONGEST_ID, SAMLP, instant
from relying_parties.application import Application

_NC_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def sender(element: etree._Element, kind: str) -> str:
    """The Issuer of a message of this kind, before anything else of it is read: Core, sections 2.2.5 and 3.2.1.

    Raises:
        Unverified: it is another kind of message, or does not say who sends it.
    """
    if element.tag != f"{SAMLP}{kind}":
        received = etree.QName(element).localname[:80]
        raise Unverified(SamlFault.REQUEST_MALFORMED, received=f"not {_an(kind)}: {received}")
    issuers = element.findall(ISSUER)
    name = (issuers[0].text or "").strip() if len(issuers) == 1 and element[0] is issuers[0] else ""
    if not name:
        raise Unverified(SamlFault.REQUEST_MALFORMED, received="no Issuer")
    return name


def _an(kind: str) -> str:
    return f"an {kind}" if kind[0] in "AEIOU" else f"a {kind}"


def is_expired(application: Application, now: datetime) -> bool:
    """Metadata, section 2.3.2: beyond validUntil nothing it says may be relied on."""
    valid_until = application.saml_terms.service_provider.valid_until
    return valid_until is not None and valid_until <= now.astimezone(UTC)


def require_names(identifier: str, issuer_format: str | None) -> None:
    """Core 1.3.4 and 2.2.5: an ID that may stand in an attribute, and an Issuer that is an entity."""
    if len(identifier) > LONGEST_ID or not _NC_NAME.match(identifier):
        raise Unverified(SamlFault.REQUEST_MALFORMED, received="ID")
    if issuer_format not in (None, ENTITY_FORMAT):
        raise Unverified(SamlFault.REQUEST_MALFORMED, received="Issuer Format")


def require_signature(document: etree._Element, element: etree._Element, application: Application) -> None:
    """That the service provider has signed `element`, which stands in `document`."""
    terms = application.saml_terms
    certificates, allowed = terms.service_provider.signing_certificates, accepted(terms.weak_algorithms)
    try:
        verify_signature(document, element, certificates, allowed=allowed)
    except SignatureRefused as refused:
        missing = refused.reason is SignatureFault.MISSING
        fault = SamlFault.SIGNATURE_MISSING if missing else SamlFault.SIGNATURE_WRONG
        raise Unverified(fault, received=str(refused), home_url=application.home_url) from refused


def require_fresh(issue_instant: str, now: datetime, *, lifetime: timedelta, skew: timedelta) -> None:
    """Issued neither too long ago nor in the future."""
    issued = instant(issue_instant)
    if issued is None:
        raise Unverified(SamlFault.REQUEST_MALFORMED, received="IssueInstant")
    if not now - lifetime - skew <= issued <= now + skew:
        raise Unverified(SamlFault.REQUEST_EXPIRED, received=issue_instant[:40])


def require_destination(destination: str | None, address: str) -> None:
    """Core 3.2.1: where it is said, it is here."""
    if destination not in (None, address):
        raise Unverified(SamlFault.DESTINATION_WRONG, received=(destination or "")[:500], registered=(address,))
