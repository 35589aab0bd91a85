"""Messages that a browser carries, in a query or in a form.

SAML V2.0 Bindings, sections 3.4 (HTTP Redirect) and 3.5 (HTTP POST). This module decodes messages within limits; other
modules read their content. The signature of a query is verified over the query as it was sent (`raw_query`).
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from flask import request
from lxml import etree
from markupsafe import Markup

from config.xml import XmlFault, XmlRefused, inflate, read_message
from config.xml_bounds import MESSAGE
from idp.saml.errors import SamlFault
from idp.web.untrusted_request import UntrustedRequest
from relying_parties.sp_metadata.service_provider import Binding

FORM = "application/x-www-form-urlencoded"
LONGEST_QUERY = 64 * 1024
LONGEST_RELAY_STATE = 2_048
"""Octets. Bindings, section 3.4.3, allows 80, but service providers send whole URLs. It is returned unchanged."""

_MOST_PARAMETERS = 20
_MOST_ESCAPES = 6_144  # of base64, one character of 32 is escaped, and two at each end of a line
_KNOWN = frozenset({"SAMLRequest", "SAMLResponse", "SAMLart", "RelayState", "SAMLEncoding", "SigAlg", "Signature"})
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"


class Parameter(StrEnum):
    """The parameter that carries a message."""

    REQUEST = "SAMLRequest"
    RESPONSE = "SAMLResponse"
    ARTIFACT = "SAMLart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One received message. `xml` is the text of the artifact if the parameter is SAMLart.

    `artifact_issuer` is the entityID of the service provider from which the message was fetched by artifact, in an
    answer that it has signed.
    """

    parameter: Parameter
    xml: bytes = field(repr=False)
    binding: Binding
    relay_state: str | None = field(default=None, repr=False)
    raw_query: str = field(default="", repr=False)
    signed_query: bool = False
    artifact_issuer: str | None = None


def by_redirect(raw_query: str) -> Received:
    """The message in a query: Bindings, section 3.4.4.1.

    Raises:
        UntrustedRequest: there is no message, or it cannot be decoded.
    """
    if len(raw_query) > LONGEST_QUERY:
        raise _too_large(len(raw_query), LONGEST_QUERY)
    parameters = _known_parameters(raw_query)
    parameter = _parameter(parameters)
    if parameters.get("SAMLEncoding", _DEFLATE) != _DEFLATE:
        received = f"SAMLEncoding {parameters['SAMLEncoding'][:100]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(_DEFLATE,))
    return Received(
        parameter=parameter,
        xml=_content(parameter, parameters[parameter], inflated=True),
        binding=Binding.REDIRECT,
        relay_state=_relay_state(parameters),
        raw_query=raw_query,
        signed_query="Signature" in parameters or "SigAlg" in parameters,
    )


def by_post(body: bytes) -> Received:
    """The message in a form: Bindings, section 3.5.4.

    Raises:
        UntrustedRequest: there is no message, or it cannot be decoded.
    """
    parameters = _known_parameters(body.decode("latin-1"))
    parameter = _parameter(parameters)
    return Received(
        parameter=parameter,
        xml=_content(parameter, parameters[parameter], inflated=False),
        binding=Binding.POST,
        relay_state=_relay_state(parameters),
    )


def posted_form() -> bytes:
    """The body of the current request, which must be a form.

    Raises:
        UntrustedRequest: the body is too large or has another type.
    """
    length, longest = request.content_length or 0, request.max_content_length or 0
    if request.mimetype != FORM:
        received = f"Content-Type {request.mimetype[:100]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(FORM,))
    if length > longest:
        raise _too_large(length, longest, status=413)
    return request.get_data(cache=False)


def _too_large(length: int, longest: int, *, status: int = 400) -> UntrustedRequest:
    received, expected = f"{length} octets", (f"at most {longest} octets",)
    return UntrustedRequest(SamlFault.REQUEST_TOO_LARGE, received=received, expected=expected, status=status)


def encoded(xml: bytes) -> Markup:
    """A message in base64 for a form. HTML need not escape it."""
    return Markup(b64encode(xml).decode("ascii"))  # noqa: S704 - the alphabet of base64


def _known_parameters(text: str) -> dict[str, str]:
    """The SAML parameters of a query or form.

    Raises:
        UntrustedRequest: a parameter occurs twice (a proxy might take the other one), or a limit is exceeded.
    """
    if (escapes := text.count("%")) > _MOST_ESCAPES:
        expected = f"at most {_MOST_ESCAPES} escaped octets"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=f"{escapes} escaped octets", expected=(expected,))
    found: dict[str, str] = {}
    for name, value in _pairs(text):
        if name in found:
            raise UntrustedRequest(SamlFault.PARAMETER_REPEATED, received=name)
        found[name] = value
    return found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    parts = text.split("&", _MOST_PARAMETERS)
    if len(parts) > _MOST_PARAMETERS:
        expected = (f"at most {_MOST_PARAMETERS} parameters",)
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received="more parameters", expected=expected)
    for part in parts:
        name, _, value = part.partition("=")
        if (name := _decoded(name)) in _KNOWN:
            yield name, _decoded(value)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        received = f"not UTF-8: {text[:60]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=("UTF-8, escaped",)) from None


def _parameter(parameters: dict[str, str]) -> Parameter:
    """The parameter that carries the message; there must be exactly one."""
    found = [parameter for parameter in Parameter if parameter in parameters]
    if not found:
        raise UntrustedRequest(SamlFault.REQUEST_MISSING)
    if len(found) > 1:
        expected = (f"one of {', '.join(Parameter)}",)
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=" and ".join(found), expected=expected)
    return found[0]


def _relay_state(parameters: dict[str, str]) -> str | None:
    relay_state = parameters.get("RelayState")
    if relay_state is not None and (octets := len(relay_state.encode())) > LONGEST_RELAY_STATE:
        expected = (f"at most {LONGEST_RELAY_STATE} octets",)
        raise UntrustedRequest(SamlFault.RELAY_STATE_TOO_LONG, received=f"{octets} octets", expected=expected)
    return relay_state or None


def _content(parameter: Parameter, value: str, *, inflated: bool) -> bytes:
    if parameter is Parameter.ARTIFACT:
        return value.encode()
    try:
        # forms break base64 into lines, and some senders leave a space at the break (RFC 2045 section 6.8)
        octets = b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        expected = "base64 of DEFLATE (RFC 1951) of XML" if inflated else "base64 of XML"
        received = f"not base64: {value[:60]!a}"
        raise UntrustedRequest(SamlFault.REQUEST_MALFORMED, received=received, expected=(expected,)) from None
    if len(octets) > MESSAGE.octets:
        raise _unreadable(XmlRefused(XmlFault.TOO_LARGE))
    if not inflated:
        return octets
    try:
        return inflate(octets, at_most=MESSAGE.octets)
    except XmlRefused as refused:
        raise _unreadable(refused) from refused


def document_of(received: Received) -> etree._Element:
    """The XML of a message, parsed within limits.

    Raises:
        UntrustedRequest: it is not well-formed XML, or exceeds a limit.
    """
    try:
        return read_message(received.xml)
    except XmlRefused as refused:
        raise _unreadable(refused) from refused


def _unreadable(refused: XmlRefused) -> UntrustedRequest:
    """The fault for XML that was refused, with details for the application's developers."""
    too_large = refused.reason is XmlFault.TOO_LARGE
    fault = SamlFault.REQUEST_TOO_LARGE if too_large else SamlFault.REQUEST_MALFORMED
    received = f"{refused.reason}: {refused.place}" if refused.place else str(refused.reason)
    return UntrustedRequest(fault, received=received, expected=(_EXPECTED.get(refused.reason, "well-formed XML 1.0"),))


_EXPECTED = {
    XmlFault.TOO_LARGE: f"at most {MESSAGE.octets} octets of XML",
    XmlFault.TOO_DEEP: f"at most {MESSAGE.depth} elements within one another",
    XmlFault.TOO_MANY_NODES: f"at most {MESSAGE.elements} elements, {MESSAGE.attributes} attributes, "
    f"{MESSAGE.each_element} of one element, and {MESSAGE.in_scope} namespaces at any element",
    XmlFault.NOT_UTF8: "XML in UTF-8; by POST it is not compressed",
    XmlFault.DOCTYPE: "no DOCTYPE",
    XmlFault.PROCESSING_INSTRUCTION: "no processing instruction",
    XmlFault.COMPRESSION: "by redirect, XML compressed by DEFLATE without a header (RFC 1951), nothing after its end",
}
