"""What makes a message from a service provider genuine, whatever it asks: SAML V2.0 Core, sections 3.2.1 and 5."""

import re
from datetime import UTC, datetime, timedelta

from lxml import etree

from idp.saml.errors import SamlFault
from idp.saml.vocabulary import ENTITY_FORMAT, LONGEST_ID, PROTOCOL_NAMESPACE, SAMLP, instant
from idp.saml.xmlsec.algorithms import accepted
from idp.saml.xmlsec.signing import ISSUER, SignatureFault, SignatureRefused, verify_signature
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application

_NC_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")


def sender(element: etree._Element, kind: str) -> str:
    """The Issuer of a message of this kind, before anything else of it is read: Core, sections 2.2.5 and 3.2.1.

    Raises:
        Unverified: it is another kind of message, or does not say who sends it.
    """
    if element.tag != f"{SAMLP}{kind}":
        name = etree.QName(element)
        received = name.localname if name.namespace == PROTOCOL_NAMESPACE else name.text
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=ascii(received[:300])[1:-1], expected=(kind,))
    _require_what_every_message_has(element)
    issuers = element.findall(ISSUER)
    name_of_it = (issuers[0].text or "").strip() if len(issuers) == 1 and element[0] is issuers[0] else ""
    if not name_of_it:
        first = "one Issuer, the entityID of the application, as the first element"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=outline(element), expected=(first,))
    return name_of_it


def _require_what_every_message_has(element: etree._Element) -> None:
    """Core, sections 3.2.1 and 3.2.2."""
    said = {name: element.get(name, "") for name in _REQUIRED}
    good = {
        "ID": bool(said["ID"]),
        "Version": said["Version"] == "2.0",
        "IssueInstant": instant(said["IssueInstant"]) is not None,
    }
    for name, expected in _REQUIRED.items():
        if not good[name]:
            received = f"{name} {said[name][:100]!a}"
            raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(expected,))


def outline(element: etree._Element) -> str:
    """What is in a message, by its names: for the developer of an application whose message cannot be read."""
    children = [etree.QName(child).localname[:40] for child in element[:20]]
    attributes = [str(name)[:40] for name in list(element.attrib)[:20]]
    kind = etree.QName(element).localname[:80]
    return ascii(f"{kind} with {' '.join(attributes)}, and {' '.join(children) or 'nothing'}")[1:-1]


def against_the_schema(element: etree._Element) -> UntrustedRequest:
    """pysaml2 could not read it; its own words are names of its classes."""
    kind = etree.QName(element).localname
    received, expected = f"against the schema: {outline(element)}", f"{kind} as in saml-schema-protocol-2.0.xsd"
    return UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(expected,))


_REQUIRED = {
    "ID": f"ID: a name of XML, at most {LONGEST_ID} characters long",
    "Version": 'Version="2.0"',
    "IssueInstant": "IssueInstant: in UTC, as 2026-01-05T08:00:00Z",
}


def is_expired(application: Application, now: datetime) -> bool:
    """Metadata, section 2.3.2: beyond validUntil nothing it says may be relied on."""
    valid_until = application.saml_sp.service_provider.valid_until
    return valid_until is not None and valid_until <= now.astimezone(UTC)


def require_names(identifier: str, issuer_format: str | None) -> None:
    """Core 1.3.4 and 2.2.5: an ID that may stand in an attribute, and an Issuer that is an entity."""
    if len(identifier) > LONGEST_ID or not _NC_NAME.match(identifier):
        received = f"ID {identifier[:100]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(_REQUIRED["ID"],))
    if issuer_format not in (None, ENTITY_FORMAT):
        received = f"Issuer of Format {issuer_format[:200]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(ENTITY_FORMAT,))


def require_signature(document: etree._Element, element: etree._Element, application: Application) -> None:
    """That the service provider has signed `element`, which stands in `document`."""
    terms = application.saml_sp
    certificates, allowed = terms.service_provider.signing_certificates, accepted(terms.weak_algorithms)
    try:
        verify_signature(document, element, certificates, allowed=allowed)
    except SignatureRefused as refused:
        raise not_signed(refused, application) from refused


def not_signed(
    refused: SignatureRefused, application: Application, *, missing: SamlFault = SamlFault.SIGNATURE_MISSING
) -> UntrustedRequest:
    """The same, as the application's developer is told it; `missing`, when there is none."""
    return UntrustedRequest(
        missing if refused.reason is SignatureFault.MISSING else SamlFault.SIGNATURE_WRONG,
        received=f"{refused}: {refused.received}" if refused.received else str(refused),
        expected=refused.expected,
        home_url=application.home_url,
    )


def require_fresh(issue_instant: str, now: datetime, *, lifetime: timedelta, skew: timedelta) -> None:
    """Issued neither too long ago nor in the future."""
    issued = instant(issue_instant)
    if issued is None:
        received = f"IssueInstant {issue_instant[:40]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(_REQUIRED["IssueInstant"],))
    earliest, latest = now - lifetime - skew, now + skew
    if not earliest <= issued <= latest:
        raise UntrustedRequest(
            SamlFault.REQUEST_EXPIRED,
            received=f"IssueInstant {issue_instant[:40]}",
            expected=(f"from {_written(earliest)} to {_written(latest)}", f"our clock said {_written(now)}"),
        )


def require_not_over(not_on_or_after: str, now: datetime, *, skew: timedelta) -> None:
    """Core 3.7.1; with an IssueInstant as fresh as ours must be."""
    ends = instant(not_on_or_after)
    if ends is None or ends <= now - skew:
        raise UntrustedRequest(
            SamlFault.REQUEST_EXPIRED,
            received=f"NotOnOrAfter {ascii(not_on_or_after[:40])[1:-1]}",
            expected=(f"after {_written(now - skew)}", f"our clock said {_written(now)}"),
        )


def _written(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def require_destination(destination: str | None, address: str, *, required: bool = False) -> None:
    """Core 3.2.1: where it is said, it is here. When signed it MUST be said: Bindings 3.4.5.2 and 3.5.5.2."""
    if destination != address and (required or destination is not None):
        received = "no Destination" if destination is None else f"Destination {ascii(destination[:480])[1:-1]}"
        raise UntrustedRequest(SamlFault.DESTINATION_WRONG, received=received, expected=(address,))
