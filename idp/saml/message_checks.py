"""The checks that every message of a service provider must pass: SAML V2.0 Core, sections 3.2.1 and 5."""

import re
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TypeVar

from lxml import etree

from idp.saml.bindings.redirect_signature import verify_query
from idp.saml.errors import SamlFault
from idp.saml.pysaml2.messages import MessageMalformed, WrongVersion
from idp.saml.replay import ReplayCache
from idp.saml.vocabulary import ENTITY_FORMAT, LONGEST_ID, PROTOCOL_NAMESPACE, SAMLP, instant
from idp.saml.xmlsec.algorithms import accepted
from idp.saml.xmlsec.signing import ISSUER
from idp.saml.xmlsec.verification import SignatureFault, SignatureRefused, verify_signature
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.registry.application import Application

Message = TypeVar("Message")

_NC_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_BY_NO_REGISTERED_KEY = frozenset({SignatureFault.NO_KEY, SignatureFault.WRONG})


def sender(element: etree._Element, kind: str) -> str:
    """The Issuer of a message of this kind: Core, sections 2.2.5 and 3.2.1. It is read before anything else.

    Raises:
        UntrustedRequest: the message is of another kind, lacks a required attribute, or has no Issuer.
    """
    if element.tag != f"{SAMLP}{kind}":
        name = etree.QName(element)
        received = name.localname if name.namespace == PROTOCOL_NAMESPACE else name.text
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=ascii(received[:300])[1:-1], expected=(kind,))
    _require_common_attributes(element)
    issuers = element.findall(ISSUER)
    entity_id = (issuers[0].text or "").strip() if len(issuers) == 1 and element[0] is issuers[0] else ""
    if not entity_id:
        first = "one Issuer, the entityID of the application, as the first element"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=outline(element), expected=(first,))
    return entity_id


def _require_common_attributes(element: etree._Element) -> None:
    """ID, Version and IssueInstant: Core, sections 3.2.1 and 3.2.2."""
    values = {name: element.get(name, "") for name in _REQUIRED}
    is_valid = {
        "ID": bool(values["ID"]),
        "Version": values["Version"] == "2.0",
        "IssueInstant": instant(values["IssueInstant"]) is not None,
    }
    for name, expected in _REQUIRED.items():
        if not is_valid[name]:
            received = f"{name} {values[name][:100]!a}"
            raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(expected,))


def outline(element: etree._Element) -> str:
    """The names of the elements and attributes of a message, for the developers of the application that sent it."""
    children = [etree.QName(child).localname[:40] for child in element[:20]]
    attributes = [str(name)[:40] for name in list(element.attrib)[:20]]
    kind = etree.QName(element).localname[:80]
    return ascii(f"{kind} with {' '.join(attributes)}, and {' '.join(children) or 'nothing'}")[1:-1]


def parsed(read: Callable[[etree._Element], Message], element: etree._Element) -> Message:
    """The message as `read`, a function of the pysaml2 adapter, returns it.

    Raises:
        UntrustedRequest: the message does not follow the schema.
    """
    try:
        return read(element)
    except (MessageMalformed, WrongVersion) as refused:
        raise against_the_schema(element) from refused


def against_the_schema(element: etree._Element) -> UntrustedRequest:
    """The error for a message that pysaml2 cannot read. It describes the message: pysaml2's error names its classes."""
    kind = etree.QName(element).localname
    received, expected = (
        f"not valid against the schema: {outline(element)}",
        f"{kind} as in saml-schema-protocol-2.0.xsd",
    )
    return UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(expected,))


_REQUIRED = {
    "ID": f"ID: an XML name of at most {LONGEST_ID} characters",
    "Version": 'Version="2.0"',
    "IssueInstant": "IssueInstant: in UTC, for example 2026-01-05T08:00:00Z",
}


def require_names(identifier: str, issuer_format: str | None) -> None:
    """Require that the ID is an NCName and the Issuer an entity: Core 1.3.4 and 2.2.5."""
    if len(identifier) > LONGEST_ID or not _NC_NAME.match(identifier):
        received = f"ID {identifier[:100]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(_REQUIRED["ID"],))
    if issuer_format not in (None, ENTITY_FORMAT):
        received = f"Issuer of Format {issuer_format[:200]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(ENTITY_FORMAT,))


def require_signature(
    document: etree._Element,
    element: etree._Element,
    application: Application,
    *,
    missing: SamlFault = SamlFault.SIGNATURE_MISSING,
) -> None:
    """Require that the service provider has signed `element`, a part of `document`.

    Raises:
        UntrustedRequest: the signature is wrong; with the fault `missing` if there is none.
    """
    registration = application.saml_sp
    certificates, allowed = registration.service_provider.signing_certificates, accepted(registration.weak_algorithms)
    try:
        verify_signature(document, element, certificates, allowed=allowed)
    except SignatureRefused as refused:
        raise _not_signed(refused, application, missing) from refused


def require_query_signature(
    raw_query: str, application: Application, *, missing: SamlFault = SamlFault.SIGNATURE_MISSING
) -> None:
    """Require that the service provider has signed the query: Bindings, section 3.4.4.1.

    Raises:
        UntrustedRequest: the signature is wrong; with the fault `missing` if there is none.
    """
    registration = application.saml_sp
    certificates, allowed = registration.service_provider.signing_certificates, accepted(registration.weak_algorithms)
    try:
        verify_query(raw_query, certificates, allowed=allowed)
    except SignatureRefused as refused:
        raise _not_signed(refused, application, missing) from refused


def _not_signed(refused: SignatureRefused, application: Application, missing: SamlFault) -> UntrustedRequest:
    return UntrustedRequest(
        missing if refused.reason is SignatureFault.MISSING else SamlFault.SIGNATURE_WRONG,
        received=f"{refused}: {refused.received}" if refused.received else str(refused),
        registered=_registered_keys(application) if refused.reason in _BY_NO_REGISTERED_KEY else (),
        expected=refused.expected,
        home_url=application.home_url,
    )


def _registered_keys(application: Application) -> tuple[str, ...]:
    """The certificates whose keys may sign, as `openssl x509 -fingerprint -sha256` names them."""
    certificates = application.saml_sp.service_provider.signing_certificates
    fingerprints = (sha256(b64decode(each)).digest().hex(":").upper() for each in certificates)
    return tuple(f"certificate with the SHA-256 fingerprint {each}" for each in fingerprints)


def require_new(replay_cache: ReplayCache, issuer: str, identifier: str, application: Application) -> None:
    """Require that the identifier has not been used before, and record it as used: Core, section 1.3.4.

    Raises:
        UntrustedRequest: the identifier has been used.
    """
    if not replay_cache.is_new(issuer, identifier):
        raise replayed(issuer, application)


def replayed(issuer: str, application: Application) -> UntrustedRequest:
    """The error for a request that was received before."""
    return UntrustedRequest(SamlFault.REQUEST_REPLAYED, received=issuer, home_url=application.home_url)


def require_fresh(issue_instant: str, now: datetime, *, lifetime: timedelta, skew: timedelta) -> None:
    """Require that the message was issued less than `lifetime` ago and not in the future.

    Raises:
        UntrustedRequest: it was not, or IssueInstant is malformed.
    """
    issued = instant(issue_instant)
    if issued is None:
        received = f"IssueInstant {issue_instant[:40]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(_REQUIRED["IssueInstant"],))
    earliest, latest = now - lifetime - skew, now + skew
    if not earliest <= issued <= latest:
        raise UntrustedRequest(
            SamlFault.REQUEST_EXPIRED,
            received=f"IssueInstant {issue_instant[:40]}",
            expected=(f"from {_formatted(earliest)} to {_formatted(latest)}", f"our clock: {_formatted(now)}"),
        )


def require_not_over(not_on_or_after: str, now: datetime, *, skew: timedelta) -> None:
    """Require that the NotOnOrAfter of a LogoutRequest is in the future: Core 3.7.1.

    Raises:
        UntrustedRequest: it has passed, or is malformed.
    """
    ends = instant(not_on_or_after)
    if ends is None or ends <= now - skew:
        raise UntrustedRequest(
            SamlFault.REQUEST_EXPIRED,
            received=f"NotOnOrAfter {ascii(not_on_or_after[:40])[1:-1]}",
            expected=(f"after {_formatted(now - skew)}", f"our clock: {_formatted(now)}"),
        )


def _formatted(at: datetime) -> str:
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def require_destination(destination: str | None, address: str, *, required: bool = False) -> None:
    """Require that Destination is `address`: Core 3.2.1. Signed messages MUST have one: Bindings 3.4.5.2 and 3.5.5.2.

    Raises:
        UntrustedRequest: Destination is another address, or missing although `required`.
    """
    if destination != address and (required or destination is not None):
        received = "no Destination" if destination is None else f"Destination {ascii(destination[:480])[1:-1]}"
        raise UntrustedRequest(SamlFault.DESTINATION_WRONG, received=received, expected=(address,))
