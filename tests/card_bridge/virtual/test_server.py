"""The server of the virtual kit: revocation for services, and the page that moves cards."""

import base64
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import (
    AuthorityInformationAccess,
    CRLDistributionPoints,
    load_der_x509_certificate,
    load_der_x509_crl,
    ocsp,
)
from cryptography.x509.oid import AuthorityInformationAccessOID, ObjectIdentifier
from werkzeug.test import Client, TestResponse

from card_bridge.workstation.virtual import personas
from card_bridge.workstation.virtual.authority import serial_number
from card_bridge.workstation.virtual.profile import Issuer, KeyUse
from card_bridge.workstation.virtual.server import KitApp
from tests.fixtures.card import KIT_ADDRESS as ADDRESS

PORT = 8416


@pytest.fixture
def server(kit):
    return Client(KitApp(kit, port=PORT))


def _get(server: Client, path: str, **headers: str) -> TestResponse:
    return server.get(path, base_url=ADDRESS, headers=headers)


def _post(server: Client, path: str, *, origin: str | None = ADDRESS, **form: str) -> TestResponse:
    return server.post(path, base_url=ADDRESS, headers={} if origin is None else {"Origin": origin}, data=form)


def _list_named_in(der: bytes) -> str:
    points = load_der_x509_certificate(der).extensions.get_extension_for_class(CRLDistributionPoints).value
    return str(points[0].full_name[0].value)


def _access_named_in(der: bytes, kind: ObjectIdentifier) -> str:
    described = load_der_x509_certificate(der).extensions.get_extension_for_class(AuthorityInformationAccess).value
    return next(str(each.access_location.value) for each in described if each.access_method == kind)


def _path(address: str) -> str:
    assert address.startswith(ADDRESS)
    return address.removeprefix(ADDRESS)


def test_the_list_that_a_certificate_names_is_served(kit, server):
    der = kit.authority.issue(personas.DOCTOR).der
    listed = load_der_x509_crl(_get(server, _path(_list_named_in(der))).data)
    issuer = kit.authority.intermediate(Issuer.FORT).certificate
    assert listed.is_signature_valid(issuer.public_key())
    assert {entry.serial_number for entry in listed} == {serial_number(personas.REVOKED, use) for use in KeyUse}


def test_the_issuer_that_a_certificate_names_is_served(kit, server):
    der = kit.authority.issue(personas.SECRETARY).der
    served = _get(server, _path(_access_named_in(der, AuthorityInformationAccessOID.CA_ISSUERS))).data
    assert served == kit.authority.intermediate(Issuer.STANDARD).certificate.public_bytes(Encoding.DER)


@pytest.mark.slow
@pytest.mark.parametrize("persona", [personas.DOCTOR, personas.REVOKED], ids=lambda persona: persona.name)
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_responder_that_a_certificate_names_answers(kit, server, persona, method):
    der = kit.authority.issue(persona).der
    path = _path(_access_named_in(der, AuthorityInformationAccessOID.OCSP))
    issuer = kit.authority.intermediate(Issuer.FORT).certificate
    request = ocsp.OCSPRequestBuilder().add_certificate(load_der_x509_certificate(der), issuer, SHA256()).build()
    asked = request.public_bytes(Encoding.DER)
    if method == "POST":
        answered = server.post(path, base_url=ADDRESS, data=asked, content_type="application/ocsp-request")
    else:
        answered = _get(server, f"{path}/{base64.b64encode(asked).decode().replace('/', '%2F')}")
    answer = ocsp.load_der_ocsp_response(answered.data)
    expected = ocsp.OCSPCertStatus.REVOKED if persona.is_revoked else ocsp.OCSPCertStatus.GOOD
    assert answer.certificate_status is expected
    assert answer.next_update_utc > datetime.now(UTC)


def test_the_page_shows_every_card_in_both_languages(server):
    for language, said in (("fr", "Le lecteur virtuel est vide."), ("en", "The virtual reader is empty.")):
        text = _get(server, f"/?lang={language}").text
        assert said in text
        assert all(persona.name in text for persona in personas.PERSONAS)


def test_the_page_inserts_and_pulls(kit, server):
    assert _post(server, "/insert", persona="nurse", lang="fr").location == "/?lang=fr"
    assert kit.insertion.persona == "nurse"
    assert "Carte insérée\u202f: nurse." in _get(server, "/?lang=fr").text
    _post(server, "/pull")
    assert kit.insertion.persona is None


def test_the_page_gives_tries_back(kit, server):
    kit.tries(personas.DOCTOR).left = 0
    _post(server, "/renew-tries")
    assert kit.tries(personas.DOCTOR).left == personas.PIN_TRIES


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_another_site_moves_no_card(kit, server, origin):
    assert _post(server, "/insert", origin=origin, persona="nurse").status_code == 403
    assert kit.insertion.persona is None


def test_a_name_that_leads_here_by_dns_is_not_served(server):
    assert server.get("/", base_url=f"http://rebound.example:{PORT}").status_code == 421


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/CRL/../keys", 404),
        ("GET", "/ocsp/%%%", 400),
        ("PUT", "/", 405),
        ("POST", "/nothing", 404),
    ],
)
def test_what_is_not_there_is_refused(server, method, path, status):
    assert server.open(path, method=method, base_url=ADDRESS, headers={"Origin": ADDRESS}).status_code == status


def test_an_unknown_persona_is_refused(server):
    assert _post(server, "/insert", persona="nobody").status_code == 400
