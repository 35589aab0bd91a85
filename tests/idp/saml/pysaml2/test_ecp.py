"""The faults of pysaml2 7.5.5 with enhanced clients. tests/attacks/endpoints/test_ecp.py has the rest."""

import pytest
from lxml import etree
from saml2.config import IdPConfig
from saml2.server import Server

from idp.saml.bindings.soap import SOAP, wrap_in_envelope

ENTITY = "https://id.example/saml/metadata"
SIGNED = '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1">signed</samlp:Response>'


def test_pysaml2_s_envelope_fails_on_a_signed_response_and_ours_does_not(monkeypatch):
    """server.py signs to text, and soap.py reads the tag of an element. All our Responses are signed."""
    service = {"idp": {"endpoints": {"single_sign_on_service": [("https://id.example/sso", "urn:x")]}}}
    stock = Server(config=IdPConfig().load({"entityid": ENTITY, "xmlsec_binary": __file__, "service": service}))
    monkeypatch.setattr(stock, "create_authn_response", lambda *_, **__: SIGNED)
    with pytest.raises(AttributeError, match="c_tag"):
        stock.create_ecp_authn_request_response("https://sp.example/paos", {}, "_asked", "https://sp.example/", ENTITY)

    envelope = etree.fromstring(wrap_in_envelope(etree.fromstring(SIGNED), headers=[etree.Element("{urn:a}b")]))
    assert [child.tag for child in envelope] == [f"{SOAP}Header", f"{SOAP}Body"]
    assert envelope[1][0].text == "signed"


def test_pysaml2_cannot_read_a_request_of_an_enhanced_client():
    """server.py: `pass`."""
    assert Server.parse_ecp_authn_request(object()) is None
