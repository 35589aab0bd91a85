"""What SAML service providers receive, word for word except keys, signatures and random values."""

from datetime import UTC, datetime

import time_machine
from lxml import etree

from idp.saml.idp_metadata.descriptor import ENDPOINTS, IdpEntity, IdpMetadata
from tests.fixtures.saml import registers

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
VARYING = ("X509Certificate", "SignatureValue", "DigestValue")


def test_our_metadata(idp, is_golden):
    """With every endpoint."""
    services = idp.services
    entity, ring, in_use = IdpEntity.of(idp.settings), services.keys.ring, services.keys_in_use.get
    own = IdpMetadata(entity, ring=ring, in_use=in_use, endpoints=ENDPOINTS)
    with time_machine.travel(NOON):
        root = etree.fromstring(own.published(NOON).octets)
    root.set("ID", "_ID")
    for element in root.iter():
        if (name := etree.QName(element).localname) in VARYING:
            element.text = f"[{name}]"
        if reference := element.get("URI"):
            element.set("URI", f"#_ID{reference[66:]}")
    etree.indent(root)
    is_golden("saml-metadata.xml", etree.tostring(root, encoding="unicode") + "\n")


def test_a_signed_response(idp, browser, jeanne, is_golden):
    """Profiles section 4.1.4.2."""
    with time_machine.travel(NOON, tick=False):
        messagerie = registers(idp)
        asked = messagerie.asks(ID="_asked")
        browser.visits(asked)
        root = etree.fromstring(messagerie.signs_on(browser.gives(jeanne)).xml)
    drawn = {root.get("ID"): "[response]", root.find("{*}Assertion").get("ID"): "[assertion]"}
    for element in root.iter():
        name = etree.QName(element).localname
        if name in (*VARYING, "NameID"):
            element.text = f"[{name}]"
        if element.get("SessionIndex"):
            element.set("SessionIndex", "[index]")
        for attribute in ("ID", "URI"):
            if value := element.get(attribute):
                element.set(attribute, ("#" if value.startswith("#") else "") + drawn[value.removeprefix("#")])
    etree.indent(root)
    is_golden("saml-response.xml", etree.tostring(root, encoding="unicode") + "\n")
