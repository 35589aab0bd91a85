"""Messages as they travel through a browser: out of a query or a form, and into one.

SAML V2.0 Bindings, sections 3.4 (HTTP Redirect) and 3.5 (HTTP POST). What is read
here is octets and bounds; what the octets say is another module's business, and
the signature over a query is verified over the query as it came (`raw_query`).
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote_to_bytes

from markupsafe import Markup

from config.xml import MESSAGE, XmlFault, XmlRefused, inflate
from idp.login.unverified import Unverified
from idp.saml.errors import SamlFault
from relying_parties.service_provider import Binding

LONGEST_QUERY = 64 * 1024
LONGEST_RELAY_STATE = 2_048
"""Bindings, section 3.4.3, says 80 octets; service providers send whole addresses. It goes back as it came."""

_MOST_PARAMETERS = 20
_MOST_ESCAPES = 6_144  # base64 has one of 32 characters to escape, and two at each end of a line
_KNOWN = frozenset({"SAMLRequest", "SAMLResponse", "SAMLart", "RelayState", "SAMLEncoding", "SigAlg", "Signature"})
_DEFLATE = "urn:oasis:names:tc:SAML:2.0:bindings:URL-Encoding:DEFLATE"


class Parameter(StrEnum):
    """What a message is called where it travels."""

    REQUEST = "SAMLRequest"
    RESPONSE = "SAMLResponse"
    ARTIFACT = "SAMLart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One message as it came. `xml` is an artifact's text when that is the parameter.

    `vouched_by` is the entity id of whom it was fetched from, in an answer that they have signed.
    """

    parameter: Parameter
    xml: bytes = field(repr=False)
    binding: Binding
    relay_state: str | None = field(default=None, repr=False)
    raw_query: str = field(default="", repr=False)
    signed_query: bool = False
    vouched_by: str | None = None


def by_redirect(raw_query: str) -> Received:
    """The message in a query, Bindings section 3.4.4.1.

    Raises:
        Unverified: there is none, or it cannot be read.
    """
    if len(raw_query) > LONGEST_QUERY:
        raise Unverified(SamlFault.REQUEST_TOO_LARGE)
    given = _known_parameters(raw_query)
    parameter = _parameter(given)
    if given.get("SAMLEncoding", _DEFLATE) != _DEFLATE:
        raise Unverified(SamlFault.REQUEST_MALFORMED, received="SAMLEncoding")
    return Received(
        parameter=parameter,
        xml=_content(parameter, given[parameter], inflated=True),
        binding=Binding.REDIRECT,
        relay_state=_relay_state(given),
        raw_query=raw_query,
        signed_query="Signature" in given or "SigAlg" in given,
    )


def by_post(body: bytes) -> Received:
    """The message in a form, Bindings section 3.5.4.

    Raises:
        Unverified: there is none, or it cannot be read.
    """
    given = _known_parameters(body.decode("latin-1"))
    parameter = _parameter(given)
    return Received(
        parameter=parameter,
        xml=_content(parameter, given[parameter], inflated=False),
        binding=Binding.POST,
        relay_state=_relay_state(given),
    )


def encoded(xml: bytes) -> Markup:
    """A message as a form carries it: in letters of which a page has none to escape."""
    return Markup(b64encode(xml).decode("ascii"))  # noqa: S704 - the alphabet of base64


def _known_parameters(text: str) -> dict[str, str]:
    """No parameter twice: a proxy and we may not take the same one."""
    if text.count("%") > _MOST_ESCAPES:
        raise Unverified(SamlFault.REQUEST_MALFORMED, received=f"more than {_MOST_ESCAPES} escaped octets")
    found: dict[str, str] = {}
    for name, value in _pairs(text):
        if name in found:
            raise Unverified(SamlFault.PARAMETER_REPEATED, received=name)
        found[name] = value
    return found


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    parts = text.split("&", _MOST_PARAMETERS)
    if len(parts) > _MOST_PARAMETERS:
        raise Unverified(SamlFault.REQUEST_MALFORMED)
    for part in parts:
        name, _, value = part.partition("=")
        if (name := _decoded(name)) in _KNOWN:
            yield name, _decoded(value)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text.replace("+", " ")).decode("utf-8")
    except UnicodeDecodeError:
        raise Unverified(SamlFault.REQUEST_MALFORMED) from None


def _parameter(given: dict[str, str]) -> Parameter:
    """Exactly one message."""
    named = [parameter for parameter in Parameter if parameter in given]
    if not named:
        raise Unverified(SamlFault.REQUEST_MISSING)
    if len(named) > 1:
        raise Unverified(SamlFault.REQUEST_MALFORMED, received=" ".join(named))
    return named[0]


def _relay_state(given: dict[str, str]) -> str | None:
    relay_state = given.get("RelayState")
    if relay_state is not None and len(relay_state.encode()) > LONGEST_RELAY_STATE:
        raise Unverified(SamlFault.RELAY_STATE_TOO_LONG)
    return relay_state or None


def _content(parameter: Parameter, value: str, *, inflated: bool) -> bytes:
    if parameter is Parameter.ARTIFACT:
        return value.encode()
    try:
        # forms wrap base64 in lines, and some senders leave a space where a line ended (RFC 2045 section 6.8)
        octets = b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unverified(SamlFault.REQUEST_MALFORMED, received="base64") from None
    if len(octets) > MESSAGE.octets:
        raise Unverified(SamlFault.REQUEST_TOO_LARGE)
    if not inflated:
        return octets
    try:
        return inflate(octets, at_most=MESSAGE.octets)
    except XmlRefused as refused:
        raise unreadable(refused) from refused


def unreadable(refused: XmlRefused) -> Unverified:
    """The same, as the person and the application's developer are told it."""
    too_large = refused.reason is XmlFault.TOO_LARGE
    fault = SamlFault.REQUEST_TOO_LARGE if too_large else SamlFault.REQUEST_MALFORMED
    return Unverified(fault, received=str(refused.reason))
