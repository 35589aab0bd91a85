"""Our SAML metadata, word for word but for the keys, the signature and the ID, which is made of the rest."""

from datetime import UTC, datetime

import time_machine
from lxml import etree

from idp.saml.own_metadata import ENDPOINTS, OwnEntity, OwnMetadata

NOON = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
VARYING = ("X509Certificate", "SignatureValue", "DigestValue")


def test_our_metadata(idp, is_golden):
    """With every endpoint that we can have."""
    services = idp.services
    entity, ring, in_use = OwnEntity.of(idp.settings), services.keys.ring, services.key_use.in_use
    own = OwnMetadata(entity, ring=ring, in_use=in_use, endpoints=ENDPOINTS)
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
