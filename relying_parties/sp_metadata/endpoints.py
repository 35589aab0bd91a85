"""The endpoints of a service provider's metadata: SAML V2.0 Metadata, sections 2.2.2, 2.2.3 and 2.4.2.

We send people and assertions to these addresses, and our server connects to some
of them. Each obeys the rules of registered addresses (relying_parties/addresses),
and those of its binding (`_RULES`). Endpoints of other bindings are ignored.
"""

from collections.abc import Callable, Container
from functools import partial

from lxml import etree

from relying_parties.addresses import address_fault, called_address_fault, posted_address_fault
from relying_parties.sp_metadata.service_provider import ANSWERED_BY, Binding, Endpoint
from relying_parties.sp_metadata.xml_values import Findings, boolean, index, numbered

MD = "{urn:oasis:names:tc:SAML:2.0:metadata}"
MOST_ENDPOINTS = 256

_OF_ASSERTIONS = (*ANSWERED_BY, Binding.PAOS)
_OF_LOGOUT = (Binding.REDIRECT, Binding.POST, Binding.SOAP)
_RULES = {Binding.POST: posted_address_fault, Binding.SOAP: called_address_fault}
_BINDINGS = {str(binding): binding for binding in Binding}


def assertion_consumer_services(
    role: etree._Element, findings: Findings, *, loopback_http: bool
) -> tuple[Endpoint, ...]:
    """Section 2.4.4: one or more. At least one must be for browsers."""
    name = "AssertionConsumerService"
    if not any(element.get("Binding") in ANSWERED_BY for _, element in numbered(role, f"{MD}{name}")):
        findings.refuse(name, None, "must be given: at least one with the HTTP-POST or HTTP-Artifact binding")
    return _endpoints(role, name, _OF_ASSERTIONS, findings, loopback_http=loopback_http, indexed=True)


def single_logout_services(role: etree._Element, findings: Findings, *, loopback_http: bool) -> tuple[Endpoint, ...]:
    """Section 2.4.2."""
    return _endpoints(role, "SingleLogoutService", _OF_LOGOUT, findings, loopback_http=loopback_http)


def artifact_resolution_services(
    role: etree._Element, findings: Findings, *, loopback_http: bool
) -> tuple[Endpoint, ...]:
    """Section 2.4.2."""
    name, by_soap = "ArtifactResolutionService", (Binding.SOAP,)
    return _endpoints(role, name, by_soap, findings, loopback_http=loopback_http, indexed=True)


def _endpoints(
    role: etree._Element,
    name: str,
    bindings: Container[Binding],
    findings: Findings,
    *,
    loopback_http: bool,
    indexed: bool = False,
) -> tuple[Endpoint, ...]:
    elements = list(numbered(role, f"{MD}{name}"))
    if len(elements) > MOST_ENDPOINTS:
        findings.refuse(name, len(elements), f"there must be at most {MOST_ENDPOINTS}")
        return ()
    endpoints: list[Endpoint] = []
    places: dict[int, str] = {}
    for place, element in elements:
        number = index(element, place, findings) if indexed else None
        if number is not None and places.setdefault(number, place) != place:
            findings.refuse(f"{place}, index", number, f"{places[number]} has it too: each must have its own")
        binding = _BINDINGS.get(element.get("Binding", ""))
        if binding is None or binding not in bindings:
            continue
        rule = partial(_RULES.get(binding, address_fault), loopback_http=loopback_http, of_metadata=True)
        location = _address(element, "Location", place, findings, rule)
        response_location = _address(element, "ResponseLocation", place, findings, rule)
        is_default = boolean(element, "isDefault", place, findings) if indexed else None
        if location is not None:
            endpoints.append(
                Endpoint(
                    binding=binding,
                    location=location,
                    response_location=response_location,
                    index=number,
                    is_default=is_default,
                )
            )
    return tuple(endpoints)


def _address(
    element: etree._Element, name: str, place: str, findings: Findings, fault_of: Callable[[str], str | None]
) -> str | None:
    value = element.get(name)
    if value is None:
        if name == "Location":
            findings.refuse(f"{place}, Location", None, "must be given")
        return None
    fault = fault_of(value)
    if fault:
        findings.refuse(f"{place}, {name}", value, fault)
    return None if fault else value
