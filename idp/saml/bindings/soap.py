"""SOAP 1.1 envelopes: SAML V2.0 Bindings, section 3.2."""

from collections.abc import Sequence

from lxml import etree

from config.xml import XmlRefused, read_message

ENVELOPE_NAMESPACE = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP = f"{{{ENVELOPE_NAMESPACE}}}"
CONTENT_TYPE = "text/xml"
# The second is SOAP 1.2's, which pysaml2 and djangosaml2 write around SOAP 1.1.
ACCEPTED_TYPES = (CONTENT_TYPE, "application/soap+xml")
ACTION = "http://www.oasis-open.org/committees/security"  # section 3.2.3.1


class NotSoap(Exception):
    """The octets are not an envelope with one message. The text says why and quotes nothing of them."""


def wrap_in_envelope(message: etree._Element, *, headers: Sequence[etree._Element] = ()) -> bytes:
    """An envelope with `message`, whose signature stays valid."""
    envelope = etree.Element(f"{SOAP}Envelope", nsmap={"soap": ENVELOPE_NAMESPACE})
    if headers:
        etree.SubElement(envelope, f"{SOAP}Header").extend(headers)
    etree.SubElement(envelope, f"{SOAP}Body").append(message)
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


def fault(text: str, *, code: str = "Client") -> bytes:
    """A SOAP fault, for a request that is not a SAML message (section 3.2.3.3)."""
    envelope = etree.Element(f"{SOAP}Envelope", nsmap={"soap": ENVELOPE_NAMESPACE})
    fault_element = etree.SubElement(etree.SubElement(envelope, f"{SOAP}Body"), f"{SOAP}Fault")
    etree.SubElement(fault_element, "faultcode").text = f"soap:{code}"
    etree.SubElement(fault_element, "faultstring").text = text
    return etree.tostring(envelope, encoding="utf-8", xml_declaration=True)


def message_in(octets: bytes) -> tuple[etree._Element, etree._Element]:
    """The root of an envelope, and the only message in its body.

    Raises:
        NotSoap: the octets are not an envelope with one message.
    """
    try:
        envelope = read_message(octets)
    except XmlRefused as refused:
        raise NotSoap(f"the XML is refused: {refused}") from refused
    if envelope.tag != f"{SOAP}Envelope":
        raise NotSoap("the root must be an Envelope of SOAP 1.1")
    bodies = envelope.findall(f"{SOAP}Body")
    if len(bodies) != 1 or len(bodies[0]) != 1:
        raise NotSoap("there must be one Body, with one message")
    return envelope, bodies[0][0]
